"""One door to the database, the same for SQLite and PostgreSQL.

SQLite starves waiting writers (its busy handler sleeps ever longer), so a write here begins with BEGIN IMMEDIATE, retried after a
short random pause, and the threads of one process queue at a mutex of their own. Reads see the last commit and never wait.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool
from sqlalchemy.sql.expression import ClauseElement

from bot import failpoint
from bot.errors import Unavailable
from bot.store.prepared import Prepared

Tx = Connection  # what passes between functions that write together

WAIT_S = 4.0  # a repeat waits this long for the delivery it repeats; nothing in the request path waits longer
_POSTGRES_OPTIONS = "-c lock_timeout=4000 -c statement_timeout=20000 -c timezone=UTC"


class Database:
    """Reads and writes as short transactions. Thread-safe; make one a process, after forking."""

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite(pool_size) if self.is_sqlite else self._postgres(pool_size)
        # No BEGIN and ROLLBACK around a single SELECT: two round trips less. On SQLite the begin event below sees to the same.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._mutex = threading.Lock()
        self._local = threading.local()
        self._loops: PoolProxiedConnection | None = None  # what the event loop writes with
        self._prepared: dict[int, Prepared] = {}
        self._kept: list[ClauseElement] = []

    def _sqlite(self, pool_size: int) -> Engine:
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=64,
            pool_timeout=WAIT_S,
            hide_parameters=True,  # else an error's words hold what people wrote
            connect_args={"timeout": 5.0},
        )
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine

    def _postgres(self, pool_size: int) -> Engine:
        return create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=48,
            pool_timeout=WAIT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 3, "options": _POSTGRES_OPTIONS},
        )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from: every statement sees the last commit, none waits for a writer. Raises Unavailable."""
        with _available(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection on which all reads see the database as it was at the first one. Writers are not held up. Raises Unavailable."""
        isolation = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _available(), self.engine.connect() as plain:
            connection = plain.execution_options(**isolation)
            with connection.begin() as whole:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                yield connection
                whole.rollback()

    def prepared(self, statement: ClauseElement) -> Prepared:
        """The statement as SQLite's text, made once a process."""
        known = self._prepared.get(id(statement))
        if known is None:
            known = self._prepared[id(statement)] = Prepared(statement, self.engine.dialect)
            self._kept.append(statement)  # its id names it, so it must live as long
        return known

    def own_connection(self) -> sqlite3.Connection:
        """SQLite only: a plain connection that this thread keeps, to read from. Raises Unavailable."""
        try:
            connection: sqlite3.Connection = self._local.connection
        except AttributeError:
            with _available():
                self._local.checkout = self.engine.raw_connection()  # given back when the thread ends
            connection = self._local.connection = self._local.checkout.driver_connection
        return connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends well and rolls back when it raises. Raises Unavailable.

        Keep it short, with no network or disk work inside: on SQLite it shuts out every other writer.
        """
        with self._turn(), _available(), self.engine.connect() as plain:
            connection = plain.execution_options(bot_write=True)
            with connection.begin():
                yield connection
                failpoint.reach("store.before_commit")
        failpoint.reach("store.after_commit")

    @contextmanager
    def plain_write(self) -> Iterator[sqlite3.Connection]:
        """`write` on SQLite without SQLAlchemy, for `prepared` statements. Raises Unavailable; other sqlite3 errors pass."""
        with self._turn():
            connection = self.own_connection()
            try:
                _begin_immediate(connection.execute)
                try:
                    yield connection
                    failpoint.reach("store.before_commit")
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                raise Unavailable(type(error).__name__) from error
        failpoint.reach("store.after_commit")

    def begin_at_once(self) -> sqlite3.Connection | None:
        """SQLite only: `plain_write` for an event loop. A transaction, or None while somebody else writes. Raises Unavailable.

        `commit` ends it, in whatever thread. It has a connection to itself, so that the loop can go on reading.
        """
        if not self._mutex.acquire(blocking=False):
            return None
        begun = False
        try:
            connection = self._loop_connection()
            connection.execute("BEGIN IMMEDIATE")
            begun = True
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise Unavailable(type(error).__name__) from error
            return None
        finally:
            if not begun:
                self._mutex.release()
        return connection

    def commit(self, connection: sqlite3.Connection) -> None:
        """End well what `begin_at_once` began. Raises Unavailable, and then nothing of it is kept."""
        try:
            failpoint.reach("store.before_commit")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise Unavailable(type(error).__name__) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._mutex.release()
        failpoint.reach("store.after_commit")

    def _loop_connection(self) -> sqlite3.Connection:
        if self._loops is None:
            with _available():
                self._loops = self.engine.raw_connection()
        connection: sqlite3.Connection = self._loops.driver_connection  # type: ignore[assignment]
        return connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._mutex.acquire(timeout=WAIT_S):
            raise Unavailable("no turn to write")
        try:
            yield
        finally:
            self._mutex.release()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _available() -> Iterator[None]:
    """Turn what a database says when it is away, full or locked into Unavailable."""
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable(type(error.__cause__ or error).__name__) from error
    except DBAPIError as error:
        broken_file = type(error) is DatabaseError  # SQLite's word for a file that is damaged, or no database at all
        if not error.connection_invalidated and not broken_file:
            raise
        raise Unavailable("damaged file" if broken_file else "connection lost") from error


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event below opens every transaction itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # an acknowledged message survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=0")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("bot_write"):
        return
    _begin_immediate(connection.exec_driver_sql)


def _begin_immediate(execute: Callable[[str], object]) -> None:
    """BEGIN IMMEDIATE, tried again after short random pauses while another process writes."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            execute("BEGIN IMMEDIATE")
        except (OperationalError, sqlite3.OperationalError) as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.0002, 0.001))
        else:
            return
