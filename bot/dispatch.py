"""From a parsed callback to its reply, effects exactly once.

    stored already? ──▶ its reply, again
    running in this process? ──▶ wait for its commit, then its reply
    too old? ──▶ refused
    handler ──▶ effects, outgoing rows, reply and inbox row in ONE commit ──▶ reply

Two processes may work on the same delivery: the key is unique, so one commits, and the other throws its work away and answers
what is stored.

`take` is for the event loop, `handle` for threads. What takes microseconds is done on the loop itself: looking into SQLite, and
handlers that say what they know by heart. Whatever may wait goes to a thread, and the commit is one thread's for all.
"""

import asyncio
import contextvars
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import structlog

from bot import clock, failpoint
from bot.context import AlreadyStored, House, InboundContext, MayWait, TornTransaction
from bot.delivery import outbox
from bot.errors import BadCallback, Unavailable, UserMistake
from bot.metrics import DUPLICATES
from bot.model import texts
from bot.model.delivery import Priority
from bot.model.inbound import Event, Inbound, Message, SuitePush, TemplateCardEvent
from bot.model.reply import Outgoing, Reply, messages, split
from bot.store import inbox
from bot.store.database import WAIT_S, Tx
from bot.store.loop_insert import Limit, LoopInsert

log = structlog.get_logger()

PASSIVE_S = 5.0  # the platform hangs up after this (path/90238)
SLOW_S = 3.0  # committing may take a second or two more: from here on the reply's fate is written down
LATE_GRACE_S = 30.0  # and repeats at once, three times: by then nobody will fetch a reply that came late

