"""The inbox: one row for each thing WeCom told us, written together with all that follows from it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from bot import failpoint
from bot.errors import Unavailable
from bot.model.provider import Address
from bot.store.database import WAIT_S, Database
from bot.store.tables import inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One inbox row as it is written. reply_state: passive, or late when the answer came after the vendor hung up."""

    key: str
    corpid: str
    agentid: int
    userid: str
    kind: str
    fields: dict[str, Any]
    arrived_at: datetime
    handled_at: datetime | None = None
    state: str = "handled"
    outcome: str = ""
    reply: str = ""
    reply_state: str = "passive"

    def values(self) -> dict[str, Any]:
        return dict(zip(_NAMES, _VALUES(self), strict=True))


_NAMES = tuple(field.name for field in fields(Received))
_VALUES = attrgetter(*_NAMES)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a repeat of a delivery needs of its row."""

    id: int
    reply: str
    reply_state: str


@dataclass(frozen=True, slots=True)
class LateReply:
    id: int
    corpid: str
    agentid: int
    userid: str
    reply: str


def text_of(connection: Connection, key: str, address: Address) -> tuple[str, datetime] | None:
    """(content, when it came) of the text with this key, if it is this person's."""
    theirs = inbox.c.corpid == address.corpid, inbox.c.agentid == address.agentid, inbox.c.userid == address.userid
    statement = select(inbox.c.fields, inbox.c.arrived_at).where(inbox.c.key == key, inbox.c.kind == "text", *theirs)
    row = connection.execute(statement).one_or_none()
    return (str(row.fields.get("content", "")), row.arrived_at) if row else None


_FIND = select(inbox.c.id, inbox.c.reply, inbox.c.reply_state).where(inbox.c.key == bindparam("key"))
_sent = (
    select(func.count())
    .where(
        inbox.c.corpid == bindparam("corpid"),
        inbox.c.agentid == bindparam("agentid"),
        inbox.c.userid == bindparam("userid"),
        inbox.c.arrived_at > bindparam("after"),
    )
    .scalar_subquery()
)
_one = select(literal(1).label("one")).subquery("one")
_LOOK = select(inbox.c.id, inbox.c.reply, inbox.c.reply_state, _sent).select_from(_one.outerjoin(inbox, inbox.c.key == bindparam("key")))


