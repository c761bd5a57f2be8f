"""申请人工: a person is to look at what the bot answered."""

from bot import clock
from bot.actions import humans as actions
from bot.context import InboundContext
from bot.model.inbound import Inbound, TemplateCardEvent
from bot.model.provider import Address
from bot.model.reply import Reply, messages, say
from bot.model.texts import humans as texts


def ask_human(message: Inbound, ctx: InboundContext) -> Reply:
    """Show what would be handed over, with a card to confirm it; nothing is marked by the words alone."""
    address = Address(message.corpid, message.agentid, message.userid)
    found = actions.offered(ctx, address)
    if found.request:
        return say(texts.asked_before(found.request, clock.now()))
    if found.said is None:
        return say(texts.NOTHING_TO_MARK)
    return Reply(texts.offer(found.said, ctx.settings.human_days), (actions.card(found.said),))


def confirm_human(message: TemplateCardEvent, ctx: InboundContext) -> Reply:
    """Mark it, once."""
    address = Address(message.corpid, message.agentid, message.userid)
    request, is_new = actions.ask(ctx, address, message.event_key.removeprefix(actions.PREFIX))
    if request is None:
        return Reply(later=tuple(messages(texts.NOT_YOURS)))
    ctx.outcome = str(request.id)
    words = texts.asked(request) if is_new else texts.asked_before(request, clock.now())
    return Reply(later=tuple(messages(words)))
