from datetime import UTC, datetime

import pytest

from bot.clock import SHANGHAI
from bot.model.days import DayKind, deadline


def _ends(start: datetime, days: int, kind: DayKind) -> str:
    return deadline(start, days, kind).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def test_a_deadline_ends_with_the_last_second_of_its_last_day() -> None:
    assert _ends(datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI), 7, DayKind.NATURAL) == "2026-03-09 23:59:59"


def test_the_day_is_chinas_and_not_that_of_greenwich() -> None:
    late_in_london = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # the third of March in China
    assert _ends(late_in_london, 1, DayKind.NATURAL) == "2026-03-04 23:59:59"


def test_working_days_leave_out_weekends() -> None:
    friday = datetime(2026, 3, 6, 9, 0, tzinfo=SHANGHAI)
    assert _ends(friday, 1, DayKind.WORKING) == "2026-03-09 23:59:59"


def test_working_days_leave_out_the_national_holiday() -> None:
    before = datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI)
    assert _ends(before, 1, DayKind.WORKING) == "2026-10-08 23:59:59"


def test_a_weekend_that_is_worked_for_a_holiday_counts() -> None:
    friday = datetime(2026, 10, 9, 9, 0, tzinfo=SHANGHAI)
    assert _ends(friday, 1, DayKind.WORKING) == "2026-10-10 23:59:59"


@pytest.mark.parametrize("kind", DayKind)
def test_years_that_nobody_has_announced_are_still_counted(kind: DayKind) -> None:
    assert deadline(datetime(2035, 1, 5, tzinfo=SHANGHAI), 10, kind).year == 2035
