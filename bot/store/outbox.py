"""Outgoing rows: written in the caller's transaction, claimed by one worker at a time, settled recipient by recipient."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, not_, or_, select, update

from bot.model.delivery import OPEN, Batch, Outcome, State
from bot.store.tables import batches, deliveries


def add_batch(
    tx: Connection,
    *,
    corpid: str,
    agentid: int,
    touser: Sequence[str],
    payload: Mapping[str, Any],
    priority: int,
    now: datetime,
    after_id: int | None = None,
) -> int:
    """Write one batch with one queued row a recipient, due at once, or once batch `after_id` is through. Returns the batch's id."""
    values = {"corpid": corpid, "agentid": agentid, "payload": dict(payload), "priority": priority, "state": "open", "after_id": after_id}
    batch_id: int = tx.execute(insert(batches).values(**values, created_at=now, due_at=now).returning(batches.c.id)).scalar_one()
    rows = [
        {"batch_id": batch_id, "corpid": corpid, "agentid": agentid, "userid": userid, "channel": "wecom", "state": State.QUEUED}
        for userid in touser
    ]
    tx.execute(insert(deliveries), rows)
    return batch_id


_before = batches.alias("before")
_NOT_IN_TURN = select(_before.c.id).where(_before.c.id == batches.c.after_id, _before.c.state == "open").exists()


def _free(now: datetime) -> ColumnElement[bool]:
    """Open, due, in its turn, and in no worker's hands."""
    unleased = or_(batches.c.lease_until.is_(None), batches.c.lease_until < now)
    return and_(batches.c.state == "open", batches.c.due_at <= now, unleased, not_(_NOT_IN_TURN))


def claim(tx: Connection, batch_id: int, now: datetime, lease_s: float) -> Batch | None:
    """Take a due batch for `lease_s` seconds. None when it is done, not due, or another worker's."""
    lease = secrets.token_hex(8)
    taken = (
        update(batches)
        .where(batches.c.id == batch_id, _free(now))
        .values(lease=lease, lease_until=now + timedelta(seconds=lease_s))
        .returning(
            *(batches.c[name] for name in ("id", "corpid", "agentid", "payload", "priority", "created_at", "first_attempt_at", "attempts"))
        )
    )
    row = tx.execute(taken).one_or_none()
    return None if row is None else Batch(**row._mapping, lease=lease)


# An uncertain row may be settled too: its window for a safe repeat is over, and an operator decides.
_UNSETTLED = and_(deliveries.c.state.in_(OPEN), deliveries.c.settled_at.is_(None))


def recipients(tx: Connection, batch_id: int) -> dict[str, State]:
    """Who of this batch is still open, by userid, in the order of writing."""
    statement = select(deliveries.c.userid, deliveries.c.state).where(deliveries.c.batch_id == batch_id, _UNSETTLED)
    return {userid: State(state) for userid, state in tx.execute(statement.order_by(deliveries.c.id))}


def mark_sending(tx: Connection, batch: Batch, userids: Sequence[str], now: datetime, *, repeat: bool = False) -> bool:
    """Note, before the call, that these are about to be sent. False when the lease was lost: then do not send.

    repeat: an earlier call for the same people may have gone through; first_attempt_at stays that of the first of these.
    """
    held = batches.c.id == batch.id, batches.c.lease == batch.lease
    first = func.coalesce(batches.c.first_attempt_at, now) if repeat else now
    if not tx.execute(update(batches).where(*held).values(attempts=batches.c.attempts + 1, first_attempt_at=first)).rowcount:
        return False
    of_these = deliveries.c.batch_id == batch.id, deliveries.c.userid.in_(userids), _UNSETTLED
    tx.execute(update(deliveries).where(*of_these).values(state=State.SENDING, sent_at=now))
    return True


def settle(tx: Connection, batch: Batch, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Record what became of recipients. A row that is settled already stays as it is."""
    for outcome in outcomes:
        values = {
            "state": outcome.state,
            "errcode": outcome.errcode,
            "errmsg": outcome.errmsg[:200],
            "msgid": outcome.msgid,
            "response_code": outcome.response_code,
            "settled_at": now if outcome.final else None,
        }
        one = deliveries.c.batch_id == batch.id, deliveries.c.userid == outcome.userid, _UNSETTLED
        tx.execute(update(deliveries).where(*one).values(values))


def release(tx: Connection, batch: Batch, due_at: datetime) -> None:
    """Give the batch back: done when nobody of it is open, else due again at `due_at`."""
    still_open = select(deliveries.c.id).where(deliveries.c.batch_id == batch.id, _UNSETTLED).limit(1)
    state = "open" if tx.execute(still_open).first() else "done"
    held = batches.c.id == batch.id, batches.c.lease == batch.lease
    tx.execute(update(batches).where(*held).values(state=state, due_at=due_at, lease=None, lease_until=None))


def due(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Ids of batches that wait for a worker, the most urgent first."""
    statement = select(batches.c.id).where(_free(now)).order_by(batches.c.priority, batches.c.due_at, batches.c.id).limit(limit)
    return list(connection.execute(statement).scalars())


def waiting_for(connection: Connection, batch_id: int) -> list[int]:
    """Ids of open batches that wait for this one to be through."""
    return list(connection.execute(select(batches.c.id).where(batches.c.after_id == batch_id, batches.c.state == "open")).scalars())


def oldest_due(connection: Connection) -> datetime | None:
    """When the longest waiting open batch became due."""
    oldest: datetime | None = connection.execute(select(func.min(batches.c.due_at)).where(batches.c.state == "open")).scalar_one()
    return oldest


def sent_since(connection: Connection, corpid: str, agentid: int, userid: str, moments: Sequence[datetime]) -> list[int]:
    """How many sends this person was part of since each of `moments`."""
    one = deliveries.c.corpid == corpid, deliveries.c.agentid == agentid, deliveries.c.userid == userid
    counts = [func.count().filter(deliveries.c.sent_at > moment) for moment in moments]
    row = connection.execute(select(*counts).where(*one, deliveries.c.sent_at > min(moments))).one()
    return list(row)


def forget(tx: Connection, rank: int, before: datetime, limit: int = 1_000) -> int:
    """Delete finished batches of priority `rank` or lower that were made before `before`, at most `limit`. Returns how many."""
    old = select(batches.c.id).where(batches.c.state == "done", batches.c.priority >= rank, batches.c.created_at < before)
    batch_ids = list(tx.execute(old.order_by(batches.c.id).limit(limit)).scalars())
    if batch_ids:
        tx.execute(update(batches).where(batches.c.after_id.in_(batch_ids)).values(after_id=None))
        tx.execute(delete(deliveries).where(deliveries.c.batch_id.in_(batch_ids)))
        tx.execute(delete(batches).where(batches.c.id.in_(batch_ids)))
    return len(batch_ids)
