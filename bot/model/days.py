"""Counting days as deadlines do: a deadline of N days ends with the last second of day N, in China."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chinese_calendar import constants, is_workday

from bot.clock import SHANGHAI

LAST_KNOWN = max(constants.holidays)  # of the holidays that the State Council has announced; pinned with the package


class DayKind(StrEnum):
    NATURAL = "natural"
    WORKING = "working"


def deadline(start: datetime, days: int, kind: DayKind) -> datetime:
    """The last second of day `days` after `start`; the day of `start` itself is day 0.

    Working days leave out weekends and public holidays and take in the weekends worked for them; past the announced years only
    weekends are left out.
    """
    day, left = start.astimezone(SHANGHAI).date(), days
    while left:
        day += timedelta(days=1)
        if kind is DayKind.NATURAL or _is_worked(day):
            left -= 1
    return datetime.combine(day, time(23, 59, 59), SHANGHAI)


def _is_worked(day: date) -> bool:
    return is_workday(day) if day.year <= LAST_KNOWN.year else day.weekday() < 5
