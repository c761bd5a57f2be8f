"""How things went, day by day or week by week: sums, medians and shares, as charts and tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from bot.clock import SHANGHAI
from bot.model.case import State

# What is summed for each day: deliveries by what became of them, questions, and how long callbacks took (thousandths of a second).
DELIVERED = ("accepted", "failed", "uncertain")
ASKED = ("answered", "refused")
DELAYS = ("delay_p50", "delay_p95")
SUMS = (*DELIVERED, *ASKED, *DELAYS)
RANGES = (30, 90, 365)
_DAILY = 31  # days up to which each day stands for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDates:
    """One case's way through time. reported_at: when its report was first handed in."""

    ground: str
    state: State
    opened_at: datetime
    issued_at: datetime | None
    served_at: datetime | None
    rectify_by: datetime | None
    reported_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """rows: (first day of the bucket, a value for each series); None where there is nothing to tell. unit: "", "days", "percent", "ms"."""

    name: str
    series: Sequence[str]
    rows: Sequence[tuple[str, tuple[float | None, ...]]]
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(value for _, values in self.rows for value in values)


def buckets(today: date, length: int) -> list[date]:
    """The first days of all buckets of the last `length` days: each day, or each week from its Monday."""
    first = today - timedelta(days=length - 1)
    if length <= _DAILY:
        return [first + timedelta(days=n) for n in range(length)]
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(days=n) for n in range(0, (today - monday).days + 1, 7)]


class Grid:
    """Puts days into buckets."""

    def __init__(self, starts: Sequence[date]) -> None:
        self._starts = starts
        self._width = (starts[1] - starts[0]).days if len(starts) > 1 else 1

    def place(self, day: date) -> int | None:
        at = (day - self._starts[0]).days // self._width
        return at if 0 <= at < len(self._starts) else None

    def rows(self, columns: Sequence[Sequence[float | None]]) -> list[tuple[str, tuple[float | None, ...]]]:
        return [(start.isoformat(), tuple(column[n] for column in columns)) for n, start in enumerate(self._starts)]

    def counts(self, days: Iterable[date | None], weights: Iterable[int] | None = None) -> list[float | None]:
        found: list[float | None] = [0.0] * len(self._starts)
        given = list(days)
        for day, weight in zip(given, weights if weights is not None else [1] * len(given), strict=True):
            at = self.place(day) if day else None
            if at is not None:
                found[at] = (found[at] or 0) + weight
        return found

    def medians(self, pairs: Iterable[tuple[date | None, float]]) -> list[float | None]:
        held: list[list[float]] = [[] for _ in self._starts]
        for day, value in pairs:
            at = self.place(day) if day else None
            if at is not None:
                held[at].append(value)
        return [round(median(values), 1) if values else None for values in held]

    def shares(self, pairs: Iterable[tuple[date | None, bool]]) -> list[float | None]:
        held: list[list[bool]] = [[] for _ in self._starts]
        for day, is_so in pairs:
            at = self.place(day) if day else None
            if at is not None:
                held[at].append(is_so)
        return [round(100 * sum(values) / len(values), 1) if values else None for values in held]


def charts(grid: Grid, cases: Sequence[CaseDates], sums: Mapping[str, Mapping[str, int]]) -> list[Chart]:
    """All of them. sums: by name, by day."""
    grounds = sorted({one.ground for one in cases}, key=lambda ground: (-sum(one.ground == ground for one in cases), ground))[:5]
    recovered = [one for one in cases if one.state is State.RECOVERED]
    return [
        Chart(
            name="states",
            series=("issued", "recovered", "revoked"),
            rows=grid.rows(
                [
                    grid.counts(_day(one.issued_at) for one in cases),
                    grid.counts(_day(one.ended_at) for one in recovered),
                    grid.counts(_day(one.ended_at) for one in cases if one.state is State.REVOKED),
                ]
            ),
        ),
        Chart(
            name="grounds",
            series=tuple(grounds),
            rows=grid.rows([grid.counts(_day(one.opened_at) for one in cases if one.ground == ground) for ground in grounds]),
        ),
        Chart(
            name="times",
            series=("to_receipt", "to_report", "to_recovery"),
            unit="days",
            rows=grid.rows(
                [
                    grid.medians((_day(one.served_at), lasted(one.issued_at, one.served_at)) for one in cases if one.served_at),
                    grid.medians((_day(one.reported_at), lasted(one.served_at, one.reported_at)) for one in cases if one.reported_at),
                    grid.medians((_day(one.ended_at), lasted(one.issued_at, one.ended_at)) for one in recovered),
                ]
            ),
        ),
        Chart(
            name="shares",
            series=("in_time", "reversed"),
            unit="percent",
            rows=grid.rows(
                [
                    grid.shares((_day(one.reported_at), _in_time(one)) for one in cases if one.reported_at and one.rectify_by),
                    grid.shares((_day(one.issued_at), one.state is State.REVOKED) for one in cases if one.issued_at),
                ]
            ),
        ),
        Chart(name="deliveries", series=DELIVERED, rows=_summed(grid, sums, DELIVERED)),
        Chart(name="questions", series=ASKED, rows=_summed(grid, sums, ASKED)),
        Chart(
            name="delays",
            series=DELAYS,
            unit="ms",
            rows=grid.rows(
                [grid.medians((date.fromisoformat(day), number) for day, number in sums.get(name, {}).items()) for name in DELAYS]
            ),
        ),
    ]


def lasted(since: datetime | None, until: datetime | None) -> float:
    """In days."""
    return round((until - since).total_seconds() / 86_400, 2) if since and until else 0.0


def _in_time(one: CaseDates) -> bool:
    return one.reported_at is not None and one.rectify_by is not None and one.reported_at <= one.rectify_by


def _summed(grid: Grid, sums: Mapping[str, Mapping[str, int]], names: Sequence[str]) -> list[tuple[str, tuple[float | None, ...]]]:
    columns = []
    for name in names:
        days = sums.get(name, {})
        columns.append(grid.counts((date.fromisoformat(day) for day in days), days.values()))
    return grid.rows(columns)


def _by_day(days: Mapping[str, int]) -> list[tuple[date | None, float]]:
    return [(date.fromisoformat(day), number) for day, number in days.items()]


def _day(at: datetime | None) -> date | None:
    return at.astimezone(SHANGHAI).date() if at else None
