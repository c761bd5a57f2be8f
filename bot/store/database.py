"""One door to the database, the same for SQLite and PostgreSQL.

SQLite starves waiting writers (its busy handler sleeps ever longer), so a write here begins with BEGIN IMMEDIATE, retried after a
short random pause, and the threads of one process queue at a mutex of their own. Reads see the last commit and never wait.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Select, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from bot import failpoint
from bot.errors import Unavailable

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
        self._queries: dict[int, _Query] = {}

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

    def ask(self, statement: Select[Any], values: dict[str, Any]) -> tuple[Any, ...]:
        """The one row of a SELECT that comes with every callback. Raises Unavailable.

        On SQLite it goes straight to a connection that the thread keeps: the query takes 10 µs, all around it took 100.
        """
        if not self.is_sqlite:
            with self.read() as connection:
                return tuple(connection.execute(statement, values).one())
        query = self._query(statement)
        try:
            row: tuple[Any, ...] = self._own_connection().execute(query.sql, query.bound(values)).fetchone()
        except sqlite3.OperationalError as error:
            raise Unavailable(type(error).__name__) from error
        return row

    def _query(self, statement: Select[Any]) -> "_Query":
        query = self._queries.get(id(statement))
        if query is None:
            query = self._queries[id(statement)] = _Query(statement, self.engine.dialect)
        return query

    def _own_connection(self) -> sqlite3.Connection:
        try:
            connection: sqlite3.Connection = self._local.connection
        except AttributeError:
            with _available():
                self._local.checkout = self.engine.raw_connection()  # kept: given back when the thread ends
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


class _Query:
    """A SELECT made into SQLite's text once, with what turns Python's values into the database's."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        self.statement = statement  # kept alive: its id is its name
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        positions = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        self._names = [(name, bind.type.dialect_impl(dialect).bind_processor(dialect), bind.value) for name, bind in positions]

    def bound(self, values: dict[str, Any]) -> list[Any]:
        given = ((process, values.get(name, default)) for name, process, default in self._names)
        return [process(value) if process else value for process, value in given]


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
    until = time.monotonic() + WAIT_S
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.0002, 0.002))
        else:
            return
