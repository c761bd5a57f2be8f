"""What waits for our own staff, a page at a time, with how much of each there is; and who does what of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot import clock
from bot.actions.presences import LASTS
from bot.actions.rights import must
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.operator import Operator
from bot.model.queue import Record, Waits, Wanted, What, doers
from bot.model.texts import console_queue as texts
from bot.model.texts import operators as operator_texts
from bot.store import operators, presences, queue

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
        staff = operator_texts.names(operators.everyone(connection))
        of, late, mine = queue.counts(connection, me.id, now)
    counted = Counts(of=of, late=late, mine=mine)
    return Page(lines=found[:PAGE], counts=counted, staff=staff, is_last=len(found) <= PAGE)


def counts(ctx: Context, me: Operator) -> Counts:
    """How much waits now."""
    with ctx.read() as connection:
        of, late, mine = queue.counts(connection, me.id, clock.now())
    return Counts(of=of, late=late, mine=mine)


def tasks(ctx: Context) -> list[Waits]:
    """All that our staff have to do by hand, the most urgent first."""
    with ctx.read() as connection:
        found, wanted, now = list[Waits](), Wanted(), clock.now()
        while page := queue.listed(connection, wanted, 0, now, PAGE):
            found += page
            wanted = Wanted(after=page[-1].place)
    return [one for one in found if one.record is Record.TASK]


def claim(ctx: Context, me: Operator, record: Record, record_id: int) -> None:
    """Say that one does it, for a while, or for longer; it keeps nobody else from doing it. Raises UserMistake where
    somebody else does, or nothing is to be done any more; NotFound."""
    if record is Record.FILING:  # of which a claim is a step of the review: bot.actions.reviews
        raise NotFound("claim")
    with ctx.transaction() as tx:
        now = clock.now()
        found = queue.waits(tx, record, record_id, now)
        if found is None:
            raise UserMistake(texts.GONE)
        must(tx, me, *sorted(doers(found[0])))
        if not queue.claim(tx, record, record_id, me.id, now, now + timedelta(hours=ctx.settings.claim_hours)):
            who = operator_texts.names(operators.everyone(tx)).get(queue.claimant(tx, record, record_id, now) or 0, "")
            raise UserMistake(texts.claimed_by(who))


def unclaim(ctx: Context, me: Operator, record: Record, record_id: int) -> None:
    """Leave it to others again; what one does not do is left as it is."""
    with ctx.transaction() as tx:
        queue.unclaim(tx, record, record_id, me.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Who of our own staff is at one thing that waits. staff: names by id. place: what its page says of itself to be seen by others.

    here: names of others who have its page open. claimed_by: the name of somebody else who said that they do it, or "".
    """

    staff: Mapping[int, str]
    place: str
    here: Sequence[str]
    claimed_by: str


def around(ctx: Context, me: Operator, record: Record, record_id: int) -> Around:
    """Of a request or task."""
    now, place = clock.now(), f"{record[0].upper()}{record_id}"
    with ctx.read() as connection:
        everyone, here = presences.staff(connection, place, now - LASTS)
        claimed = queue.claimant(connection, record, record_id, now)
    names = operator_texts.names(everyone)
    others = [names[one] for one in here if one != me.id]
    return Around(staff=names, place=place, here=others, claimed_by=names[claimed] if claimed and claimed != me.id else "")
