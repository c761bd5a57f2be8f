"""Reading rows that may have been tampered with: nothing in them is trusted to be what the tables say it is.

SQLite keeps any bytes in any column, and asked for text that is none, or a moment, it would only fail.
"""

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, type_coerce


def columns(connection: Connection, *wanted: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """These columns, to be read as they lie there. `text` makes words of what comes."""
    if connection.dialect.name != "sqlite":
        return list(wanted)
    return [type_coerce(cast(column, LargeBinary), LargeBinary).label(column.key) for column in wanted]


def text(value: Any) -> Any:
    """Bytes as words, with U+FFFD for what is none; other values as they are."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def value(raw: Any) -> Any:
    """The JSON value of a column; the bytes as words where it is none."""
    if not isinstance(raw, bytes):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return text(raw)
