"""Files of providers between being looked through and being taken in; forgotten after a day."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from bot.errors import NotFound
from bot.store.database import Tx
from bot.store.tables import roster_uploads as table


def keep(tx: Tx, key: str, operator_id: int, raw: bytes, plan: str, now: datetime) -> None:
    """One file of an operator; the one before is forgotten."""
    tx.execute(delete(table).where(table.c.operator_id == operator_id))
    tx.execute(insert(table).values(key=key, operator_id=operator_id, raw=raw, plan=plan, made_at=now))


def get(connection: Connection, key: str, operator_id: int, since: datetime) -> tuple[bytes, str]:
    """(the file, its plan) of this very operator, brought since then. Raises NotFound."""
    own = table.c.key == key, table.c.operator_id == operator_id, table.c.made_at >= since
    row = connection.execute(select(table).where(*own)).one_or_none()
    if row is None:
        raise NotFound("roster")
    return bytes(row.raw), row.plan


def forget(tx: Tx, before: datetime) -> None:
    """Those that nobody took in."""
    tx.execute(delete(table).where(table.c.made_at < before))


def drop(tx: Tx, key: str) -> None:
    """It was taken in."""
    tx.execute(delete(table).where(table.c.key == key))
