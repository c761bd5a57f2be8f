import json
from dataclasses import replace

import pytest

from bot.wecom import payloads
from bot.wecom.cards import BadPayload, Button, Card, Choice, Entry, Jump, Option, Quote, Row

URL = "https://bot.example/notice/7"
OPTIONS = (Option("a", "甲", is_checked=True), Option("b", "乙"))
NOTICE = Card(card_type="text_notice", title="处理通知", url=URL)
NEWS = Card(card_type="news_notice", title="规则更新", url=URL, picture=("https://bot.example/p.png", 1.3))
BUTTONS = Card(card_type="button_interaction", title="处理通知", task_id="notice-7@1", buttons=[Button("确认收到", "confirm")])
VOTE = Card(card_type="vote_interaction", title="选择", task_id="t1", vote=Choice("q", OPTIONS), submit=Entry("提交", "go"))
MULTIPLE = Card(card_type="multiple_interaction", title="选择", task_id="t1", lists=[Choice("q", OPTIONS)], submit=Entry("提交", "go"))


def field_of(card):
    with pytest.raises(BadPayload) as caught:
        card.body()
    return caught.value.field


def test_a_notice_with_every_part_is_what_the_platform_takes():
    card = replace(
        NOTICE,
        desc="请查收",
        task_id="notice-7",
        source="规则助手",
        source_color=1,
        source_icon="https://bot.example/i.png",
        menu=[Entry("不再提醒", "mute")],
        menu_desc="更多",
        quote=Quote("原文", title="4.2", url=URL),
        emphasis=("3", "天内反馈"),
        sub_title="请在期限内反馈",
        rows=[Row("编号", "7"), Row("全文", "点此", url=URL), Row("附件", "证据.pdf", media_id="m1"), Row("联系人", "王伟", userid="wang")],
        jumps=[Jump("看规则", URL)],
    )
    assert payloads.template_card(card).body == {
        "card_type": "text_notice",
        "source": {"icon_url": "https://bot.example/i.png", "desc": "规则助手", "desc_color": 1},
        "action_menu": {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]},
        "main_title": {"title": "处理通知", "desc": "请查收"},
        "task_id": "notice-7",
        "quote_area": {"type": 1, "url": URL, "title": "4.2", "quote_text": "原文"},
        "emphasis_content": {"title": "3", "desc": "天内反馈"},
        "sub_title_text": "请在期限内反馈",
        "horizontal_content_list": [
            {"keyname": "编号", "value": "7", "type": 0},
            {"keyname": "全文", "value": "点此", "type": 1, "url": URL},
            {"keyname": "附件", "value": "证据.pdf", "type": 2, "media_id": "m1"},
            {"keyname": "联系人", "value": "王伟", "type": 3, "userid": "wang"},
        ],
        "jump_list": [{"type": 1, "title": "看规则", "url": URL}],
        "card_action": {"type": 1, "url": URL},
    }


