"""What the figures of sending share: a vendor that knows many people, a database to queue in, and workers."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from bot import clock
from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.store import migrate
from bot.store.database import Database
from tests.bench import common
from tests.bench.common import Child, Run
from tests.bench.vendor import Vendor

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1/test")


def postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def postgres_url() -> Iterator[str]:
    """A database of its own on the server for tests, gone afterwards."""
    name = f"bot_figures_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _text(content: str) -> Outgoing:
    return Outgoing("text", {"content": content})


class Scene:
    """One database and one vendor; workers come and go. All are ended by `close`."""

    def __init__(self, run: Run, folder: Path, *, people: int, rate: float = 1.0, database_url: str = "", **environment: str) -> None:
        self.run = run
        self.folder = folder
        self.people = [f"Member{n:05}" for n in range(people)]
        port = common.free_port()
        environment |= {"CLOCK_RATE": str(rate), "CLOCK_ORIGIN": str(time.time())}
        clock.speed_up(rate, float(environment["CLOCK_ORIGIN"]))  # ours too: it may run fast from the scene before
        self.environment = common.bot_environment(folder, common.free_port(), port, **environment) | {"DATABASE_URL": database_url}
        self.corpid, self.agentid = self.environment["WECOM_CORPID"], int(self.environment["WECOM_AGENTID"])
        self.sandbox = common.bot("sandbox", self.environment, folder, port)
        url = database_url.replace("postgresql://", "postgresql+psycopg://") or f"sqlite:///{folder / 'data' / 'bot.db'}"
        self.database = Database(url)
        migrate.migrate(self.database)
        self.vendor = Vendor(port)
        common.wait_until_up(self.sandbox, "/sandbox/api/state")
        self.vendor.add(self.people)

    def close(self) -> None:
        self.sandbox.kill()
        self.database.dispose()

    def worker(self, **environment: str) -> Child:
        return common.bot("worker", self.environment | environment, self.folder)

    def put_one_each(
        self, content: str, priority: Priority = Priority.CHAT, people: list[str] | None = None, due_at: datetime | None = None
    ) -> list[int]:
        """A message of its own to each."""
        with self.database.write() as tx:
            return [
                outbox.enqueue(tx, self.corpid, self.agentid, [userid], _text(f"{content} {userid}"), priority, due_at=due_at)
                for userid in people or self.people
            ]

    def ask(self, question: str) -> list[Any]:
        """Rows of a question to the database. Raises nothing while others write."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(question))]

    def wait_until_through(self, limit_s: float) -> bool:
        """Until no batch is open. Asked seldom: looking is work too."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if not self.ask("SELECT 1 FROM batches WHERE state = 'open' LIMIT 1"):
                return True
            time.sleep(0.25)
        return False

    def accepted(self) -> int:
        return int(self.ask("SELECT count(*) FROM deliveries WHERE state = 'accepted'")[0][0])

    def states(self) -> dict[str, int]:
        return dict(self.ask("SELECT state, count(*) FROM deliveries GROUP BY state"))

    def first_send(self) -> datetime:
        """When the first message went out; waits for it."""
        until = time.monotonic() + 60
        while not (found := self.moments("SELECT min(sent_at) FROM attempts"))[0][0]:
            assert time.monotonic() < until, "no worker came up"
            time.sleep(0.05)
        return found[0][0]

    def moments(self, question: str) -> list[tuple[datetime, ...]]:
        """Rows of times. SQLite keeps them as text."""
        return [tuple(datetime.fromisoformat(at) if isinstance(at, str) else at for at in row) for row in self.ask(question)]

    def span_s(self) -> float:
        """Seconds from the first send to the last answer, of what was accepted."""
        ((first, last),) = self.moments(
            "SELECT min(sent_at), max(settled_at) FROM deliveries WHERE state = 'accepted' AND userid <> 'WangWei'"
        )
        return (last - first).total_seconds()

    @property
    def queue_url(self) -> str:
        return f"sqlite:///{self.folder / 'data' / 'queue.db'}"

    def warm_up(self) -> None:
        """Wait until a worker works: one message to somebody who is not counted."""
        self.put_one_each("开始", people=["WangWei"])
        assert self.wait_until_through(60), "no worker came up"
