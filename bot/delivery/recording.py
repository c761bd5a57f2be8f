"""Writing down, in one transaction, what came of many calls."""

from collections.abc import Sequence

import structlog

from bot import failpoint
from bot.delivery import rests
from bot.delivery.pacing import day_of
from bot.delivery.terms import Terms
from bot.model.delivery import Answer, Batch, Outcome, State, Via
from bot.store import claims
from bot.store.database import Tx

log = structlog.get_logger()

_NOT_TAKEN = (State.QUEUED, State.REJECTED)


def tell(tx: Tx, terms: Terms, batch: Batch, outcomes: Sequence[Outcome], *, careful: bool) -> None:
    """Call the hook. careful: on its own, so that its fault undoes nothing else; what is known of a delivery is never lost by it."""
    if not careful:
        terms.settled(tx, batch, outcomes)
        return
    try:
        with tx.begin_nested():
            terms.settled(tx, batch, outcomes)
    except Exception as error:  # noqa: BLE001  whatever is wrong with it
        log.error("settled_hook_failed", batch_id=batch.id, error=type(error).__name__)


def record(tx: Tx, answers: Sequence[Answer], terms: Terms, *, careful: bool = False) -> list[tuple[str, int]]:
    """Settle these calls and give their batches back. Returns what needs a person, to be told after the commit: (alarm, errcode).

    Who has lost a lease meanwhile may still say what is final, and nothing else: another worker is at it. careful: see `tell`.
    """
    leases = {answer.call.batch.id: answer.call.lease for answer in answers}
    held = claims.held(tx, leases)
    resting, alarms = rests.take_note(tx, answers)
    known = [(outcome, answer) for answer in answers for outcome in answer.outcomes if outcome.final or answer.call.batch.id in held]
    claims.settle(tx, [(outcome, answer.answered_at) for outcome, answer in known])
    claims.tell(tx, [(one, answer.call.sent_at, answer.answered_at) for answer in answers if answer.left for one in answer.outcomes])
    for answer in answers:
        _give_back(tx, answer, terms)
        if final := [outcome for outcome in answer.outcomes if outcome.final]:
            tell(tx, terms, answer.call.batch, final, careful=careful)
    due_at = {
        answer.call.batch.id: max(answer.due_at, resting[answer.rest.name].until_at) if answer.rest else answer.due_at for answer in answers
    }
    claims.release(tx, due_at, leases)
    failpoint.reach("sender.settling")
    return alarms


def _give_back(tx: Tx, answer: Answer, terms: Terms) -> None:
    """The day's person-times of those who did not get it."""
    call = answer.call
    if call.batch.via is not Via.MESSAGE or call.repeat:
        return
    day = day_of(call.batch.corpid, call.batch.agentid, terms.ceiling(call.batch.corpid, call.batch.agentid), terms.rates)
    missed = sum(outcome.state in _NOT_TAKEN for outcome in answer.outcomes)
    if day is not None and missed:
        day.take(tx, -missed, call.sent_at)
