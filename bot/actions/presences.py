"""Two people on one case see each other: each open page says so every few seconds, and is told who else is there."""

from collections.abc import Sequence
from datetime import timedelta

from bot import clock
from bot.context import Context
from bot.model.operator import Operator
from bot.model.texts import operators as texts
from bot.store import presences

LASTS = timedelta(seconds=45)  # after which a page that said nothing was closed
_KEPT = timedelta(hours=1)


def look(ctx: Context, me: Operator, number: str) -> Sequence[str]:
    """I have the page of this case or filing open. Returns the names of the others who do."""
    now = clock.now()
    with ctx.transaction() as tx:
        presences.forget(tx, now - _KEPT)
        presences.note(tx, number, me.id, now)
        staff, here = presences.staff(tx, number, now - LASTS)
    names = texts.names(staff)
    return [names[one] for one in here if one != me.id]
