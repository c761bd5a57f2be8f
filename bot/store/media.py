"""Pictures and files sent in chat that are being fetched, one row each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound
from bot.store.database import Tx
from bot.store.tables import media_fetches as table

WAITING, JOINED, FAILED = "waiting", "joined", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """name: what the sender called it, "" for a picture. tries: begun so far. failure: in code, why it did not join."""

    id: int
    filing_id: int
    admin_id: int
    media_id: str
    name: str
    state: str
    tries: int
    due_at: datetime
    expires_at: datetime
    failure: str


def add(tx: Tx, filing_id: int, admin_id: int, media_id: str, name: str, now: datetime, expires_at: datetime) -> bool:
    """Ask for a medium to be fetched. Returns False where it was asked for before."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    values = {"filing_id": filing_id, "admin_id": admin_id, "media_id": media_id, "name": name}
    row = dialect.insert(table).values(**values, state=WAITING, due_at=now, expires_at=expires_at)
    return tx.execute(row.on_conflict_do_nothing(index_elements=["media_id"]).returning(table.c.id)).first() is not None


def due(connection: Connection, now: datetime, limit: int) -> list[Fetch]:
    """Those to be fetched now, the longest due first."""
    same = table.c.state == WAITING, table.c.due_at <= now
    rows = connection.execute(select(table).where(*same).order_by(table.c.due_at, table.c.id).limit(limit))
    return [Fetch(**row._mapping) for row in rows]


def get(connection: Connection, fetch_id: int) -> Fetch:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.id == fetch_id)).one_or_none()
    if row is None:
        raise NotFound("media fetch")
    return Fetch(**row._mapping)


def claim(tx: Tx, fetch: Fetch, again_at: datetime) -> bool:
    """Take a fetch: nobody else does before `again_at`. Returns False when somebody was quicker."""
    return _change(tx, fetch, tries=fetch.tries + 1, due_at=again_at)


def put_off(tx: Tx, fetch: Fetch, until: datetime) -> bool:
    """Try a claimed fetch again then. Returns False when somebody else has it by now."""
    return _change(tx, fetch, due_at=until)


def end(tx: Tx, fetch: Fetch, state: str, failure: str = "") -> bool:
    """Write what became of a claimed fetch. Returns False when somebody else has it by now."""
    return _change(tx, fetch, state=state, failure=failure[:200])


def _change(tx: Tx, fetch: Fetch, **values: Any) -> bool:
    same = table.c.id == fetch.id, table.c.state == WAITING, table.c.tries == fetch.tries
    return bool(tx.execute(update(table).where(*same).values(**values)).rowcount)


def of_filing(connection: Connection, filing_id: int) -> Sequence[Fetch]:
    """All about one filing, oldest first."""
    return [Fetch(**row._mapping) for row in connection.execute(select(table).where(table.c.filing_id == filing_id).order_by(table.c.id))]
