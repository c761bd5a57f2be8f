"""One way of writing a value as bytes, so that its hash means the value: JSON, UTF-8, keys in order, no spaces, nothing escaped in vain.

Only what every reader of JSON understands alike, and both databases give back as they were given it: no floats, no integers that a
double can't hold, no NUL, no half characters.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

MOST = 2**53 - 1  # the largest integer that every JSON reader keeps (RFC 7493)
DEEPEST = 32


def plain(value: Any, depth: int = 0) -> Any:
    """The value in dicts with sorted keys, lists, str, int, bool and None. Raises ValueError for what has no canonical form."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if not -MOST <= value <= MOST:
            raise ValueError("an integer that not every reader keeps")
        return int(value)
    if isinstance(value, Mapping):
        named = {_name(name): plain(item, depth + 1) for name, item in value.items()}
        return {name: named[name] for name in sorted(named)}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    raise ValueError(f"no canonical form of {type(value).__name__}")


def canonical(value: Any) -> bytes:
    """The value's bytes. Raises ValueError for what has no canonical form."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def parse(raw: bytes) -> Any:
    """The value of canonical bytes. Raises ValueError for all others, were it by a single space."""
    try:
        value = json.loads(raw.decode())
        if canonical(value) == raw:
            return value
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    raise ValueError("not in canonical form")


def sha256(raw: bytes) -> str:
    """In hex."""
    return hashlib.sha256(raw).hexdigest()


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError("a name that is no text")
    return _text(name)


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("NUL in a text")
    if not text.isascii():
        text.encode()  # half of a surrogate pair raises UnicodeEncodeError, which is a ValueError
    return str(text)
