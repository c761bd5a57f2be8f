"""Who asked for a person, and about which answer."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model.human import OPEN, HumanRequest, Said
from bot.model.provider import Address
from bot.store.database import Tx
from bot.store.tables import human_requests as table
from bot.store.tables import inbox

# What the inbox says of small talk (bot.actions.questions.outcome): nothing that a person could put right.
_SMALL_TALK = ("human", "greeting", "thanks", "about_bot")


def last_said(connection: Connection, address: Address) -> Said | None:
    """The last question of this person that the bot answered out of the rules, or refused."""
    return _said(connection, address)


def said(connection: Connection, address: Address, key: str) -> Said | None:
    """The question with this key, if it is this person's."""
    return _said(connection, address, inbox.c.key == key)


def _said(connection: Connection, address: Address, *more: ColumnElement[bool]) -> Said | None:
    mine = inbox.c.corpid == address.corpid, inbox.c.agentid == address.agentid, inbox.c.userid == address.userid
    asked = inbox.c.kind == "text", inbox.c.state == "handled", inbox.c.reply != "", inbox.c.outcome.like("ask\\_rule %", escape="\\")
    no_chat = [inbox.c.outcome.not_like(f"ask\\_rule {kind}%", escape="\\") for kind in _SMALL_TALK]
    statement = select(inbox.c.key, inbox.c.fields, inbox.c.reply).where(*mine, *asked, *no_chat, *more)
    row = connection.execute(statement.order_by(inbox.c.arrived_at.desc(), inbox.c.id.desc()).limit(1)).one_or_none()
    return Said(row.key, str(row.fields.get("content", "")), row.reply) if row else None


def add(tx: Tx, address: Address, said: Said, asked_at: datetime, due_at: datetime) -> HumanRequest | None:
    """Write a request. None where this person has one open, or asked about this very message before."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    who = {"corpid": address.corpid, "agentid": address.agentid, "userid": address.userid}
    what = {"key": said.key, "about": said.about, "answered_with": said.answered_with}
    values = {**who, **what, "state": OPEN, "asked_at": asked_at, "due_at": due_at}
    row = tx.execute(dialect.insert(table).values(values).on_conflict_do_nothing().returning(*table.c)).one_or_none()
    return _request(row) if row else None


def get(connection: Connection, request_id: int) -> HumanRequest:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.id == request_id)).one_or_none()
    if row is None:
        raise NotFound("human request")
    return _request(row)


def current(connection: Connection, address: Address, key: str = "") -> HumanRequest | None:
    """The request of this person that is open; with `key`, else the one about that message."""
    mine = and_(table.c.corpid == address.corpid, table.c.agentid == address.agentid, table.c.userid == address.userid)
    either = or_(table.c.state == OPEN, table.c.key == key) if key else table.c.state == OPEN
    rows = connection.execute(select(table).where(mine, either).order_by(table.c.id)).all()
    found = [_request(row) for row in rows]
    return next((one for one in found if one.is_open), found[-1] if found else None)


def listed(connection: Connection, *, only_open: bool = True, before: int = 0, limit: int = 100) -> list[HumanRequest]:
    """The open ones, due first; or all, the newest first. before: of all, the id of the last one seen, 0 to begin."""
    if only_open:
        statement = select(table).where(table.c.state == OPEN).order_by(table.c.due_at, table.c.id)
    else:
        statement = select(table).order_by(table.c.id.desc())
        statement = statement.where(table.c.id < before) if before else statement
    return [_request(row) for row in connection.execute(statement.limit(limit))]


def of_people(connection: Connection, addresses: Collection[Address], limit: int) -> list[HumanRequest]:
    """What these people asked a person for, the newest first."""
    wanted = set(addresses)
    userids = table.c.userid.in_(sorted({one.userid for one in wanted}))
    rows = connection.execute(select(table).where(userids).order_by(table.c.id.desc()).limit(4 * limit))
    return [one for row in rows if (one := _request(row)).address in wanted][:limit]


def count_open(connection: Connection) -> int:
    """How many wait for an answer."""
    return connection.execute(select(func.count()).where(table.c.state == OPEN)).scalar_one()


def change(tx: Tx, request: HumanRequest, **values: Any) -> HumanRequest:
    """Set columns of an open request. Raises Stale when somebody was quicker."""
    same = table.c.id == request.id, table.c.version == request.version, table.c.state == OPEN
    if not tx.execute(update(table).where(*same).values(**values, version=request.version + 1)).rowcount:
        raise Stale("human request")
    return get(tx, request.id)


def mark_late(tx: Tx, request_id: int, now: datetime) -> bool:
    """Mark an open request that is past its time. Returns False where it is marked already, or answered."""
    same = table.c.id == request_id, table.c.state == OPEN, table.c.due_at <= now, table.c.overdue_at.is_(None)
    return bool(tx.execute(update(table).where(*same).values(overdue_at=now, version=table.c.version + 1)).rowcount)


def newly_late(connection: Connection, now: datetime) -> list[int]:
    """Ids of open requests that are past their time and not marked so."""
    same = table.c.state == OPEN, table.c.due_at <= now, table.c.overdue_at.is_(None)
    return list(connection.execute(select(table.c.id).where(*same).order_by(table.c.id)).scalars())


def _request(row: Row[Any]) -> HumanRequest:
    values = dict(row._mapping)
    address = Address(values.pop("corpid"), values.pop("agentid"), values.pop("userid"))
    return HumanRequest(**values, address=address)
