"""Rows on their way into an empty database, numbered as they are made and written some thousands at a time."""

from collections import defaultdict
from typing import Any

from bot.store import bulk
from bot.store.database import Database

_AT_ONCE = 20_000


class Rows:
    """Collects rows by table. All that refers to each other is written together, so `settle` only where nothing is half done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._count = 0
        self.last: dict[str, int] = defaultdict(int)

    def add(self, table: str, **values: Any) -> int:
        """One row with a number of its own. Returns that."""
        self.last[table] += 1
        self.put(table, id=self.last[table], **values)
        return self.last[table]

    def put(self, table: str, **values: Any) -> None:
        """One row of a table that is not numbered."""
        self._waiting[table].append(values)
        self._count += 1

    def settle(self, *, whole: bool = False) -> None:
        """Write what has come together, once there is enough of it. whole: however much there is."""
        if whole or self._count >= _AT_ONCE:
            bulk.write(self._database, self._waiting)
            self._waiting.clear()
            self._count = 0
