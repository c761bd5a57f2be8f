"""Acting on what a page showed: if it is otherwise by now, nothing is done, and what happened since can be read."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.context import Context
from bot.errors import Stale
from bot.model.trail import Event
from bot.store import cases, filings, trail

T = TypeVar("T")


def case(ctx: Context, number: str, version: int, act: Callable[[], T]) -> T:
    """What `act` does, if the case is still of this version; in one transaction. Raises Stale, NotFound."""
    with ctx.transaction() as tx:
        if cases.get(tx, cases.by_number(tx, number).id, lock=True).version != version:
            raise Stale(number)
        return act()


def filing(ctx: Context, number: str, version: int, act: Callable[[], T]) -> T:
    """The same of a filing, whose case is locked first, as whoever decides it does."""
    with ctx.transaction() as tx:
        found = filings.by_number(tx, number)
        if found.case_id:
            cases.get(tx, found.case_id, lock=True)
        if filings.get(tx, found.id, lock=True).version != version:
            raise Stale(number)
        return act()


def events(ctx: Context, number: str, after: int = 0) -> Sequence[Event]:
    """What stands on a case's trail after its first `after` events."""
    with ctx.house.database.snapshot() as snapshot:
        return [one for one in trail.read(snapshot, number) if isinstance(one.seq, int) and one.seq > after]
