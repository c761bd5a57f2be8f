"""Broadcasts: what is said and how far it is, moved by compare-and-set."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model import audience
from bot.model.broadcast import BROADCAST, Broadcast, Content, Form, Source, State
from bot.model.machine import Transition
from bot.model.provider import Address
from bot.store.database import Tx
from bot.store.tables import broadcast_batches, broadcast_receipts, broadcast_recipients
from bot.store.tables import broadcasts as table

_PLAIN = (
    *("id", "number", "version", "author_id", "approver_id", "needs_approval", "send_at", "made_at", "submitted_at", "approved_at"),
    *("started_at", "frozen_at", "queued_at", "ended_at", "pause_reason", "paused_at", "round", "people", "recalled_at", "last_reason"),
)
_CONTENT = ("title", "words", "url", "url_label", "asks_receipt")


def add(tx: Tx, values: Mapping[str, Any], content: Content, to: audience.Audience, source: Source | None) -> Broadcast:
    """Write a draft. Raises Stale when the same request_key was written meanwhile."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    of_source = {"source_kind": source.kind, "source_key": source.key} if source else {}
    first = {"state": State.DRAFT, "is_held": False, "needs_approval": False}
    draft = dialect.insert(table).values(**values, **first, **_said(content), audience=to.kept(), **of_source)
    added = tx.execute(draft.on_conflict_do_nothing(index_elements=["request_key"]).returning(table.c.id)).scalar_one_or_none()
    if added is None:
        raise Stale("request")
    return get(tx, added)


def rewrite(tx: Tx, known: Broadcast, content: Content, to: audience.Audience, send_at: datetime | None) -> Broadcast:
    """Write a draft anew. Raises Stale when somebody was quicker."""
    return _swap(tx, known, {**_said(content), "audience": to.kept(), "send_at": send_at})


def advance(tx: Tx, known: Broadcast, action: str, **values: Any) -> Broadcast:
    """Take one step of the machine, with what it sets. Raises TransitionNotAllowed, and Stale when somebody was quicker."""
    step: Transition = BROADCAST.next(known.state, action)
    held = {"is_held": step.target == State.PAUSED or (step.target == State.CANCELLED and known.has_begun)}
    return _swap(tx, known, {**held, **values, "state": step.target})


def note(tx: Tx, known: Broadcast, **values: Any) -> Broadcast:
    """Set what changes without a step. Raises Stale."""
    return _swap(tx, known, values)


def _swap(tx: Tx, known: Broadcast, values: Mapping[str, Any]) -> Broadcast:
    same = table.c.id == known.id, table.c.state == known.state, table.c.version == known.version
    if not tx.execute(update(table).where(*same).values(**values, version=known.version + 1)).rowcount:
        raise Stale(known.number)
    return get(tx, known.id)


def let_go(tx: Tx, broadcast_id: int) -> None:
    """All of a cancelled one is taken back: it holds nothing any more."""
    tx.execute(update(table).where(table.c.id == broadcast_id, table.c.state == State.CANCELLED).values(is_held=False))


def count(tx: Tx, broadcast_id: int, gone: int, failed: int) -> tuple[int, int]:
    """Add to what was recorded of this round. Returns (gone, failed) in all. Whoever records meanwhile waits for this transaction."""
    more = {"gone": table.c.gone + gone, "failed": table.c.failed + failed}
    counted = update(table).where(table.c.id == broadcast_id).values(**more).returning(table.c.gone, table.c.failed)
    row = tx.execute(counted).one()
    return row.gone, row.failed


def pause_by_itself(tx: Tx, broadcast_id: int, now: datetime) -> bool:
    """Pause one that is sending, because too many failed. False where it is not sending any more."""
    values = {"state": BROADCAST.next(State.SENDING, "pause").target, "is_held": True, "pause_reason": "failures", "paused_at": now}
    sending = table.c.id == broadcast_id, table.c.state == State.SENDING, table.c.frozen_at.is_not(None)
    paused = update(table).where(*sending).values(**values, told_at=None, version=table.c.version + 1)
    return tx.execute(paused).rowcount > 0


