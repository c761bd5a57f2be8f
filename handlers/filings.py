"""The way back in chat: 提交整改报告, 我要申诉, 申请恢复, 重新申请, 撤出推荐, 进度, and the buttons under their answers."""

from collections.abc import Callable

from bot import clock
from bot.actions import chat_filings, chat_presses, humans
from bot.actions.chat_filings import Want
from bot.context import InboundContext
from bot.model.inbound import Inbound, TemplateCardEvent
from bot.model.provider import Address
from bot.model.reply import Reply, say
from bot.model.texts import chat_filings as texts
from bot.model.texts import humans as human_texts


def wants(want: Want) -> Callable[[Inbound, InboundContext], Reply]:
    """The handler of one command: shows where the asker's own case stands, or asks which one; changes nothing."""

    def show(message: Inbound, ctx: InboundContext) -> Reply:
        return chat_filings.asked(ctx, Address(message.corpid, message.agentid, message.userid), want)

    return show


def filing_card(message: TemplateCardEvent, ctx: InboundContext) -> Reply:
    """A press: shows, begins or opens what its key names, for whoever it belongs to now."""
    ctx.outcome = message.event_key
    address = Address(message.corpid, message.agentid, message.userid)
    return Reply(later=tuple(chat_presses.pressed(ctx, address, message.event_key)))


def progress(message: Inbound, ctx: InboundContext) -> Reply:
    """All that is open, with state and due times; a stranger gets the same words as somebody with nothing."""
    address, now = Address(message.corpid, message.agentid, message.userid), clock.now()
    mine, others = chat_filings.progress(ctx, address)
    request = humans.open_of(ctx, address)
    return say(texts.progress(mine, others, human_texts.progress(request, now) if request else "", now))
