"""What happened in cases before that were about the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bot.model.case import Case, State
from bot.model.days import DayKind
from rules.catalogue import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """of: how many cases were counted, the newest ones. measures: how many of them had each.

    days: the medians of days to rectify, by how they are counted. back_days: the median of days from the notice to recovery.
    revoked: how many were taken back. newest: a few to look at.
    """

    of: int
    measures: Mapping[Measure, int]
    days: Mapping[DayKind, int]
    back_days: int | None
    revoked: int
    newest: tuple[Case, ...]


_SHOWN = 5


def summed(found: Sequence[Case]) -> Similar:
    """found: cases on one ground, the newest first."""
    given: dict[DayKind, list[int]] = {}
    for one in found:
        if one.rectify_days is not None:
            given.setdefault(one.day_kind, []).append(one.rectify_days)
    back = [(one.ended_at - one.issued_at).days for one in found if one.state is State.RECOVERED and one.ended_at and one.issued_at]
    return Similar(
        of=len(found),
        measures=dict(Counter(imposed.measure for one in found for imposed in one.measures).most_common()),
        days={kind: round(median(days)) for kind, days in sorted(given.items())},
        back_days=round(median(back)) if back else None,
        revoked=sum(one.state is State.REVOKED for one in found),
        newest=tuple(found[:_SHOWN]),
    )
