"""What operators do with a broadcast: write, submit, approve, stop, go on, send again to whom it missed, take back.

Nothing is sent in here: a worker freezes who gets it when its time has come (bot/actions/broadcast_work) and queues them. Each person is
one row of it for good, so that whatever is pressed, twice or by two people, nobody gets it twice.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import clock
from bot.actions import broadcast_messages, broadcast_plans
from bot.actions.rights import by, must
from bot.actions.words import written
from bot.context import Context
from bot.delivery import outbox
from bot.errors import Stale, UserMistake
from bot.model.audience import Audience
from bot.model.broadcast import BROADCAST, PAUSED_BY_HAND, RECALL_WITHIN, Broadcast, Content, Receipts, Source, State
from bot.model.delivery import Priority
from bot.model.duty import approve_by
from bot.model.operator import Operator, Role
from bot.model.texts import broadcasts as texts
from bot.model.trail import Actor
from bot.store import audiences, broadcast_sending, broadcasts, cases, trail
from bot.store.database import Tx


def draft(
    ctx: Context,
    actor: Operator,
    content: Content,
    audience: Audience,
    request_key: str,
    *,
    send_at: datetime | None = None,
    source: Source | None = None,
) -> Broadcast:
    """Write a draft and give it its number. The same request_key (≤ 64 characters) again returns the one of the first time.

    content: may still be unfinished. source: what it comes from, to be found by again (`of_source`). Raises UserMistake.
    """
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        if known := broadcasts.by_request(tx, request_key):
            return known
        _must_be_keepable(content)
        number = cases.next_number(tx, f"B{clock.today()[:4]}")  # whoever presses at the same time waits here for the other
        if known := broadcasts.by_request(tx, request_key):
            return known
        values = {"number": number, "request_key": request_key, "author_id": actor.id, "made_at": clock.now(), "send_at": send_at}
        made = broadcasts.add(tx, values, content, audience, source)
        _record(tx, by(actor), "broadcast_drafted", made, {"sha256": content.digest()})
        return made


def of_source(ctx: Context, source: Source) -> list[Broadcast]:
    """All broadcasts that came from this, newest first."""
    with ctx.read() as connection:
        return broadcasts.of_source(connection, source)


def receipts(ctx: Context, number: str) -> Receipts:
    """Of how many who were sent to, how many confirmed. Raises NotFound."""
    with ctx.read() as connection:
        found = broadcasts.by_number(connection, number)
        return Receipts(people=found.people, confirmed=broadcasts.confirmed(connection, found.id))


def amend(
    ctx: Context, actor: Operator, number: str, version: int, content: Content, audience: Audience, send_at: datetime | None
) -> Broadcast:
    """Write one's own draft anew. Raises UserMistake, Stale."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = _unchanged(tx, number, version)
        if known.state is not State.DRAFT:
            raise UserMistake(texts.ONLY_DRAFTS)
        if known.author_id != actor.id:
            raise UserMistake(texts.ONLY_THE_AUTHOR)
        _must_be_keepable(content)
        return broadcasts.rewrite(tx, known, content, audience, send_at)


def submit(ctx: Context, actor: Operator, number: str, version: int) -> Broadcast:
    """Hand a draft in for approval, or let it go where so few need none. Raises UserMistake with every reason why it cannot be sent."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = _unchanged(tx, number, version)
        BROADCAST.next(known.state, "submit")
        people = _must_be_sendable(ctx, tx, known)
        needs = broadcast_plans.needs_approval(ctx, people)
        now = clock.now()
        values = {"needs_approval": needs, "submitted_at": now, "last_reason": "", "approver_id": None, "approved_at": None}
        values["approve_by"] = approve_by(now)
        moved = broadcasts.advance(tx, known, "submit" if needs else "launch", **values)
        event = "broadcast_submitted" if needs else "broadcast_launched"
        _record(tx, by(actor), event, moved, _told(moved, people), {"audience": moved.audience.kept()})
        return moved


def approve(ctx: Context, actor: Operator, number: str, version: int) -> Broadcast:
    """Let it go, as another person than its author. Raises UserMistake, Stale."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.APPROVER)
        known = _unchanged(tx, number, version)
        BROADCAST.next(known.state, "approve")
        if actor.id == known.author_id:
            raise UserMistake(texts.NOT_YOUR_OWN)
        people = _must_be_sendable(ctx, tx, known)
        moved = broadcasts.advance(tx, known, "approve", approver_id=actor.id, approved_at=clock.now())
        _record(tx, by(actor), "broadcast_approved", moved, _told(moved, people), {"audience": moved.audience.kept()})
        return moved


