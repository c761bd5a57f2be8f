"""How workers take batches and write down what came of them.

Whoever changes deliveries of a batch holds the batch's row first, so that PostgreSQL's locks are always taken in the same order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, insert, literal, not_, or_, select, text, update

from bot.model.delivery import OPEN, Batch, Call, Outcome, Recipient, State, Via
from bot.store.tables import attempts, batches, deliveries

_TURN = 0x57EC0E  # any number of our own: claims come one after another, so that counts of what was sent hold across processes (PostgreSQL)
_CHUNK = 5_000  # ids in one statement

# Written out, not bound: an index that holds open batches alone is used only when the statement says so.
_IS_OPEN = batches.c.state == literal("open", literal_execute=True)
# An uncertain row may be settled too: its window for a safe repeat is over, and an operator decides.
# (Not with IN: its list is written out for each execution, and many rows at once can't have that.)
_UNSETTLED = and_(or_(*(deliveries.c.state == state for state in OPEN)), deliveries.c.settled_at.is_(None))
_UNSURE = and_(_UNSETTLED, deliveries.c.state != State.QUEUED)

_before = batches.alias("before")
_NOT_IN_TURN = exists().where(_before.c.id == batches.c.after_id, _before.c.state == "open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Batches that may not begin now: those which all that is given here fits. least_rank: of that priority or less urgent."""

    corpid: str | None = None
    agentid: int | None = None
    via: Via | None = None
    least_rank: int | None = None
    broadcast_id: int | None = None

    def holds(self) -> ColumnElement[bool]:
        equal = {"corpid": self.corpid, "agentid": self.agentid, "via": self.via}
        parts = [batches.c[name] == value for name, value in equal.items() if value is not None]
        if self.least_rank is not None:
            parts.append(batches.c.priority >= self.least_rank)
        if self.broadcast_id is not None:
            parts += [batches.c.broadcast_id.is_not(None), batches.c.broadcast_id == self.broadcast_id]
        return and_(*parts)


def take_turn(tx: Connection) -> None:
    """Wait until no other process is claiming; until the end of the transaction none will be."""
    if tx.dialect.name == "postgresql":  # on SQLite a transaction that writes is alone anyway
        tx.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def free(tx: Connection, now: datetime, limit: int, holds: Iterable[Hold] = (), batch_id: int | None = None) -> list[Batch]:
    """Batches that are due, in their turn and in no worker's hands, the most urgent first; on PostgreSQL their rows are locked.

    holds: batches that may not begin. One that has begun is free all the same (what may be out is to be cleared up soon), and so is
    one that it is too late to begin. batch_id: only this one.
    """
    unleased = or_(batches.c.lease_until.is_(None), batches.c.lease_until < now)
    statement = select(*(batches.c[name] for name in _BATCH)).where(_IS_OPEN, batches.c.due_at <= now, unleased, not_(_NOT_IN_TURN))
    if held := [hold.holds() for hold in holds]:
        begun = batches.c.first_attempt_at.is_not(None)
        statement = statement.where(or_(begun, batches.c.give_up_at <= now, not_(or_(*held))))
    if batch_id is not None:
        statement = statement.where(batches.c.id == batch_id)
    statement = statement.order_by(batches.c.priority, batches.c.due_at, batches.c.id).limit(limit)
    rows = tx.execute(statement.with_for_update(of=batches, skip_locked=True))
    return [Batch(**{**row._mapping, "via": Via(row.via)}) for row in rows]


_BATCH = (
    *("id", "corpid", "agentid", "via", "payload", "priority", "created_at"),
    *("due_at", "give_up_at", "first_attempt_at", "attempts", "broadcast_id"),
)


