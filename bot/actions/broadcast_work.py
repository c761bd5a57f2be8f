"""What workers do with broadcasts, again and again: begin those whose time has come, queue them, count what came of them, end them.

Who gets a broadcast is frozen when it begins, neither earlier nor later: people who came since its approval belong to it, people who left
do not, and whoever leaves while it is under way is passed over by the engine (bot/actions/outcomes). Each step is a short transaction
that finds by itself what the one before has done, so that a worker may die anywhere and any number may work at once.
"""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot import clock, failpoint
from bot.actions import alarms, broadcast_messages, broadcast_plans
from bot.context import Context
from bot.delivery import outbox
from bot.errors import Stale, Uncertain, WecomError
from bot.model.broadcast import GIVE_UP_AFTER, PAUSED_FOR_FAILURES, RECALL_WITHIN, Broadcast, State
from bot.model.delivery import Priority
from bot.model.duty import approve_by
from bot.model.texts import broadcasts as texts
from bot.model.trail import SYSTEM
from bot.store import audiences, broadcast_sending, broadcasts, trail
from bot.store.database import Tx
from bot.wecom.client import Client
from bot.wecom.limits import TOUSER, Fault, fault_of

log = structlog.get_logger()

_FREEZE = 2_000  # people written in one transaction
_MANY = 10_000  # people, from which on a database should look at its tables anew
_MOST_S = 6.0  # real seconds: other jobs wait meanwhile, and what is left is done the next time
_QUEUED_PER_S = 25_000  # people, with room to spare
_TALLIED = 20  # batches counted in one go
_RECALLS, _RECALL_TRIES = 20, 5
_RECALL_AGAIN, _RECALL_AGAIN_MOST = timedelta(seconds=60), timedelta(minutes=15)


def run(ctx: Context) -> int:
    """All that is to be done about broadcasts now. Returns how many moved."""
    until = time.monotonic() + _MOST_S
    with ctx.read() as connection:
        due = broadcasts.due(connection, clock.now())
    moved = sum(_begin_and_queue(ctx, broadcast_id, until) for broadcast_id in due)
    with ctx.read() as connection:
        at_work, untold = broadcasts.at_work(connection), broadcasts.paused_untold(connection)
    for broadcast_id in untold:
        _tell_of_pause(ctx, broadcast_id)
    for broadcast_id in at_work:
        moved += _look_after(ctx, broadcast_id)
    return moved


# Beginning


def _begin_and_queue(ctx: Context, broadcast_id: int, until: float) -> bool:
    try:
        found = _begin(ctx, broadcast_id)
        if found is None:
            return False
        if not found.has_begun:
            _freeze(ctx, found)
        return _queue(ctx, broadcast_id, until)
    except Stale:  # another worker, or a person, was quicker; what is to be done next is found the next time
        return False


def _begin(ctx: Context, broadcast_id: int) -> Broadcast | None:
    """Take the step to sending, if it may be taken now. None where it may not."""
    with ctx.transaction() as tx:
        known = broadcasts.get(tx, broadcast_id, lock=True)
        if known.state is State.SENDING:
            return known
        if known.state is not State.SCHEDULED or (known.send_at and known.send_at > clock.now()):
            return None
        people = audiences.number(tx, broadcast_plans.resolved(ctx, tx, known.audience))
        if not people:
            moved = broadcasts.advance(tx, known, "cancel", ended_at=clock.now(), last_reason=texts.NOBODY)
            _record(tx, "broadcast_empty", moved)
            return None
        if _has_grown(ctx, known, people):
            _grow(ctx, tx, known, people)
            return None
        return broadcasts.advance(tx, known, "start", started_at=clock.now())


def _has_grown(ctx: Context, known: Broadcast, people: int) -> bool:
    return known.approver_id is None and broadcast_plans.needs_approval(ctx, people)


def _grow(ctx: Context, tx: Tx, known: Broadcast, people: int) -> None:
    """Nobody approved so many: somebody has to."""
    now = clock.now()
    values = {"needs_approval": True, "submitted_at": now, "approve_by": approve_by(now), "started_at": None}
    reason = texts.grown(people, ctx.settings.broadcast_approval_above)
    moved = broadcasts.advance(tx, known, "grow", **values, last_reason=reason)
    _record(tx, "broadcast_grown", moved, people=people)


