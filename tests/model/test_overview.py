"""What happened when, put into days and weeks of China."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.model import overview
from bot.model.case import State
from bot.model.overview import OTHERS, CaseDates, Chart, Grid, buckets

MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)  # of 2 March, a Monday, in China
BEFORE = MIDNIGHT - timedelta(microseconds=1)
TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
FRESH = CaseDates(
    ground="2.9",
    state=State.IN_FORCE,
    opened_at=BEFORE,
    issued_at=BEFORE,
    served_at=None,
    served_how="",
    rectify_by=None,
    reported_at=None,
    ended_at=None,
)


def values(cases, chart, series, length=30, lifts=(), sums=None):
    """By the day with which each bucket begins."""
    grid = Grid(buckets(TODAY, length))
    found = next(one for one in overview.charts(grid, cases, lifts, sums or {}, NOW) if one.name == chart)
    return {day: row[found.series.index(series)] for day, row in found.rows}


@pytest.mark.parametrize("length", [30, 90])
def test_midnight_in_china_parts_one_bucket_from_the_next(length):
    cases = [FRESH, FRESH._replace(issued_at=MIDNIGHT)]
    issued = values(cases, "states", "issued", length)
    assert issued["2026-03-02"] == 1
    assert issued["2026-03-01" if length == 30 else "2026-02-23"] == 1


def test_what_is_open_is_what_began_and_has_not_ended_whenever_it_began():
    long_ago = FRESH._replace(issued_at=datetime(2020, 1, 1, tzinfo=UTC))
    over = FRESH._replace(issued_at=BEFORE, ended_at=MIDNIGHT, state=State.REVOKED)
    open_ = values([long_ago, over, FRESH._replace(issued_at=None)], "states", "open")
    assert open_["2026-02-28"] == 1
    assert open_["2026-03-01"] == 2
    assert open_["2026-03-02"] == 1
    assert open_["2026-03-10"] == 1


def test_only_a_receipt_counts_as_received():
    served: dict[str, Any] = {"issued_at": BEFORE, "served_at": BEFORE + timedelta(days=3)}
    cases = [FRESH._replace(served_how=how, **served) for how in ("receipt", "deemed", "recorded")]
    cases[0] = cases[0]._replace(served_at=BEFORE + timedelta(days=2))
    assert values(cases, "times", "to_receipt")["2026-03-03"] == 2
    assert values(cases, "times", "to_receipt")["2026-03-04"] is None
    assert values(cases, "shares", "received")["2026-03-04"] == 0


def test_who_never_reports_is_late_once_the_day_is_over_and_who_need_not_report_is_neither():
    due: dict[str, Any] = {"served_at": BEFORE, "served_how": "receipt", "rectify_by": MIDNIGHT + timedelta(days=2)}
    early, late = MIDNIGHT + timedelta(days=1), MIDNIGHT + timedelta(days=3)
    reported = FRESH._replace(**due, reported_at=early)
    in_time = ("shares", "in_time")
    assert values([reported], *in_time)["2026-03-04"] == 100
    assert values([reported, reported._replace(reported_at=late)], *in_time)["2026-03-04"] == 50
    assert values([reported, reported._replace(reported_at=None)], *in_time)["2026-03-04"] == 50
    assert values([reported, reported._replace(reported_at=None, ended_at=early)], *in_time)["2026-03-04"] == 100
    assert values([reported._replace(rectify_by=NOW + timedelta(hours=1))], *in_time)["2026-03-10"] is None
    assert values([reported], "times", "allowed")["2026-03-03"] == 2


def test_a_measure_lifted_after_its_time_or_not_at_all_is_late():
    due = MIDNIGHT + timedelta(days=1)
    lifts = [(due, due), (due, due + timedelta(seconds=1)), (due, None)]
    assert values([], "shares", "lifted_in_time", lifts=lifts)["2026-03-03"] == 33.3


def test_a_report_from_before_the_service_took_no_time():
    case = FRESH._replace(served_at=MIDNIGHT + timedelta(days=1), served_how="recorded", reported_at=MIDNIGHT)
    assert values([case], "times", "to_report")["2026-03-02"] == 0


def test_grounds_beyond_the_fifth_are_counted_as_others_and_those_outside_of_the_time_are_none():
    cases = [FRESH._replace(ground=f"row:{n}") for n in range(7)] + [FRESH._replace(ground="row:0")] * 2
    cases += [FRESH._replace(ground="old", opened_at=datetime(2020, 1, 1, tzinfo=UTC))] * 9
    found = next(one for one in overview.charts(Grid(buckets(TODAY, 30)), cases, [], {}, NOW) if one.name == "grounds")
    assert found.series == ("row:0", "row:1", "row:2", "row:3", "row:4", OTHERS)
    assert [sum(row[n] or 0 for _, row in found.rows) for n in range(6)] == [3, 1, 1, 1, 1, 2]


def test_days_that_nobody_has_summed_have_no_numbers():
    asked = values([], "questions", "answered", sums={"answered": {"2026-03-02": 0, "2026-03-03": 4}})
    assert asked["2026-03-01"] is None
    assert asked["2026-03-02"] == 0
    assert asked["2026-03-03"] == 4


def test_a_share_of_nought_is_a_number_and_a_count_of_nought_is_nothing():
    assert not Chart(name="x", series=("y",), rows=[("2026-03-02", (0.0,))], unit="percent").is_empty
    assert Chart(name="x", series=("y",), rows=[("2026-03-02", (0.0,)), ("2026-03-03", (None,))]).is_empty
    assert Chart(name="x", series=("y",), rows=[("2026-03-02", (None,))], unit="days").is_empty
