"""Writing down who gets a broadcast, and putting them on their way: by sets, in transactions that are over soon.

Each person is one row for good (unique), and each row is in at most one batch that is not through. So whatever is repeated, by a second
worker or after a kill, finds done what was committed and does the rest.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.model.broadcast import Broadcast
from bot.model.canonical import canonical, sha256
from bot.model.delivery import State
from bot.store.database import Tx
from bot.store.tables import (
    admins,
    batches,
    broadcast_batches,
    broadcast_recalls,
    broadcast_recipients,
    broadcast_tallies,
    deliveries,
)

NAMED = ("invaliduser", "unlicenseduser")
NOT_REACHED = (State.REJECTED, State.EXHAUSTED, State.CANCELLED)
_CHUNK = 2_000  # people named in one statement
_theirs = broadcast_recipients


def freeze(tx: Tx, broadcast_id: int, admin_ids: Sequence[int]) -> None:
    """Write some of those who get it, by ascending id; whoever is written already, stays as they are."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    who = [admins.c[name] for name in ("id", "corpid", "agentid", "userid")]
    first, last = admin_ids[0], admin_ids[-1]
    these = [admins.c.id.between(first, last), admins.c.state == "active"]
    if last - first + 1 != len(admin_ids):
        these.append(admins.c.id.in_(list(admin_ids)))
    found = select(literal(broadcast_id), *who).where(*these).order_by(admins.c.id)
    rows = dialect.insert(_theirs).from_select(["broadcast_id", "admin_id", "corpid", "agentid", "userid"], found)
    tx.execute(rows.on_conflict_do_nothing())


def keep_only(tx: Tx, broadcast_id: int, admin_ids: Sequence[int]) -> None:
    """Strike out all but these, and write whoever of these is missing: a worker that died may have left others."""
    wanted = set(admin_ids)
    written = set(tx.execute(select(_theirs.c.admin_id).where(_theirs.c.broadcast_id == broadcast_id)).scalars())
    for some in _split(sorted(written - wanted)):
        tx.execute(delete(_theirs).where(_theirs.c.broadcast_id == broadcast_id, _theirs.c.admin_id.in_(some)))
    for some in _split(sorted(wanted - written)):
        freeze(tx, broadcast_id, some)