def _freeze(ctx: Context, found: Broadcast) -> None:
    """Write down everybody who gets it; nobody is queued before that is whole.

    Another worker may be at it too, or have died at it some time ago: what counts is who belongs to it as the last transaction has them.
    """
    with ctx.read() as connection:
        ids = [id_ for id_, _ in audiences.addressees(connection, broadcast_plans.resolved(ctx, connection, found.audience))]
    for start in range(0, len(ids), _FREEZE):
        failpoint.reach("broadcast.freezing")
        with ctx.transaction() as tx:
            if not _is_freezing(tx, found.id):
                return
            broadcast_sending.freeze(tx, found.id, ids[start : start + _FREEZE])
    with ctx.transaction() as tx:
        if not _is_freezing(tx, found.id):
            return
        known = broadcasts.get(tx, found.id)
        broadcast_sending.keep_only(tx, found.id, ids)
        people = broadcast_sending.number(tx, found.id)
        if _has_grown(ctx, known, people):
            broadcast_sending.keep_only(tx, found.id, ())
            _grow(ctx, tx, known, people)
            return
        whole = broadcast_sending.digest(tx, found.id)
        if people >= _MANY:
            broadcast_sending.learn(tx, of_deliveries=False)
        broadcasts.note(tx, known, frozen_at=clock.now(), people=people)
        _record(tx, "broadcast_started", known, people=people, recipients_sha256=whole, sha256=known.content.digest())
    failpoint.reach("broadcast.frozen")


def _is_freezing(tx: Tx, broadcast_id: int) -> bool:
    """Whether people may still be written down; until the transaction ends it stays so."""
    known = broadcasts.get(tx, broadcast_id, lock=True)
    return known.state is State.SENDING and not known.has_begun


def _queue(ctx: Context, broadcast_id: int, until: float) -> bool:
    """Queue who is not yet, batch by batch; a pause or cancelling in between stops it. Returns whether there was anything to do."""
    is_first, after = True, 0
    while time.monotonic() < until:
        failpoint.reach("broadcast.queuing")
        with ctx.transaction() as tx:
            broadcast_sending.hold_first(tx, broadcast_id)
            known = broadcasts.get(tx, broadcast_id, lock=True)
            if known.state is not State.SENDING or known.queued_at or not known.has_begun:
                return not is_first
            queued = _queue_some(tx, known, after)
            if queued is None and after:  # somebody further in front may have been let go meanwhile, to be sent to again
                queued = _queue_some(tx, known, 0)
            if queued is None:
                broadcasts.note(tx, known, queued_at=clock.now())
                if known.people >= _MANY:
                    broadcast_sending.learn(tx)
                _record(tx, "broadcast_queued", known, round=known.round)
                return True
            batch_id, after = queued
            if is_first:
                ctx.wake(batch_id)
        is_first = False
    return True


def _queue_some(tx: Tx, known: Broadcast, after: int) -> tuple[int, int] | None:
    """One batch; the first of many is small, and the others wait until the platform has answered for it. None: all are queued.

    after: behind whom to look; the id of the last of its people comes back with the batch's.
    """
    ahead = broadcast_sending.first_of_round(tx, known)
    limit = TOUSER
    if ahead is None and broadcast_sending.waiting_number(tx, known.id) > TOUSER:
        limit = broadcast_plans.AHEAD
    some = broadcast_sending.waiting(tx, known.id, after, limit)
    if some is None:
        return None
    now = clock.now()
    due_at = now if ahead is None else max(now, (known.frozen_at or now) + _queues_first(known.people))
    task_id = f"{known.number}-{known.round}-{some.last}"
    payload = outbox.frozen_payload(broadcast_messages.outgoing(known.content, known.number, task_id))
    values = {
        "via": "message",
        "payload": payload,
        "priority": Priority.BULK.rank,
        "after_id": ahead,
        "created_at": now,
        "due_at": due_at,
        "give_up_at": now + GIVE_UP_AFTER,
    }
    return broadcast_sending.queue(tx, known, values, some), some.last


def _queues_first(people: int) -> timedelta:
    """For how long all but the first batch wait: sending and queuing at the same time would wait for each other."""
    return timedelta(seconds=2 + people / _QUEUED_PER_S)


# While it goes


def _look_after(ctx: Context, broadcast_id: int) -> bool:
    """Count what is through, take back what a cancelled one left, and end one of which nothing is left."""
    while _tally(ctx, broadcast_id):
        pass
    with ctx.read() as connection:
        known = broadcasts.get(connection, broadcast_id)
        left = broadcast_sending.unfinished(connection, broadcast_id)
    try:
        if known.state is State.CANCELLED:
            return _take_back(ctx, known)
        if known.state is not State.SENDING or known.queued_at is None or left:
            return False
        with ctx.transaction() as tx:
            moved = broadcasts.advance(tx, known, "finish", ended_at=clock.now())
            _record(tx, "broadcast_done", moved, **broadcast_sending.totals(tx, broadcast_id))
    except Stale:  # what was read is not so any more: it may even be sending again, to those whom it missed
        return False
    return True


