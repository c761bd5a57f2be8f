"""SQLAlchemy statements made into SQLite's own text once, for those that come with every callback.

Executing them took 10 µs; what SQLAlchemy does around that took 100. Moments and JSON become what their columns make of them, by
shorter ways that a test holds against the columns; all other types are asked.
"""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.expression import ClauseElement

from bot.store.columns import Json, Moment

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Prepared:
    """One statement for one dialect."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup]
        self._binds = [(name, _written_as(bind.type, dialect), bind.value) for name, bind in binds]

    def run(self, connection: sqlite3.Connection, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """Execute with `values` by name; the first row. Raises what sqlite3 raises, and ValueError for a value that fits no column."""
        row: tuple[Any, ...] | None = connection.execute(self._sql, self._given(values)).fetchone()
        return row

    def change(self, connection: sqlite3.Connection, values: dict[str, Any]) -> int:
        """The same for a statement that gives no rows: how many it changed."""
        return connection.execute(self._sql, self._given(values)).rowcount

    def _given(self, values: dict[str, Any]) -> list[Any]:
        get = values.get
        return [write(get(name, usual)) if write else get(name, usual) for name, write, usual in self._binds]


def _written_as(of: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(of, Moment):
        return moment_text
    if isinstance(of, Json):
        return json_text
    processor: Callable[[Any], Any] | None = of.dialect_impl(dialect).bind_processor(dialect)
    return processor


def moment_text(value: datetime | None) -> str | None:
    """As the column Moment has SQLite keep it. Raises ValueError without a time zone."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]


def json_text(value: Any) -> str | None:
    """As the column Json has SQLite keep it."""
    return None if value is None else _encode(value)
