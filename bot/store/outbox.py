"""Outgoing rows: written in the caller's transaction, and looked at. How workers take them is in `claims`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from bot.model.delivery import OPEN, State, Via
from bot.store.tables import attempts, batches, broadcasts, deliveries, notice_batches


def add_batch(
    tx: Connection,
    *,
    corpid: str,
    agentid: int,
    touser: Sequence[str],
    payload: Mapping[str, Any],
    priority: int,
    now: datetime,
    via: Via = Via.MESSAGE,
    after_id: int | None = None,
    due_at: datetime | None = None,
    give_up_at: datetime | None = None,
) -> int:
    """Write one batch with one queued row a recipient, due at once or at `due_at`, and after batch `after_id`. Returns the batch's id."""
    values = {
        "corpid": corpid,
        "agentid": agentid,
        "via": via,
        "payload": dict(payload),
        "priority": priority,
        "state": "open",
        "after_id": after_id,
        "created_at": now,
        "due_at": due_at or now,
        "give_up_at": give_up_at,
    }
    batch_id: int = tx.execute(insert(batches).values(**values).returning(batches.c.id)).scalar_one()
    shared = {"batch_id": batch_id, "corpid": corpid, "agentid": agentid, "channel": via.channel, "state": State.QUEUED}
    tx.execute(insert(deliveries), [{**shared, "userid": userid} for userid in touser])
    return batch_id


def cancel(tx: Connection, batch_ids: Iterable[int], now: datetime) -> int:
    """Take back what is still queued. Returns how many recipients that were; what is under way, or may be, is left as it is."""
    ids = sorted(batch_ids)
    tx.execute(select(batches.c.id).where(batches.c.id.in_(ids)).order_by(batches.c.id).with_for_update())  # as workers do: batch first
    queued = deliveries.c.batch_id.in_(ids), deliveries.c.state == State.QUEUED
    taken = tx.execute(update(deliveries).where(*queued).values(state=State.CANCELLED, settled_at=now)).rowcount
    still_open = exists().where(deliveries.c.batch_id == batches.c.id, deliveries.c.state.in_(OPEN), deliveries.c.settled_at.is_(None))
    through = batches.c.id.in_(ids), batches.c.state == "open", batches.c.lease.is_(None), ~still_open
    tx.execute(update(batches).where(*through).values(state="done"))
    return taken


def frozen(connection: Connection, batch_ids: Iterable[int]) -> list[tuple[int, str, int, Via, int, dict[str, Any]]]:
    """(id, corpid, agentid, via, priority, payload) of these batches, oldest first."""
    wanted = (batches.c[name] for name in ("id", "corpid", "agentid", "via", "priority", "payload"))
    rows = connection.execute(select(*wanted).where(batches.c.id.in_(list(batch_ids))).order_by(batches.c.id))
    return [(row.id, row.corpid, row.agentid, Via(row.via), row.priority, row.payload) for row in rows]


def who(connection: Connection, batch_id: int, states: Sequence[State], *, final: bool = False) -> list[str]:
    """Userids of a batch whose delivery is in one of these states. final: only those for whom nothing more is tried by itself."""
    those = deliveries.c.batch_id == batch_id, deliveries.c.state.in_(states)
    statement = select(deliveries.c.userid).where(*those).order_by(deliveries.c.id)
    if final:
        statement = statement.where(deliveries.c.settled_at.is_not(None))
    return list(connection.execute(statement).scalars())


def oldest_due(connection: Connection) -> datetime | None:
    """When the longest waiting open batch became due. What a person holds back on purpose does not count."""
    is_held = exists().where(broadcasts.c.id == batches.c.broadcast_id, broadcasts.c.is_held)
    oldest: datetime | None = connection.execute(select(func.min(batches.c.due_at)).where(batches.c.state == "open", ~is_held)).scalar_one()
    return oldest


def forget(tx: Connection, rank: int, before: datetime, limit: int = 1_000) -> int:
    """Delete finished batches of priority `rank` or lower that were made before `before`, at most `limit`. Returns how many.

    What carried a notice or a broadcast is kept, whatever its priority.
    """
    carried = exists().where(notice_batches.c.batch_id == batches.c.id)
    old = select(batches.c.id).where(batches.c.state == "done", batches.c.priority >= rank, batches.c.created_at < before, ~carried)
    old = old.where(batches.c.broadcast_id.is_(None))
    batch_ids = list(tx.execute(old.order_by(batches.c.id).limit(limit)).scalars())
    if batch_ids:
        of_these = select(deliveries.c.id).where(deliveries.c.batch_id.in_(batch_ids))
        tx.execute(update(batches).where(batches.c.after_id.in_(batch_ids)).values(after_id=None))
        tx.execute(delete(attempts).where(attempts.c.delivery_id.in_(of_these)))
        tx.execute(delete(deliveries).where(deliveries.c.batch_id.in_(batch_ids)))
        tx.execute(delete(batches).where(batches.c.id.in_(batch_ids)))
    return len(batch_ids)