def send_back(ctx: Context, actor: Operator, number: str, version: int, reason: str) -> Broadcast:
    """Give it back to its author with a reason."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.APPROVER)
        known = _unchanged(tx, number, version)
        BROADCAST.next(known.state, "send_back")
        reason = written(texts.WHY_BACK, reason)
        moved = broadcasts.advance(tx, known, "send_back", submitted_at=None, last_reason=reason)
        _record(tx, by(actor), "broadcast_sent_back", moved, {}, {"reason": reason})
        return moved


def withdraw(ctx: Context, actor: Operator, number: str, version: int) -> Broadcast:
    """Make it a draft again before it begins; an approval is gone with it."""
    values = {"submitted_at": None, "approver_id": None, "approved_at": None, "needs_approval": False}
    return _step(ctx, actor, number, version, "withdraw", "broadcast_withdrawn", values)


def pause(ctx: Context, actor: Operator, number: str, version: int) -> Broadcast:
    """Hold back all that is not out. What may be out already is made sure of all the same."""
    values = {"pause_reason": PAUSED_BY_HAND, "paused_at": clock.now(), "told_at": None}
    return _step(ctx, actor, number, version, "pause", "broadcast_paused", values, either=True)


def resume(ctx: Context, actor: Operator, number: str, version: int) -> Broadcast:
    """Go on. Failures are counted anew, so that it does not pause at once for the old ones."""
    values = {"pause_reason": "", "paused_at": None, "gone": 0, "failed": 0}
    moved = _step(ctx, actor, number, version, "resume", "broadcast_resumed", values)
    ctx.after_commit(lambda: ctx.house.wake(0))
    return moved


def cancel(ctx: Context, actor: Operator, number: str, version: int) -> Broadcast:
    """End it for good: what is not out stays in. A worker takes back what is queued."""
    return _step(ctx, actor, number, version, "cancel", "broadcast_cancelled", {"ended_at": clock.now()}, either=True)


def resend(ctx: Context, actor: Operator, number: str, version: int, *, include_uncertain: bool = False) -> int:
    """Send again to those whom it did not reach, and to nobody else. Returns how many.

    include_uncertain: also to those whom it may have reached: they may get it twice. Raises UserMistake, Stale.
    """
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = _unchanged(tx, number, version)
        BROADCAST.next(known.state, "resend")
        if known.recalled_at:
            raise UserMistake(texts.RECALLED)
        if not known.has_begun:
            raise UserMistake(texts.NOTHING_TO_RESEND)
        people = broadcast_sending.owe_again(tx, known.id, include_uncertain=include_uncertain)
        if not people:
            raise UserMistake(texts.NOTHING_TO_RESEND)
        again = {"round": known.round + 1, "queued_at": None, "ended_at": None, "gone": 0, "failed": 0, "pause_reason": ""}
        moved = broadcasts.advance(tx, known, "resend", **again)
        content = {"people": people, "round": moved.round, "include_uncertain": include_uncertain}
        _record(tx, by(actor), "broadcast_resent", moved, content)
        return people


def recall(ctx: Context, actor: Operator, number: str, version: int) -> tuple[int, int]:
    """Take what was sent within 24 hours out of chats. Returns (people whose message is taken back, people for whom it is too late)."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        known = _unchanged(tx, number, version)
        if known.state not in (State.DONE, State.CANCELLED) or broadcast_sending.unfinished(tx, known.id):
            raise UserMistake(texts.RECALL_WHEN_STILL)
        if known.recalled_at:
            raise UserMistake(texts.RECALLED_BEFORE)
        owed, late = broadcast_sending.owe_recalls(tx, known.id, clock.now(), RECALL_WITHIN)
        if not owed:
            raise UserMistake(texts.NOTHING_TO_RECALL)
        moved = broadcasts.note(tx, known, recalled_at=clock.now())
        _record(tx, by(actor), "broadcast_recalled", moved, {"people": owed, "late": late})
        return owed, late


