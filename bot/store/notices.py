"""Notices: who was sent which, saw it and confirmed it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, literal, not_, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound
from bot.model.case_file import Issued
from bot.model.notice import Notice, NoticeKind, Receipt, Statement
from bot.model.provider import Address
from bot.store.database import Tx
from bot.store.tables import batches, deliveries, notice_batches, notices, operator_tasks, receipts, views

_AT_ONCE = 200


def add(tx: Tx, provider_id: int, case_id: int | None, kind: NoticeKind, key: str, statement: Statement, now: datetime) -> Notice:
    """Freeze a notice. case_id: None where it is about a withdrawal."""
    values = {
        "provider_id": provider_id,
        "case_id": case_id,
        "number": statement.number,
        "kind": kind,
        "key": key,
        "statement": statement.fields(),
        "sha256": statement.sha256,
        "created_at": now,
    }
    notice_id = tx.execute(insert(notices).values(values).returning(notices.c.id)).scalar_one()
    return _get(tx, notices.c.id == notice_id)


def count(connection: Connection, case_id: int) -> int:
    """How many notices a case has: the next one's number is one more."""
    return connection.execute(select(func.count()).where(notices.c.case_id == case_id)).scalar_one()


def get(connection: Connection, notice_id: int) -> Notice:
    """Raises NotFound."""
    return _get(connection, notices.c.id == notice_id)


def lock(tx: Tx, notice_id: int) -> None:
    """Nobody else follows this notice up until this transaction ends. SQLite writes one transaction at a time anyway."""
    tx.execute(select(notices.c.id).where(notices.c.id == notice_id).with_for_update())


def by_key(connection: Connection, key: str) -> Notice:
    """By what its address names. Raises NotFound."""
    return _get(connection, notices.c.key == key)


def of_case(connection: Connection, case_id: int) -> list[Notice]:
    """Oldest first."""
    return [_notice(row) for row in connection.execute(select(notices).where(notices.c.case_id == case_id).order_by(notices.c.id))]


def by_task(connection: Connection, task_id: str) -> Notice | None:
    """The notice whose card has this task_id."""
    with_card = select(notices).join(notice_batches, notice_batches.c.notice_id == notices.c.id).where(notice_batches.c.task_id == task_id)
    row = connection.execute(with_card.limit(1)).one_or_none()
    return None if row is None else _notice(row)


def _get(connection: Connection, condition: Any) -> Notice:
    row = connection.execute(select(notices).where(condition)).one_or_none()
    if row is None:
        raise NotFound("notice")
    return _notice(row)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        provider_id=row.provider_id,
        case_id=row.case_id,
        number=row.number,
        kind=NoticeKind(row.kind),
        key=row.key,
        statement=Statement.of(row.statement),
        sha256=row.sha256,
        created_at=row.created_at,
    )


def sent_with(tx: Tx, notice_id: int, batch_id: int, step: str, task_id: str = "") -> None:
    """Note that this batch carries the notice."""
    tx.execute(insert(notice_batches).values(notice_id=notice_id, batch_id=batch_id, step=step, task_id=task_id))


