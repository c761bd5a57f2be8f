"""Putting messages on their way, as rows in the caller's transaction."""

import secrets
from collections.abc import Sequence

from bot import clock
from bot.model import texts
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.store import outbox
from bot.store.database import Tx
from bot.wecom import payloads


def enqueue(
    tx: Tx,
    corpid: str,
    agentid: int,
    touser: Sequence[str],
    outgoing: Outgoing,
    priority: Priority,
    after_id: int | None = None,
) -> int:
    """Write one batch for up to 1 000 people of one corp and app. Returns its id, for the caller to wake the engine after commit.

    The payload is frozen here, with something unique in it: the platform swallows an identical request for four hours, which is
    how a repeat after a lost answer reaches nobody twice, and which must not swallow a second message that only looks the same.
    after_id: the batch that has to be through first.
    """
    payloads.check_touser("touser", touser)
    payload = payloads.payload(_unique(outgoing))
    return outbox.add_batch(
        tx, corpid=corpid, agentid=agentid, touser=touser, payload=payload, priority=priority.rank, now=clock.now(), after_id=after_id
    )


def _unique(outgoing: Outgoing) -> Outgoing:
    body = outgoing.body
    match outgoing.msgtype:
        case "template_card":
            return Outgoing("template_card", {"task_id": secrets.token_hex(12), **body})
        case "text":
            return payloads.text(body["content"] + texts.common.mark(secrets.token_hex(3)))
        case "markdown":
            return payloads.markdown(body["content"] + texts.common.mark(secrets.token_hex(3)))
        case _:
            return outgoing
