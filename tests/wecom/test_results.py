import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom.results import sent

OK = {"errcode": 0, "errmsg": "ok"}
USERIDS = st.lists(st.text("aAbB.", min_size=1, max_size=3), min_size=1, max_size=8, unique=True)


@pytest.mark.parametrize(
    ("invaliduser", "refused", "ambiguous"),
    [
        ("", set(), ()),
        ("li", {"li"}, ()),
        ("wangwei", set(), ("WangWei", "wangwei")),
        ("wangwei|wangwei", {"WangWei", "wangwei"}, ()),
        ("WangWei", {"WangWei"}, ()),
        ("WangWei|wangwei", {"WangWei", "wangwei"}, ()),
        ("nobody", set(), ()),
        (["li", None, 5], {"li"}, ()),
        (None, set(), ()),
        (5, set(), ()),
    ],
)
def test_ids_that_differ_in_case_only_are_told_apart_or_called_ambiguous(invaliduser, refused, ambiguous):
    result = sent(["WangWei", "wangwei", "li"], {**OK, "invaliduser": invaliduser})
    assert (set(result.refused), result.ambiguous) == (refused, ambiguous)


@given(USERIDS, st.data())
def test_everybody_is_in_exactly_one_class_and_nobody_refused_is_called_accepted(touser, data):
    bad = data.draw(st.lists(st.sampled_from(touser), unique=True))
    unlicensed = data.draw(st.lists(st.sampled_from(touser), unique=True))
    answer = {**OK, "invaliduser": "|".join(bad).lower(), "unlicenseduser": "|".join(unlicensed).lower()}
    result = sent(touser, answer)
    assert sorted([*result.accepted, *result.refused, *result.ambiguous]) == sorted(touser)
    assert not set(result.accepted) & {*bad, *unlicensed}


def test_fields_of_another_type_are_empty():
    result = sent(["wang"], {**OK, "msgid": 5, "response_code": None})
    assert (result.msgid, result.response_code, result.accepted) == ("", "", ("wang",))