def open_recipients(connection: Connection, batch_ids: Collection[int]) -> dict[int, list[Recipient]]:
    """Who of these batches is still open, by batch, in the order of writing."""
    found: dict[int, list[Recipient]] = defaultdict(list)
    wanted = deliveries.c.id, deliveries.c.batch_id, deliveries.c.userid, deliveries.c.state, deliveries.c.sent_at
    statement = select(*wanted).where(deliveries.c.batch_id.in_(batch_ids), _UNSETTLED).order_by(deliveries.c.id)
    for id_, batch_id, userid, state, sent_at in connection.execute(statement):
        found[batch_id].append(Recipient(id=id_, userid=userid, state=State(state), sent_at=sent_at))
    return found


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next batch becomes due that is not yet."""
    later: datetime | None = connection.execute(select(func.min(batches.c.due_at)).where(_IS_OPEN, batches.c.due_at > now)).scalar_one()
    return later


def lease(tx: Connection, batch_ids: Collection[int], name: str, until: datetime) -> None:
    """Take these batches, which are free, until then."""
    tx.execute(update(batches).where(batches.c.id.in_(batch_ids)).values(lease=name, lease_until=until))


def renew(tx: Connection, leases: Collection[str], until: datetime) -> None:
    """Keep what is leased under these names until then."""
    tx.execute(update(batches).where(_IS_OPEN, batches.c.lease.in_(leases)).values(lease_until=until))


def mark_sending(tx: Connection, calls: Sequence[Call], now: datetime) -> None:
    """Note, before the calls, that these people are about to be sent to.

    A repeat leaves first_attempt_at as it is: an earlier call for the same people may have gone through.
    """
    for is_repeat in (False, True):
        ids = [call.batch.id for call in calls if call.repeat is is_repeat]
        values: dict[str, Any] = {"attempts": batches.c.attempts + 1}
        if not is_repeat:
            values["first_attempt_at"] = now
        if ids:
            tx.execute(update(batches).where(batches.c.id.in_(ids)).values(values))
    people = [one.id for call in calls for one in call.to]
    for start in range(0, len(people), _CHUNK):
        these = deliveries.c.id.in_(people[start : start + _CHUNK])
        tx.execute(update(deliveries).where(these).values(state=State.SENDING, sent_at=now))


def defer(tx: Connection, due_at: Mapping[int, datetime]) -> None:
    """Let batches wait, by id."""
    if due_at:
        later = update(batches).where(batches.c.id == bindparam("of_id")).values(due_at=bindparam("then"))
        tx.execute(later, [{"of_id": batch_id, "then": then} for batch_id, then in due_at.items()])


def held(tx: Connection, leases: Mapping[int, str]) -> set[int]:
    """Which of these batches are still leased under the given names. Their rows are locked on PostgreSQL."""
    statement = select(batches.c.id, batches.c.lease).where(batches.c.id.in_(leases)).order_by(batches.c.id).with_for_update()
    return {batch_id for batch_id, name in tx.execute(statement) if name == leases[batch_id]}


_settle = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of_id"), _UNSETTLED)
    .values({name: bindparam(f"new_{name}") for name in ("state", "errcode", "errmsg", "msgid", "response_code", "settled_at")})
)


def settle(tx: Connection, outcomes: Iterable[tuple[Outcome, datetime]]) -> None:
    """Record what became of recipients, and when that was known. A row that is settled already stays as it is."""
    rows = [
        {
            "of_id": one.id,
            "new_state": one.state,
            "new_errcode": one.errcode,
            "new_errmsg": one.errmsg[:200],
            "new_msgid": one.msgid,
            "new_response_code": one.response_code,
            "new_settled_at": at if one.final else None,
        }
        for one, at in outcomes
    ]
    if rows:
        tx.execute(_settle, rows)


def tell(tx: Connection, lines: Iterable[tuple[Outcome, datetime, datetime | None]]) -> None:
    """Add lines to the story of deliveries: (what became of it, when it was sent, when it was answered; None if nobody lived to hear)."""
    rows = [
        {
            "delivery_id": one.id,
            "sent_at": sent_at,
            "answered_at": answered_at,
            "state": one.state,
            "errcode": one.errcode,
            "errmsg": one.errmsg[:200],
            "msgid": one.msgid,
        }
        for one, sent_at, answered_at in lines
    ]
    if rows:
        tx.execute(insert(attempts), rows)


_of_batch = deliveries.c.batch_id == batches.c.id
_release = (
    update(batches)
    .where(batches.c.id == bindparam("of_id"), batches.c.lease == bindparam("by"))
    .values(
        state=case((exists().where(_of_batch, _UNSETTLED), "open"), else_="done"),
        first_attempt_at=case((exists().where(_of_batch, _UNSURE), batches.c.first_attempt_at), else_=None),
        due_at=bindparam("then"),
        lease=None,
        lease_until=None,
    )
)


def release(tx: Connection, due_at: Mapping[int, datetime], leases: Mapping[int, str]) -> None:
    """Give batches back, by id: done when nobody of them is open, else due again at that time."""
    if due_at:
        tx.execute(_release, [{"of_id": batch_id, "by": leases[batch_id], "then": then} for batch_id, then in due_at.items()])


def story(connection: Connection, batch_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Each attempt by delivery id, oldest first: {sent_at, answered_at, state, errcode, errmsg, msgid}."""
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = [attempts.c[name] for name in ("sent_at", "answered_at", "state", "errcode", "errmsg", "msgid")]
    statement = select(attempts.c.delivery_id, *columns).join(deliveries, deliveries.c.id == attempts.c.delivery_id)
    for row in connection.execute(statement.where(deliveries.c.batch_id.in_(batch_ids)).order_by(attempts.c.id)):
        told[row.delivery_id].append({name: value for name, value in row._mapping.items() if name != "delivery_id"})
    return dict(told)
