"""The rules of template cards, one bad card at a time."""

from typing import Any

import pytest

from bot.sandbox.cards import check_card
from bot.sandbox.refusals import Refused

OPTIONS = [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙"}]
SUBMIT = {"text": "提交", "key": "submit"}
JUMP = {"type": 1, "url": "http://127.0.0.1/"}
CARDS: dict[str, dict[str, Any]] = {
    "text_notice": {"main_title": {"title": "t"}, "emphasis_content": {"title": "2/3"}, "card_action": JUMP},
    "news_notice": {"main_title": {"title": "t"}, "card_image": {"url": "http://127.0.0.1/p.png"}, "card_action": JUMP},
    "button_interaction": {"main_title": {"title": "t"}, "task_id": "t@1-a_b", "button_list": [{"text": "好", "key": "k"}]},
    "vote_interaction": {
        "main_title": {"title": "t"},
        "task_id": "t1",
        "checkbox": {"question_key": "q", "mode": 1, "option_list": OPTIONS},
        "submit_button": SUBMIT,
    },
    "multiple_interaction": {
        "main_title": {"title": "t"},
        "task_id": "t1",
        "select_list": [{"question_key": "q", "option_list": OPTIONS}],
        "submit_button": SUBMIT,
    },
}


@pytest.mark.parametrize("card_type", CARDS)
def test_a_good_card_of_each_type_passes_unchanged(card_type):
    card = {"card_type": card_type, **CARDS[card_type]}
    assert check_card(card) == card


@pytest.mark.parametrize(
    ("card_type", "change", "errcode"),
    [
        ("text_notice", {"card_type": "hologram"}, 40058),
        ("text_notice", {"main_title": {}}, 40058),
        ("text_notice", {"card_action": {}}, 40058),
        ("text_notice", {"card_action": {"type": 1}}, 40058),
        ("text_notice", {"action_menu": {"action_list": [{"text": "a", "key": "k"}]}}, 42014),
        ("text_notice", {"task_id": "t1", "action_menu": {"action_list": [{"text": "a", "key": "k"}] * 4}}, 40058),
        ("text_notice", {"task_id": "t1", "action_menu": {"action_list": []}}, 40058),
        ("text_notice", {"horizontal_content_list": [{"keyname": "k"}] * 7}, 40058),
        ("text_notice", {"horizontal_content_list": [{"keyname": "k", "type": 1}]}, 40058),
        ("text_notice", {"jump_list": [{"title": "j"}] * 4}, 40058),
        ("text_notice", {"quote_area": {"type": 1}}, 40058),
        ("text_notice", {"quote_area": "words"}, 40058),
        ("news_notice", {"card_image": None}, 40058),
        ("news_notice", {"vertical_content_list": [{"title": "v"}] * 5}, 40058),
        ("news_notice", {"emphasis_content": {"title": "1"}}, 40058),
        ("button_interaction", {"task_id": None}, 42014),
        ("button_interaction", {"task_id": "带汉字"}, 42014),
        ("button_interaction", {"task_id": "t" * 129}, 42014),
        ("button_interaction", {"button_list": []}, 40058),
        ("button_interaction", {"button_list": [{"text": "好", "key": "k"}] * 7}, 40058),
        ("button_interaction", {"button_list": [{"text": "好", "key": "k" * 1025}]}, 40058),
        ("button_interaction", {"button_list": [{"text": "好", "key": "k", "style": 5}]}, 40058),
        ("button_interaction", {"button_selection": {"question_key": "q", "option_list": OPTIONS * 6}}, 40058),
        ("vote_interaction", {"checkbox": {"question_key": "q", "option_list": [{"id": "a", "text": "x"}] * 2}}, 40058),
        ("vote_interaction", {"checkbox": {"question_key": "q", "option_list": [{"id": "a" * 129, "text": "x"}]}}, 40058),
        (
            "vote_interaction",
            {"checkbox": {"question_key": "q", "option_list": [{"id": str(n), "text": "x"} for n in range(21)]}},
            40058,
        ),
        ("vote_interaction", {"submit_button": {}}, 40058),
        ("multiple_interaction", {"select_list": [{"question_key": "q", "option_list": OPTIONS}] * 4}, 40058),
    ],
)
def test_a_card_that_breaks_a_rule_is_refused(card_type, change, errcode):
    with pytest.raises(Refused) as refusal:
        check_card({"card_type": card_type, **CARDS[card_type], **change})
    assert refusal.value.errcode == errcode
