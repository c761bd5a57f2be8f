"""What the app has sent: message ids, response codes, and the answers that a duplicate gets again."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot import clock
from bot.errors import NotFound
from bot.sandbox.chat import Item
from bot.sandbox.refusals import Refused

RESPONSE_CODE_LIFE_S = 72 * 3_600
RECALL_S = 24 * 3_600
DUPLICATE_S, LONGEST_DUPLICATE_S = 1_800, 4 * 3_600
_KEPT = 50_000


@dataclass
class Sent:
    """One accepted message/send.

    body: {"msgtype": …, its fields}. items: userid → chat item, for members who stand on the page.
    updated: userid → the card as it is shown to them now. replaced: userid → the words their button was replaced by.
    """

    msgid: str
    at: float
    userids: list[str]
    body: dict[str, Any]
    items: dict[str, Item] = field(default_factory=dict)
    updated: dict[str, dict[str, Any]] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    is_recalled: bool = False

    def shown_to(self, userid: str) -> dict[str, Any]:
        """The message as this member sees it now."""
        shown: dict[str, Any] = {**self.body, **self.updated.get(userid, {})}
        if userid in self.replaced:
            shown["replaced"] = self.replaced[userid]
        return {**shown, "recalled": True} if self.is_recalled else shown


@dataclass
class ResponseCode:
    msgid: str
    userids: tuple[str, ...]
    born_at: float
    is_used: bool = False


class Outbox:
    """Guarded by the world's lock. Bounded: the oldest entries go first."""

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self._codes: dict[str, ResponseCode] = {}
        self._answers: dict[bytes, tuple[float, Mapping[str, Any]]] = {}
        self._task_ids: set[str] = set()

    def earlier_answer(self, raw: bytes) -> Mapping[str, Any] | None:
        """The answer that byte-identical JSON got inside its interval. A response_code isn't given twice."""
        until, answer = self._answers.get(hashlib.sha256(raw).digest(), (0.0, {}))
        if until <= clock.timestamp():
            return None
        return {name: value for name, value in answer.items() if name != "response_code"}

    def remember_answer(self, raw: bytes, interval_s: int, answer: Mapping[str, Any]) -> None:
        self._answers[hashlib.sha256(raw).digest()] = (clock.timestamp() + min(interval_s, LONGEST_DUPLICATE_S), answer)
        _bound(self._answers)

    def take_task_id(self, task_id: str) -> None:
        """Raises Refused 42014 for a task_id that this app has used."""
        if task_id in self._task_ids:
            raise Refused(42014, "used before")
        self._task_ids.add(task_id)

    def add(self, userids: list[str], body: dict[str, Any]) -> Sent:
        sent = Sent(secrets.token_urlsafe(32), clock.timestamp(), userids, body)
        self.sent[sent.msgid] = sent
        _bound(self.sent)
        return sent

    def restore(self, msgid: str, at: float, userid: str, body: dict[str, Any], item: Item) -> None:
        """Know again a message that an earlier run left in the chat, so that its card can be pressed and updated."""
        sent = self.sent.setdefault(msgid, Sent(msgid, at, [], body))
        sent.userids.append(userid)
        sent.items[userid] = item
        if body.get("task_id"):
            self._task_ids.add(body["task_id"])

    def card_of(self, userid: str, task_id: str) -> Sent:
        """The newest card with this task_id that was sent to this member. Raises NotFound."""
        for sent in reversed(self.sent.values()):
            if userid in sent.userids and sent.shown_to(userid).get("task_id") == task_id:
                return sent
        raise NotFound(f"no card {task_id} for {userid}")

    def issue_code(self, msgid: str, *userids: str) -> str:
        value = secrets.token_urlsafe(32)
        self._codes[value] = ResponseCode(msgid, userids, clock.timestamp())
        _bound(self._codes)
        return value

    def find_code(self, value: str) -> tuple[ResponseCode, Sent]:
        """A response_code that is still good, once and for 72 hours (path/94888), and its message. Raises Refused 40058."""
        code = self._codes.get(value)
        sent = self.sent.get(code.msgid) if code else None
        if code is None or sent is None or code.is_used or clock.timestamp() - code.born_at >= RESPONSE_CODE_LIFE_S:
            raise Refused(40058, "response_code")
        return code, sent

    def recall(self, msgid: str) -> Sent:
        """Raises Refused 40058: unknown, of another app, or over 24 hours old (path/94867)."""
        sent = self.sent.get(msgid)
        if sent is None or clock.timestamp() - sent.at >= RECALL_S:
            raise Refused(40058, "msgid")
        sent.is_recalled = True
        return sent


def _bound(kept: dict[Any, Any]) -> None:
    while len(kept) > _KEPT:
        del kept[next(iter(kept))]
