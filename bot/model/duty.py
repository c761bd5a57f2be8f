"""Until when our own staff should have done what waits for them, in working days of the Chinese calendar."""

from datetime import datetime

from bot.model.days import DayKind, deadline

_APPROVAL_DAYS = 1
_TASK_DAYS = {"overdue": 2, "admins": 5}  # by kind; what a provider waits for is done by the end of the next working day


def approve_by(now: datetime) -> datetime:
    """Of a case handed in for approval now."""
    return deadline(now, _APPROVAL_DAYS, DayKind.WORKING)


def task_due(kind: str, now: datetime) -> datetime:
    """Of a task written down now."""
    return deadline(now, _TASK_DAYS.get(kind, 1), DayKind.WORKING)
