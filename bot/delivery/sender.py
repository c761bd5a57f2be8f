"""Sending one batch, so that no recipient is lost and none is reached twice inside the vendor's duplicate check.

Before the call every recipient is marked `sending`; after it each one's outcome is written. Whoever finds `sending` on a batch whose
lease ran out knows that a worker died in between: the message may be out. It is repeated with exactly the same recipients and body, which
the platform swallows if it had the first, and only inside the window in which it does so.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import clock, failpoint
from bot.delivery import pacing
from bot.errors import Uncertain, WecomError
from bot.metrics import DELIVERIES
from bot.model.delivery import GIVE_UP_AFTER, REPEAT_WINDOW, Batch, Outcome, State
from bot.store import outbox
from bot.store.database import Database, Tx
from bot.wecom.cards import BadPayload
from bot.wecom.client import Client, SendResult
from bot.wecom.limits import Fault, fault_of

log = structlog.get_logger()

LEASE_S = 180.0  # longer than any one call with its retries
_BACK_OFF_S = (2.0, 5.0, 15.0, 60.0, 120.0, 300.0)
# A block lasts as long as its window, the shortest being a minute (path/90454); what a person must mend is looked at every few minutes.
_WAIT_S = {Fault.WAIT_WINDOW: 65.0, Fault.CONFIG: 300.0, Fault.CREDENTIAL: 300.0, Fault.CORP_GONE: 300.0}


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Whom this call is for. repeat: an earlier call with the same recipients may have reached them."""

    touser: tuple[str, ...]
    repeat: bool


