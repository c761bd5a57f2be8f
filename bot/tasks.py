"""The engine: Huey carries only `deliver(batch_id)`; the database is the truth, and the sweep finds whatever a lost task left.

SQLite on one machine, PostgreSQL or Redis for several: only QUEUE_URL changes.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from huey import Huey, PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.consumer import Consumer

from bot import clock
from bot.context import House
from bot.delivery.sender import Sender
from bot.dispatch import late_replies, where
from bot.errors import BotError
from bot.model.delivery import Priority
from bot.store import inbox, outbox

log = structlog.get_logger()

SWEEP_EVERY_S = 5.0
_SWEEP_BATCHES = 500


def make_huey(url: str) -> Huey:
    """The queue behind QUEUE_URL: sqlite:///file, postgresql://… or redis://…"""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return SqliteHuey("bot", filename=rest.removeprefix("/"), results=False, fsync=False)
    if scheme.startswith("postgres"):
        return PostgresHuey("bot", dsn=f"postgresql://{rest}", results=False)
    return PriorityRedisHuey("bot", url=url, results=False)


class Queue:
    """The engine's queue. A web process only asks for work; a worker gives it `act`, which does it."""

    def __init__(self, url: str) -> None:
        self.huey = make_huey(url)
        self.act: Callable[[int], None] | None = None
        self._deliver = self.huey.task(name="deliver")(self._run)

    def wake(self, batch_id: int) -> None:
        """Ask for delivery, soon. A queue that is away costs only time: the sweep finds the batch."""
        try:
            self._deliver(batch_id)
        except Exception as error:  # noqa: BLE001  every backend has its own errors; none may undo what is committed
            log.warning("queue_unreachable", error=type(error).__name__)

    def waiting(self) -> int:
        """How many tasks wait. Raises whatever the backend raises when it is away."""
        return int(self.huey.pending_count())

    def is_crowded(self, limit: int) -> bool:
        """Whether `limit` or more tasks wait. A queue that is away is not crowded."""
        try:
            return self.waiting() >= limit
        except Exception as error:  # noqa: BLE001  every backend has its own errors
            log.warning("queue_unreachable", error=type(error).__name__)
            return False

    def _run(self, batch_id: int) -> None:
        assert self.act is not None
        self.act(batch_id)


class Worker:
    """The process that sends: Huey's consumer, and a thread that sweeps."""

    def __init__(self, house: House, sender: Sender, queue: Queue, threads: int) -> None:
        self._house = house
        self._sender = sender
        self._queue = queue
        queue.act = self._run
        # SIGTERM finishes the tasks in hand; Huey's own way would drop them.
        self._consumer = Consumer(
            queue.huey, workers=threads, periodic=False, initial_delay=0.02, max_delay=0.05, backoff=1.1, graceful_signal="TERM"
        )
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        sweeper = threading.Thread(target=self._sweep_for_ever, name="sweep", daemon=True)
        sweeper.start()
        self._consumer.run()
        self._stopping.set()
        sweeper.join(timeout=5)

    def _run(self, batch_id: int) -> None:
        try:
            self._sender.deliver(batch_id)
        except BotError as error:
            log.error("deliver_failed", batch_id=batch_id, error=type(error).__name__, at=where(error))

    def _sweep_for_ever(self) -> None:
        while not self._stopping.wait(clock.real_s(SWEEP_EVERY_S)):
            try:
                self.sweep()
            except BotError as error:
                log.error("sweep_failed", error=type(error).__name__, at=where(error))

    def sweep(self) -> None:
        """Wake what is due and was missed, turn unfetched late replies into messages, forget old messages and answers."""
        late_replies(self._house)
        if not self._queue.is_crowded(_SWEEP_BATCHES):  # else the workers are behind, and waking twice would only lengthen the queue
            with self._house.database.read() as connection:
                due = outbox.due(connection, clock.now(), limit=_SWEEP_BATCHES)
            for batch_id in due:
                self._queue.wake(batch_id)
        oldest_kept = clock.now() - timedelta(days=self._house.settings.inbox_keep_days)
        with self._house.database.write() as tx:
            inbox.forget(tx, oldest_kept)
            outbox.forget(tx, Priority.CHAT.rank, oldest_kept)  # what is urgent is a notice: those are kept
