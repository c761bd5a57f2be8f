"""What code that acts is given: the settings, the rule book, and the one door to writing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from bot import failpoint
from bot.store import inbox
from bot.store.database import Database, Tx
from config.settings import Settings
from rules import Book


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What lives as long as the process; put together in bot/app."""

    settings: Settings
    database: Database
    book: Callable[[], Book]
    wake: Callable[[int], None]  # tells the engine that a batch waits; may fail silently, the sweep finds it


class Context:
    """One piece of work: a command, a page, a task. `transaction()` is the only door to writing."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.settings = house.settings
        self._tx: Tx | None = None
        self._after: list[Callable[[], None]] = []

    def book(self) -> Book:
        """The rule book in force."""
        return self.house.book()

    def may_wait(self) -> None:
        """Said before what may take long: a database, a lock, the sentence encoder. The event loop is left here (InboundContext)."""

    @property
    def is_untouched(self) -> bool:
        """Nothing was written, and nothing waits for a commit."""
        return self._tx is None and not self._after

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A connection to read from; inside a transaction it is that one."""
        if self._tx is not None:
            yield self._tx
            return
        self.may_wait()
        with self.house.database.read() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Write. The outermost block commits when it ends well, and rolls back when it raises; inner ones join it."""
        if self._tx is not None:
            yield self._tx
            return
        try:
            with self.house.database.write() as tx:
                self._tx = tx
                yield tx
        except BaseException:
            self._after = []
            raise
        finally:
            self._tx = None
        self._committed()

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do `act` once the outermost transaction has committed; never if it rolls back."""
        self._after.append(act)

    def wake(self, batch_id: int) -> None:
        """Tell the engine, after the commit, that a batch waits."""
        self.after_commit(lambda: self.house.wake(batch_id))

    def _committed(self) -> None:
        acts, self._after = self._after, []
        for act in acts:
            act()


class MayWait(Exception):
    """What is asked for may take long, and this is the event loop: the same again, in a thread."""


class AlreadyStored(Exception):
    """Another process stored this very delivery while we worked on it."""


class TornTransaction(Exception):
    """Part of a transaction failed, so none of it may be kept."""


class InboundContext(Context):
    """The context of one inbound message. Its transaction stays open until the dispatcher has added the reply.

    outcome: a few words a handler may leave for the row, such as "4.2" or "refused deadline". taken_as: the route whose words these are,
    where a handler leaves a message to another one.
    at_once: this is the event loop, so that whatever may wait raises MayWait, and the handler begins again in a thread.
    """

    def __init__(self, house: House, received: inbox.Received, *, at_once: bool = False) -> None:
        super().__init__(house)
        self._at_once = at_once
        self.received = received
        self.outcome = ""
        self.taken_as = ""
        self._stack = ExitStack()
        self._is_torn = False

    @property
    def arrived_at(self) -> datetime:
        return self.received.arrived_at

    def may_wait(self) -> None:
        if self._at_once:
            raise MayWait

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Write, in the transaction that also holds the inbox row. Raises AlreadyStored when the row is there already."""
        if self._tx is None:
            self.may_wait()
            self._tx = self._stack.enter_context(self.house.database.write())
            failpoint.reach("context.begun")
            if not inbox.insert(self._tx, [self.received]):
                raise AlreadyStored
            failpoint.reach("context.row_inserted")
        try:
            yield self._tx
        except BaseException:
            self._is_torn = True
            raise

    def commit(self) -> None:
        """End the transaction well, and do what waited for that. Raises TornTransaction where a handler swallowed an error in one."""
        if self._is_torn:
            raise TornTransaction
        self._tx = None
        self._stack.close()
        self._committed()

    def roll_back(self) -> None:
        """Undo everything, the inbox row too."""
        self._tx, self._after = None, []
        error = _RolledBack()
        try:
            self._stack.__exit__(type(error), error, None)
        except _RolledBack:
            return


class _RolledBack(Exception):
    pass
