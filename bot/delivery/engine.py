"""The delivery engine of one worker process: it claims due batches, makes their calls in many threads, and records many answers at once.

The database is the truth, and no transaction is open while a call runs. Any number of engines may work on the same rows.
"""

import itertools
import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog

from bot import clock, failpoint
from bot.delivery import calls, claiming, recording
from bot.delivery.claiming import Claimed, lease_s
from bot.delivery.terms import Terms
from bot.errors import Unavailable
from bot.metrics import DELIVERIES
from bot.model.delivery import Answer, Call, Outcome
from bot.store import broadcasts, claims
from bot.store.database import Database, Tx
from bot.wecom.client import Client

log = structlog.get_logger()

_Result = TypeVar("_Result")

THREADS = 32
POLL_S = 5.0  # how often the rows are looked at without having been woken
_AHEAD = 16  # calls claimed before a thread is free for them
_LEAST_WAIT_S = 0.01  # real seconds between two looks in vain, when the clock runs fast
_LINGER_S = 0.015  # real seconds in which answers gather, so that many share one commit
_MOST_LOOKED_AT = 512  # batches in one claim, where most of them have to wait
_AT_ONCE = 500  # answers in one transaction
_PEOPLE_AT_ONCE = 5_000  # and people whom these are about
_TRY_AGAIN_S = 0.5  # real seconds, while the database is away
_STOP_S = 40.0  # real seconds; longer than the longest call that is usual


