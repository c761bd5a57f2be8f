"""Writing very many rows at once: for trying the product at full size only, never for what people do."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from bot.store import dump
from bot.store.database import Database
from bot.store.tables import metadata

Row = Mapping[str, Any]


def write(database: Database, rows: Mapping[str, Sequence[Row]]) -> None:
    """Write rows with their ids, by table, in one transaction. All rows of a table name the same columns."""
    with database.write() as tx:
        for table in metadata.sorted_tables:
            if rows.get(table.name):
                tx.execute(insert(table), list(rows[table.name]))


def is_empty(database: Database) -> bool:
    """Whether no table of ours holds a row."""
    with database.read() as connection:
        return dump.is_empty(connection)


def finish(database: Database) -> None:
    """After the last row: new rows are numbered behind them, and the database knows how much there is of what."""
    with database.write() as tx:
        dump.count_on(tx)
        tx.exec_driver_sql("ANALYZE")