# Reading


def get(connection: Connection, broadcast_id: int, *, lock: bool = False) -> Broadcast:
    """Raises NotFound. lock: nobody else changes it until this transaction ends."""
    if lock:  # rows that only name it may be written meanwhile
        connection.execute(select(table.c.id).where(table.c.id == broadcast_id).with_for_update(key_share=True))
    return _found(_one(connection, table.c.id == broadcast_id))


def by_number(connection: Connection, number: str) -> Broadcast:
    """By the number that people read out. Raises NotFound."""
    return _found(_one(connection, table.c.number == number))


def by_request(connection: Connection, request_key: str) -> Broadcast | None:
    """The one that this very press made."""
    return _one(connection, table.c.request_key == request_key)


def of_source(connection: Connection, source: Source) -> list[Broadcast]:
    """All that came from this, newest first."""
    return _many(connection, and_(table.c.source_kind == source.kind, table.c.source_key == source.key))


def alike(connection: Connection, one: Broadcast, since: datetime) -> list[Broadcast]:
    """Others that say the very same, made since then, and were let go or handed in; newest first."""
    same = [table.c[name] == value for name, value in _said(one.content).items()]
    is_out = or_(table.c.state.not_in((State.DRAFT, State.CANCELLED)), table.c.frozen_at.is_not(None))
    return _many(connection, and_(table.c.id != one.id, table.c.made_at >= since, is_out, *same), 5)


def listed(connection: Connection, states: Collection[State] = (), after: int = 0, limit: int = 30) -> list[Broadcast]:
    """Newest first; after: the id of the last one seen."""
    wanted: list[ColumnElement[bool]] = [table.c.state.in_(states)] if states else []
    return _many(connection, and_(True, *wanted, *([table.c.id < after] if after else [])), limit)


def counts(connection: Connection) -> dict[State, int]:
    """How many are in each state."""
    return {State(state): number for state, number in connection.execute(select(table.c.state, func.count()).group_by(table.c.state))}


def due(connection: Connection, now: datetime) -> list[int]:
    """Ids of those whose time has come, and of those that are begun and not yet queued whole."""
    waits = and_(table.c.state == State.SCHEDULED, or_(table.c.send_at.is_(None), table.c.send_at <= now))
    unfinished = and_(table.c.state == State.SENDING, table.c.queued_at.is_(None))
    return list(connection.execute(select(table.c.id).where(or_(waits, unfinished)).order_by(table.c.id)).scalars())


def at_work(connection: Connection) -> list[int]:
    """Ids of those that are being sent, or were cancelled and still hold something."""
    is_moving = or_(table.c.state.in_((State.SENDING, State.PAUSED)), table.c.is_held)
    return list(connection.execute(select(table.c.id).where(is_moving).order_by(table.c.id)).scalars())


def paused_untold(connection: Connection) -> list[int]:
    """Ids of those that paused by themselves, of which nobody was told."""
    untold = table.c.state == State.PAUSED, table.c.pause_reason == "failures", table.c.told_at.is_(None)
    return list(connection.execute(select(table.c.id).where(*untold)).scalars())


def mark_told(tx: Tx, broadcast_id: int, now: datetime) -> bool:
    """Once a pause. False where another worker was quicker."""
    mine = table.c.id == broadcast_id, table.c.pause_reason == "failures", table.c.told_at.is_(None)
    return tx.execute(update(table).where(*mine).values(told_at=now)).rowcount > 0


def held(connection: Connection) -> list[int]:
    """Ids of those of which nothing may begin."""
    return list(connection.execute(select(table.c.id).where(table.c.is_held)).scalars())


