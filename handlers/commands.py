"""Recognising short commands: the whole text, evened out, or nothing."""

import re

from bot.model.inbound import Click, Inbound, Text
from rules.normalize import plain, tidy

LONGEST = 16  # characters; anything longer is a question, and is not even looked at
_CLAUSE_ID = re.compile(r"(?:看|查看|回复|第|条款|clause )?(\d{1,2})[ .。,、](\d{1,2})(?:条|原文|条原文)?")


def said(message: Inbound) -> str:
    """What a text says once case, width, script and end marks are evened out; "" for all that cannot be a command."""
    if not isinstance(message, Text) or len(message.content) > LONGEST:
        return ""
    return plain(tidy(message.content))


def clause_id(message: Inbound) -> str | None:
    """The clause id that is all a text says: 4.2, ４．２, 第4.2条, 看 4.2."""
    if not isinstance(message, Text) or len(message.content) > LONGEST:
        return None
    match = _CLAUSE_ID.fullmatch(tidy(message.content).strip("。.!！?？ "))
    return f"{int(match[1])}.{int(match[2])}" if match else None


def is_command(message: Inbound, words: frozenset[str], key: str) -> bool:
    """A text that is wholly one of `words`, or the menu entry with this key."""
    if isinstance(message, Click):
        return message.event_key == key
    return said(message) in words
