"""What waits for our own staff, a page at a time, with how much of each there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot import clock
from bot.context import Context
from bot.model.operator import Operator
from bot.model.queue import Waits, Wanted, What
from bot.model.texts import operators as texts
from bot.store import operators, queue

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much waits. of: by what it is."""

    of: Mapping[What, int]
    late: int
    mine: int

    @property
    def all(self) -> int:
        return sum(self.of.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """staff: names by operator's id. is_last: nothing comes after."""

    lines: Sequence[Waits]
    counts: Counts
    staff: Mapping[int, str]
    is_last: bool


def page(ctx: Context, me: Operator, wanted: Wanted) -> Page:
    """A page of the list, with all counts."""
    with ctx.read() as connection:
        now = clock.now()
        found = queue.listed(connection, wanted, me.id, now, PAGE + 1)
        staff = {one.id: texts.named(one) for one in operators.everyone(connection)}
        of, late, mine = queue.counts(connection, me.id, now)
    counted = Counts(of=of, late=late, mine=mine)
    return Page(lines=found[:PAGE], counts=counted, staff=staff, is_last=len(found) <= PAGE)


def counts(ctx: Context, me: Operator) -> Counts:
    """How much waits now."""
    with ctx.read() as connection:
        of, late, mine = queue.counts(connection, me.id, clock.now())
    return Counts(of=of, late=late, mine=mine)
