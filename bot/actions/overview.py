"""How things went, for whoever runs the desk; and the sums of each day that this takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median

from bot import clock, failpoint
from bot.actions import house_page
from bot.actions.house_page import Line
from bot.clock import SHANGHAI
from bot.context import Context
from bot.model import overview
from bot.model.case import OPEN, State
from bot.model.overview import ASKED, DELAYS, DELIVERED, CaseDates, Chart, Grid
from bot.store import cases
from bot.store import overview as rows

_AGAIN = 4  # the last days are summed anew: what was sent then may still settle
_LONGEST, _A_RUN = 370, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What stands above the charts; None: nothing to tell. Times in days, shares in percent, delay in milliseconds."""

    open_cases: int
    to_receipt: float | None
    to_report: float | None
    to_recovery: float | None
    reversed: float | None
    answered: float | None
    delay: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """charts: in the order in which they are shown. length: days. standing: how many cases are in each state now.

    starts: the first days of all buckets, the last of which is not over. health: how the machine is doing.
    """

    headline: Headline
    charts: Sequence[Chart]
    length: int
    standing: Mapping[State, int]
    starts: Sequence[date]
    today: date
    health: Sequence[Line]


def read(ctx: Context, length: int) -> Overview:
    """The last `length` days."""
    today, now = date.fromisoformat(clock.today()), clock.now()
    starts = overview.buckets(today, length)
    since = datetime.combine(starts[0], datetime.min.time(), SHANGHAI).astimezone(UTC)  # moments of one zone are compared far quicker
    with ctx.read() as connection:
        found = rows.case_dates(connection, since)
        lifts = rows.lifts(connection, since, now)
        sums = rows.summed(connection, starts[0].isoformat())
        counts = cases.counts(connection)
        health = house_page.pulse(connection)
    return Overview(
        headline=_headline(found, since, sums, sum(counts.get(state, 0) for state in OPEN)),
        standing={state: counts[state] for state in State if state in counts},
        charts=overview.charts(Grid(starts), found, lifts, sums, now),
        length=length,
        starts=starts,
        today=today,
        health=health,
    )


def _headline(found: Sequence[CaseDates], since: datetime, sums: dict[str, dict[str, int]], open_cases: int) -> Headline:
    issued = [one for one in found if one.issued_at and one.issued_at >= since]
    answered, refused = (sum(sums.get(name, {}).values()) for name in ASKED)
    delays = list(sums.get(DELAYS[1], {}).values())
    return Headline(
        open_cases=open_cases,
        to_receipt=_median([overview.lasted(one.issued_at, one.served_at) for one in found if one.was_confirmed_since(since)]),
        to_report=_median(
            [overview.lasted(one.served_at, one.reported_at) for one in found if one.reported_at and one.reported_at >= since]
        ),
        to_recovery=_median([overview.lasted(one.issued_at, one.ended_at) for one in found if _is_back(one, since)]),
        reversed=round(100 * sum(one.state is State.REVOKED for one in issued) / len(issued), 1) if issued else None,
        answered=round(100 * answered / (answered + refused), 1) if answered + refused else None,
        delay=delays[-1] if delays else None,
    )


def _is_back(one: CaseDates, since: datetime) -> bool:
    return one.state is State.RECOVERED and one.ended_at is not None and one.ended_at >= since


def _median(values: list[float]) -> float | None:
    return round(median(values), 1) if values else None


def sum_days(ctx: Context) -> int:
    """Sum the last days, and earlier ones that have no sums yet, or were not over when no worker went on.

    Returns how many. Safe in several workers at once, and to be killed.
    """
    today = date.fromisoformat(clock.today())
    with ctx.read() as connection:
        known = rows.summed_days(connection, (today - timedelta(days=_LONGEST)).isoformat())
    recent = [today - timedelta(days=n) for n in range(_AGAIN)]
    missing = [day for n in range(_AGAIN, _LONGEST) if not _is_whole(day := today - timedelta(days=n), known.get(day.isoformat()))]
    for day in (*recent, *missing[:_A_RUN]):
        _sum(ctx, day)
    return len(recent) + min(len(missing), _A_RUN)


def _is_whole(day: date, summed_at: datetime | None) -> bool:
    return summed_at is not None and summed_at >= datetime.combine(day + timedelta(days=_AGAIN - 1), datetime.min.time(), SHANGHAI)


def _sum(ctx: Context, day: date) -> None:
    since = datetime.combine(day, datetime.min.time(), SHANGHAI)
    until = since + timedelta(days=1)
    with ctx.read() as connection:
        became = rows.delivered(connection, since, until)
        seen, confirmed = rows.looked(connection, since, until)
        answered, refused, took = rows.asked(connection, since, until)
    became |= {"seen": seen, "confirmed": confirmed}
    sums = {name: became.get(name, 0) for name in DELIVERED} | dict(zip(ASKED, (answered, refused), strict=True))
    if took:
        sums |= {name: round(took[min(len(took) - 1, int(share * len(took)))]) for name, share in zip(DELAYS, (0.5, 0.95), strict=True)}
    with ctx.transaction() as tx:
        rows.keep(tx, day.isoformat(), sums, clock.now())
        failpoint.reach("overview.summed")
