"""Putting messages on their way, as rows in the caller's transaction."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from bot import clock
from bot.model import texts
from bot.model.delivery import DUPLICATE_CHECK_S, Priority
from bot.model.reply import Outgoing
from bot.store import outbox

LARGEST = 1_000  # recipients of one call (path/90236)


def enqueue(
    tx: Connection,
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
    if not 0 < len(touser) <= LARGEST:
        raise ValueError("a batch has 1 to 1000 recipients")
    payload = {
        "msgtype": outgoing.msgtype,
        outgoing.msgtype: _unique(outgoing),
        "enable_duplicate_check": 1,
        "duplicate_check_interval": DUPLICATE_CHECK_S,
    }
    return outbox.add_batch(
        tx, corpid=corpid, agentid=agentid, touser=touser, payload=payload, priority=priority.rank, now=clock.now(), after_id=after_id
    )


def _unique(outgoing: Outgoing) -> Mapping[str, Any]:
    if outgoing.msgtype == "template_card":
        return outgoing.body if outgoing.body.get("task_id") else {**outgoing.body, "task_id": secrets.token_hex(12)}
    if outgoing.msgtype in ("text", "markdown"):
        return {**outgoing.body, "content": outgoing.body["content"] + texts.common.mark(secrets.token_hex(3))}
    return outgoing.body
