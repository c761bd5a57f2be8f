"""Parsed messages, and handlers whose doings can be counted."""

import itertools
from typing import Any

from sqlalchemy import insert

from bot import clock
from bot.context import House, InboundContext
from bot.dispatch import Dispatcher, Handler, Route
from bot.model.inbound import Text
from bot.model.reply import Outgoing, Reply
from bot.store.tables import leases
from tests.platform import Person

_numbers = itertools.count(1)


def text(person: Person, content: str = "为什么掉榜", key: str = "", created_s: int | None = None) -> Text:
    """A text message with a key of its own."""
    number = next(_numbers)
    return Text(
        corpid=person.corpid,
        agentid=person.agentid,
        userid=person.userid,
        created_s=int(clock.timestamp()) if created_s is None else created_s,
        key=key or f"key{number}",
        msgid=str(number),
        content=content,
    )


def probe(house: House, handler: Handler) -> Dispatcher:
    """A dispatcher with one route to this handler."""
    return Dispatcher(house, [Route("probe", lambda _: True, handler)])


def echo(message: Text, _ctx: InboundContext) -> Reply:
    return Reply(f"听到：{message.content}")


def with_effect(message: Text, ctx: InboundContext) -> Reply:
    """One row of effect, one message to follow, and a reply. A second time for the same message would break a unique key."""
    with ctx.transaction() as tx:
        tx.execute(insert(leases).values(name=f"effect of {message.key}", holder="h", until=1.0))
    return Reply("记下了", (Outgoing("text", {"content": "后续"}),))


def handle(dispatcher: Dispatcher, message: Any) -> str:
    """The passive text, for a message that arrives now."""
    return dispatcher.handle(message, clock.now())
