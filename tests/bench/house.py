"""The product's server with one more conversation in its table: a reply longer than a message, whose rest goes through the outbox.

`python -m tests.bench.house` is `python -m bot serve` but for that: no conversation of the product needs more than one message yet,
and what follows a message is what a kill can lose or double.
"""

from bot import app
from bot.context import InboundContext
from bot.dispatch import Route
from bot.model.inbound import Inbound, Text
from bot.model.reply import Reply, say
from bot.web.callback import Callback
from config import logging
from config.server import granian, share_metrics
from config.settings import load
from handlers.routes import ROUTES

ASKS = "长答复 "
_LINES = 90


def long_text(token: str) -> str:
    """A text of three messages, every line of it unlike any other's."""
    return "\n".join(f"{token} 第 {line} 行：规则原文以书面通知为准，请以平台发出的为准。" for line in range(_LINES))


def _is_long(message: Inbound) -> bool:
    return isinstance(message, Text) and message.content.startswith(ASKS)


def _long(message: Text, _ctx: InboundContext) -> Reply:
    return say(long_text(message.content.removeprefix(ASKS).strip()))


def web() -> Callback:
    """What each web process loads."""
    app.ROUTES = (Route("long", _is_long, _long), *ROUTES)
    return app.web()


def main() -> None:
    from granian.server import Server

    settings = load()
    logging.configure(settings.log_level)
    share_metrics(settings)
    Server("tests.bench.house:web", factory=True, interface="rsgi", **granian(settings)).serve()


if __name__ == "__main__":
    main()
