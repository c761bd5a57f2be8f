"""How things went, day by day or week by week: sums, medians and shares, as charts and tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from operator import attrgetter
from statistics import median
from typing import NamedTuple

from bot.clock import SHANGHAI
from bot.model.case import State

# What is summed for each day: deliveries by what became of them, pages first opened and receipts, questions, and how long callbacks took
# (thousandths of a second).
DELIVERED = ("accepted", "failed", "uncertain", "seen", "confirmed")
ASKED = ("answered", "refused")
DELAYS = ("delay_p50", "delay_p95")
SUMS = (*DELIVERED, *ASKED, *DELAYS)
RANGES = (30, 90, 365)
OTHERS = "others"  # the grounds beyond the commonest, as one
_GROUNDS = 5
_ENDS = (State.RECOVERED, State.REVOKED, State.CLOSED)
_DAILY = 31  # days up to which each day stands for itself


class CaseDates(NamedTuple):
    """One case's way through time; a tuple, since a page reads tens of thousands.

    served_how: "" while it is not served. reported_at: when its report was first handed in.
    """

    ground: str
    state: State
    opened_at: datetime
    issued_at: datetime | None
    served_at: datetime | None
    served_how: str
    rectify_by: datetime | None
    ended_at: datetime | None
    reported_at: datetime | None

    @property
    def is_confirmed(self) -> bool:
        """Somebody confirmed that they got the notice: neither deemed service nor one recorded by us."""
        return self.served_how == "receipt"

    def was_confirmed_since(self, since: datetime) -> bool:
        return self.is_confirmed and self.served_at is not None and self.served_at >= since

    @property
    def reported_in_time(self) -> bool:
        return self.reported_at is not None and self.rectify_by is not None and self.reported_at <= self.rectify_by

    def had_to_report(self, now: datetime) -> bool:
        """Its time for the report is over, and it wasn't ended before without one."""
        if self.rectify_by is None or self.rectify_by > now:
            return False
        return self.reported_at is not None or self.ended_at is None or self.ended_at > self.rectify_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """rows: (first day of the bucket, a value for each series); None where there is nothing to tell. unit: "", "days", "percent", "ms"."""

    name: str
    series: Sequence[str]
    rows: Sequence[tuple[str, tuple[float | None, ...]]]
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        """A count of nothing is nothing to draw; a share of 0 % is a number."""
        return not any(value if self.unit == "" else value is not None for _, values in self.rows for value in values)


def buckets(today: date, length: int) -> list[date]:
    """The first days of all buckets of the last `length` days: each day, or each week from its Monday."""
    first = today - timedelta(days=length - 1)
    if length <= _DAILY:
        return [first + timedelta(days=n) for n in range(length)]
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(days=n) for n in range(0, (today - monday).days + 1, 7)]


class Grid:
    """Puts days and moments into buckets, by their numbers: below 0 before the first, and after the last more than there are."""

    def __init__(self, starts: Sequence[date]) -> None:
        self._starts = starts
        self._days = (starts[1] - starts[0]).days if len(starts) > 1 else 1
        # All days in China are 24 hours, so that moments can be counted from here on: whoever asks has tens of thousands of them.
        self._since = datetime.combine(starts[0], datetime.min.time(), SHANGHAI).astimezone(UTC)

    def place(self, day: date) -> int:
        return (day - self._starts[0]).days // self._days

    def at(self, moment: datetime | None) -> int | None:
        return None if moment is None else (moment - self._since).days // self._days

    def has(self, place: int | None) -> bool:
        return place is not None and 0 <= place < len(self._starts)

    def rows(self, columns: Sequence[Sequence[float | None]]) -> list[tuple[str, tuple[float | None, ...]]]:
        return [(start.isoformat(), tuple(column[n] for column in columns)) for n, start in enumerate(self._starts)]

    def standing(self, spans: Iterable[tuple[int | None, int | None]]) -> list[float | None]:
        """How many had begun and not ended when each bucket was over. spans: (begun, ended) of each; None: not yet."""
        behind = len(self._starts)
        changes = [0] * (behind + 1)
        for begun, ended in spans:
            if begun is not None:
                changes[min(max(0, begun), behind)] += 1
                changes[behind if ended is None else min(max(0, ended), behind)] -= 1
        return [float(number) for number in accumulate(changes[:-1])]

    def counts(self, places: Iterable[int | None]) -> list[float | None]:
        found = Counter(places)
        return [float(found[n]) for n in range(len(self._starts))]

    def medians(self, pairs: Iterable[tuple[int | None, float]]) -> list[float | None]:
        return [round(median(values), 1) if values else None for values in self._held(pairs)]

    def sums(self, pairs: Iterable[tuple[int | None, int]]) -> list[float | None]:
        return [float(sum(values)) if values else None for values in self._held(pairs)]

    def shares(self, pairs: Iterable[tuple[int | None, bool]]) -> list[float | None]:
        known = Counter(pairs)
        both = [(known[n, True], known[n, False]) for n in range(len(self._starts))]
        return [round(100 * so / (so + other), 1) if so + other else None for so, other in both]

    def _held(self, pairs: Iterable[tuple[int | None, float]]) -> list[list[float]]:
        held: list[list[float]] = [[] for _ in self._starts]
        behind = len(held)
        for place, value in pairs:
            if place is not None and 0 <= place < behind:
                held[place].append(value)
        return held


