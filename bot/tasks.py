"""The queue and the worker: Huey carries only `deliver(batch_id)`, which wakes the delivery engine; the database is the truth.

SQLite on one machine, PostgreSQL or Redis for several: only QUEUE_URL changes.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from huey import Huey, PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.consumer import Consumer

from bot import clock
from bot.context import House
from bot.delivery.engine import Engine
from bot.dispatch import late_replies, where
from bot.model.delivery import Priority
from bot.store import inbox, outbox, quotas

log = structlog.get_logger()

SWEEP_EVERY_S = 5.0
_QUOTAS_KEPT_S = 2 * 86_400  # the longest window is a day


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

    def _run(self, batch_id: int) -> None:
        assert self.act is not None
        self.act(batch_id)


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is to be done again and again. act: safe to run in several workers at once, and to be killed in."""

    name: str
    every_s: float
    act: Callable[[], object]


class Worker:
    """The process that sends: the delivery engine, Huey's consumer that wakes it, and a thread that does the periodic jobs.

    slow: jobs that may take a minute, and so have a thread to themselves. One killed with the process is done again.
    """

    def __init__(self, house: House, engine: Engine, queue: Queue, jobs: Sequence[Job] = (), slow: Sequence[Job] = ()) -> None:
        self._house = house
        self._jobs = (Job("sweep", SWEEP_EVERY_S, self.sweep), *jobs)
        self._slow = tuple(slow)
        self._engine = engine
        queue.act = engine.wake
        # One thread is enough to wake. SIGTERM lets it end by itself; Huey's own way would not let us finish what is in hand.
        self._consumer = Consumer(
            queue.huey, workers=1, periodic=False, initial_delay=0.02, max_delay=0.05, backoff=1.1, graceful_signal="TERM"
        )
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; then finish the calls that run."""
        jobs = threading.Thread(target=self._work_for_ever, args=(self._jobs,), name="jobs", daemon=True)
        jobs.start()
        threading.Thread(target=self._work_for_ever, args=(self._slow,), name="slow", daemon=True).start()
        self._engine.start()
        self._consumer.run()
        self._stopping.set()
        self._engine.stop()
        jobs.join(timeout=5)

    def _work_for_ever(self, jobs: Sequence[Job]) -> None:
        due = dict.fromkeys(jobs, 0.0)
        while not self._stopping.wait(clock.real_s(min(1.0, SWEEP_EVERY_S))):
            for job in jobs:
                if clock.timestamp() < due[job] or self._stopping.is_set():
                    continue
                due[job] = clock.timestamp() + job.every_s
                self._do(job)

    def _do(self, job: Job) -> None:
        """One that fails is tried again at its next time, and holds up no other."""
        try:
            job.act()
        except Exception as error:  # noqa: BLE001  whatever a job does, the others go on
            log.error("job_failed", job=job.name, error=type(error).__name__, at=where(error))

    def sweep(self) -> None:
        """Turn unfetched late replies into messages, forget old messages, answers and counts. What is due the engine finds by itself."""
        late_replies(self._house)
        now = clock.now()
        oldest_kept = now - timedelta(days=self._house.settings.inbox_keep_days)
        with self._house.database.write() as tx:
            inbox.forget(tx, oldest_kept)
            outbox.forget(tx, Priority.CHAT.rank, oldest_kept)  # what is urgent is a notice: those are kept
            quotas.forget(tx, now.timestamp() - _QUOTAS_KEPT_S)