def _take_back(ctx: Context, known: Broadcast) -> bool:
    """What is queued of a cancelled one is cancelled; what a worker has in hand it lets go, and is found here the next time."""
    with ctx.read() as connection:
        ids = broadcasts.batch_ids(connection, known.id, untallied=True)
    for start in range(0, len(ids), _TALLIED):
        failpoint.reach("broadcast.cancelling")
        with ctx.transaction() as tx:
            outbox.cancel(tx, ids[start : start + _TALLIED])
            if broadcasts.get(tx, known.id, lock=True).version != known.version:
                raise Stale(known.number)  # it is being sent again: nothing of that is taken back
    while _tally(ctx, known.id):
        pass
    with ctx.transaction() as tx:
        if broadcast_sending.unfinished(tx, known.id):
            return False
        broadcasts.let_go(tx, known.id)
        return True


def _tally(ctx: Context, broadcast_id: int) -> bool:
    """Count some of the batches that are through. False when there is none."""
    with ctx.read() as connection:
        round_ = broadcasts.get(connection, broadcast_id).round
        through = broadcast_sending.settled_batches(connection, broadcast_id, _TALLIED)
        rows = broadcast_sending.outcomes(connection, broadcast_id, through) if through else []
    if not through:
        return False
    by_batch = {batch_id: list(some) for batch_id, some in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0])}
    with ctx.transaction() as tx:
        if broadcasts.get(tx, broadcast_id, lock=True).round != round_:
            return False  # some of these people are being sent to again, and count elsewhere
        for batch_id in through:
            found = ((state, reason, at, number) for _, state, reason, at, number in by_batch.get(batch_id, ()))
            broadcast_sending.tally(tx, broadcast_id, batch_id, tallied(found), clock.now())
    return len(through) == _TALLIED


def tallied(outcomes: Iterable[tuple[str, str, datetime | None, int]]) -> list[dict[str, object]]:
    """Outcomes (state, reason, when, how many) by the second."""
    counted: Counter[tuple[datetime | None, str, str]] = Counter()
    for state, reason, at, number in outcomes:
        counted[at.replace(microsecond=0) if at else None, state, reason] += number
    return [{"at": at, "state": state, "reason": reason, "number": number} for (at, state, reason), number in counted.items()]


def _tell_of_pause(ctx: Context, broadcast_id: int) -> None:
    """Of a pause that came by itself: on the trail, and to our own staff; by one worker."""
    with ctx.transaction() as tx:
        if not broadcasts.mark_told(tx, broadcast_id, clock.now()):
            return
        known = broadcasts.get(tx, broadcast_id)
        _record(tx, "broadcast_paused", known, reason=PAUSED_FOR_FAILURES)
        alarms.raise_alarm(ctx, "broadcast_failing", f"broadcast_failing:{known.id}", number=known.number)


# Taking back


def recall(ctx: Context, client: Client) -> int:
    """Take messages out of people's chats that are to be. Returns how many calls were made. Safe to run in several workers at once."""
    with ctx.read() as connection:
        due = broadcast_sending.recalls_due(connection, clock.now(), _RECALLS)
    made = 0
    for recall_id, msgid, tries, sent_at in due:
        now = clock.now()
        with ctx.transaction() as tx:
            again = min(_RECALL_AGAIN * 2 ** min(tries, 8), _RECALL_AGAIN_MOST)
            if not broadcast_sending.take_recall(tx, recall_id, tries, now + again):
                continue
            if now - sent_at >= RECALL_WITHIN:
                broadcast_sending.settle_recall(tx, recall_id, "late", None, now)
                continue
        made += 1
        failpoint.reach("broadcast.recalling")
        _recall_one(ctx, client, recall_id, msgid, tries)
    return made


def _recall_one(ctx: Context, client: Client, recall_id: int, msgid: str, tries: int) -> None:
    """To take back twice does no harm: what is not answered, or may be allowed later, is tried again as long as it can be taken back."""
    state, errcode = "recalled", None
    try:
        client.recall(msgid)
    except Uncertain:
        return
    except WecomError as error:
        is_odd = fault_of(error.errcode) is Fault.UNKNOWN
        if not error.permanent and not (is_odd and tries + 1 >= _RECALL_TRIES):
            return
        log.warning("recall_refused", errcode=error.errcode)
        state, errcode = "refused", error.errcode
    with ctx.transaction() as tx:
        broadcast_sending.settle_recall(tx, recall_id, state, errcode, clock.now())


def _record(tx: Tx, action: str, known: Broadcast, **content: object) -> None:
    trail.record(tx, SYSTEM, action, {"broadcast": known.number, **content})
