"""How far a broadcast is, and what became of each of its people: quick to ask while it is being sent."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from bot.model.broadcast import Broadcast, Progress, Tally, Told
from bot.model.broadcast import State as BroadcastState
from bot.model.delivery import State
from bot.model.provider import Address
from bot.store import broadcast_sending
from bot.store.tables import (
    admins,
    batches,
    broadcast_batches,
    broadcast_receipts,
    broadcast_recipients,
    broadcast_tallies,
    deliveries,
    providers,
)

_theirs = broadcast_recipients
WHICH = ("", "missed", "uncertain", "unconfirmed", "confirmed")  # parts of its people that can be asked for
_MISSED = (State.REJECTED, State.EXHAUSTED, State.CANCELLED)
_PAGE = 1_000


def progress(connection: Connection, broadcast: Broadcast) -> Progress:
    """As of now. What is through was counted once by a worker; only what is in hand is counted here."""
    of = broadcast_tallies.c
    statement = select(of.at, of.state, of.reason, func.sum(of.number)).where(of.broadcast_id == broadcast.id)
    rows = connection.execute(statement.group_by(of.at, of.state, of.reason).order_by(of.at))
    tallies = [Tally(row[0], row[1], row[2], int(row[3])) for row in rows]
    states: Counter[str] = Counter()
    for one in tallies:
        states[one.state] += one.number
    states.update(_in_hand(connection, broadcast))
    waiting = broadcast_sending.waiting_number(connection, broadcast.id) if broadcast.has_begun else 0
    return Progress(
        people=broadcast.people,
        waiting=waiting,
        by_state=dict(states),
        tallies=tuple(tallies),
        confirmed=_confirmed(connection, broadcast),
        recalls=broadcast_sending.recalls(connection, broadcast.id) if broadcast.recalled_at else {},
    )


def _confirmed(connection: Connection, broadcast: Broadcast) -> int:
    if not broadcast.content.asks_receipt:
        return 0
    statement = select(func.count()).select_from(broadcast_receipts).where(broadcast_receipts.c.broadcast_id == broadcast.id)
    number: int = connection.execute(statement).scalar_one()
    return number


def _in_hand(connection: Connection, broadcast: Broadcast) -> Counter[str]:
    """People of batches that are not counted: by delivery where the batch was begun, else all of them queued."""
    of = broadcast_batches.c
    columns = [of.batch_id, of.people, of.round, batches.c.attempts, batches.c.state]
    statement = select(*columns).join(batches, batches.c.id == of.batch_id)
    found: Counter[str] = Counter()
    begun, before = [], []
    for row in connection.execute(statement.where(of.broadcast_id == broadcast.id, of.tallied_at.is_(None))):
        if row.state == "open" and not row.attempts:
            found[State.QUEUED] += row.people
        elif row.round < broadcast.round:  # some of its people were sent to again: only who is still in it counts
            before.append(row.batch_id)
        else:
            begun.append(row.batch_id)
    if begun:
        by_state = select(deliveries.c.state, func.count()).where(deliveries.c.batch_id.in_(begun)).group_by(deliveries.c.state)
        found.update({row[0]: row[1] for row in connection.execute(by_state)})
    for _, state, _, _, number in broadcast_sending.outcomes(connection, broadcast.id, before) if before else ():
        found[state] += number
    return found


def people(connection: Connection, broadcast: Broadcast, which: str, after: int, limit: int) -> list[Told]:
    """Its people, in the order of writing. which: one of WHICH. after: the id of the last one seen."""
    only = _only(connection, broadcast, which)
    statement = _told(broadcast).where(*only, _theirs.c.id > after).order_by(_theirs.c.id).limit(limit)
    if not which:  # found first, and only then looked up
        mine = _theirs.c.broadcast_id == broadcast.id, _theirs.c.id > after
        page = list(connection.execute(select(_theirs.c.id).where(*mine).order_by(_theirs.c.id).limit(limit)).scalars())
        statement = _told(broadcast).where(_theirs.c.id.in_(page)).order_by(_theirs.c.id)
    return [_person(row) for row in connection.execute(statement)]


def everyone(read: Callable[[], AbstractContextManager[Connection]], broadcast: Broadcast, which: str) -> Iterator[Sequence[Told]]:
    """All of them, page by page. read: opens a transaction, of which none is open while the caller has a page: it may take its time."""
    after = 0
    while True:
        with read() as connection:
            some = people(connection, broadcast, which, after, _PAGE)
        if not some:
            return
        yield some
        after = some[-1].id


def missed(connection: Connection, broadcast: Broadcast) -> tuple[int, int]:
    """(how many a second sending would go to, how many more if whom it may have reached are included)."""
    found = broadcast_sending.missed(connection, broadcast.id)
    uncertain = found.pop(State.UNCERTAIN, 0)
    return sum(found.values()), uncertain


def _told(broadcast: Broadcast) -> Select[Any]:
    delivery = and_(deliveries.c.batch_id == _theirs.c.batch_id, deliveries.c.userid == _theirs.c.userid, deliveries.c.channel == "wecom")
    receipt = and_(
        broadcast_receipts.c.broadcast_id == _theirs.c.broadcast_id,
        broadcast_receipts.c.corpid == _theirs.c.corpid,
        broadcast_receipts.c.agentid == _theirs.c.agentid,
        broadcast_receipts.c.userid == _theirs.c.userid,
    )
    columns = [_theirs.c[name] for name in ("id", "corpid", "agentid", "userid")]
    shown = [deliveries.c[name] for name in ("state", "errcode", "errmsg", "sent_at")]
    names = [admins.c.name, providers.c.name.label("provider"), broadcast_receipts.c.at.label("confirmed_at")]
    statement = (
        select(*columns, *shown, *names)
        .join_from(_theirs, admins, admins.c.id == _theirs.c.admin_id)
        .join(providers, providers.c.id == admins.c.provider_id)
        .outerjoin(deliveries, delivery)
        .outerjoin(broadcast_receipts, receipt)
    )
    return statement.where(_theirs.c.broadcast_id == broadcast.id)


def _only(connection: Connection, broadcast: Broadcast, which: str) -> Sequence[ColumnElement[bool]]:
    """Who has failed is looked for in those batches alone in which, as counted, somebody has: a search through all of them takes long."""
    match which:
        case "missed":
            found = and_(_in_batches_with(connection, broadcast, _MISSED), deliveries.c.state.in_(_MISSED))
            return [or_(found, _theirs.c.batch_id.is_(None)) if broadcast.state is BroadcastState.CANCELLED else found]
        case "uncertain":
            return [_in_batches_with(connection, broadcast, (State.UNCERTAIN,)), deliveries.c.state == State.UNCERTAIN]
        case "confirmed":
            return [broadcast_receipts.c.id.is_not(None)]
        case "unconfirmed":
            return [broadcast_receipts.c.id.is_(None)]
        case _:
            return []


def _in_batches_with(connection: Connection, broadcast: Broadcast, states: Sequence[State]) -> ColumnElement[bool]:
    of = broadcast_tallies.c
    statement = select(of.batch_id).where(of.broadcast_id == broadcast.id, of.state.in_(states)).distinct()
    return _theirs.c.batch_id.in_(list(connection.execute(statement).scalars()))


def _person(row: Row[Any]) -> Told:
    return Told(
        id=row.id,
        address=Address(row.corpid, row.agentid, row.userid),
        name=row.name,
        provider=row.provider,
        state=row.state or "",
        reason=row.errmsg if row.errmsg in broadcast_sending.NAMED else str(row.errcode or ""),
        sent_at=row.sent_at,
        confirmed_at=row.confirmed_at,
    )
