"""申请人工: marking an automated answer for a person, and that person's answer, by a time that is told."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot import clock
from bot.actions import alarms
from bot.actions.rights import by, must
from bot.actions.words import can_be_kept, written
from bot.context import Context
from bot.delivery import outbox
from bot.errors import UserMistake
from bot.model.days import DayKind, deadline
from bot.model.delivery import Priority
from bot.model.human import ANSWERED, DROPPED, HumanRequest, Said
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.model.reply import Outgoing, messages
from bot.model.texts import humans as texts
from bot.model.texts import notices as notice_texts
from bot.model.trail import SYSTEM, by_admin
from bot.store import humans, trail
from bot.store.database import Tx
from bot.wecom import payloads
from bot.wecom.cards import Button, Card
from bot.wecom.limits import KEY_BYTES

PREFIX = "human:"  # of the key of the button that confirms; behind it the key of the message that had asked
PAGE = 50
_SENT_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Offered:
    """What 申请人工 would mark. request: what this person has open already, in place of it. Both None: there is nothing to mark."""

    said: Said | None = None
    request: HumanRequest | None = None


def offered(ctx: Context, address: Address) -> Offered:
    """What this person may have marked for a human. Changes nothing."""
    with ctx.read() as connection:
        said = humans.last_said(connection, address)
        request = humans.current(connection, address, said.key if said else "")
        return Offered(request=request) if request else Offered(said=said)


def card(said: Said) -> Outgoing:
    """The card whose press marks it. Raises BadPayload."""
    key = PREFIX + said.key
    assert len(key.encode()) <= KEY_BYTES
    return payloads.template_card(
        Card(
            card_type="button_interaction",
            source=notice_texts.SOURCE,
            title=texts.COMMAND,
            sub_title=texts.card_words(said),
            buttons=[Button(texts.CONFIRM, key)],
            task_id=f"human-{secrets.token_hex(12)}",
        )
    )


def ask(ctx: Context, address: Address, key: str) -> tuple[HumanRequest | None, bool]:
    """Mark the answer to one's own question with this key for a person. Returns the request, and whether this made it.

    One is open at a time: asking again gives back that one. (None, False) where there is no such question of this person.
    """
    with ctx.read() as connection:
        said = humans.said(connection, address, key)
        known = humans.current(connection, address, key)
    if known or said is None:
        return known, False
    kept = Said(said.key, _kept(said.about), _kept(said.answered_with))
    with ctx.transaction() as tx:
        now = clock.now()
        request = humans.add(tx, address, kept, now, deadline(now, ctx.settings.human_days, DayKind.WORKING))
        if request is None:
            return humans.current(tx, address, key), False
        told = {"request": request.id}
        trail.record(tx, by_admin(address), "human_asked", told, personal={"about": kept.about, "answered_with": kept.answered_with})
        alarms.raise_alarm(ctx, "human_asked", f"human_asked:{request.id}", number=str(request.id))
        return request, True


def _kept(text: str) -> str:
    return "".join(char for char in text if can_be_kept(char))


def page(ctx: Context, before: int = 0) -> tuple[list[HumanRequest], bool]:
    """(all requests, newest first; whether nothing comes after). before: the id of the last one seen, 0 to begin."""
    with ctx.read() as connection:
        found = humans.listed(connection, only_open=False, before=before, limit=PAGE + 1)
    return found[:PAGE], len(found) <= PAGE


def open_of(ctx: Context, address: Address) -> HumanRequest | None:
    """What this person waits for."""
    with ctx.read() as connection:
        return humans.current(connection, address)


def answer(ctx: Context, actor: Operator, request_id: int, words: str) -> HumanRequest:
    """Answer a request; the person gets it as a message. Raises UserMistake, NotFound, Stale."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        request = _open(tx, request_id)
        words = written(texts.NAME, words)
        now = clock.now()
        request = humans.change(tx, request, state=ANSWERED, answer=words, answered_by=actor.id, answered_at=now)
        trail.record(tx, by(actor), "human_answered", {"request": request.id}, personal={"answer": words})
        _end(ctx, tx, request, texts.answered(request))
        return request


def drop(ctx: Context, actor: Operator, request_id: int) -> HumanRequest:
    """Close a request without an answer; the person is told so. Raises UserMistake, NotFound, Stale."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        request = humans.change(tx, _open(tx, request_id), state=DROPPED, answered_by=actor.id, answered_at=clock.now())
        trail.record(tx, by(actor), "human_dropped", {"request": request.id})
        _end(ctx, tx, request, texts.dropped(request))
        return request


def _open(tx: Tx, request_id: int) -> HumanRequest:
    request = humans.get(tx, request_id)
    if not request.is_open:
        raise UserMistake(texts.NOT_OPEN)
    return request


def _end(ctx: Context, tx: Tx, request: HumanRequest, words: str) -> None:
    to, before = request.address, None
    for part in messages(words):
        until = clock.now() + _SENT_WITHIN
        before = outbox.enqueue(tx, to.corpid, to.agentid, [to.userid], part, Priority.CHAT, after_id=before, give_up_at=until)
        ctx.wake(before)
    alarms.clear_alarm(ctx, f"human_asked:{request.id}", f"human_late:{request.id}")


def look_after(ctx: Context) -> int:
    """Mark requests that are late, with an alarm for each. Returns how many. Safe to run in several workers at once."""
    with ctx.read() as connection:
        late = humans.newly_late(connection, clock.now())
    return sum(_mark_late(ctx, request_id) for request_id in late)


def _mark_late(ctx: Context, request_id: int) -> bool:
    with ctx.transaction() as tx:
        if not humans.mark_late(tx, request_id, clock.now()):
            return False
        trail.record(tx, SYSTEM, "human_late", {"request": request_id})
        alarms.raise_alarm(ctx, "human_late", f"human_late:{request_id}", number=str(request_id))
        return True
