"""From a parsed callback to its reply, effects exactly once.

    stored already? ──▶ its reply, again
    running in this process? ──▶ wait for its commit, then its reply
    too old? ──▶ refused
    handler ──▶ effects, outgoing rows, reply and inbox row in ONE commit ──▶ reply

Two processes may work on the same delivery: the key is unique, so one commits, and the other throws its work away and answers
what is stored.
"""

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from bot import clock, failpoint
from bot.context import AlreadyStored, House, InboundContext
from bot.delivery import outbox
from bot.errors import BadCallback, Unavailable, UserMistake
from bot.metrics import DUPLICATES
from bot.model import texts
from bot.model.delivery import Priority
from bot.model.inbound import Event, Inbound, Message, SuitePush
from bot.model.reply import Outgoing, Reply, messages, split
from bot.store import inbox
from bot.store.database import WAIT_S, Tx

log = structlog.get_logger()

PASSIVE_S = 5.0  # the platform hangs up after this (path/90238)
SLOW_S = 3.0  # committing may take a second or two more: from here on the reply's fate is written down
LATE_GRACE_S = 30.0  # and repeats at once, three times: by then nobody will fetch a reply that came late

Handler = Callable[[Any, InboundContext], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the ordered table. match: does this message go to `handler`? The first that says yes takes it."""

    name: str
    match: Callable[[Inbound], bool]
    handler: Handler


class Dispatcher:
    """Takes parsed callbacks from any number of threads."""

    def __init__(self, house: House, routes: Sequence[Route]) -> None:
        self._house = house
        self._routes = tuple(routes)
        self._running: dict[str, threading.Event] = {}
        self._rows = inbox.GroupInsert(house.database, coming=lambda: len(self._running))
        self._running_lock = threading.Lock()

    def handle(self, message: Inbound | SuitePush, arrived_at: datetime) -> str:
        """The passive text to answer; "" for an empty acknowledgement. When this returns, the row is committed.

        Raises Unavailable (answer 503, so that the platform repeats) and BadCallback("stale").
        """
        with self._alone(message.key) as alone:
            repeat, sent = self._look(message, arrived_at)
            if repeat is not None:
                return self._again(repeat, arrived_at)
            if not alone:
                raise Unavailable("the first delivery is not committed yet")
            self._refuse_stale(message, arrived_at)
            failpoint.reach("dispatch.before_handler")
            received = _received(message, arrived_at)
            if isinstance(message, SuitePush):
                return self._store(received, "", state="stored")
            excess = sent - self._house.settings.sender_limit_per_minute
            if isinstance(message, Message) and excess >= 0:  # said once, then acknowledged in silence until the minute is over
                return self._store(received, "" if excess else texts.common.LIMITED, state="limited")
            return self._first(message, received)

    @contextmanager
    def _alone(self, key: str) -> Iterator[bool]:
        """True for whoever brings this key first; a repeat waits until the first is through, or gives up after 4 s."""
        with self._running_lock:
            first = self._running.get(key)
            if first is None:
                mine = self._running[key] = threading.Event()
        if first is not None:
            first.wait(clock.real_s(WAIT_S))
            yield False
            return
        try:
            yield True
        finally:
            with self._running_lock:
                del self._running[key]
            mine.set()

    def _look(self, message: Inbound | SuitePush, arrived_at: datetime) -> tuple[inbox.Stored | None, int]:
        """The stored row of this delivery, and how much its sender sent in the last minute."""
        person = ("", 0, "") if isinstance(message, SuitePush) else (message.corpid, message.agentid, message.userid)
        return inbox.look(self._house.database, message.key, person, arrived_at - timedelta(minutes=1))

    def _again(self, stored: inbox.Stored, arrived_at: datetime) -> str:
        """The stored reply of a repeated delivery. One that was late counts as fetched now, unless it already went out.

        A repeat that is itself answered too late fetches nothing: the platform has hung up on it too.
        """
        DUPLICATES.inc()
        if stored.reply_state == "late" and _age_s(arrived_at) < PASSIVE_S:
            with self._house.database.write() as tx:
                inbox.change_reply(tx, stored.id, "late", "fetched")
                stored = inbox.get(tx, stored.id)
        return "" if stored.reply_state == "queued" else stored.reply

    def _refuse_stale(self, message: Inbound | SuitePush, arrived_at: datetime) -> None:
        if abs(arrived_at.timestamp() - message.created_s) > self._house.settings.callback_stale_s:
            raise BadCallback("stale", 403)

    def _first(self, message: Inbound, received: inbox.Received) -> str:
        route = next(route for route in self._routes if route.match(message))
        ctx = InboundContext(self._house, received)
        try:
            reply = route.handler(message, ctx)
            failpoint.reach("dispatch.handled")
            return self._commit(ctx, received, reply, outcome=f"{route.name} {ctx.outcome}".strip()[:64])
        except AlreadyStored:
            ctx.roll_back()
            return self._lost_race(received)
        except UserMistake as mistake:
            ctx.roll_back()
            return self._store(received, split(mistake.say)[0], outcome=f"{route.name} mistake")
        except (Unavailable, BadCallback):
            raise
        except Exception as error:  # noqa: BLE001  whatever a handler does, its message is not lost: it is stored as failed
            ctx.roll_back()
            log.error("handler_failed", route=route.name, kind=received.kind, error=type(error).__name__, at=where(error))
            return self._store(received, _apology(message), state="failed", outcome=route.name)
        finally:
            ctx.roll_back()

    def _commit(self, ctx: InboundContext, received: inbox.Received, reply: Reply, outcome: str) -> str:
        if not reply.later and ctx.is_untouched:
            return self._store(received, reply.now, outcome=outcome)
        done, later = _completed(received, reply.now, outcome=outcome), reply.later
        if done.reply_state == "late" and later:  # or what follows would overtake it: now all of it goes out in order
            done, later = replace(done, reply_state="queued"), [*messages(reply.now), *later]
        with ctx.transaction() as tx:
            for batch_id in _enqueue(tx, done, later):
                ctx.wake(batch_id)
            failpoint.reach("dispatch.enqueued")
            inbox.finish(tx, done)
        ctx.commit()
        return self._in_time(done)

    def _store(self, received: inbox.Received, reply: str, state: str = "handled", outcome: str = "") -> str:
        """Commit a row that nothing else goes with, together with those of other threads."""
        done = _completed(received, reply, state, outcome)
        failpoint.reach("dispatch.before_store")
        before = self._rows.add(done)
        failpoint.reach("dispatch.stored")
        return self._in_time(done) if before is None else self._again(before, done.arrived_at)

    def _in_time(self, done: inbox.Received) -> str:
        """The reply. A slow one that still made it before the platform hung up is marked as given, so that it is not sent again."""
        if done.reply_state == "late" and _age_s(done.arrived_at) < PASSIVE_S:
            with self._house.database.write() as tx:
                stored = inbox.find(tx, done.key)
                if stored is not None:
                    inbox.change_reply(tx, stored.id, "late", "passive")
        return "" if done.reply_state == "queued" else done.reply

    def _lost_race(self, received: inbox.Received) -> str:
        with self._house.database.read() as connection:
            stored = inbox.find(connection, received.key)
        if stored is None:
            raise Unavailable("the other process did not commit")
        return self._again(stored, received.arrived_at)


def late_replies(house: House) -> list[int]:
    """Turn replies that came after the platform hung up, and that no repeat fetched, into outgoing rows. Returns batch ids."""
    before = clock.now() - timedelta(seconds=LATE_GRACE_S)
    with house.database.read() as connection:
        late = inbox.late_replies(connection, before, limit=200)
    batch_ids: list[int] = []
    for row in late:
        with house.database.write() as tx:
            if inbox.change_reply(tx, row.id, "late", "queued"):
                batch_ids += _enqueue(tx, row, messages(row.reply))
    return batch_ids


def _enqueue(tx: Tx, to: inbox.Received | inbox.LateReply, all_of_it: Sequence[Outgoing]) -> list[int]:
    """One batch a message, each waiting for the one before it. Returns their ids."""
    batch_ids: list[int] = []
    for outgoing in all_of_it:
        after_id = batch_ids[-1] if batch_ids else None
        batch_ids.append(outbox.enqueue(tx, to.corpid, to.agentid, [to.userid], outgoing, Priority.CHAT, after_id=after_id))
    return batch_ids


def where(error: BaseException) -> str:
    """File and line of the last few frames: enough to find a fault, and nothing of what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


def _age_s(moment: datetime) -> float:
    return (clock.now() - moment).total_seconds()


def _completed(received: inbox.Received, reply: str, state: str = "handled", outcome: str = "") -> inbox.Received:
    now = clock.now()
    slow = bool(reply and received.userid) and (now - received.arrived_at).total_seconds() > SLOW_S
    return replace(received, handled_at=now, reply=reply, reply_state="late" if slow else "passive", state=state, outcome=outcome)


def _apology(message: Inbound) -> str:
    return texts.common.FAILED if isinstance(message, Message) else ""


_COMMON = {"corpid", "agentid", "userid", "created_s", "key", "msgid", "event"}


@cache
def _own_fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in _COMMON)


def _received(message: Inbound | SuitePush, arrived_at: datetime) -> inbox.Received:
    if isinstance(message, SuitePush):
        corpid, agentid, userid, kind = message.auth_corpid or message.suite_id, 0, "", message.info_type
        own: dict[str, Any] = dict(message.fields)
    else:
        corpid, agentid, userid = message.corpid, message.agentid, message.userid
        kind = message.event if isinstance(message, Event) else type(message).__name__.lower()
        of_kind: Any = type(message)
        own = {name: getattr(message, name) for name in _own_fields(of_kind)}
    return inbox.Received(key=message.key, corpid=corpid, agentid=agentid, userid=userid, kind=kind[:64], fields=own, arrived_at=arrived_at)
