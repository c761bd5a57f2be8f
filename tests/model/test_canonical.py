import json
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.canonical import DEEPEST, MOST, canonical, parse, plain

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-MOST, MOST) | TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20)


class Word(StrEnum):
    ONE = "one"


class Number(IntEnum):
    TWO = 2


@given(VALUES)
def test_what_is_written_is_read_again_and_written_alike(value):
    assert canonical(parse(canonical(value))) == canonical(value)
    assert parse(canonical(value)) == value


@given(st.dictionaries(TEXT, LEAVES, min_size=2))
def test_the_order_in_which_a_mapping_was_made_does_not_show(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(VALUES, VALUES)
def test_two_values_share_their_bytes_only_if_json_can_not_tell_them_apart(one, other):
    assert (canonical(one) == canonical(other)) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(VALUES)
def test_every_other_way_of_writing_it_is_refused(value):
    for written in (json.dumps(value, indent=1), json.dumps(value, ensure_ascii=False) + " "):
        if written.encode() != canonical(value):
            with pytest.raises(ValueError, match="canonical"):
                parse(written.encode())


@pytest.mark.parametrize(
    "raw", [b'{"a":1,"a":1}', b'{"b":1,"a":2}', b"1.0", b"1e2", b"NaN", b'"\\u0041"', b"\xff", b'"\\ud800"', b"", b"[" * 5_000]
)
def test_bytes_that_are_not_canonical_are_refused(raw):
    with pytest.raises(ValueError):  # noqa: PT011  json's own and ours
        parse(raw)


@pytest.mark.parametrize("value", [1.0, float("nan"), MOST + 1, -MOST - 1, "a\x00b", {"\x00": 1}, "\ud800", {1: 2}, b"raw", {1}, object()])
def test_what_readers_of_json_would_not_agree_on_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011
        canonical({"in": [value]})


def test_what_is_nested_without_end_is_refused():
    deep: list[object] = []
    deep.append(deep)
    with pytest.raises(ValueError, match="deep"):
        canonical(deep)
    value: object = 1
    for _ in range(DEEPEST):
        value = [value]
    assert parse(canonical(value)) == value


def test_our_own_words_are_written_as_what_they_stand_for():
    assert canonical({"b": Number.TWO, "a": (Word.ONE,)}) == b'{"a":["one"],"b":2}'
    assert type(plain([Word.ONE])[0]) is str
    assert canonical("处理措施") == '"处理措施"'.encode()
