"""有用 and 没用: what somebody says of the answer they got last."""

from bot.actions import questions_asked
from bot.context import InboundContext
from bot.model.inbound import Inbound
from bot.model.provider import Address
from bot.model.reply import Reply, say


def good(message: Inbound, ctx: InboundContext) -> Reply:
    """It helped."""
    return say(questions_asked.thumb(ctx, Address(message.corpid, message.agentid, message.userid), is_good=True))


def bad(message: Inbound, ctx: InboundContext) -> Reply:
    """It did not."""
    return say(questions_asked.thumb(ctx, Address(message.corpid, message.agentid, message.userid), is_good=False))