class Sender:
    """Delivers batches, from any number of threads and processes."""

    def __init__(self, database: Database, client: Client, wake: Callable[[int], None]) -> None:
        """wake: told the ids of batches that waited for one that is now through."""
        self._database = database
        self._client = client
        self._wake = wake

    def deliver(self, batch_id: int) -> None:
        """Work on one batch until it is through or has to wait. Does nothing if it is not due, or another worker's."""
        with self._database.write() as tx:
            batch = outbox.claim(tx, batch_id, clock.now(), LEASE_S)
        if batch is None:
            return
        failpoint.reach("sender.claimed")
        due_at = self._work(batch)
        with self._database.write() as tx:
            outbox.release(tx, batch, due_at)
            next_ids = outbox.waiting_for(tx, batch.id)
        for next_id in next_ids:
            self._wake(next_id)

    def _work(self, batch: Batch) -> datetime:
        """Make the attempts that can be made now. Returns when to come back, should anybody be left."""
        while True:
            now = clock.now()
            with self._database.write() as tx:
                attempt, due_at = self._next_attempt(tx, batch, now)
                if attempt is None:
                    return due_at
                if not outbox.mark_sending(tx, batch, attempt.touser, now, repeat=attempt.repeat):
                    return now
            failpoint.reach("sender.marked")
            wait_s = self._send(batch, attempt)
            if wait_s is not None:
                return clock.now() + timedelta(seconds=wait_s)

    def _next_attempt(self, tx: Tx, batch: Batch, now: datetime) -> tuple[_Attempt | None, datetime]:
        states = outbox.recipients(tx, batch.id)
        unsure = tuple(userid for userid, state in states.items() if state is not State.QUEUED)
        if unsure and batch.first_attempt_at and now - batch.first_attempt_at > REPEAT_WINDOW:
            outbox.settle(tx, batch, [Outcome(userid=userid, state=State.UNCERTAIN, final=True) for userid in unsure], now)
            log.error("uncertain_for_good", batch_id=batch.id, recipients=len(unsure))
            _count(State.UNCERTAIN, len(unsure))
            unsure = ()
        if unsure:
            return _Attempt(unsure, repeat=True), now
        queued = [userid for userid, state in states.items() if state is State.QUEUED]
        if queued and now - batch.created_at > GIVE_UP_AFTER:
            outbox.settle(tx, batch, [Outcome(userid=userid, state=State.EXHAUSTED, final=True) for userid in queued], now)
            log.error("gave_up", batch_id=batch.id, recipients=len(queued))
            _count(State.EXHAUSTED, len(queued))
            return None, now
        ready, due_at = pacing.ready(tx, batch, queued, now)
        return (_Attempt(_told_apart(ready), repeat=False) if ready else None), due_at

    def _send(self, batch: Batch, attempt: _Attempt) -> float | None:
        """One call and its record. Returns seconds to wait before the next attempt, or None to go on at once."""
        try:
            result = self._client.send(attempt.touser, batch.payload)
        except Uncertain as error:
            self._record(batch, attempt.touser, State.UNCERTAIN, error)
            return _back_off(batch.attempts)
        except WecomError as error:
            return self._refused(batch, attempt, error)
        except BadPayload as error:  # nothing left this machine, and nothing ever will
            log.error("payload_refused", batch_id=batch.id, field=error.field)
            self._record(batch, attempt.touser, State.REJECTED, WecomError(0, str(error), permanent=True), final=True)
            _count(State.REJECTED, len(attempt.touser))
            return None
        failpoint.reach("sender.sent")
        with self._database.write() as tx:
            outbox.settle(tx, batch, _outcomes(attempt.touser, result), clock.now())
        failpoint.reach("sender.settled")
        _count(State.ACCEPTED, len(result.accepted))
        _count(State.REJECTED, len(result.refused))
        _count(State.UNCERTAIN, len(result.ambiguous))
        return None

    def _refused(self, batch: Batch, attempt: _Attempt, error: WecomError) -> float | None:
        """The vendor took nothing of this call."""
        fault = fault_of(error.errcode)
        log.warning("send_refused", batch_id=batch.id, errcode=error.errcode, fault=fault, recipients=len(attempt.touser))
        # A refused repeat says nothing of the first call: that one may have gone through.
        if error.permanent:
            state = State.UNCERTAIN if attempt.repeat else State.REJECTED
            self._record(batch, attempt.touser, state, error, final=True)
            _count(state, len(attempt.touser))
            return None
        self._record(batch, attempt.touser, State.UNCERTAIN if attempt.repeat else State.QUEUED, error)
        return _WAIT_S[fault] * random.uniform(1.0, 1.2) if fault in _WAIT_S else _back_off(batch.attempts)

    def _record(self, batch: Batch, touser: Iterable[str], state: State, error: WecomError, *, final: bool = False) -> None:
        outcomes = [Outcome(userid=userid, state=state, final=final, errcode=error.errcode, errmsg=error.errmsg) for userid in touser]
        with self._database.write() as tx:
            outbox.settle(tx, batch, outcomes, clock.now())


def _told_apart(userids: Iterable[str]) -> tuple[str, ...]:
    """Those that differ in more than case: the platform names refused ones in lower case. The others go with the next call."""
    first: dict[str, str] = {}
    for userid in userids:
        first.setdefault(userid.casefold(), userid)
    return tuple(first.values())


def _outcomes(touser: Sequence[str], result: SendResult) -> list[Outcome]:
    return [
        Outcome(
            userid=userid,
            state=_state(userid, result),
            final=True,
            errcode=result.errcode,
            errmsg=result.refused.get(userid, ""),
            msgid=result.msgid,
            response_code=result.response_code,
        )
        for userid in touser
    ]


def _state(userid: str, result: SendResult) -> State:
    if userid in result.ambiguous:  # one of two ids that the platform does not tell apart was refused: an operator decides
        return State.UNCERTAIN
    return State.REJECTED if userid in result.refused else State.ACCEPTED


def _back_off(attempts: int) -> float:
    return _BACK_OFF_S[min(attempts, len(_BACK_OFF_S) - 1)] * random.uniform(0.8, 1.2)


def _count(state: State, number: int) -> None:
    if number:
        DELIVERIES.labels(state.value).inc(number)
