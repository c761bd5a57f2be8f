"""Putting messages, card changes and mails on their way, as rows in the caller's transaction; and taking them back."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot import clock
from bot.model import texts
from bot.model.delivery import Priority, State, Via
from bot.model.reply import Outgoing
from bot.store import outbox
from bot.store.database import Tx
from bot.wecom import limits, payloads
from bot.wecom.cards import BadPayload

_NOT_REACHED = (State.REJECTED, State.EXHAUSTED, State.CANCELLED)
_MAIL_FIELDS = {"to", "subject", "text", "html", "message_id"}


def enqueue(
    tx: Tx,
    corpid: str,
    agentid: int,
    touser: Sequence[str],
    outgoing: Outgoing,
    priority: Priority,
    after_id: int | None = None,
    *,
    due_at: datetime | None = None,
    give_up_at: datetime | None = None,
) -> int:
    """Write one batch for up to 1 000 people of one corp and app. Returns its id, for the caller to wake the engine after commit.

    The payload is frozen here, with something unique in it: the platform swallows an identical request for four hours, which is
    how a repeat after a lost answer reaches nobody twice, and which must not swallow a second message that only looks the same.
    after_id: the batch that has to be through first. due_at: not before then; now by default. give_up_at: not first sent after then;
    by default as long after due_at as its priority says. Raises BadPayload.
    """
    payloads.check_touser("touser", touser)
    payload = payloads.payload(_unique(outgoing))
    return _add(tx, Via.MESSAGE, corpid, agentid, touser, payload, priority, after_id=after_id, due_at=due_at, give_up_at=give_up_at)


def enqueue_many(
    tx: Tx, corpid: str, agentid: int, touser: Sequence[str], outgoing: Outgoing, priority: Priority, *, due_at: datetime | None = None
) -> list[int]:
    """`enqueue` for any number of people, 1 000 a batch. Returns the batches' ids; to wake the engine for one of them is enough.

    A task_id that the card brings is kept for the first batch and gets "@2", "@3" … in the others: the platform takes each but once.
    """
    batch_ids = []
    for n, start in enumerate(range(0, len(touser), limits.TOUSER), 1):
        part = touser[start : start + limits.TOUSER]
        batch_ids.append(enqueue(tx, corpid, agentid, part, _nth(outgoing, n), priority, due_at=due_at))
    return batch_ids


def enqueue_update(
    tx: Tx,
    corpid: str,
    agentid: int,
    touser: Sequence[str],
    response_code: str,
    change: Mapping[str, Any],
    priority: Priority,
    *,
    give_up_at: datetime | None = None,
) -> int:
    """Write one change of a card for up to 1 000 of those who have it. Returns the batch's id.

    response_code: of the send or of a press; good for 72 h and one change (path/94888), so a change whose answer is lost stays uncertain.
    change: `payloads.replaced_button` or `payloads.replaced_card`. give_up_at: when the code expires. Raises BadPayload.
    """
    payloads.check_touser("touser", touser)
    if not response_code:
        raise BadPayload("response_code", "is empty")
    if len(change.keys() & {"button", "template_card"}) != 1:
        raise BadPayload("change", "must be a button or a template_card")
    payload = {**change, "response_code": response_code}
    return _add(tx, Via.CARD_UPDATE, corpid, agentid, touser, payload, priority, give_up_at=give_up_at)


def enqueue_mail(
    tx: Tx, corpid: str, agentid: int, userid: str, mail: Mapping[str, Any], priority: Priority, *, due_at: datetime | None = None
) -> int:
    """Write one mail to one person. Returns the batch's id.

    mail: {"to": address, "subject", "text", "html", "message_id"}, all words. Raises BadPayload.
    """
    if mail.keys() != _MAIL_FIELDS or not all(isinstance(value, str) for value in mail.values()):
        raise BadPayload("mail", f"must be words for {', '.join(sorted(_MAIL_FIELDS))}")
    return _add(tx, Via.MAIL, corpid, agentid, [userid], mail, priority, due_at=due_at)


def frozen_payload(outgoing: Outgoing) -> dict[str, Any]:
    """What `enqueue` freezes, for whoever writes many batches by sets. Raises BadPayload."""
    return payloads.payload(_unique(outgoing))


def cancel(tx: Tx, batch_ids: Iterable[int]) -> int:
    """Take back what is still queued of these batches. Returns for how many people; what is out, or may be, is left as it is."""
    return outbox.cancel(tx, batch_ids, clock.now())


def resend(tx: Tx, batch_ids: Iterable[int], *, include_uncertain: bool = False, priority: Priority | None = None) -> list[int]:
    """Send again, as new batches, to those whom these did not reach: refused, given up, taken back. Returns the new batches' ids.

    include_uncertain: also to those whom they may have reached; they may get it twice. priority: as before by default. A new message gets
    a mark, or a task_id, of its own: the old one with "@" and six characters behind it. A card change is never sent again.
    """
    states = [*_NOT_REACHED, *([State.UNCERTAIN] if include_uncertain else [])]
    new_ids = []
    for batch_id, corpid, agentid, via, rank, payload in outbox.frozen(tx, batch_ids):
        userids = outbox.who(tx, batch_id, states)
        if not userids or via is Via.CARD_UPDATE:
            continue
        again = _renewed(payload) if via is Via.MESSAGE else payload
        new_ids.append(_add(tx, via, corpid, agentid, userids, again, priority or Priority.of(rank)))
    return new_ids


def _renewed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The same message, unlike the one before."""
    msgtype = payload["msgtype"]
    body = dict(payload[msgtype])
    if msgtype in ("text", "markdown"):
        body["content"] = texts.common.unmarked(body["content"])
    if "task_id" in body:
        body["task_id"] = f"{body['task_id'].partition('@')[0]}@{secrets.token_hex(3)}"
    return payloads.payload(_unique(Outgoing(msgtype, body)))


def _add(
    tx: Tx,
    via: Via,
    corpid: str,
    agentid: int,
    touser: Sequence[str],
    payload: Mapping[str, Any],
    priority: Priority,
    *,
    after_id: int | None = None,
    due_at: datetime | None = None,
    give_up_at: datetime | None = None,
) -> int:
    now = clock.now()
    return outbox.add_batch(
        tx,
        via=via,
        corpid=corpid,
        agentid=agentid,
        touser=touser,
        payload=payload,
        priority=priority.rank,
        now=now,
        due_at=due_at or now,
        give_up_at=give_up_at or (due_at or now) + priority.give_up_after,
        after_id=after_id,
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


def _nth(outgoing: Outgoing, n: int) -> Outgoing:
    if n == 1 or "task_id" not in outgoing.body:
        return outgoing
    return Outgoing(outgoing.msgtype, {**outgoing.body, "task_id": f"{outgoing.body['task_id']}@{n}"})
