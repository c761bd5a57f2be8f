import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.reply import MARK_BYTES, PASSIVE_BYTES, Outgoing, Reply, ReplyTooLong, say, split
from bot.model.texts import common

# Characters of one to four bytes, and the white space at which texts are cut.
TEXTS = st.text(st.sampled_from("a.条款😀\n \t") | st.characters(codec="utf-8"), max_size=400)
LONG = st.lists(TEXTS | st.integers(1, 700).map(" ".__mul__), max_size=40).map("".join)


def solid(text):
    """A text without the white space that may go at a cut."""
    return "".join(text.split())


@given(LONG, st.integers(8, 300), st.integers(8, 300))
def test_the_parts_say_what_the_text_says_and_fit(text, first, others):
    head, *rest = split(text, first, others)
    assert solid("".join([head, *rest])) == solid(text)
    assert len(head.encode()) <= first
    assert all(len(part.encode()) <= others for part in rest)


@given(LONG, st.integers(8, 300))
def test_no_part_is_empty_unless_the_text_is(text, limit):
    parts = split(text, limit, limit)
    assert parts == [""] or all(part.strip() for part in parts)


@given(st.text(st.sampled_from("a条😀"), max_size=600), st.integers(8, 300))
def test_a_text_without_white_space_is_joined_again_to_the_letter(text, limit):
    assert "".join(split(text, limit, limit)) == text


def test_a_text_that_fits_is_one_part():
    text = "条" * 682 + "ab"
    assert len(text.encode()) == PASSIVE_BYTES
    assert split(text) == [text]


def test_the_cut_is_at_a_line_end_where_one_is_near():
    lines = "\n".join(f"{n:03} " + "条款" * 10 for n in range(60))
    parts = split(lines)
    assert len(parts) > 1
    assert "\n".join(parts) == lines


def test_never_cut_inside_a_character():
    for shift in range(4):
        head, *rest = split("a" * shift + "😀" * 1_000)
        assert "\ufffd" not in head + "".join(rest)
        assert "a" * shift + "😀" * 1_000 == head + "".join(rest)


def test_later_parts_leave_room_for_the_mark_that_makes_them_unique():
    mark = common.mark("abcdef")
    assert len(mark.encode()) <= MARK_BYTES
    reply = say("条款" * 3_000)
    assert len(reply.later) > 2
    for outgoing in reply.later:
        assert outgoing.msgtype == "text"
        assert len((outgoing.body["content"] + mark).encode()) <= PASSIVE_BYTES


def test_a_reply_that_the_platform_would_cut_cannot_be_made():
    with pytest.raises(ReplyTooLong):
        Reply("条" * 683)
    assert Reply("条" * 682).now


def test_a_short_text_is_said_at_once():
    assert say("您好\n") == Reply("您好")
    assert say(" \n ") == Reply("")
    assert say("a" * 3_000).later[0] == Outgoing("text", {"content": "a" * (3_000 - PASSIVE_BYTES)})
