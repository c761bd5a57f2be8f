"""广播 from chat, for operators: a preview and a card to confirm it; and presses on the cards of broadcasts."""

from bot.actions import broadcast_chat, broadcast_messages, broadcast_receipts
from bot.context import InboundContext
from bot.errors import NotFound
from bot.model.inbound import TemplateCardEvent, Text
from bot.model.provider import Address
from bot.model.reply import Reply, messages
from bot.model.texts import broadcasts as texts
from handlers.ask_rule import ask_rule


def broadcast(message: Text, ctx: InboundContext) -> Reply:
    """To an operator, what would be sent to whom, with a card to confirm it. To everybody else it is a question like any other."""
    address = Address(message.corpid, message.agentid, message.userid)
    me = broadcast_chat.operator_at(ctx, address)
    if me is None:
        ctx.taken_as = "ask_rule"
        return ask_rule(message, ctx)
    return broadcast_chat.preview(ctx, me, message.content, ctx.received.key)


def confirm_broadcast(message: TemplateCardEvent, ctx: InboundContext) -> Reply:
    """Make what was previewed, once, and let it go or hand it in for approval."""
    address = Address(message.corpid, message.agentid, message.userid)
    ctx.outcome = "confirm"
    key = message.event_key.removeprefix(broadcast_chat.PREFIX)
    return Reply(later=tuple(messages(broadcast_chat.confirmed(ctx, address, key))))


def broadcast_card(message: TemplateCardEvent, ctx: InboundContext) -> Reply:
    """A receipt, or the whole text: for those alone to whom it was sent."""
    address = Address(message.corpid, message.agentid, message.userid)
    verb, _, number = message.event_key.partition(":")
    ctx.outcome = f"{verb} {number}"[:64]
    try:
        if verb == broadcast_messages.READ:
            return Reply(later=tuple(messages(broadcast_receipts.whole(ctx, number, address))))
        given = broadcast_receipts.confirm(ctx, number, address, message.response_code)
    except NotFound:
        return Reply(later=tuple(messages(texts.NOT_FOR_YOU)))
    word = texts.confirmed if given.is_first else texts.confirmed_before
    return Reply(later=tuple(messages(word(given.number, given.at))))
