from datetime import UTC, datetime, timedelta

from bot.model import ladder

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_steps_come_as_long_after_the_notice_as_the_setting_says() -> None:
    steps = ladder.until_confirmed("reminder@24h, reminder@36h,mail@48h,manual@72h", NOON)
    assert steps == {
        "reminder": NOON + timedelta(hours=24),
        "reminder-2": NOON + timedelta(hours=36),
        "mail": NOON + timedelta(hours=48),
        "manual": NOON + timedelta(hours=72),
    }
    assert [(ladder.kind(step), ladder.count(step)) for step in steps] == [("reminder", 1), ("reminder", 2), ("mail", 1), ("manual", 1)]


def test_after_service_come_a_last_reminder_and_the_deadline() -> None:
    until = NOON + timedelta(days=7)
    assert ladder.after_service(until, timedelta(days=2), NOON) == {
        ladder.LAST_CALL: NOON + timedelta(days=5),
        ladder.OVERDUE: until + timedelta(seconds=1),
    }


def test_no_last_reminder_that_would_come_at_once() -> None:
    until = NOON + timedelta(days=1)
    assert ladder.after_service(until, timedelta(days=2), NOON).keys() == {ladder.OVERDUE}


def test_nothing_to_rectify_has_no_deadline() -> None:
    assert ladder.after_service(None, timedelta(days=2), NOON) == {}
