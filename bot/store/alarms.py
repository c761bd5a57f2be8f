"""What needs a person now. At most one alarm is open a key; one that comes back soon is the same one again."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound
from bot.model.alarm import Alarm
from bot.store.database import Tx
from bot.store.tables import alarms as table

OPEN, CLEARED = "open", "cleared"
_IS_OPEN = text("state = 'open'")  # word for word as the index says it: neither database matches a bound value


def raise_(tx: Tx, key: str, what: str, detail: Mapping[str, str | int], now: datetime, *, times: int, again_after: datetime) -> None:
    """Open an alarm, or count `times` more of the one that is open. One cleared after `again_after` opens again, as old as it was."""
    values = {"what": what, "detail": json.dumps(dict(detail), ensure_ascii=False, sort_keys=True), "last_at": now}
    counted = {**values, "count": table.c.count + times}
    if tx.execute(update(table).where(table.c.key == key, table.c.state == OPEN).values(counted)).rowcount:
        return
    last = select(func.max(table.c.id)).where(table.c.key == key, table.c.cleared_at > again_after).scalar_subquery()
    back = update(table).where(table.c.id == last, table.c.state == CLEARED)
    if tx.execute(back.values(**counted, state=OPEN, cleared_at=None)).rowcount:
        return
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = dialect.insert(table).values(**values, key=key, state=OPEN, count=times, first_at=now)
    tx.execute(row.on_conflict_do_update(index_elements=["key"], index_where=_IS_OPEN, set_=counted))  # opened meanwhile


def opened(connection: Connection, *, lock: bool = False) -> list[Alarm]:
    """Those that last, the oldest first. lock: let nobody else tell of them until this transaction ends."""
    statement = select(table).where(table.c.state == OPEN).order_by(table.c.id)
    return [_alarm(row) for row in connection.execute(statement.with_for_update() if lock else statement)]


def latest(connection: Connection, limit: int) -> list[Alarm]:
    """Those that came last, over or not, the newest first."""
    return [_alarm(row) for row in connection.execute(select(table).order_by(table.c.id.desc()).limit(limit))]


def get(connection: Connection, alarm_id: int) -> Alarm:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.id == alarm_id)).one_or_none()
    if row is None:
        raise NotFound("alarm")
    return _alarm(row)


def last_told_at(connection: Connection) -> datetime | None:
    """When people were last told of anything."""
    at: datetime | None = connection.execute(select(func.max(table.c.told_at))).scalar_one()
    return at


def told(tx: Tx, ids: Collection[int], now: datetime) -> None:
    """Write that people were told of these."""
    tx.execute(update(table).where(table.c.id.in_(list(ids))).values(told_at=now))


def clear(tx: Tx, keys: Collection[str], now: datetime) -> int:
    """The cause is gone. Returns how many were open."""
    if not keys:
        return 0
    return tx.execute(
        update(table).where(table.c.key.in_(list(keys)), table.c.state == OPEN).values(state=CLEARED, cleared_at=now)
    ).rowcount


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(**{**row._mapping, "detail": json.loads(row.detail or "{}")})
