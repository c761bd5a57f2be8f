"""Tables as lines of JSON and back, the same for SQLite and PostgreSQL: what one wrote the other can read.

A line is a row: an array in the order of the columns, moments and JSON as text, bytes in base64. What SQLite holds goes through as it
lies there.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    column,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from bot.model.trail import moment
from bot.store.columns import Json, Moment
from bot.store.database import Tx
from bot.store.tables import (
    book_state,
    leases,
    metadata,
    presences,
    queue_claims,
    roster_uploads,
    rule_versions,
    sign_in_links,
    sign_in_tries,
    sign_ins,
    tokens,
)

# Held by processes that run now, a token being a secret besides; and nobody who signed out is signed in again by a backup.
_VOLATILE = (leases, presences, queue_claims, roster_uploads, tokens, sign_ins, sign_in_links, sign_in_tries)
_PAGE = 500
_TEXT_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{6})")
_ISO_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{6})Z")

Columns = Sequence[tuple[str, str]]  # name and kind: moment, json, bytes or plain


def tables() -> list[Table]:
    """What a backup holds, in an order in which rows can be written back."""
    return [one for one in metadata.sorted_tables if one not in _VOLATILE]


def columns(of: Table) -> list[tuple[str, str]]:
    """(name, kind) of each column."""
    return [(one.name, _kind(one.type)) for one in of.columns]


def _kind(of: object) -> str:
    kinds: dict[str, type] = {"moment": Moment, "json": Json, "bytes": LargeBinary}
    return next((kind for kind, column_type in kinds.items() if isinstance(of, column_type)), "plain")


def lines(snapshot: Connection, of: Table) -> Iterator[bytes]:
    """Every row, in the order of the primary key."""
    is_sqlite = snapshot.dialect.name == "sqlite"
    kinds = [kind for _, kind in columns(of)]
    wanted: list[ColumnElement[Any]] = [
        type_coerce(one, String) if is_sqlite and kind in ("moment", "json") else one for one, kind in zip(of.columns, kinds, strict=True)
    ]
    order = list(of.primary_key.columns) or list(of.columns)
    for row in snapshot.execute(select(*wanted).order_by(*order).execution_options(yield_per=_PAGE)):
        values = [_written(value, kind) for value, kind in zip(row, kinds, strict=True)]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _written(value: Any, kind: str) -> Any:
    if value is None or kind == "plain":
        return value
    if kind == "bytes":
        return b64encode(value).decode()
    if kind == "json":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return moment(value) if isinstance(value, datetime) else _TEXT_MOMENT.sub(r"\1T\2Z", value)


def load(tx: Tx, name: str, of: Columns, raw: Iterable[bytes]) -> int:
    """Write rows back. Returns how many. Raises ValueError for a line that is no row of these columns."""
    is_sqlite = tx.dialect.name == "sqlite"
    types: dict[str, TypeEngine[Any]] = {
        "moment": String() if is_sqlite else Moment(),
        "json": String() if is_sqlite else Json(),
        "bytes": LargeBinary(),
    }
    into = table(name, *(column(each, types.get(kind)) for each, kind in of))
    left, number = iter(raw), 0
    while rows := [_row(line, of, is_sqlite=is_sqlite) for line in islice(left, _PAGE)]:
        tx.execute(insert(into), rows)
        number += len(rows)
    return number


def _row(line: bytes, of: Columns, *, is_sqlite: bool) -> dict[str, Any]:
    values = json.loads(line)
    if not isinstance(values, list) or len(values) != len(of):
        raise ValueError("not a row")
    return {name: _read(value, kind, is_sqlite=is_sqlite) for value, (name, kind) in zip(values, of, strict=True)}


def _read(value: Any, kind: str, *, is_sqlite: bool) -> Any:
    if value is None or kind == "plain":
        return value
    if not isinstance(value, str):
        raise ValueError("not a row")
    if kind == "bytes":
        return b64decode(value, validate=True)
    if kind == "json":
        return value if is_sqlite else json.loads(value)
    return _ISO_MOMENT.sub(r"\1 \2", value) if is_sqlite else datetime.fromisoformat(value)


def is_empty(tx: Tx) -> bool:
    """Whether none of our tables is there, or none holds a row but for the versions of the rules that came with the program."""
    there = set(inspect(tx).get_table_names()) & set(metadata.tables)
    ours = sorted(there - {one.name for one in (*_VOLATILE, book_state, rule_versions)})
    if rule_versions.name in there and tx.execute(select(literal(1)).where(rule_versions.c.author_id.is_not(None)).limit(1)).first():
        return False
    return not any(tx.execute(select(literal(1)).select_from(metadata.tables[name]).limit(1)).first() for name in ours)


def clear_packaged(tx: Tx) -> None:
    """Take away the versions of the rules that came with the program: a backup brings its own."""
    there = set(inspect(tx).get_table_names())
    for one in (book_state, rule_versions):
        if one.name in there:
            tx.execute(one.delete())


def count_on(tx: Tx) -> None:
    """Let PostgreSQL number new rows after those that were written back. SQLite does so by itself."""
    if tx.dialect.name == "sqlite":
        return
    there = set(inspect(tx).get_table_names())  # an older schema has fewer
    for one in metadata.sorted_tables:
        key = one.autoincrement_column
        if key is not None and one.name in there:
            highest = tx.execute(select(func.max(key))).scalar_one()
            if highest is not None:
                tx.execute(select(func.setval(func.pg_get_serial_sequence(one.name, key.name), highest)))