Handler = Callable[[Any, InboundContext], Reply]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the ordered table. match: does this message go to `handler`? The first that says yes takes it.

    at_once: the handler needs microseconds, or else says `ctx.may_wait()` before anything happens: it is tried on the event loop.
    """

    name: str
    match: Callable[[Inbound], bool]
    handler: Handler
    at_once: bool = False


class Dispatcher:
    """Takes parsed callbacks, from the event loop and from any number of threads."""

    def __init__(self, house: House, routes: Sequence[Route]) -> None:
        self._house = house
        self._routes = tuple(routes)
        self._rows = inbox.GroupInsert(house.database, coming=lambda: len(self._running))
        self._soon = LoopInsert(house.database)
        self._running: dict[str, list[Future[None]]] = {}  # who waits for it, by key
        self._running_lock = threading.Lock()
        self._threads = ThreadPoolExecutor(house.settings.web_threads, "handler")

    async def take(self, message: Inbound | SuitePush, arrived_at: datetime) -> str:
        """`handle` on the event loop, which never waits here for anything but its own turn."""
        if not self._house.database.is_sqlite:  # looking is a round trip over the network
            return await self._in_thread(self.handle, message, arrived_at)
        first = self._begin(message.key)
        if first is not None:
            await asyncio.wait((asyncio.wrap_future(first),), timeout=clock.real_s(WAIT_S))
            return await self._in_thread(self._repeated, message, arrived_at)
        try:
            limit = None
            try:
                done: inbox.Received | str = (mine := self._work_at_once(message, arrived_at))
                limit = self._limit(message, mine)
            except MayWait:
                done = await self._in_thread(self._work, message, arrived_at)
            if isinstance(done, str):
                return done
            failpoint.reach("dispatch.before_store")
            before, done = await self._soon.add(done, limit)
            failpoint.reach("dispatch.stored")
            if before is None and done.reply_state != "late":
                return done.reply
            return await self._in_thread(self._stored, done, before)
        finally:
            self._end(message.key)

    def handle(self, message: Inbound | SuitePush, arrived_at: datetime) -> str:
        """The passive text to answer; "" for an empty acknowledgement. When this returns, the row is committed.

        Raises Unavailable (answer 503, so that the platform repeats) and BadCallback("stale").
        """
        first = self._begin(message.key)
        if first is not None:
            wait((first,), timeout=clock.real_s(WAIT_S))
            return self._repeated(message, arrived_at)
        try:
            done = self._work(message, arrived_at)
            return done if isinstance(done, str) else self._store(done)
        finally:
            self._end(message.key)

    async def _in_thread(self, act: Callable[..., T], *args: Any) -> T:
        context = contextvars.copy_context()  # the request id, for the log
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, act, *args)

    def _begin(self, key: str) -> "Future[None] | None":
        """None for whoever brings this key first, who must `_end` it; else what is done when the first is through."""
        with self._running_lock:
            others = self._running.get(key)
            if others is None:
                self._running[key] = []
                return None
            mine: Future[None] = Future()
            others.append(mine)
            return mine

    def _end(self, key: str) -> None:
        with self._running_lock:
            others = self._running.pop(key)
        for one in others:
            one.set_result(None)

    def _work_at_once(self, message: Inbound | SuitePush, arrived_at: datetime) -> inbox.Received:
        """The row to commit with its reply. Raises MayWait where a thread must do it.

        Handlers that are tried here do nothing that could not be done twice: whether the row is there already, and how much its sender
        has sent, is seen as it is inserted.
        """
        if self._is_stale(message, arrived_at):  # only a stored one is answered: that is to be looked up
            raise MayWait
        failpoint.reach("dispatch.before_handler")
        received = _received(message, arrived_at)
        if isinstance(message, SuitePush):
            return _completed(received, "", state="stored")
        done = self._first(message, received, at_once=True)
        if isinstance(done, str):  # it has written, which nothing may do here
            raise TornTransaction
        return done

    def _limit(self, message: Inbound | SuitePush, done: inbox.Received) -> Limit | None:
        if not isinstance(message, Message):
            return None
        return Limit(
            self._house.settings.sender_limit_per_minute, done.arrived_at - timedelta(minutes=1), lambda over: _limited(done, over)
        )

    def _work(self, message: Inbound | SuitePush, arrived_at: datetime) -> inbox.Received | str:
        """The row to commit with its reply, or the reply where all is committed."""
        repeat, sent = self._look(message, arrived_at)
        if repeat is not None:
            return self._again(repeat, arrived_at)
        if self._is_stale(message, arrived_at):
            raise BadCallback("stale", 403)
        failpoint.reach("dispatch.before_handler")
        received = _received(message, arrived_at)
        if isinstance(message, SuitePush):
            return _completed(received, "", state="stored")
        over = sent - self._house.settings.sender_limit_per_minute
        if isinstance(message, Message) and over >= 0:
            return _limited(received, over)
        return self._first(message, received)

    def _look(self, message: Inbound | SuitePush, arrived_at: datetime) -> tuple[inbox.Stored | None, int]:
        """The stored row of this delivery, and how much its sender sent in the last minute."""
        person = ("", 0, "") if isinstance(message, SuitePush) else (message.corpid, message.agentid, message.userid)
        return inbox.look(self._house.database, message.key, person, arrived_at - timedelta(minutes=1))

    def _repeated(self, message: Inbound | SuitePush, arrived_at: datetime) -> str:
        """What became of the first delivery of this key, whose turn is over."""
        stored, _ = self._look(message, arrived_at)
        if stored is None:
            raise Unavailable("the first delivery is not committed yet")
        return self._again(stored, arrived_at)

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

    def _is_stale(self, message: Inbound | SuitePush, arrived_at: datetime) -> bool:
        return abs(arrived_at.timestamp() - message.created_s) > self._house.settings.callback_stale_s

    def _first(self, message: Inbound, received: inbox.Received, *, at_once: bool = False) -> inbox.Received | str:
        route = next((route for route in self._routes if route.match(message)), None)
        if route is None:  # not StopIteration, which no future can carry
            raise LookupError("no route takes this message")
        if at_once and not route.at_once:
            raise MayWait
        ctx = InboundContext(self._house, received, at_once=at_once)
        try:
            reply = route.handler(message, ctx)
            failpoint.reach("dispatch.handled")
            return self._commit(ctx, received, reply, outcome=f"{ctx.taken_as or route.name} {ctx.outcome}".strip()[:64])
        except AlreadyStored:
            ctx.roll_back()
            return self._lost_race(received)
        except UserMistake as mistake:
            ctx.roll_back()
            return self._told(message, received, mistake.say, f"{route.name} mistake"[:64])
        except (Unavailable, BadCallback, MayWait):
            raise
        except Exception as error:  # noqa: BLE001  whatever a handler does, its message is not lost: it is stored as failed
            ctx.roll_back()
            log.error("handler_failed", route=route.name, kind=received.kind, error=type(error).__name__, at=where(error))
            return _completed(received, _apology(message), state="failed", outcome=route.name)
        finally:
            ctx.roll_back()

    def _told(self, message: Inbound, received: inbox.Received, say: str, outcome: str) -> inbox.Received | str:
        """Why nothing was done. A press takes no passive reply (path/90240): it is told by a message."""
        if not isinstance(message, TemplateCardEvent):
            return _completed(received, split(say)[0], outcome=outcome)
        ctx = InboundContext(self._house, received)
        try:
            return self._commit(ctx, received, Reply(later=tuple(messages(say))), outcome)
        except AlreadyStored:
            ctx.roll_back()
            return self._lost_race(received)
        finally:
            ctx.roll_back()

    def _commit(self, ctx: InboundContext, received: inbox.Received, reply: Reply, outcome: str) -> inbox.Received | str:
        """Commit what a handler began; with nothing begun, the row goes into one commit with those of others."""
        done, later = _completed(received, reply.now, outcome=outcome), reply.later if received.userid else ()
        if not later and ctx.is_untouched:
            return done
        if done.reply_state == "late" and later:  # or what follows would overtake it: now all of it goes out in order
            done, later = replace(done, reply_state="queued"), [*messages(reply.now), *later]
        with ctx.transaction() as tx:
            for batch_id in _enqueue(tx, done, later):
                ctx.wake(batch_id)
            failpoint.reach("dispatch.enqueued")
            inbox.finish(tx, done)
        ctx.commit()
        return self._in_time(done)

    def _store(self, done: inbox.Received) -> str:
        """Commit a row that nothing else goes with, together with those of others."""
        failpoint.reach("dispatch.before_store")
        before = self._rows.add(done)
        failpoint.reach("dispatch.stored")
        return self._stored(done, before)

    def _stored(self, done: inbox.Received, before: inbox.Stored | None) -> str:
        """The reply of a row whose turn to be stored is over. before: what stood there already."""
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


def _limited(received: inbox.Received, over: int) -> inbox.Received:
    """Said once, then acknowledged in silence until the minute is over."""
    return _completed(received, "" if over else texts.common.LIMITED, state="limited")


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
