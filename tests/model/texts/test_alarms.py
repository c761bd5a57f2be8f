"""What our own staff read of an alarm: what is wrong, since when, and what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.alarm import Alarm
from bot.model.reply import messages
from bot.model.texts import alarms as texts

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RUNG = (
    "app_paused",
    "api_blocked",
    "inactive_alert",
    "close_inactive_agent",
    "queue_age",
    "undeliverable",
    "mail_failing",
    "hook_failed",
    "serve_by_hand",
    "overdue",
    "filed_report",
    "filed_objection",
    "filed_reapplication",
    "filed_withdrawal",
    "review_late",
    "human_asked",
    "human_late",
)


def alarm(what, count=1, **detail):
    return Alarm(
        id=7,
        key=what,
        what=what,
        detail=detail,
        state="open",
        count=count,
        first_at=NOW - timedelta(hours=2),
        last_at=NOW,
        told_at=None,
        cleared_at=None,
    )


@pytest.mark.parametrize("what", RUNG)
def test_each_kind_says_what_is_wrong_and_what_to_do(what):
    assert texts.title(alarm(what)) != texts.title(alarm("something new"))
    assert "请" in texts.advice(alarm(what)) or "自动" in texts.advice(alarm(what))


@pytest.mark.parametrize(("errcode", "words"), [(40001, "WECOM_SECRET"), (60020, "企业可信 IP"), (99999, "错误码 99999 查")])
def test_an_errcode_comes_with_what_to_do_about_it(errcode, words):
    assert words in texts.advice(alarm(f"wecom_{errcode}"))
    assert str(errcode) in texts.title(alarm(f"wecom_{errcode}"))


def test_an_app_that_rests_says_why_and_that_it_goes_on_by_itself():
    advice = texts.advice(alarm("app_paused", errcode=60020))
    assert "企业可信 IP" in advice
    assert "自动试发" in advice


def test_one_message_holds_ten_at_most_and_says_how_many_more():
    said = texts.paragraphs([alarm("queue_age", age_s=700)] * 12, NOW)
    assert len(said) == 12
    assert "另有 2 项" in said[-2]
    assert "共 3 次" in texts.paragraphs([alarm("queue_age", count=3)], NOW)[0]
    assert len(messages("\n\n".join(said))) <= 2
