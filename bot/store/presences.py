"""Who of our own staff looks at what at this moment: told by their open pages, forgotten within minutes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.model.operator import Operator
from bot.store.database import Tx
from bot.store.operators import operator_of
from bot.store.tables import operators, presences


def note(tx: Tx, number: str, operator_id: int, now: datetime) -> None:
    """This operator has the page of this number open."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    first = dialect.insert(presences).values(number=number, operator_id=operator_id, at=now)
    tx.execute(first.on_conflict_do_update(index_elements=["number", "operator_id"], set_={"at": now}))


def forget(tx: Tx, before: datetime) -> None:
    """Pages that were closed since."""
    tx.execute(delete(presences).where(presences.c.at < before))


def staff(connection: Connection, number: str, since: datetime) -> tuple[list[Operator], Sequence[int]]:
    """(all operators, ids of those who had this page open after `since`), in one statement."""
    here = and_(presences.c.operator_id == operators.c.id, presences.c.number == number, presences.c.at > since)
    both = select(operators, presences.c.at.label("seen_at")).outerjoin_from(operators, presences, here).order_by(operators.c.id)
    rows = connection.execute(both).all()
    return [operator_of(row) for row in rows], [row.id for row in rows if row.seen_at is not None]