def _split(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def learn(tx: Tx, *, of_deliveries: bool = True) -> None:
    """After very many rows were written at once: PostgreSQL would find them by plans made for few, until it next counts by itself."""
    if tx.dialect.name == "postgresql":
        for table in (_theirs, broadcast_batches, deliveries) if of_deliveries else (_theirs,):
            tx.exec_driver_sql(f"ANALYZE {table.name}")


def number(connection: Connection, broadcast_id: int) -> int:
    """How many are written."""
    counted: int = connection.execute(select(func.count()).select_from(_theirs).where(_theirs.c.broadcast_id == broadcast_id)).scalar_one()
    return counted


def digest(connection: Connection, broadcast_id: int) -> str:
    """The SHA-256 of who gets it: the canonical list of their addresses, in the order of writing."""
    columns = [_theirs.c[name] for name in ("corpid", "agentid", "userid")]
    rows = connection.execute(select(*columns).where(_theirs.c.broadcast_id == broadcast_id).order_by(_theirs.c.id))
    return sha256(canonical([f"{row.corpid}/{row.agentid}/{row.userid}" for row in rows]))


@dataclass(frozen=True, slots=True)
class Some:
    """People of one app who wait to be queued, those with ids after `after` up to `last`."""

    corpid: str
    agentid: int
    after: int
    last: int


def waiting(connection: Connection, broadcast_id: int, after: int, limit: int) -> Some | None:
    """The next of them to be queued together, with ids over `after`; None when all are."""
    mine = _theirs.c.broadcast_id == broadcast_id, _theirs.c.batch_id.is_(None), _theirs.c.id > after
    statement = select(_theirs.c.id, _theirs.c.corpid, _theirs.c.agentid).where(*mine).order_by(_theirs.c.id).limit(limit)
    rows = connection.execute(statement).all()
    if not rows:
        return None
    first = rows[0]
    same = list(takewhile(lambda row: (row.corpid, row.agentid) == (first.corpid, first.agentid), rows))
    return Some(first.corpid, first.agentid, first.id - 1, same[-1].id)


def queue(tx: Tx, broadcast: Broadcast, values: Mapping[str, Any], some: Some) -> int:
    """Write one batch for these people, with a queued delivery each. values: further columns of the batch. Returns its id."""
    of = {**values, "corpid": some.corpid, "agentid": some.agentid, "state": "open", "broadcast_id": broadcast.id}
    batch_id: int = tx.execute(insert(batches).values(**of).returning(batches.c.id)).scalar_one()
    mine = and_(_theirs.c.id.between(some.after + 1, some.last), _theirs.c.broadcast_id == broadcast.id, _theirs.c.batch_id.is_(None))
    shared: list[ColumnElement[Any]] = [literal(batch_id), literal("wecom"), literal(State.QUEUED.value)]
    found = select(*shared, _theirs.c.corpid, _theirs.c.agentid, _theirs.c.userid).where(mine).order_by(_theirs.c.id)
    names = ["batch_id", "channel", "state", "corpid", "agentid", "userid"]
    people = tx.execute(insert(deliveries).from_select(names, found)).rowcount
    tx.execute(insert(broadcast_batches).values(batch_id=batch_id, broadcast_id=broadcast.id, round=broadcast.round, people=people))
    tx.execute(update(_theirs).where(mine).values(batch_id=batch_id))
    return batch_id


def first_of_round(connection: Connection, broadcast: Broadcast) -> int | None:
    """The batch that goes ahead of the others of this round, where there is one."""
    of_round = broadcast_batches.c.broadcast_id == broadcast.id, broadcast_batches.c.round == broadcast.round
    found: int | None = connection.execute(select(func.min(broadcast_batches.c.batch_id)).where(*of_round)).scalar_one()
    return found


def hold_first(tx: Tx, broadcast_id: int) -> None:
    """Take the rows that a new batch will refer to before the broadcast's own: whoever records outcomes takes them in that order."""
    if tx.dialect.name == "postgresql":
        first = select(func.min(broadcast_batches.c.batch_id)).where(broadcast_batches.c.broadcast_id == broadcast_id)
        of_rounds = first.group_by(broadcast_batches.c.round)
        rows = select(batches.c.id).where(batches.c.id.in_(of_rounds)).order_by(batches.c.id)
        tx.execute(rows.with_for_update(read=True, key_share=True))


def speaking(tx: Tx, broadcast_id: int, batch_id: int) -> tuple[set[str], set[str]]:
    """Of the people of this batch, who speaks (still for the provider for which it goes to them, for another one by now)."""
    then, now = admins.alias("then"), admins.alias("now")
    same = and_(*(now.c[name] == _theirs.c[name] for name in ("corpid", "agentid", "userid")), now.c.state == "active")
    found = select(_theirs.c.userid, then.c.provider_id, now.c.provider_id.label("now_of")).join_from(_theirs, then).join(now, same)
    rows = tx.execute(found.where(_theirs.c.broadcast_id == broadcast_id, _theirs.c.batch_id == batch_id)).all()
    still = {row.userid for row in rows if row.provider_id == row.now_of}
    return still, {row.userid for row in rows} - still


def owe_again(tx: Tx, broadcast_id: int, *, include_uncertain: bool) -> int:
    """Let everybody be queued again who was not reached: refused, given up, taken back, or never queued. Returns how many these are.

    include_uncertain: whom it may have reached, too, where nothing more is tried for them. Who has it, or may be getting it, is left alone.
    """
    states = [*NOT_REACHED, *([State.UNCERTAIN] if include_uncertain else [])]
    missed = exists().where(
        deliveries.c.batch_id == _theirs.c.batch_id,
        deliveries.c.userid == _theirs.c.userid,
        deliveries.c.state.in_(states),
        deliveries.c.settled_at.is_not(None),
    )
    mine = _theirs.c.broadcast_id == broadcast_id
    again = select(_theirs.c.batch_id).where(mine, _theirs.c.batch_id.is_not(None), missed).distinct()
    touched = list(tx.execute(again).scalars())
    tx.execute(broadcast_tallies.delete().where(broadcast_tallies.c.batch_id.in_(touched)))
    tx.execute(update(broadcast_batches).where(broadcast_batches.c.batch_id.in_(touched)).values(tallied_at=None))
    tx.execute(update(_theirs).where(mine, _theirs.c.batch_id.in_(touched), missed).values(batch_id=None))
    return waiting_number(tx, broadcast_id)


def waiting_number(connection: Connection, broadcast_id: int) -> int:
    """How many are in no batch."""
    mine = _theirs.c.broadcast_id == broadcast_id, _theirs.c.batch_id.is_(None)
    counted: int = connection.execute(select(func.count()).select_from(_theirs).where(*mine)).scalar_one()
    return counted


def missed(connection: Connection, broadcast_id: int) -> dict[str, int]:
    """How many were not reached, by state; "waiting" for those never queued. For whom nothing more is tried, each in their newest batch."""
    same = and_(deliveries.c.batch_id == _theirs.c.batch_id, deliveries.c.userid == _theirs.c.userid)
    states = [*NOT_REACHED, State.UNCERTAIN]
    counted = select(deliveries.c.state, func.count()).join(_theirs, same).where(_theirs.c.broadcast_id == broadcast_id)
    settled = counted.where(deliveries.c.state.in_(states), deliveries.c.settled_at.is_not(None)).group_by(deliveries.c.state)
    found = {row[0]: row[1] for row in connection.execute(settled)}
    return {**found, "waiting": waiting_number(connection, broadcast_id)}


# Counting


def settled_batches(connection: Connection, broadcast_id: int, limit: int) -> list[int]:
    """Batches that are through and not counted yet."""
    statement = select(broadcast_batches.c.batch_id).join(batches, batches.c.id == broadcast_batches.c.batch_id)
    through = broadcast_batches.c.broadcast_id == broadcast_id, broadcast_batches.c.tallied_at.is_(None), batches.c.state == "done"
    return list(connection.execute(statement.where(*through).order_by(broadcast_batches.c.batch_id).limit(limit)).scalars())


def outcomes(connection: Connection, broadcast_id: int, batch_ids: Sequence[int]) -> list[tuple[int, str, str, datetime | None, int]]:
    """(batch, state, reason, settled at, how many) of the people whose newest delivery is in these batches."""
    # Other words are the vendor's own, and no two alike: there the number says what it was.
    reason = case((deliveries.c.errmsg.in_(NAMED), deliveries.c.errmsg), else_="")
    same = and_(
        _theirs.c.broadcast_id == broadcast_id,
        _theirs.c.corpid == deliveries.c.corpid,
        _theirs.c.agentid == deliveries.c.agentid,
        _theirs.c.userid == deliveries.c.userid,
        _theirs.c.batch_id == deliveries.c.batch_id,
    )
    columns = [deliveries.c.batch_id, deliveries.c.state, reason.label("reason"), deliveries.c.errcode, deliveries.c.settled_at]
    statement = select(*columns, func.count().label("number")).join(_theirs, same).where(deliveries.c.batch_id.in_(list(batch_ids)))
    rows = connection.execute(
        statement.group_by(deliveries.c.batch_id, deliveries.c.state, reason, deliveries.c.errcode, deliveries.c.settled_at)
    )
    return [(row.batch_id, row.state, row.reason or (str(row.errcode) if row.errcode else ""), row.settled_at, row.number) for row in rows]


def tally(tx: Tx, broadcast_id: int, batch_id: int, rows: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """Write what came of a batch that is through, once. rows: {at, state, reason, number}. False where another worker did."""
    mine = broadcast_batches.c.batch_id == batch_id, broadcast_batches.c.tallied_at.is_(None)
    if not tx.execute(update(broadcast_batches).where(*mine).values(tallied_at=now)).rowcount:
        return False
    if rows:
        tx.execute(
            insert(broadcast_tallies), [{**row, "batch_id": batch_id, "broadcast_id": broadcast_id, "n": n} for n, row in enumerate(rows)]
        )
    return True


def unfinished(connection: Connection, broadcast_id: int) -> int:
    """How many of its batches are not through, or not counted yet."""
    of_it = broadcast_batches.c.broadcast_id == broadcast_id, broadcast_batches.c.tallied_at.is_(None)
    counted: int = connection.execute(select(func.count()).select_from(broadcast_batches).where(*of_it)).scalar_one()
    return counted


def totals(connection: Connection, broadcast_id: int) -> dict[str, int]:
    """People by what became of them, as counted."""
    of = broadcast_tallies.c
    statement = select(of.state, func.sum(of.number)).where(of.broadcast_id == broadcast_id)
    return {state: int(people) for state, people in connection.execute(statement.group_by(of.state))}


# Taking back


def owe_recalls(tx: Tx, broadcast_id: int, now: datetime, within: timedelta) -> tuple[int, int]:
    """Write what is to be taken out of people's chats, one row a message. Returns (people of these, people for whom it is too late).

    Whom it may have reached without an id of the message cannot be helped: they are one row with no id, settled from the start.
    """
    of_it = select(broadcast_batches.c.batch_id).where(broadcast_batches.c.broadcast_id == broadcast_id)
    went = deliveries.c.batch_id.in_(of_it), deliveries.c.state.in_((State.ACCEPTED, State.UNCERTAIN)), deliveries.c.settled_at.is_not(None)
    first = func.min(deliveries.c.sent_at).label("first")
    messages = select(deliveries.c.msgid, first, func.count().label("people")).where(*went).group_by(deliveries.c.msgid)
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    people: Counter[str] = Counter()
    for row in tx.execute(messages).all():
        is_late = row.first is None or now - row.first >= within
        state = "refused" if not row.msgid else "late" if is_late else "owed"
        people[state] += row.people
        values = {"broadcast_id": broadcast_id, "msgid": row.msgid, "people": row.people, "sent_at": row.first or now, "due_at": now}
        settled = {"state": state, "settled_at": None if state == "owed" else now}
        tx.execute(dialect.insert(broadcast_recalls).values(**values, **settled).on_conflict_do_nothing())
    return people["owed"], people["late"]


def recalls_due(connection: Connection, now: datetime, limit: int) -> list[tuple[int, str, int, datetime]]:
    """(id, msgid, tries, sent at) of messages that are still to be taken back."""
    owed = broadcast_recalls.c.state == literal("owed", literal_execute=True), broadcast_recalls.c.due_at <= now
    columns = [broadcast_recalls.c[name] for name in ("id", "msgid", "tries", "sent_at")]
    rows = connection.execute(select(*columns).where(*owed).order_by(broadcast_recalls.c.due_at).limit(limit))
    return [(row.id, row.msgid, row.tries, row.sent_at) for row in rows]


def take_recall(tx: Tx, recall_id: int, tries: int, until: datetime) -> bool:
    """Take one on, so that no other worker does before `until`. False where another was quicker."""
    mine = broadcast_recalls.c.id == recall_id, broadcast_recalls.c.state == "owed", broadcast_recalls.c.tries == tries
    return tx.execute(update(broadcast_recalls).where(*mine).values(tries=tries + 1, due_at=until)).rowcount > 0


def settle_recall(tx: Tx, recall_id: int, state: str, errcode: int | None, now: datetime) -> None:
    """What came of it, once."""
    open_ = broadcast_recalls.c.id == recall_id, broadcast_recalls.c.state == "owed"
    tx.execute(update(broadcast_recalls).where(*open_).values(state=state, errcode=errcode, settled_at=now))


def recalls(connection: Connection, broadcast_id: int) -> dict[str, int]:
    """People by what became of taking their message back: owed, recalled, refused, late; unknown: the message has no id to go by."""
    of = broadcast_recalls.c
    state = case((of.msgid == "", "unknown"), else_=of.state).label("became")
    statement = select(state, func.sum(of.people)).where(of.broadcast_id == broadcast_id).group_by("became")
    return {became: int(people) for became, people in connection.execute(statement)}
