"""The inbox's way to the disk from an event loop, on SQLite: rows are inserted on the loop, and one thread waits for their commit.

That costs two hand-overs between threads a commit, however many rows go with it; a thread for each message cost several a message,
and waking them took more time than all the rest. The loop never waits: not for the disk, nor for another process that writes.
"""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from bot import failpoint
from bot.errors import Unavailable
from bot.store.database import WAIT_S, Database
from bot.store.inbox import LIMIT, PUT, SENT, Received, Stored, find_with

LARGEST = 200  # rows a commit: bounds how long other writers wait
_RETRY_S = 0.0002, 0.001  # as in database.py: a random pause starves nobody


@dataclass(frozen=True, slots=True)
class Limit:
    """So many rows a person may have since `after`; each one more is kept as `instead` says, given by how many it is over."""

    most: int
    after: datetime
    instead: Callable[[int], Received]


Added = tuple[Stored | None, Received]


class _Ticket:
    """One row on its way."""

    __slots__ = ("limit", "row", "stored")

    def __init__(self, row: Received, limit: Limit | None, stored: "asyncio.Future[Added]") -> None:
        self.row = row
        self.limit = limit
        self.stored = stored

    def settle(self, before: Stored | None) -> None:
        if not self.stored.done():  # else nobody waits any more
            self.stored.set_result((before, self.row))

    def fail(self, cause: BaseException) -> None:
        if not self.stored.done():
            failure = Unavailable("not stored")
            failure.__cause__ = cause
            self.stored.set_exception(failure)


class LoopInsert:
    """Stores rows with one commit for all that came while the last one was on its way. For one loop, whose thread alone calls it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Ticket] = []
        self._is_writing = False
        self._committer = ThreadPoolExecutor(1, "commit")

    async def add(self, row: Received, limit: Limit | None = None) -> Added:
        """Store `row`, durably. Returns what was there already, None where it was new, and the row as stored. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        ticket = _Ticket(row, limit, loop.create_future())
        self._waiting.append(ticket)
        if not self._is_writing:
            self._is_writing = True
            loop.call_soon(self._write, loop, time.monotonic() + WAIT_S)
        return await ticket.stored

    def _write(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        """Insert all that wait and have them committed; while another writes, come back in a moment, until `until`."""
        try:
            connection = self._database.begin_at_once()
        except Unavailable as error:
            self._end(loop, self._take(), error)
            return
        if connection is None:
            if time.monotonic() > until:
                self._end(loop, self._take(), Unavailable("no turn to write"))
            else:
                loop.call_later(random.uniform(*_RETRY_S), self._write, loop, until)
            return
        tickets = self._take()
        answers = self._insert(connection, tickets)
        failpoint.reach("inbox.inserted")
        self._committer.submit(self._commit, loop, connection, tickets, answers)

    def _commit(
        self, loop: asyncio.AbstractEventLoop, connection: sqlite3.Connection, tickets: list[_Ticket], answers: list[Stored | None]
    ) -> None:
        """In the committing thread. The loop is told by itself: a future for each commit took as long as a row."""
        failure: BaseException | None = None
        try:
            self._database.commit(connection)
        except BaseException as error:  # noqa: BLE001  whatever it was, those who wait are told
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(self._end, loop, tickets, failure, answers)

    def _take(self) -> list[_Ticket]:
        taken, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
        return taken

    def _insert(self, connection: sqlite3.Connection, tickets: list[_Ticket]) -> list[Stored | None]:
        """What stood there already, for each. A row that the database refuses fails alone: its statement is undone, not the others'."""
        put = self._database.prepared(PUT)
        before: list[Stored | None] = []
        for ticket in tickets:
            there = None
            try:
                if not put.change(connection, ticket.row.values()):
                    there = find_with(self._database, connection, ticket.row.key)
                elif ticket.limit is not None:
                    self._keep_to(ticket, ticket.limit, connection)
            except Exception as error:  # noqa: BLE001  whatever it was: the others' rows, and the turn to write, must not be lost with it
                ticket.fail(error)
                if not connection.in_transaction:  # a full disk ends it: what came after would be kept one by one, and told to be lost
                    return [None] * len(tickets)  # the commit fails, and with it all of them
            before.append(there)
        return before

    def _keep_to(self, ticket: _Ticket, limit: Limit, connection: sqlite3.Connection) -> None:
        """Counted here, where the pages that a count reads have just been read for the others too."""
        row = ticket.row
        person = {"corpid": row.corpid, "agentid": row.agentid, "userid": row.userid, "after": limit.after}
        counted = self._database.prepared(SENT).run(connection, person)
        assert counted is not None
        over = counted[0] - 1 - limit.most
        if over >= 0:
            ticket.row = limit.instead(over)
            self._database.prepared(LIMIT).change(connection, {**ticket.row.values(), "of_key": row.key})

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        tickets: list[_Ticket],
        failure: BaseException | None,
        answers: list[Stored | None] | None = None,
    ) -> None:
        for index, ticket in enumerate(tickets):
            if failure is None and answers is not None:
                ticket.settle(answers[index])
            else:
                ticket.fail(failure or Unavailable("interrupted"))
        self._is_writing = bool(self._waiting)
        if self._is_writing:
            loop.call_soon(self._write, loop, time.monotonic() + WAIT_S)
