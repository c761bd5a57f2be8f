import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom import payloads
from bot.wecom.cards import BadPayload, cut_bytes, cut_chars

URL = "https://bot.example/notice/7"


def field_of(build, *arguments, **named):
    with pytest.raises(BadPayload) as caught:
        build(*arguments, **named)
    return caught.value.field


@pytest.mark.parametrize("build", [payloads.text, payloads.markdown])
def test_a_text_has_one_byte_to_2048_and_is_never_cut(build):
    fits = "规" * 682 + "ab"
    assert build(fits).body == {"content": fits}
    assert field_of(build, fits + "c").endswith("content")
    assert field_of(build, "规" * 683).endswith("content")
    for empty in ("", " \n"):
        assert field_of(build, empty).endswith("content")


def test_a_textcard_is_shortened_to_what_is_shown():
    card = payloads.textcard("题" * 200, "述" * 600, URL, "查看全文")
    assert (len(card.body["title"]), len(card.body["description"])) == (128, 512)
    assert card.body["title"].endswith("…")
    assert (card.msgtype, card.body["url"], card.body["btntxt"]) == ("textcard", URL, "查看全文")
    assert "btntxt" not in payloads.textcard("题", "述", URL).body


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("", "述", URL), "textcard.title"),
        (("题", "", URL), "textcard.description"),
        (("题", "述", URL, "五个字太长"), "textcard.btntxt"),
        (("题", "述", "javascript:alert(1)"), "textcard.url"),
        (("题", "述", "https://a b"), "textcard.url"),
        (("题", "述", "https://a/\n"), "textcard.url"),
        (("题", "述", "https://a/" + "x" * 2048), "textcard.url"),
    ],
)
def test_a_textcard_that_the_platform_would_refuse_is_not_made(arguments, field):
    assert field_of(payloads.textcard, *arguments) == field


@pytest.mark.parametrize("build", [payloads.image, payloads.file])
def test_media_go_by_their_id(build):
    assert build("m1").body == {"media_id": "m1"}
    assert field_of(build, "").endswith("media_id")
    assert field_of(build, "a\nb").endswith("media_id")


def test_a_whole_message_names_its_people_and_asks_for_the_duplicate_check():
    assert payloads.message(["WangWei", "li"], 7, payloads.text("好")) == {
        "touser": "WangWei|li",
        "agentid": 7,
        "msgtype": "text",
        "text": {"content": "好"},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }


@pytest.mark.parametrize("interval", [0, -1, 14_401])
def test_the_duplicate_interval_is_at_most_four_hours(interval):
    assert field_of(payloads.payload, payloads.text("好"), interval) == "duplicate_check_interval"


@pytest.mark.parametrize("touser", [[], ["a", "a"], ["@all"], [" @All "], ["a|b"], [""], [f"u{n}" for n in range(1001)]])
def test_a_message_goes_to_single_people_only(touser):
    assert field_of(payloads.message, touser, 7, payloads.text("好")) == "touser"


@given(st.text(), st.integers(4, 60))
def test_a_cut_never_splits_a_character_and_keeps_what_fits(text, limit):
    text = text.encode(errors="replace").decode()
    by_bytes, by_chars = cut_bytes(text, limit), cut_chars(text, limit)
    assert len(by_bytes.encode()) <= limit
    assert len(by_chars) <= limit
    assert by_bytes == text or (by_bytes.endswith("…") and text.startswith(by_bytes[:-1]))
    assert by_chars == text or (by_chars.endswith("…") and text.startswith(by_chars[:-1]))
    assert by_bytes == text or len(text.encode()) > limit


def test_a_change_of_a_card_is_a_button_or_a_card():
    assert payloads.replaced_button("已签收") == {"button": {"replace_name": "已签收"}}
    assert field_of(payloads.replaced_button, "") == "button.replace_name"