class Engine:
    """Delivers batches. `work` does it here and now; `start` keeps at it in threads until `stop`."""

    def __init__(self, database: Database, client: Client, terms: Terms | None = None, *, threads: int = THREADS) -> None:
        """threads: how many calls are made at the same time; the client needs as many connections."""
        self._database = database
        self._client = client
        self._terms = terms or Terms()
        self._threads = threads
        self._name = secrets.token_hex(6)
        self._numbers = itertools.count()
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._claimed: queue.PriorityQueue[tuple[int, int, Call | None]] = queue.PriorityQueue()
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._in_hand: dict[int, str] = {}  # leases by batch id
        self._ceiling_missing: set[tuple[str, int]] = set()
        self._running: list[threading.Thread] = []

    # here and now

    def work(self, limit: int = 500, batch_id: int | None = None) -> int:
        """Claim at most `limit` due batches (or this one) and make their calls one after another. Returns how many batches moved."""
        claimed = self._claim(limit, batch_id)
        for call in claimed.calls:
            failpoint.reach("sender.marked")
            answer = self._make(call)
            failpoint.reach("sender.sent")
            self._record([answer])
        return claimed.moved

    # in threads

    def start(self) -> None:
        """Begin to work in the background."""
        senders = [("sender", self._send_for_ever)] * self._threads
        for name, run in [("claimer", self._claim_for_ever), *senders, ("recorder", self._record_for_ever)]:
            thread = threading.Thread(target=run, name=name, daemon=True)
            self._running.append(thread)
            thread.start()

    def wake(self, _batch_id: int = 0) -> None:
        """Say that something is due. Once is enough for any number of batches."""
        self._due.set()

    def stop(self) -> None:
        """Finish the calls that run, give back what was claimed and not begun, record all of it."""
        self._stopping.set()
        self._due.set()
        claimer, *senders, recorder = self._running
        claimer.join()
        for call in self._not_begun():
            self._answers.put(calls.unmade(call))
        for _ in senders:
            self._claimed.put((0, next(self._numbers), None))
        until = time.monotonic() + _STOP_S
        for sender in senders:
            sender.join(max(0.0, until - time.monotonic()))
        self._answers.put(None)
        recorder.join(_STOP_S)
        self._running = []

    def _not_begun(self) -> list[Call]:
        found: list[Call] = []
        while True:
            try:
                _, _, call = self._claimed.get_nowait()
            except queue.Empty:
                return found
            if call is not None:
                found.append(call)

    def _claim_for_ever(self) -> None:
        renew_at = time.monotonic() + self._renew_every_s()
        look = 0
        while not self._stopping.is_set():
            self._due.clear()
            wait_s = clock.real_s(POLL_S)
            try:
                if time.monotonic() >= renew_at:
                    self._renew()
                    renew_at = time.monotonic() + self._renew_every_s()
                room = self._room()
                if room > 0:
                    claimed = self._claim(room, look=look)
                    look = min(_MOST_LOOKED_AT, max(look, room) * 4) if claimed.moved > 2 * len(claimed.calls) else 0
                    for call in claimed.calls:
                        self._claimed.put((call.batch.priority, next(self._numbers), call))
                    wait_s = 0.0 if claimed.moved else self._until_next_due_s()
            except Unavailable as error:
                log.warning("claim_failed", error=str(error))
                wait_s = _TRY_AGAIN_S
            except Exception as error:  # noqa: BLE001  a fault of ours must not end the thread: nothing would be sent any more
                log.error("claim_failed", error=type(error).__name__)
                wait_s = clock.real_s(POLL_S)
            self._due.wait(min(wait_s, max(0.0, renew_at - time.monotonic())))

    def _room(self) -> int:
        """How many calls to claim; nothing while there are enough, so that a claim is worth its transaction."""
        with self._lock:
            room = self._threads + _AHEAD - len(self._in_hand)
        return room if room >= _AHEAD // 2 else 0

    def _until_next_due_s(self) -> float:
        """Real seconds until there may be something to do, at most those between two looks."""
        now = clock.now()
        with self._database.read() as connection:
            due_at = claims.next_due(connection, now)
        wait_s = POLL_S if due_at is None else min(POLL_S, (due_at - now).total_seconds() + 0.001)
        return max(clock.real_s(wait_s), _LEAST_WAIT_S)

    def _renew_every_s(self) -> float:
        return clock.real_s(lease_s() / 3)

    def _renew(self) -> None:
        with self._lock:
            leases = set(self._in_hand.values())
        if leases:
            with self._database.write() as tx:
                claims.renew(tx, leases, clock.now() + timedelta(seconds=lease_s()))

    def _send_for_ever(self) -> None:
        while True:
            _, _, call = self._claimed.get()
            if call is None:
                return
            failpoint.reach("sender.marked")
            try:
                answer = self._make(call)
            except Exception as error:  # noqa: BLE001  a fault of ours must not cost a thread; the lease runs out, and it is tried again
                log.error("call_failed", batch_id=call.batch.id, error=type(error).__name__)
                self._let_go([call])
                continue
            failpoint.reach("sender.sent")
            self._answers.put(answer)

    def _record_for_ever(self) -> None:
        is_last = False
        while not is_last:
            first = self._answers.get()
            if first is None:
                return
            if not self._stopping.is_set() and len(self._in_hand) > 1:
                time.sleep(_LINGER_S)
            gathered = [first]
            people = len(first.outcomes)
            while len(gathered) < _AT_ONCE and people < _PEOPLE_AT_ONCE and not self._answers.empty():
                answer = self._answers.get()
                if answer is None:
                    is_last = True
                    break
                gathered.append(answer)
                people += len(answer.outcomes)
            self._surely(lambda answers=gathered: self._record(answers))  # type: ignore[misc]
            self._let_go([answer.call for answer in gathered])
            self._due.set()

    def _surely(self, record: Callable[[], None]) -> None:
        """Until it is written: it is all that is known of these calls. Stopping, only for a while."""
        tries = itertools.count()
        while True:
            try:
                return record()
            except Unavailable as error:
                log.warning("record_failed", error=str(error))
                if self._stopping.is_set() and next(tries) > _STOP_S / _TRY_AGAIN_S / 2:
                    return None
                time.sleep(_TRY_AGAIN_S)
            except Exception as error:  # noqa: BLE001  as above; the leases run out, and whoever finds them makes sure
                log.error("record_failed", error=type(error).__name__)
                return None

    def _let_go(self, made: Sequence[Call]) -> None:
        with self._lock:
            for call in made:
                self._in_hand.pop(call.batch.id, None)

    # both ways

    def _make(self, call: Call) -> Answer:
        """Make a call, unless what it is part of was paused or cancelled since. What may be out is made sure of all the same."""
        if call.batch.broadcast_id is not None and not call.repeat and self._is_held(call.batch.broadcast_id):
            return calls.unmade(call)
        return calls.make(call, self._client, self._terms.mail)

    def _is_held(self, broadcast_id: int) -> bool:
        with self._database.read() as connection:
            return broadcasts.is_held(connection, broadcast_id)

    def _claim(self, room: int, batch_id: int | None = None, look: int = 0) -> Claimed:
        lease = f"{self._name}-{next(self._numbers)}"
        claimed = self._written(
            lambda tx, careful: claiming.claim(tx, self._terms, lease, room, clock.now(), batch_id, look=look, careful=careful)
        )
        with self._lock:
            self._in_hand.update((call.batch.id, lease) for call in claimed.calls)
        for _, outcomes in claimed.settled:
            _count(outcomes)
        for call in claimed.calls:
            self._miss_ceiling(call.batch.corpid, call.batch.agentid)
        return claimed

    def _record(self, answers: Sequence[Answer]) -> None:
        alarms = self._written(lambda tx, careful: recording.record(tx, answers, self._terms, careful=careful))
        failpoint.reach("sender.settled")
        self._let_go([answer.call for answer in answers])
        for answer in answers:
            _count(answer.outcomes)
        for what, errcode in alarms:
            self._terms.alarm(what, errcode=errcode)

    def _written(self, write: Callable[[Tx, bool], _Result]) -> _Result:
        """What a transaction gives; if a hook spoils it, one in which each hook is on its own. Raises Unavailable."""
        try:
            with self._database.write() as tx:
                return write(tx, False)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever a hook raises: sending goes on
            log.error("hook_failed", error=type(error).__name__)
        with self._database.write() as tx:
            written = write(tx, True)
        self._terms.alarm("hook_failed")
        return written

    def _miss_ceiling(self, corpid: str, agentid: int) -> None:
        """Say once that the day's limit of an app is not kept: many corps never come near it, so this is no alarm."""
        if (corpid, agentid) in self._ceiling_missing or self._terms.ceiling(corpid, agentid) is not None:
            return
        self._ceiling_missing.add((corpid, agentid))
        log.warning("account_ceiling_unknown", agentid=agentid)


def _count(outcomes: Sequence[Outcome]) -> None:
    """By what became of them; who is still open is not counted yet."""
    for state, number in Counter(outcome.state for outcome in outcomes if outcome.final).items():
        DELIVERIES.labels(state.value).inc(number)
