"""Rows for tests of the store."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot import clock
from bot.store import inbox, tables
from bot.store.database import Database


def received(key: str, person: Any, at: datetime | None = None, **more: Any) -> inbox.Received:
    """A text of this person as it would be stored."""
    row = inbox.Received(
        key=key,
        corpid=person.corpid,
        agentid=person.agentid,
        userid=person.userid,
        kind="text",
        fields={"content": "为什么掉榜"},
        arrived_at=at or clock.now(),
    )
    return replace(row, **more)


def all_of(database: Database, table: str) -> list[Any]:
    """All rows of one table in the order of writing."""
    found = tables.metadata.tables[table]
    with database.read() as connection:
        return list(connection.execute(select(found).order_by(*found.primary_key.columns)))
