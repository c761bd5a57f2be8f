"""Recognising short commands: the whole text, evened out, or nothing."""

import re
from functools import lru_cache

from bot.model.inbound import Click, Inbound, Text
from rules.normalize import plain, tidy

LONGEST = 16  # characters; anything longer is a question, and is not even looked at
# The replies say 回复 4.2 看原文: people type any part of that.
_CLAUSE_ID = re.compile(r"(?:(?:看|查看|回复|第|条款|clause) ?)?(\d{1,2})[ .。,、](\d{1,2}) ?(?:条款?)?(?:看|的)?(?:原文)?")


def said(message: Inbound) -> str:
    """What a text says once case, width, script and end marks are evened out; "" for all that cannot be a command."""
    return _evened(message.content)[0] if isinstance(message, Text) and len(message.content) <= LONGEST else ""


def clause_id(message: Inbound) -> str | None:
    """The clause id that is all a text says: 4.2, ４．２, 第4.2条, 回复 4.2 看原文."""
    return _evened(message.content)[1] if isinstance(message, Text) and len(message.content) <= LONGEST else None


@lru_cache(maxsize=2_048)  # at most 2 048 × 16 characters
def _evened(content: str) -> tuple[str, str | None]:
    tidied = tidy(content)
    match = _CLAUSE_ID.fullmatch(tidied.strip("。.!！?？ "))
    return plain(tidied), f"{int(match[1])}.{int(match[2])}" if match else None


def is_command(message: Inbound, words: frozenset[str], key: str) -> bool:
    """A text that is wholly one of `words`, or the menu entry with this key."""
    if isinstance(message, Click):
        return message.event_key == key
    return said(message) in words