def send_test(ctx: Context, actor: Operator, content: Content) -> None:
    """Send a message as it would go out to the operator alone, marked as a test. Raises UserMistake."""
    with ctx.transaction() as tx:
        me = must(tx, actor, Role.OPERATOR, Role.APPROVER)
        if wrong := broadcast_messages.mistakes(content):
            raise UserMistake("\n".join(wrong))
        if me.address is None:
            raise UserMistake(texts.NO_ADDRESS)
        if (me.address.corpid, me.address.agentid) != (ctx.settings.wecom_corpid, ctx.settings.wecom_agentid):
            raise UserMistake(texts.ADDRESS_ELSEWHERE)
        message = broadcast_messages.outgoing(broadcast_messages.as_test(content), "test", f"test-{secrets.token_hex(8)}")
        batch_id = outbox.enqueue(tx, me.address.corpid, me.address.agentid, [me.address.userid], message, Priority.CHAT)
        ctx.wake(batch_id)


def _step(
    ctx: Context, actor: Operator, number: str, version: int, action: str, event: str, values: Mapping[str, Any], *, either: bool = False
) -> Broadcast:
    """either: whether an approver may do it too, as with all that only stops something."""
    with ctx.transaction() as tx:
        must(tx, actor, *((Role.OPERATOR, Role.APPROVER) if either else (Role.OPERATOR,)))
        moved = broadcasts.advance(tx, _unchanged(tx, number, version), action, **values)
        _record(tx, by(actor), event, moved, {})
        return moved


def _unchanged(tx: Tx, number: str, version: int) -> Broadcast:
    """The broadcast, if it still is what the page showed; until the transaction ends nobody else changes it. Raises Stale, NotFound."""
    known = broadcasts.get(tx, broadcasts.by_number(tx, number).id, lock=True)
    if known.version != version:
        raise Stale(number)
    return known


def _must_be_keepable(content: Content) -> None:
    """A draft may be unfinished, but not too large, nor what no database keeps."""
    wrong = broadcast_messages.unkeepable(content)
    if wrong:
        raise UserMistake("\n".join(wrong))


def judged(ctx: Context, connection: Tx, content: Content, audience: Audience, send_at: datetime | None) -> tuple[int, list[str]]:
    """(how many would get it now, every reason why it cannot be sent)."""
    wrong = broadcast_messages.mistakes(content)
    if not audience.is_named:
        return 0, [*wrong, texts.NOBODY_NAMED]
    people = audiences.number(connection, broadcast_plans.resolved(ctx, connection, audience))
    if not people:
        wrong.append(texts.NOBODY)
    if advice := broadcast_plans.advice(ctx, connection, send_at, people):
        wrong.append(advice.say)
    return people, wrong


def _must_be_sendable(ctx: Context, tx: Tx, known: Broadcast) -> int:
    """How many would get it. Raises UserMistake."""
    people, wrong = judged(ctx, tx, known.content, known.audience, known.send_at)
    if wrong:
        raise UserMistake("\n".join(wrong))
    return people


def _told(known: Broadcast, people: int) -> dict[str, Any]:
    return {"sha256": known.content.digest(), "people": people, "needs_approval": known.needs_approval}


def _record(
    tx: Tx, actor: Actor, action: str, known: Broadcast, content: Mapping[str, Any], personal: Mapping[str, Any] | None = None
) -> None:
    trail.record(tx, actor, action, {"broadcast": known.number, **content}, personal=personal)
