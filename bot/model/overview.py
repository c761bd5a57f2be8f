"""How things went, day by day or week by week: sums, medians and shares, as charts and tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from statistics import median

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDates:
    """One case's way through time. served_how: "" while it is not served. reported_at: when its report was first handed in."""

    ground: str
    state: State
    opened_at: datetime
    issued_at: datetime | None
    served_at: datetime | None
    served_how: str
    rectify_by: datetime | None
    reported_at: datetime | None
    ended_at: datetime | None

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
    """Puts days into buckets."""

    def __init__(self, starts: Sequence[date]) -> None:
        self._starts = starts
        self._width = (starts[1] - starts[0]).days if len(starts) > 1 else 1

    def place(self, day: date) -> int | None:
        at = (day - self._starts[0]).days // self._width
        return at if 0 <= at < len(self._starts) else None

    def rows(self, columns: Sequence[Sequence[float | None]]) -> list[tuple[str, tuple[float | None, ...]]]:
        return [(start.isoformat(), tuple(column[n] for column in columns)) for n, start in enumerate(self._starts)]

    def standing(self, spans: Iterable[tuple[date | None, date | None]]) -> list[float | None]:
        """How many had begun and not ended when each bucket was over. spans: (begun, ended) of each; None: not yet."""
        changes = [0] * (len(self._starts) + 1)
        for begun, ended in spans:
            if begun is not None:
                changes[self._at_or_after(begun)] += 1
                changes[self._at_or_after(ended)] -= 1
        return [float(number) for number in accumulate(changes[:-1])]

    def _at_or_after(self, day: date | None) -> int:
        behind = len(self._starts)
        return behind if day is None else min(max(0, (day - self._starts[0]).days // self._width), behind)

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


def charts(
    grid: Grid,
    cases: Sequence[CaseDates],
    lifts: Sequence[tuple[datetime, datetime | None]],
    sums: Mapping[str, Mapping[str, int]],
    now: datetime,
) -> list[Chart]:
    """All of them. lifts: until when a measure was to be lifted, and when it was. sums: by name, by day."""
    return [
        _states(grid, cases),
        _grounds(grid, cases),
        _times(grid, cases),
        _shares(grid, cases, lifts, now),
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


def _states(grid: Grid, cases: Sequence[CaseDates]) -> Chart:
    columns = [
        grid.standing((_day(one.issued_at), _day(one.ended_at)) for one in cases),
        grid.counts(_day(one.issued_at) for one in cases),
        *(grid.counts(_day(one.ended_at) for one in cases if one.state is state) for state in _ENDS),
    ]
    return Chart(name="states", series=("open", "issued", *(str(state) for state in _ENDS)), rows=grid.rows(columns))


def _grounds(grid: Grid, cases: Sequence[CaseDates]) -> Chart:
    opened = [(one.ground, day) for one in cases if grid.place(day := _local(one.opened_at)) is not None]
    ordered = sorted(Counter(ground for ground, _ in opened).items(), key=lambda given: (-given[1], given[0]))
    names = {ground: ground if n < _GROUNDS else OTHERS for n, (ground, _) in enumerate(ordered)}
    series = tuple(dict.fromkeys(names.values()))
    columns = [grid.counts(day for ground, day in opened if names[ground] == name) for name in series]
    return Chart(name="grounds", series=series, rows=grid.rows(columns))


def _times(grid: Grid, cases: Sequence[CaseDates]) -> Chart:
    """allowed: how long those had who reported."""
    reported = [one for one in cases if one.reported_at]
    columns = [
        grid.medians((_day(one.served_at), lasted(one.issued_at, one.served_at)) for one in cases if one.is_confirmed),
        grid.medians((_day(one.reported_at), lasted(one.served_at, one.reported_at)) for one in reported),
        grid.medians((_day(one.reported_at), lasted(one.served_at, one.rectify_by)) for one in reported if one.rectify_by),
        grid.medians((_day(one.ended_at), lasted(one.issued_at, one.ended_at)) for one in cases if one.state is State.RECOVERED),
    ]
    return Chart(name="times", series=("to_receipt", "to_report", "allowed", "to_recovery"), unit="days", rows=grid.rows(columns))


def _shares(grid: Grid, cases: Sequence[CaseDates], lifts: Sequence[tuple[datetime, datetime | None]], now: datetime) -> Chart:
    columns = [
        grid.shares((_day(one.served_at), one.is_confirmed) for one in cases),
        grid.shares((_day(one.rectify_by), one.reported_in_time) for one in cases if one.had_to_report(now)),
        grid.shares((_day(due_at), done_at is not None and done_at <= due_at) for due_at, done_at in lifts),
        grid.shares((_day(one.issued_at), one.state is State.REVOKED) for one in cases),
    ]
    return Chart(name="shares", series=("received", "in_time", "lifted_in_time", "reversed"), unit="percent", rows=grid.rows(columns))


def lasted(since: datetime | None, until: datetime | None) -> float:
    """In days; what was there before it was due, such as a report before the notice was served, took none."""
    return round(max(0.0, (until - since).total_seconds()) / 86_400, 2) if since and until else 0.0


def _summed(grid: Grid, sums: Mapping[str, Mapping[str, int]], names: Sequence[str]) -> list[tuple[str, tuple[float | None, ...]]]:
    """A bucket none of whose days has been summed yet has no numbers, rather than nothing in it."""
    columns = []
    for name in names:
        days = sums.get(name, {})
        at = [date.fromisoformat(day) for day in days]
        known = {grid.place(day) for day in at}
        columns.append([number if n in known else None for n, number in enumerate(grid.counts(at, days.values()))])
    return grid.rows(columns)


def _day(at: datetime | None) -> date | None:
    return _local(at) if at else None


def _local(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