def charts(
    grid: Grid,
    cases: Sequence[CaseDates],
    lifts: Sequence[tuple[datetime, datetime | None]],
    sums: Mapping[str, Mapping[str, int]],
    now: datetime,
) -> list[Chart]:
    """All of them. lifts: until when a measure was to be lifted, and when it was. sums: by name, by day."""
    at = _Places(*(list(map(grid.at, map(attrgetter(moment), cases))) for moment in _PLACED))
    return [
        _states(grid, cases, at),
        _grounds(grid, cases, at),
        _times(grid, cases, at),
        _shares(grid, cases, at, lifts, now),
        Chart(name="deliveries", series=DELIVERED, rows=_summed(grid, sums, DELIVERED)),
        Chart(name="questions", series=ASKED, rows=_summed(grid, sums, ASKED)),
        Chart(
            name="delays",
            series=DELAYS,
            unit="ms",
            rows=grid.rows(
                [
                    grid.medians((grid.place(date.fromisoformat(day)), number) for day, number in sums.get(name, {}).items())
                    for name in DELAYS
                ]
            ),
        ),
    ]


class _Places(NamedTuple):
    """In which bucket each case was what, in the order of the cases."""

    opened: Sequence[int | None]
    issued: Sequence[int | None]
    served: Sequence[int | None]
    due: Sequence[int | None]
    ended: Sequence[int | None]
    reported: Sequence[int | None]


_PLACED = ("opened_at", "issued_at", "served_at", "rectify_by", "ended_at", "reported_at")  # of a case, as _Places has them


def _states(grid: Grid, cases: Sequence[CaseDates], at: _Places) -> Chart:
    columns = [
        grid.standing(zip(at.issued, at.ended, strict=True)),
        grid.counts(at.issued),
        *(grid.counts(place for one, place in zip(cases, at.ended, strict=True) if one.state is state) for state in _ENDS),
    ]
    return Chart(name="states", series=("open", "issued", *(str(state) for state in _ENDS)), rows=grid.rows(columns))


def _grounds(grid: Grid, cases: Sequence[CaseDates], at: _Places) -> Chart:
    opened = [(one.ground, place) for one, place in zip(cases, at.opened, strict=True) if grid.has(place)]
    ordered = sorted(Counter(ground for ground, _ in opened).items(), key=lambda given: (-given[1], given[0]))
    names = {ground: ground if n < _GROUNDS else OTHERS for n, (ground, _) in enumerate(ordered)}
    series = tuple(dict.fromkeys(names.values()))
    columns = [grid.counts(place for ground, place in opened if names[ground] == name) for name in series]
    return Chart(name="grounds", series=series, rows=grid.rows(columns))


def _times(grid: Grid, cases: Sequence[CaseDates], at: _Places) -> Chart:
    """allowed: how long those had who reported."""
    confirmed = (pair for pair in zip(at.served, cases, strict=True) if pair[1].is_confirmed)
    reported = [pair for pair in zip(at.reported, cases, strict=True) if pair[0] is not None]
    recovered = (pair for pair in zip(at.ended, cases, strict=True) if pair[1].state is State.RECOVERED)
    columns = [
        grid.medians((place, lasted(one.issued_at, one.served_at)) for place, one in confirmed),
        grid.medians((place, lasted(one.served_at, one.reported_at)) for place, one in reported),
        grid.medians((place, lasted(one.served_at, one.rectify_by)) for place, one in reported if one.rectify_by),
        grid.medians((place, lasted(one.issued_at, one.ended_at)) for place, one in recovered),
    ]
    return Chart(name="times", series=("to_receipt", "to_report", "allowed", "to_recovery"), unit="days", rows=grid.rows(columns))


def _shares(grid: Grid, cases: Sequence[CaseDates], at: _Places, lifts: Sequence[tuple[datetime, datetime | None]], now: datetime) -> Chart:
    columns = [
        grid.shares((place, one.is_confirmed) for one, place in zip(cases, at.served, strict=True)),
        grid.shares((place, one.reported_in_time) for one, place in zip(cases, at.due, strict=True) if one.had_to_report(now)),
        grid.shares((grid.at(due_at), done_at is not None and done_at <= due_at) for due_at, done_at in lifts),
        grid.shares((place, one.state is State.REVOKED) for one, place in zip(cases, at.issued, strict=True)),
    ]
    return Chart(name="shares", series=("received", "in_time", "lifted_in_time", "reversed"), unit="percent", rows=grid.rows(columns))


def lasted(since: datetime | None, until: datetime | None) -> float:
    """In days; what was there before it was due, such as a report before the notice was served, took none."""
    return max(0.0, (until - since).total_seconds() / 86_400) if since and until else 0.0


def _summed(grid: Grid, sums: Mapping[str, Mapping[str, int]], names: Sequence[str]) -> list[tuple[str, tuple[float | None, ...]]]:
    """A bucket none of whose days has been summed yet has no numbers, rather than nothing in it."""
    return grid.rows([grid.sums(_days(grid, sums.get(name, {}))) for name in names])


def _days(grid: Grid, days: Mapping[str, int]) -> list[tuple[int | None, int]]:
    return [(grid.place(date.fromisoformat(day)), number) for day, number in days.items()]