def of_batches(connection: Connection, batch_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """(notice id, step) by batch id, for those batches that carry a notice."""
    statement = select(notice_batches).where(notice_batches.c.batch_id.in_(list(batch_ids)))
    return {row.batch_id: (row.notice_id, row.step) for row in connection.execute(statement)}


def saw(tx: Tx, notice_id: int, address: Address, how: str, now: datetime) -> bool:
    """Note that somebody opened the page. Returns whether it is the first time."""
    return _once(tx, views, notice_id, address, how=how, first_at=now)


def confirm(tx: Tx, notice_id: int, address: Address, name: str, how: str, now: datetime) -> bool:
    """Write a receipt. Returns False when this person gave one before."""
    return _once(tx, receipts, notice_id, address, name=name, how=how, at=now)


def _once(tx: Tx, table: Any, notice_id: int, address: Address, **values: Any) -> bool:
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = {"notice_id": notice_id, "corpid": address.corpid, "agentid": address.agentid, "userid": address.userid, **values}
    written = tx.execute(dialect.insert(table).values(row).on_conflict_do_nothing().returning(table.c.id))
    return written.first() is not None


def receipts_of(connection: Connection, notice_id: int) -> list[Receipt]:
    """Oldest first."""
    rows = connection.execute(select(receipts).where(receipts.c.notice_id == notice_id).order_by(receipts.c.at, receipts.c.id))
    return [Receipt(address=Address(row.corpid, row.agentid, row.userid), name=row.name, how=row.how, at=row.at) for row in rows]


def views_of(connection: Connection, notice_id: int) -> list[tuple[Address, str, datetime]]:
    """(who, how, when first), oldest first."""
    rows = connection.execute(select(views).where(views.c.notice_id == notice_id).order_by(views.c.first_at, views.c.id))
    return [(Address(row.corpid, row.agentid, row.userid), row.how, row.first_at) for row in rows]


def issued(connection: Connection, of: Sequence[Notice]) -> list[Issued]:
    """Notices with who confirmed and who looked, each oldest first."""
    if not of:
        return []
    ids = [one.id for one in of]
    people = [receipts.c[name] for name in ("notice_id", "corpid", "agentid", "userid", "how")]
    same = [views.c[name] for name in ("notice_id", "corpid", "agentid", "userid", "how")]
    confirmed = select(literal(1).label("is_receipt"), receipts.c.id, *people, receipts.c.name, receipts.c.at).where(
        receipts.c.notice_id.in_(ids)
    )
    looked = select(literal(0), views.c.id, *same, literal(""), views.c.first_at).where(views.c.notice_id.in_(ids))
    both = union_all(confirmed, looked).subquery()
    given: dict[int, list[Receipt]] = {one: [] for one in ids}
    seen: dict[int, list[tuple[Address, str, datetime]]] = {one: [] for one in ids}
    for row in connection.execute(select(both).order_by(both.c.at, both.c.id)):
        address = Address(row.corpid, row.agentid, row.userid)
        if row.is_receipt:
            given[row.notice_id].append(Receipt(address=address, name=row.name, how=row.how, at=row.at))
        else:
            seen[row.notice_id].append((address, row.how, row.at))
    return [Issued(notice=one, receipts=tuple(given[one.id]), views=tuple(seen[one.id])) for one in of]


def first_accepted(connection: Connection, notice_id: int) -> dict[str, datetime]:
    """By channel, when it first took this notice for anybody."""
    carried = select(deliveries.c.channel, func.min(deliveries.c.settled_at)).join(
        notice_batches, notice_batches.c.batch_id == deliveries.c.batch_id
    )
    # A card update is no notice of its own.
    accepted = and_(notice_batches.c.notice_id == notice_id, notice_batches.c.step != "update", deliveries.c.state == "accepted")
    return {row.channel: row[1] for row in connection.execute(carried.where(accepted).group_by(deliveries.c.channel))}


def cards(connection: Connection, notice_id: int, since: datetime) -> list[tuple[int, str, str, list[str]]]:
    """Cards of a notice that people have, or may have: (batch id, task_id, response_code, userids).

    since: codes are good for 72 h (path/94888); an older one is given as "".
    """
    found: dict[int, tuple[int, str, str, list[str]]] = {}
    statement = (
        select(deliveries.c.batch_id, notice_batches.c.task_id, deliveries.c.response_code, deliveries.c.userid, deliveries.c.settled_at)
        .join(notice_batches, notice_batches.c.batch_id == deliveries.c.batch_id)
        .where(notice_batches.c.notice_id == notice_id, notice_batches.c.task_id != "")
        .where(deliveries.c.state.in_(("sending", "accepted", "uncertain")))
        .order_by(deliveries.c.id)
    )
    for row in connection.execute(statement):
        code = row.response_code if row.settled_at and row.settled_at > since else ""
        batch_id, task_id, known, touser = found.get(row.batch_id, (row.batch_id, row.task_id, "", []))
        found[row.batch_id] = batch_id, task_id, known or code, [*touser, row.userid]
    return list(found.values())


def spend_code(tx: Tx, batch_id: int, now: datetime) -> bool:
    """Take the code that came with a send: it works once. Returns False when it is spent."""
    same = notice_batches.c.batch_id == batch_id, notice_batches.c.code_spent_at.is_(None)
    return bool(tx.execute(update(notice_batches).where(*same).values(code_spent_at=now)).rowcount)


def delivery_states(connection: Connection, notice_id: int) -> set[str]:
    """The states of all that was sent of this notice, card updates left out."""
    carried = select(deliveries.c.state).join(notice_batches, notice_batches.c.batch_id == deliveries.c.batch_id)
    ours = notice_batches.c.notice_id == notice_id, notice_batches.c.step != "update"
    return set(connection.execute(carried.where(*ours).distinct()).scalars())


def reached_nobody(connection: Connection, kinds: Iterable[NoticeKind], since: datetime) -> list[Notice]:
    """Notices of these kinds, issued after `since`, that nobody got and nobody was asked to serve by hand, oldest first.

    All that was sent of them came back, or there was nobody to send them to.
    """
    bad = deliveries.c.state.in_(("rejected", "exhausted", "cancelled"))
    carried = notice_batches.join(deliveries, deliveries.c.batch_id == notice_batches.c.batch_id)
    better = select(notice_batches.c.notice_id).select_from(carried).where(notice_batches.c.step != "update", not_(bad))
    served = select(operator_tasks.c.key).where(operator_tasks.c.key == "serve:" + notices.c.number)
    wanted = notices.c.kind.in_(list(kinds)), notices.c.created_at > since, notices.c.id.not_in(better), ~served.exists()
    return [_notice(row) for row in connection.execute(select(notices).where(*wanted).order_by(notices.c.id).limit(_AT_ONCE))]


def steps_of(connection: Connection, notice_id: int) -> set[str]:
    """How a notice was sent so far: card, mail, outcome …"""
    return set(connection.execute(select(notice_batches.c.step).where(notice_batches.c.notice_id == notice_id)).scalars())


def waiting(connection: Connection, case_id: int) -> list[int]:
    """Ids of open batches that carry notices of a case."""
    statement = (
        select(batches.c.id)
        .join(notice_batches, notice_batches.c.batch_id == batches.c.id)
        .join(notices, notices.c.id == notice_batches.c.notice_id)
        .where(notices.c.case_id == case_id, batches.c.state == "open")
        .distinct()
    )
    return list(connection.execute(statement).scalars())


def numbered(connection: Connection, prefix: str) -> int:
    """How many notices have numbers that are `prefix`, a hyphen and a count: the next one's is one more."""
    return connection.execute(select(func.count()).where(notices.c.number.like(f"{prefix}-%"))).scalar_one()


def of_provider(connection: Connection, provider_id: int) -> list[Notice]:
    """Those about withdrawals, oldest first."""
    same = notices.c.provider_id == provider_id, notices.c.case_id.is_(None)
    return [_notice(row) for row in connection.execute(select(notices).where(*same).order_by(notices.c.id))]
