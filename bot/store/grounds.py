"""Rows of the table behind clause 3.1. What is kept is what was checked: a row is never changed, and none is taken away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from bot.model.ground import GroundRow
from bot.store.database import Tx
from bot.store.tables import grounds as table
from rules.catalogue import Measure


def get(connection: Connection, key: str) -> GroundRow | None:
    """The row of this key, without the `row:` that cases write before it."""
    row = connection.execute(select(table).where(table.c.key == key)).one_or_none()
    return _ground(row) if row else None


def everything(connection: Connection) -> list[GroundRow]:
    """All rows, in the order in which they were imported."""
    return [_ground(row) for row in connection.execute(select(table).order_by(table.c.id))]


def add(tx: Tx, rows: Sequence[GroundRow], now: datetime) -> None:
    """Write rows whose keys are new."""
    if rows:
        tx.execute(insert(table), [{**_columns(row), "imported_at": now} for row in rows])


def _columns(row: GroundRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS} | {"measures": list(row.measures)}


_FIELDS = ("key", "title", "wording", "source", "source_date", "position", "checker_one", "checker_two")


def _ground(row: Row[Any]) -> GroundRow:
    given = frozenset(row.measures)
    return GroundRow(**{name: getattr(row, name) for name in _FIELDS}, measures=tuple(one for one in Measure if one in given))
