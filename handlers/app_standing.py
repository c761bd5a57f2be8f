"""What the platform says of the app itself: it will be stopped for lack of use, it was, it runs again."""

from bot.actions import alarms
from bot.context import InboundContext
from bot.model.inbound import Event
from bot.model.reply import NOTHING, Reply

_SOON, _STOPPED, _BACK = "inactive_alert", "close_inactive_agent", "reopen_inactive_agent"
EVENTS = frozenset({_SOON, _STOPPED, _BACK})


def app_standing(message: Event, ctx: InboundContext) -> Reply:
    """Tell our own staff, who alone can do something about it."""
    ctx.outcome = message.event
    if message.event == _BACK:
        alarms.clear_alarm(ctx, *(_key(event, message) for event in EVENTS))
    else:
        alarms.raise_alarm(ctx, message.event, _key(message.event, message), corpid=message.corpid, agentid=message.agentid)
    return NOTHING


def _key(event: str, message: Event) -> str:
    return f"{event}:{message.corpid}/{message.agentid}"