INSERT = {
    name: dialect.insert(inbox).on_conflict_do_nothing(index_elements=["key"]).returning(inbox.c.key, inbox.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


SENT = select(_sent)  # how many rows this person has since then
LIMIT = (
    update(inbox)
    .where(inbox.c.key == bindparam("of_key"))
    .values({name: bindparam(name) for name in ("state", "outcome", "reply", "reply_state", "handled_at")})
)
PUT = sqlite.insert(inbox).on_conflict_do_nothing(index_elements=["key"])  # where only whether it was new is asked


def find(connection: Connection, key: str) -> Stored | None:
    """The stored row of a delivery, by its key."""
    row = connection.execute(_FIND, {"key": key}).one_or_none()
    return row and Stored(*row)


def find_with(database: Database, connection: sqlite3.Connection, key: str) -> Stored | None:
    """`find` on SQLite, without SQLAlchemy."""
    row = database.prepared(_FIND).run(connection, {"key": key})
    return Stored(*row) if row else None


def look(database: Database, key: str, person: tuple[str, int, str], after: datetime) -> tuple[Stored | None, int]:
    """`find`, and how many rows of this person (corpid, agentid, userid) arrived since `after`: one question for both."""
    corpid, agentid, userid = person
    values = {"key": key, "corpid": corpid, "agentid": agentid, "userid": userid, "after": after}
    if database.is_sqlite:
        try:
            looked = database.prepared(_LOOK).run(database.own_connection(), values)
        except sqlite3.OperationalError as error:
            raise Unavailable(type(error).__name__) from error
        assert looked is not None
        *row, sent = looked
    else:
        with database.read() as connection:
            *row, sent = connection.execute(_LOOK, values).one()
    return (Stored(*row) if row[0] is not None else None), sent


def get(connection: Connection, row_id: int) -> Stored:
    """The same by the row's id."""
    return Stored(*connection.execute(select(inbox.c.id, inbox.c.reply, inbox.c.reply_state).where(inbox.c.id == row_id)).one())


def insert(tx: Connection, rows: Sequence[Received]) -> dict[str, int]:
    """Store rows whose key is new. Returns key → id of those; a key already there is left out and nothing of it changes.

    On PostgreSQL this waits for a running transaction that holds the same key; all write in the order of keys, so that two never
    wait for each other.
    """
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(inbox).on_conflict_do_nothing(index_elements=["key"]).returning(inbox.c.key, inbox.c.id)
    return {row.key: row.id for row in tx.execute(statement, [row.values() for row in sorted(rows, key=lambda row: row.key)])}


def finish(tx: Connection, done: Received) -> None:
    """Complete a row inserted earlier in the same transaction."""
    values = {name: getattr(done, name) for name in ("handled_at", "state", "outcome", "reply", "reply_state")}
    tx.execute(update(inbox).where(inbox.c.key == done.key).values(values))


def change_reply(tx: Connection, row_id: int, before: str, after: str) -> bool:
    """Compare-and-set of a row's reply_state. False when somebody else was first."""
    statement = update(inbox).where(inbox.c.id == row_id, inbox.c.reply_state == before).values(reply_state=after)
    return tx.execute(statement).rowcount == 1


def late_replies(connection: Connection, before: datetime, limit: int) -> list[LateReply]:
    """Replies that came too late for their callback, were not fetched by a repeat, and arrived before `before`; oldest first."""
    columns = (inbox.c.id, inbox.c.corpid, inbox.c.agentid, inbox.c.userid, inbox.c.reply)
    statement = select(*columns).where(inbox.c.reply_state == "late", inbox.c.arrived_at < before).order_by(inbox.c.id).limit(limit)
    return [LateReply(*row) for row in connection.execute(statement)]


def last_arrived_at(connection: Connection) -> datetime | None:
    """When the last message came in."""
    last: datetime | None = connection.execute(select(func.max(inbox.c.arrived_at))).scalar_one()
    return last


def forget(tx: Connection, before: datetime, limit: int = 5_000) -> int:
    """Delete rows that arrived before `before`, at most `limit`. Returns how many."""
    old = select(inbox.c.id).where(inbox.c.arrived_at < before, inbox.c.reply_state != "late").limit(limit)
    return tx.execute(delete(inbox).where(inbox.c.id.in_(old))).rowcount


_UNFIT = (StatementError, sqlite3.Error, TypeError, ValueError)  # what a row that a database cannot hold raises, here or in its driver


class _Ticket:
    """One row on its way to the disk. `settled` is set last, so that an interrupted writer never looks like success."""

    __slots__ = ("bell", "failure", "leads", "row", "settled", "stored")

    def __init__(self, row: Received) -> None:
        self.row = row
        self.stored: Stored | None = None
        self.failure: BaseException | None = None
        self.settled = False
        self.leads = False  # the next to write, for itself and all who wait by then
        self.bell = threading.Lock()  # locked until there is news
        self.bell.acquire()


class GroupInsert:
    """Stores rows of many threads with one commit: one of them writes for all that wait, then names the next writer.

    One commit costs the disk the same for one row or a hundred, and the disk is what bounds callbacks a second.
    """

    LARGEST = 200  # rows a commit: bounds how long other writers wait
    PATIENCE_S = 0.006  # the longest wait for more rows

    def __init__(self, database: Database, coming: Callable[[], int] = lambda: 0) -> None:
        """coming: how many rows are on their way, those that wait here included; the writer gives them a moment to get here."""
        self._database = database
        self._coming = coming
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._is_led = False
        self._usual = 1  # rows of the last commit
        self._commit_s = 0.0  # how long it took

    def add(self, row: Received) -> Stored | None:
        """Store `row`, durably. Returns None when it is stored, else the row that was there already. Raises Unavailable."""
        ticket = _Ticket(row)
        with self._lock:
            self._waiting.append(ticket)
            ticket.leads = not self._is_led
            self._is_led = True
        if ticket.leads or self._wait(ticket):
            self._lead()
        if ticket.failure is not None:
            raise Unavailable("not stored") from ticket.failure
        return ticket.stored

    def _wait(self, ticket: _Ticket) -> bool:
        """Wait to be written for. True when it is this thread's turn to write instead."""
        ticket.bell.acquire(timeout=WAIT_S)
        with self._lock:
            if ticket.leads or ticket.settled:
                return ticket.leads
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        # Somebody may be writing it this moment. Then the vendor's repeat finds the row.
        raise Unavailable("no turn to store")

    def _lead(self) -> None:
        try:
            self._gather()
            self._commit()
        finally:
            with self._lock:
                self._is_led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].bell.release()

    def _gather(self) -> None:
        """Wait for about as many as came last time, at most as long as the last commit took: a longer wait costs more than it saves."""
        until = time.monotonic() + min(self._commit_s, self.PATIENCE_S)
        while len(self._waiting) < min(max(self._coming(), self._usual), self.LARGEST) and time.monotonic() < until:
            time.sleep(self.PATIENCE_S / 20)

    def _commit(self) -> None:
        tickets: list[_Ticket] = []
        try:
            with self._door() as insert_all:
                began = time.monotonic()
                tickets += self._take()  # those too who came while another process wrote
                insert_all(tickets)
        except Unavailable as error:
            _settle(tickets or self._take(), error)
        except _UNFIT:
            for ticket in tickets:  # one row the database will not take must not take the others with it
                self._write_alone(ticket)
        else:
            self._commit_s = time.monotonic() - began
            _settle(tickets)
        finally:
            _settle([ticket for ticket in tickets if not ticket.settled], Unavailable("interrupted"))

    def _take(self) -> list[_Ticket]:
        with self._lock:
            tickets = self._waiting[: self.LARGEST]
            del self._waiting[: self.LARGEST]
        self._usual = len(tickets)
        return tickets

    def _write_alone(self, ticket: _Ticket) -> None:
        try:
            with self._door() as insert_all:
                insert_all([ticket])
        except (Unavailable, *_UNFIT) as error:
            _settle([ticket], error)
        else:
            _settle([ticket])

    @contextmanager
    def _door(self) -> Iterator[Callable[[list[_Ticket]], None]]:
        """A transaction, and what inserts tickets in it."""
        if self._database.is_sqlite:
            with self._database.plain_write() as connection:
                yield lambda tickets: self._insert_sqlite(connection, tickets)
        else:
            with self._database.write() as tx:
                yield lambda tickets: self._insert(tx, tickets)

    @staticmethod
    def _insert(tx: Connection, tickets: list[_Ticket]) -> None:
        fresh = insert(tx, [ticket.row for ticket in tickets])
        failpoint.reach("inbox.inserted")
        for ticket in tickets:
            if fresh.pop(ticket.row.key, None) is None:
                ticket.stored = find(tx, ticket.row.key)

    def _insert_sqlite(self, connection: sqlite3.Connection, tickets: list[_Ticket]) -> None:
        put = self._database.prepared(PUT)
        for ticket in tickets:
            if not put.change(connection, ticket.row.values()):
                ticket.stored = find_with(self._database, connection, ticket.row.key)
        failpoint.reach("inbox.inserted")


def _settle(tickets: list[_Ticket], failure: BaseException | None = None) -> None:
    for ticket in tickets:
        ticket.failure = failure
        ticket.settled = True
        ticket.bell.release()
