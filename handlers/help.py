"""How to use the bot, and what it cannot read."""

from bot.actions import people
from bot.context import InboundContext
from bot.model import texts
from bot.model.inbound import Event, Inbound
from bot.model.reply import NOTHING, Reply, say
from bot.model.texts import answers


def greet(message: Event, ctx: InboundContext) -> Reply:
    """Entering the app says hello, at most once a day a person."""
    if not people.greet(ctx, message.corpid, message.agentid, message.userid):
        return NOTHING
    return say(answers.greeting(ctx.book()))


def usage(_message: Inbound, _ctx: InboundContext) -> Reply:
    """What can be asked and sent."""
    return say(answers.menu())


def not_text(_message: Inbound, _ctx: InboundContext) -> Reply:
    """Pictures, voice, files and the like: a word instead of silence."""
    return Reply(texts.common.NOT_TEXT)


def acknowledge(_message: Inbound, _ctx: InboundContext) -> Reply:
    """Taken, nothing to say: events that only tell us something."""
    return NOTHING
