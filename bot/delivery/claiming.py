"""Taking due batches, in one transaction: what is to be sent now is marked as such, and what has to wait knows until when.

Whoever finds `sending` on a batch whose lease ran out knows that a worker died in between: the message may be out. It is repeated with
exactly the same recipients and body, which the platform swallows if it had the first, and only inside the window in which it does so.
What else was under way then (a card changed, a mail) stays uncertain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot import clock, failpoint
from bot.delivery import rests
from bot.delivery.pacing import Pace, can_wait, opens_at
from bot.delivery.recording import tell
from bot.delivery.terms import Terms
from bot.model.delivery import REPEAT_WINDOW, Batch, Call, Outcome, Priority, Recipient, State, Via
from bot.store import broadcasts, claims, pauses
from bot.store.claims import Hold
from bot.store.database import Tx
from bot.store.pauses import Pause

log = structlog.get_logger()

LEASE_S = 60.0  # renewed while a call runs
_HOOK_WAIT = timedelta(minutes=1)
_MOST_PEOPLE, _SOME = 5_000, 4  # of what can wait: in one claim, and batches looked at together
_LEAST_LEASE_S = 5.0  # real seconds: what a lease lasts at least when the clock runs fast


@dataclass(frozen=True, slots=True)
class Claimed:
    """calls: to be made by whoever claimed. settled: what needed no call. moved: how many batches are not as they were found."""

    calls: Sequence[Call] = ()
    settled: Sequence[tuple[Batch, Sequence[Outcome]]] = ()
    moved: int = 0


def lease_s() -> float:
    """How long a lease lasts, in seconds of the clock."""
    return max(LEASE_S, _LEAST_LEASE_S / clock.real_s(1.0))


def claim(
    tx: Tx, terms: Terms, lease: str, room: int, now: datetime, batch_id: int | None = None, *, look: int = 0, careful: bool = False
) -> Claimed:
    """Take due batches for at most `room` calls under the name `lease`.

    look: how many to look at, if more than that: of many that have to wait. careful: a fault of a hook holds up its own batch alone.
    """
    claims.take_turn(tx)
    known = pauses.all_of(tx)
    resting = rests.holds(known.values(), now)
    if (opens := opens_at(now, terms.quiet)) > now:
        resting.append(Hold(least_rank=Priority.BULK.rank))
    resting += [Hold(broadcast_id=held) for held in broadcasts.held(tx)]
    batches, people = _bounded(tx, claims.free(tx, now, max(room, look), resting, batch_id))
    if not batches:
        return Claimed()
    taking = _Taking(tx, terms, lease, now, known, opens, careful)
    taking.pace.look_up((batch, people.get(batch.id, ())) for batch in batches)
    for batch in batches:
        if len(taking.calls) == room:
            break
        taking.consider(batch, people.get(batch.id, ()))
    moved = taking.write()
    failpoint.reach("sender.claimed")
    return Claimed(taking.calls, taking.settled, moved)


def _bounded(tx: Tx, batches: Sequence[Batch]) -> tuple[Sequence[Batch], dict[int, list[Recipient]]]:
    """Batches and who is open in them; of those that can wait, which are large, no more than one transaction should hold."""
    hurried = [batch.id for batch in batches if not can_wait(batch.priority)]
    people = claims.open_recipients(tx, hurried) if hurried else {}
    number, taken = sum(map(len, people.values())), len(hurried)
    while taken < len(batches) and (taken == 0 or number < _MOST_PEOPLE):
        some = claims.open_recipients(tx, [batch.id for batch in batches[taken : taken + _SOME]])
        taken, number = taken + _SOME, number + sum(map(len, some.values()))
        people |= some
    return batches[:taken], people


@dataclass
class _Taking:
    """One transaction of claiming."""

    tx: Tx
    terms: Terms
    lease: str
    now: datetime
    pauses: dict[str, Pause]
    opens_at: datetime
    careful: bool
    calls: list[Call] = field(default_factory=list)
    settled: list[tuple[Batch, list[Outcome]]] = field(default_factory=list)
    _through: set[int] = field(default_factory=set)
    _deferred: dict[int, datetime] = field(default_factory=dict)
    _lost: list[tuple[Outcome, datetime, None]] = field(default_factory=list)
    _probing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pace = Pace(self.tx, self.now, self.terms.rates)

    def consider(self, batch: Batch, people: Sequence[Recipient]) -> None:
        """Decide what is done with one batch now."""
        if unsure := [one for one in people if one.state is not State.QUEUED]:
            self._clear_up(batch, unsure)
        elif not people:
            self._through.add(batch.id)
        elif batch.is_given_up(self.now):
            log.error("gave_up", batch_id=batch.id, recipients=len(people))
            self._settle(batch, people, State.EXHAUSTED)
        elif not self._is_kept_back(batch):
            self._begin(batch, people)

    def _clear_up(self, batch: Batch, unsure: Sequence[Recipient]) -> None:
        lost = [one for one in unsure if one.state is State.SENDING and one.sent_at]
        self._lost += [(one.outcome(State.UNCERTAIN, final=False), one.sent_at, None) for one in lost if one.sent_at]
        first = batch.first_attempt_at or self.now
        if batch.via is Via.MESSAGE and self.now - first <= REPEAT_WINDOW:
            self._call(batch, unsure, repeat=True)
            return
        log.error("uncertain_for_good", batch_id=batch.id, recipients=len(unsure))
        self._settle(batch, unsure, State.UNCERTAIN)

    def _is_kept_back(self, batch: Batch) -> bool:
        """Whether its app or API rests, or has just had its rest and is being tried with another batch."""
        if can_wait(batch.priority) and self.opens_at > self.now:
            return True  # it is here only because something else of it was to be cleared up
        over = [name for name in rests.names(batch) if name in self.pauses]
        return any(self.pauses[name].until_at > self.now or name in self._probing for name in over)

    def _begin(self, batch: Batch, people: Sequence[Recipient]) -> None:
        gone = self._gone(batch, people)
        if gone is None:
            self._deferred[batch.id] = self.now + _HOOK_WAIT
            return
        if gone:
            self._settle(batch, [one for one in people if one.userid in gone], State.CANCELLED)
            people = [one for one in people if one.userid not in gone]
        if not people:
            return
        ready, due_at = self.pace.ready(batch, _told_apart(people), self.terms.ceiling(batch.corpid, batch.agentid))
        if not ready:
            self._deferred[batch.id] = due_at
            return
        probing = [name for name in rests.names(batch) if name in self.pauses]
        self._probing.update(probing)
        self._call(batch, ready, rest_due_at=due_at, probe=bool(probing))

    def _gone(self, batch: Batch, people: Sequence[Recipient]) -> frozenset[str] | None:
        """Who must not be sent to any more; None when that cannot be told now: better late than to the wrong person."""
        userids = [one.userid for one in people]
        if not self.careful:
            return frozenset(self.terms.recheck(self.tx, batch, userids))
        try:
            with self.tx.begin_nested():
                return frozenset(self.terms.recheck(self.tx, batch, userids))
        except Exception as error:  # noqa: BLE001  whatever is wrong with it
            log.error("recheck_hook_failed", batch_id=batch.id, error=type(error).__name__)
            return None

    def _call(
        self, batch: Batch, to: Iterable[Recipient], *, rest_due_at: datetime | None = None, repeat: bool = False, probe: bool = False
    ) -> None:
        self.calls.append(
            Call(
                batch=batch,
                to=tuple(to),
                lease=self.lease,
                sent_at=self.now,
                rest_due_at=rest_due_at or self.now,
                repeat=repeat,
                probe=probe,
            )
        )

    def _settle(self, batch: Batch, people: Iterable[Recipient], state: State) -> None:
        self.settled.append((batch, [one.outcome(state, final=True) for one in people]))
        self._through.add(batch.id)

    def write(self) -> int:
        """All of it, set by set. Returns of how many batches something changed."""
        sending = {call.batch.id for call in self.calls}
        until = self.now + timedelta(seconds=lease_s())
        claims.lease(self.tx, sending | self._through, self.lease, until)
        claims.mark_sending(self.tx, self.calls, self.now)
        claims.tell(self.tx, self._lost)
        claims.settle(self.tx, [(outcome, self.now) for _, outcomes in self.settled for outcome in outcomes])
        for batch, outcomes in self.settled:
            tell(self.tx, self.terms, batch, outcomes, careful=self.careful)
        through = self._through - sending
        claims.release(self.tx, {**dict.fromkeys(through, self.now), **self._due_again()}, dict.fromkeys(through, self.lease))
        claims.defer(self.tx, {batch_id: due_at for batch_id, due_at in self._deferred.items() if batch_id not in through})
        for name in self._probing:
            pauses.prolong(self.tx, name, until)
        self.pace.write()
        return len(sending | through | self._deferred.keys())

    def _due_again(self) -> dict[int, datetime]:
        """Of batches that are given back, those of which somebody has to wait."""
        return {batch_id: due_at for batch_id, due_at in self._deferred.items() if batch_id in self._through}


def _told_apart(people: Sequence[Recipient]) -> list[Recipient]:
    """Those that differ in more than case: the platform names refused ones in lower case. The others go with the next call."""
    first: dict[str, Recipient] = {}
    for one in people:
        first.setdefault(one.userid.casefold(), one)
    return list(first.values())