def is_held(connection: Connection, broadcast_id: int) -> bool:
    """Whether nothing of this one may begin."""
    return connection.execute(select(table.c.id).where(table.c.id == broadcast_id, table.c.is_held)).first() is not None


def of_batch(connection: Connection, batch_id: int) -> int | None:
    """The id of the one that a batch belongs to."""
    found: int | None = connection.execute(
        select(broadcast_batches.c.broadcast_id).where(broadcast_batches.c.batch_id == batch_id)
    ).scalar_one_or_none()
    return found


# Receipts


def is_recipient(connection: Connection, broadcast_id: int, address: Address) -> bool:
    """Whether this person was sent to, or is to be."""
    found = exists().where(broadcast_recipients.c.broadcast_id == broadcast_id, *_at(broadcast_recipients, address))
    return bool(connection.execute(select(found)).scalar_one())


def confirm(tx: Tx, broadcast_id: int, address: Address, name: str, now: datetime) -> bool:
    """Write a receipt. False where there is one."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    who = {"corpid": address.corpid, "agentid": address.agentid, "userid": address.userid}
    given = dialect.insert(broadcast_receipts).values(broadcast_id=broadcast_id, **who, name=name, at=now)
    return tx.execute(given.on_conflict_do_nothing().returning(broadcast_receipts.c.id)).one_or_none() is not None


def confirmed_at(connection: Connection, broadcast_id: int, address: Address) -> datetime | None:
    """When this person confirmed."""
    statement = select(broadcast_receipts.c.at).where(broadcast_receipts.c.broadcast_id == broadcast_id, *_at(broadcast_receipts, address))
    found: datetime | None = connection.execute(statement).scalar_one_or_none()
    return found


def confirmed(connection: Connection, broadcast_id: int) -> int:
    """How many confirmed."""
    statement = select(func.count()).select_from(broadcast_receipts).where(broadcast_receipts.c.broadcast_id == broadcast_id)
    number: int = connection.execute(statement).scalar_one()
    return number


def _at(of: Any, address: Address) -> list[ColumnElement[bool]]:
    return [of.c.corpid == address.corpid, of.c.agentid == address.agentid, of.c.userid == address.userid]


def _said(content: Content) -> dict[str, Any]:
    return {"form": content.form, **{name: getattr(content, name) for name in _CONTENT}}


def _one(connection: Connection, condition: ColumnElement[bool]) -> Broadcast | None:
    found = _many(connection, condition, 1)
    return found[0] if found else None


def _found(broadcast: Broadcast | None) -> Broadcast:
    if broadcast is None:
        raise NotFound("broadcast")
    return broadcast


def _many(connection: Connection, condition: ColumnElement[bool], limit: int | None = None) -> list[Broadcast]:
    statement = select(table).where(condition).order_by(table.c.id.desc()).limit(limit)
    return [_broadcast(row) for row in connection.execute(statement)]


def _broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(
        **{name: getattr(row, name) for name in _PLAIN},
        content=Content(form=Form(row.form), **{name: getattr(row, name) for name in _CONTENT}),
        audience=audience.read(row.audience),
        source=Source(kind=row.source_kind, key=row.source_key) if row.source_kind else None,
        state=State(row.state),
    )


def add_batch(tx: Tx, broadcast: Broadcast, batch_id: int, people: int) -> None:
    """Note that this batch carries it."""
    tx.execute(insert(broadcast_batches).values(batch_id=batch_id, broadcast_id=broadcast.id, round=broadcast.round, people=people))


def batch_ids(connection: Connection, broadcast_id: int, *, untallied: bool = False) -> Sequence[int]:
    """The batches that carried it, oldest first; untallied: only those that may still change."""
    of_it = [broadcast_batches.c.broadcast_id == broadcast_id]
    if untallied:
        of_it.append(broadcast_batches.c.tallied_at.is_(None))
    return list(connection.execute(select(broadcast_batches.c.batch_id).where(*of_it).order_by(broadcast_batches.c.batch_id)).scalars())
