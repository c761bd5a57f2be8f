"""What the bot remembers of the people it talks with."""

from bot import clock
from bot.context import Context
from bot.store import greetings


def greet(ctx: Context, corpid: str, agentid: int, userid: str) -> bool:
    """Whether to say hello now: once a day a person, the day being China's. Saying so is remembered."""
    with ctx.transaction() as tx:
        return greetings.greet(tx, corpid, agentid, userid, clock.today())
