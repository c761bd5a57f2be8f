"""The ladder: what is done, and when, until somebody confirms; and what comes after service.

Until served, counted from the notice: reminders, then mail, then a task for an operator to serve it by hand.
After service: a last reminder before the deadline, and the deadline itself. The bot never applies a measure by itself.
"""

import re
from datetime import datetime, timedelta

_STEP = re.compile(r"(reminder|mail|manual)@(\d{1,4})h")

DEEM = "deem"  # two channels took it, or somebody read it: served N days later
LAST_CALL = "last_call"
OVERDUE = "overdue"


def parse(words: str) -> tuple[tuple[str, timedelta], ...]:
    """Steps and how long after the notice: "reminder@24h,mail@48h,manual@72h" (config/settings has checked it).

    A repeated kind gets a number: reminder, reminder-2.
    """
    steps: list[tuple[str, timedelta]] = []
    counts: dict[str, int] = {}
    for step, hours in _STEP.findall(words):
        counts[step] = count = counts.get(step, 0) + 1
        steps.append((step if count == 1 else f"{step}-{count}", timedelta(hours=int(hours))))
    return tuple(steps)


def until_confirmed(words: str, issued_at: datetime) -> dict[str, datetime]:
    """When each step of the ladder is due."""
    return {step: issued_at + after for step, after in parse(words)}


def after_service(rectify_by: datetime | None, last_call: timedelta, served_at: datetime) -> dict[str, datetime]:
    """When the last reminder and the deadline are due; no last reminder where it would come at once."""
    if rectify_by is None:
        return {}
    steps = {OVERDUE: rectify_by + timedelta(seconds=1)}
    if rectify_by - last_call > served_at:
        steps[LAST_CALL] = rectify_by - last_call
    return steps


def kind(step: str) -> str:
    """reminder-2 → reminder."""
    return step.partition("-")[0]


def count(step: str) -> int:
    """reminder → 1, reminder-2 → 2."""
    return int(step.partition("-")[2] or 1)
