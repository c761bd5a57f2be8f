"""`humans …`, as an operator runs it."""

import json

import pytest

from bot.actions import humans
from bot.context import Context
from tests.cast import at
from tests.platform import text_of


@pytest.fixture
def asked(post, house, cast, wang):
    """WangWei wants a person."""
    post(text_of(wang, "应用被取消推荐后怎么恢复"))
    ctx = Context(house)
    said = humans.offered(ctx, at("WangWei")).said
    assert said
    humans.ask(ctx, at("WangWei"), said.key)


def test_nobody_waits(bot, clock):
    assert bot("humans", "list").out == "没有待答复的申请。\n"


def test_the_list_and_one_request_say_what_was_asked_and_until_when(bot, asked):
    assert all(part in bot("humans", "list").out for part in ("待答复", "2026-03-03 23:59", "WangWei", "应用被取消推荐后怎么恢复"))
    shown = bot("humans", "show", "1").out
    assert "机器人的回答" in shown
    assert "4.2" in shown
    (found,) = json.loads(bot("humans", "list", "--json").out)
    assert (found["id"], found["state"], found["address"]["userid"]) == (1, "open", "WangWei")
    assert json.loads(bot("humans", "show", "1", "--json").out)["about"] == "应用被取消推荐后怎么恢复"


def test_an_answer_leaves_the_list_and_stays_among_all(bot, asked):
    done = bot("humans", "answer", "1", "请看 4.2。", "--as", "author")
    assert (done.status, done.err) == (0, "")
    assert bot("humans", "list").out == "没有待答复的申请。\n"
    assert "已答复" in bot("humans", "list", "--all").out
    assert "请看 4.2。" in bot("humans", "show", "1").out


def test_refusals_are_said(bot, asked):
    assert "权限" in bot("humans", "answer", "1", "好", "--as", "auditor").err
    assert "没有这个人工答复申请" in bot("humans", "show", "9").err
    assert bot("humans", "drop", "1", "--as", "author").status == 0
    assert "已经答复或关闭" in bot("humans", "drop", "1", "--as", "author").err
