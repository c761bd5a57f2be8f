"""Which evidence files a case has. The same bytes are there once in a case, whatever they are called."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound
from bot.model.evidence import Evidence
from bot.store.database import Tx
from bot.store.tables import evidence as table


def add(tx: Tx, case_id: int, *, name: str, media_type: str, length: int, sha256: str, added_by: int, now: datetime) -> bool:
    """Write that a case has this file. Returns False when it has these bytes already, and then changes nothing."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = {"case_id": case_id, "name": name, "media_type": media_type, "bytes": length, "sha256": sha256, "added_by": added_by}
    statement = dialect.insert(table).values(**row, added_at=now).on_conflict_do_nothing(index_elements=["case_id", "sha256"])
    return tx.execute(statement.returning(table.c.id)).first() is not None


def of_case(connection: Connection, case_id: int) -> list[Evidence]:
    """In the order in which they came."""
    rows = connection.execute(select(table).where(table.c.case_id == case_id).order_by(table.c.id))
    return [Evidence(**row._mapping) for row in rows]


def get(connection: Connection, case_id: int, sha256: str) -> Evidence:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.case_id == case_id, table.c.sha256 == sha256)).one_or_none()
    if row is None:
        raise NotFound("evidence")
    return Evidence(**row._mapping)
