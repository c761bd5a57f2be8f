"""广播 from chat: what an operator wrote is shown as it would be sent, and becomes a broadcast by a press on the card below, once."""

import secrets
from datetime import timedelta

from bot import clock
from bot.actions import broadcast_messages, broadcast_plans, broadcasts
from bot.context import Context
from bot.errors import UserMistake
from bot.model.audience import EVERYBODY
from bot.model.broadcast import Content, Form, State
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.model.reply import Outgoing, Reply, say
from bot.model.texts import broadcast_chat as texts
from bot.model.texts.notices import SOURCE
from bot.store import broadcasts as rows
from bot.store import inbox, operators
from bot.wecom import payloads
from bot.wecom.cards import Button, Card

PREFIX = "broadcast:"  # of the key of the button that confirms; behind it the key of the message that was shown
_GOOD_FOR = timedelta(hours=1)


def operator_at(ctx: Context, address: Address) -> Operator | None:
    """Who of our own staff writes from this address, if they may make broadcasts."""
    with ctx.read() as connection:
        found = [one for one in operators.active(connection) if one.address == address and one.may(Role.OPERATOR)]
    return found[0] if found else None


def preview(ctx: Context, me: Operator, text: str, key: str) -> Reply:
    """What would be sent, to how many, by when; with the card that confirms it, where it can be sent. Changes nothing."""
    written = texts.written(text)
    if written is None:
        return Reply(texts.USAGE)
    content = _content(*written)
    with ctx.read() as connection:
        people, wrong = broadcasts.judged(ctx, connection, content, EVERYBODY, None)
    if wrong:
        return say(texts.refused(wrong))
    plan = broadcast_plans.plan(ctx, EVERYBODY, None)
    shown = say(texts.preview(broadcast_messages.markdown(content), people, plan.calls, plan.begins_at, plan.ends_at))
    return Reply(shown.now, (*shown.later, _card(content, people, key, needs_approval=plan.needs_approval)))


def confirmed(ctx: Context, address: Address, key: str) -> str:
    """Make it, and let it go or hand it in. Returns what is said to the presser. A second press finds the first one's.

    Raises UserMistake where it cannot be sent any more. To whoever is no operator, or wrote no such message, there is nothing.
    """
    me = operator_at(ctx, address)
    with ctx.read() as connection:
        found = inbox.text_of(connection, key, address)
    written = texts.written(found[0]) if found and me else None
    if me is None or found is None or written is None:
        return texts.NOT_FOR_YOU
    if clock.now() - found[1] > _GOOD_FOR:
        return texts.TOO_OLD
    content = _content(*written)
    with ctx.read() as connection:
        _, wrong = broadcasts.judged(ctx, connection, content, EVERYBODY, None)
    if wrong:
        raise UserMistake(texts.refused(wrong))
    with ctx.transaction() as tx:
        made = broadcasts.draft(ctx, me, content, EVERYBODY, key)
        if others := rows.alike(tx, made, clock.now() - _GOOD_FOR):  # the same words sent twice, each with its card, or by two people
            if made.state is State.DRAFT:
                broadcasts.cancel(ctx, me, made.number, made.version)
            return texts.made_before(others[0])
        if made.state is not State.DRAFT:
            return texts.made_before(made)
        return texts.made(broadcasts.submit(ctx, me, made.number, made.version))


def _content(title: str, words: str) -> Content:
    return Content(form=Form.MARKDOWN, title=title, words=words)


def _card(content: Content, people: int, key: str, *, needs_approval: bool) -> Outgoing:
    return payloads.template_card(
        Card(
            card_type="button_interaction",
            source=SOURCE,
            title=texts.CARD_TITLE,
            sub_title=texts.card_words(content.title, people, needs_approval=needs_approval),
            buttons=[Button(texts.button(people, needs_approval=needs_approval), PREFIX + key)],
            task_id=f"broadcast-{secrets.token_hex(12)}",
        )
    )
