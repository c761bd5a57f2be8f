"""我的处理: the asker's own cases."""

from bot import clock
from bot.actions import my_cases as actions
from bot.context import Context
from bot.model.inbound import Inbound
from bot.model.provider import Address
from bot.model.reply import Reply, say
from bot.model.texts import my_cases as texts


def my_cases(message: Inbound, ctx: Context) -> Reply:
    """List them with state, clock and next step; a stranger gets the same words as somebody with none."""
    address = Address(message.corpid, message.agentid, message.userid)
    return say(texts.listed(actions.shown_to(ctx, address), clock.now()))
