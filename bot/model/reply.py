"""What a handler wants said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.errors import BotError

MARK_BYTES = 32  # kept free in every text that is sent, for the mark that makes it unique (bot/delivery/outbox)
PASSIVE_BYTES = 2048  # a longer passive text is cut by the platform (path/90241); the same limit holds for a sent text (path/90236)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to go out through the API to the person who wrote.

    msgtype and body as in message/send (path/90236): {"content": …} for text, the card object for template_card.
    """

    msgtype: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """`now`: one passive text of at most 2048 bytes, or "" for an empty acknowledgement. `later`: outbox rows, in order."""

    now: str = ""
    later: Sequence[Outgoing] = field(default=())

    def __post_init__(self) -> None:
        if len(self.now.encode()) > PASSIVE_BYTES:
            raise ReplyTooLong


class ReplyTooLong(BotError):
    """A passive text over 2048 bytes: the platform would cut it in the middle of a character. Use `say`."""


def split(text: str, first: int = PASSIVE_BYTES, others: int = PASSIVE_BYTES - MARK_BYTES) -> list[str]:
    """Cut `text` into a first part of at most `first` UTF-8 bytes and further ones of at most `others`.

    At a line end where one is near, never inside a character. Blank space at both ends of `text` and before a cut is dropped.
    """
    parts, rest, limit = [], text.strip(), first
    while len(rest.encode()) > limit:
        head = rest.encode()[:limit].decode(errors="ignore")
        line_end = head.rfind("\n")
        if line_end > len(head) // 2:
            head = head[:line_end]
        rest = rest[len(head) :].lstrip("\n")
        if head.strip():  # a run of blank space longer than a part says nothing
            parts.append(head.rstrip())
            limit = others
    return [*parts, rest]


def say(text: str) -> Reply:
    """A reply of any length: its first 2048 bytes go back at once, what is over follows as further texts."""
    first, *rest = split(text)
    return Reply(first, tuple(_texts(rest)))


def messages(text: str) -> list[Outgoing]:
    """`text` as messages to send, each with room for its mark: what a passive reply becomes that came too late to be one."""
    return _texts(split(text, first=PASSIVE_BYTES - MARK_BYTES))


def _texts(parts: Sequence[str]) -> list[Outgoing]:
    return [Outgoing("text", {"content": part}) for part in parts if part]


NOTHING = Reply()