def test_the_other_four_kinds_are_what_the_platform_takes():
    assert replace(NEWS, paragraphs=[("一", "内容")]).body() == {
        "card_type": "news_notice",
        "main_title": {"title": "规则更新", "desc": ""},
        "vertical_content_list": [{"title": "一", "desc": "内容"}],
        "card_action": {"type": 1, "url": URL},
        "card_image": {"url": "https://bot.example/p.png", "aspect_ratio": 1.3},
    }
    buttons = [Button("确认收到", "confirm"), Button("查看全文", style=2, url=URL)]
    assert replace(BUTTONS, buttons=buttons, selection=Choice("q", OPTIONS, title="方式")).body() == {
        "card_type": "button_interaction",
        "main_title": {"title": "处理通知", "desc": ""},
        "task_id": "notice-7@1",
        "button_list": [
            {"text": "确认收到", "style": 1, "type": 0, "key": "confirm"},
            {"text": "查看全文", "style": 2, "type": 1, "url": URL},
        ],
        "button_selection": {
            "question_key": "q",
            "title": "方式",
            "option_list": [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙"}],
            "selected_id": "a",
        },
    }
    assert VOTE.body()["checkbox"] == {
        "question_key": "q",
        "option_list": [{"id": "a", "text": "甲", "is_checked": True}, {"id": "b", "text": "乙", "is_checked": False}],
        "mode": 0,
    }
    assert MULTIPLE.body()["select_list"][0]["question_key"] == "q"
    assert MULTIPLE.body()["submit_button"] == {"text": "提交", "key": "go"}


def many(most, make):
    return [make(n) for n in range(most + 1)]


LONG = "x" * 1025
REFUSED = {
    "no action": (replace(NOTICE, url=""), "card_action"),
    "no title": (replace(NOTICE, title=""), "main_title"),
    "news without a title": (replace(NEWS, title=""), "main_title"),
    "news with words below a title that is missing": (replace(NEWS, title="", desc="x"), "main_title.title"),
    "news without a picture": (replace(NEWS, picture=None), "card_image"),
    "picture too flat": (replace(NEWS, picture=(URL, 2.25)), "card_image.aspect_ratio"),
    "picture too high": (replace(NEWS, picture=(URL, 1.29)), "card_image.aspect_ratio"),
    "picture from nowhere": (replace(NEWS, picture=("file:///etc/passwd", 1.3)), "card_image.url"),
    "buttons without a task": (replace(BUTTONS, task_id=""), "task_id"),
    "vote without a task": (replace(VOTE, task_id=""), "task_id"),
    "choices without a task": (replace(MULTIPLE, task_id=""), "task_id"),
    "menu without a task": (replace(NOTICE, menu=[Entry("a", "a")]), "task_id"),
    "task with a blank": (replace(BUTTONS, task_id="a b"), "task_id"),
    "task in Chinese": (replace(BUTTONS, task_id="通知"), "task_id"),
    "task over 128 bytes": (replace(BUTTONS, task_id="x" * 129), "task_id"),
    "no buttons": (replace(BUTTONS, buttons=[]), "button_list"),
    "seven buttons": (replace(BUTTONS, buttons=many(6, lambda n: Button("b", f"k{n}"))), "button_list"),
    "two buttons alike": (replace(BUTTONS, buttons=[Button("a", "k"), Button("b", "k")]), "button_list.key"),
    "button without a key": (replace(BUTTONS, buttons=[Button("a")]), "button_list.key"),
    "button with a long key": (replace(BUTTONS, buttons=[Button("a", LONG)]), "button_list.key"),
    "button without words": (replace(BUTTONS, buttons=[Button("", "k")]), "button_list.text"),
    "button in a fifth style": (replace(BUTTONS, buttons=[Button("a", "k", style=5)]), "button_list.style"),
    "seven rows": (replace(NOTICE, rows=many(6, lambda n: Row(f"r{n}", "v"))), "horizontal_content_list"),
    "row without a name": (replace(NOTICE, rows=[Row("", "v")]), "horizontal_content_list.keyname"),
    "row with two links": (replace(NOTICE, rows=[Row("r", "v", url=URL, userid="wang")]), "horizontal_content_list"),
    "five paragraphs": (replace(NEWS, paragraphs=many(4, lambda n: (f"p{n}", ""))), "vertical_content_list"),
    "four jumps": (replace(NOTICE, jumps=many(3, lambda n: Jump(f"j{n}", URL))), "jump_list"),
    "four actions": (replace(NOTICE, task_id="t", menu=many(3, lambda n: Entry(f"m{n}", f"k{n}"))), "action_menu.action_list"),
    "two actions alike": (replace(NOTICE, task_id="t", menu=[Entry("a", "k"), Entry("b", "k")]), "action_menu.key"),
    "a fifth colour": (replace(NOTICE, source="s", source_color=4), "source.desc_color"),
    "eleven in a drop-down": (
        replace(BUTTONS, selection=Choice("q", many(10, lambda n: Option(f"o{n}", "x")))),
        "button_selection.option_list",
    ),
    "two chosen in a drop-down": (
        replace(BUTTONS, selection=Choice("q", [Option("a", "x", is_checked=True), Option("b", "x", is_checked=True)])),
        "button_selection.selected_id",
    ),
    "four lists": (replace(MULTIPLE, lists=many(3, lambda n: Choice(f"q{n}", OPTIONS))), "select_list"),
    "two lists alike": (replace(MULTIPLE, lists=[Choice("q", OPTIONS), Choice("q", OPTIONS)]), "select_list.question_key"),
    "21 to vote on": (replace(VOTE, vote=Choice("q", many(20, lambda n: Option(f"o{n}", "x")))), "checkbox.option_list"),
    "nothing to vote on": (replace(VOTE, vote=Choice("q", [])), "checkbox.option_list"),
    "two options alike": (replace(VOTE, vote=Choice("q", [Option("a", "x"), Option("a", "y")])), "checkbox.option_list.id"),
    "option id over 128 bytes": (replace(VOTE, vote=Choice("q", [Option("规" * 43, "x")])), "checkbox.id"),
    "two ticks in a single vote": (
        replace(VOTE, vote=Choice("q", [Option("a", "x", is_checked=True), Option("b", "x", is_checked=True)])),
        "checkbox.option_list",
    ),
    "vote without a button": (replace(VOTE, submit=None), "submit_button"),
    "buttons on a notice": (replace(NOTICE, buttons=[Button("a", "k")]), "button_list"),
    "emphasis on buttons": (replace(BUTTONS, emphasis=("1", "2")), "emphasis_content"),
    "vote on a news card": (replace(NEWS, vote=Choice("q", OPTIONS)), "checkbox"),
    "a script for an address": (replace(NOTICE, url="javascript:alert(1)"), "card_action.url"),
}


@pytest.mark.parametrize(("card", "field"), REFUSED.values(), ids=REFUSED)
def test_a_card_that_the_platform_would_refuse_names_what_is_wrong(card, field):
    assert field_of(card) == field


def test_the_largest_lists_fit():
    largest = [
        replace(NOTICE, task_id="x" * 128, rows=many(5, lambda n: Row(f"r{n}", "v")), jumps=many(2, lambda n: Jump("j", URL))),
        replace(NOTICE, task_id="t", menu=many(2, lambda n: Entry(f"m{n}", "k" * 1023 + str(n)))),
        replace(BUTTONS, buttons=many(5, lambda n: Button("b", f"k{n}")), selection=Choice("q", many(9, lambda n: Option(f"o{n}", "x")))),
        replace(VOTE, vote=Choice("q", many(19, lambda n: Option(f"{n}".rjust(128, "o"), "x", is_checked=True)), many=True)),
        replace(MULTIPLE, lists=many(2, lambda n: Choice(f"q{n}", OPTIONS))),
        replace(NEWS, paragraphs=many(3, lambda n: (f"p{n}", "")), picture=(URL, 2.24)),
    ]
    assert all(json.loads(json.dumps(card.body()))["card_type"] == card.card_type for card in largest)


def test_words_that_a_phone_would_not_show_are_shortened_not_refused():
    body = replace(
        NOTICE, title="题" * 100, desc="述" * 100, source="源" * 100, emphasis=("大" * 50, "小" * 50), sub_title="副" * 500
    ).body()
    shown = [*body["main_title"].values(), body["source"]["desc"], *body["emphasis_content"].values(), body["sub_title_text"]]
    assert [len(words) for words in shown] == [36, 44, 20, 14, 22, 160]
    assert all(words.endswith("…") for words in shown)


def test_a_card_can_take_another_cards_place():
    assert payloads.replaced_card(BUTTONS)["template_card"]["button_list"][0]["key"] == "confirm"
