"""`alarms …`, as an operator runs it."""

import json

import pytest

from bot.actions import alarms
from bot.context import Context


@pytest.fixture
def raised(house, cast):
    alarms.raise_alarm(Context(house), "app_paused", "app_paused:60020", errcode=60020)


def test_nothing_wrong_is_said_as_such(bot, clock):
    assert bot("alarms", "list").out == "没有未解除的告警。\n"


def test_the_list_says_what_is_wrong_and_what_to_do(bot, raised):
    done = bot("alarms", "list")
    assert "应用发不出消息" in done.out
    assert "企业可信 IP" in done.out
    (found,) = json.loads(bot("alarms", "list", "--json").out)
    assert (found["what"], found["detail"], found["state"]) == ("app_paused", {"errcode": 60020}, "open")


def test_what_is_cleared_leaves_the_list_and_stays_among_all(bot, raised):
    done = bot("alarms", "clear", "1", "--as", "author")
    assert (done.status, done.err) == (0, "")
    assert bot("alarms", "list").out == "没有未解除的告警。\n"
    assert "解除" in bot("alarms", "list", "--all").out
    again = bot("alarms", "clear", "1", "--as", "author")
    assert (again.status, "已经解除" in again.err) == (1, True)


def test_only_those_who_run_things_clear(bot, raised):
    assert bot("alarms", "clear", "1", "--as", "auditor").status == 1
    assert "没有这条告警" in bot("alarms", "clear", "9", "--as", "author").err
