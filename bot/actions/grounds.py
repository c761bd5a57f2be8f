"""Taking in rows of the table behind clause 3.1, which people read off its picture and two of them checked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot import clock
from bot.actions.rights import by, must
from bot.context import Context
from bot.model import ground
from bot.model.ground import GroundRow
from bot.model.operator import Operator, Role
from bot.store import grounds, operators, trail
from bot.store.database import Tx


@dataclass(frozen=True, slots=True)
class Imported:
    """added: rows that were new. unchanged: how many of the file were known, word for word."""

    added: tuple[GroundRow, ...]
    unchanged: int


def look_through(ctx: Context, raw: bytes, actor: Operator) -> Imported:
    """What `import_grounds` would do with this file now. Raises UserMistake that names every bad line."""
    read = ground.read(raw, clock.today())
    with ctx.read() as connection:
        must(connection, actor, Role.OPERATOR, Role.OWNER)
        new = _new(connection, read)
    return Imported(tuple(new), len(read) - len(new))


def import_grounds(ctx: Context, raw: bytes, actor: Operator) -> Imported:
    """Take in a file (its form: bot/model/ground.py), whole or not at all. A second time it changes nothing.

    A row that is known stays as it is, since cases cite it. Raises UserMistake that names every bad line.
    """
    read = ground.read(raw, clock.today())
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.OWNER)
        operators.lock(tx)  # two who import at once, and a checker who is being disabled
        new = _new(tx, read)
        grounds.add(tx, new, clock.now())
        if new:
            content = {"sha256": hashlib.sha256(raw).hexdigest(), "rows": [_told(row) for row in new]}
            trail.record(tx, by(actor), "import_grounds", content)
    return Imported(tuple(new), len(read) - len(new))


def _new(tx: Tx, read: Sequence[tuple[int, GroundRow]]) -> list[GroundRow]:
    known = {row.key: row for row in grounds.everything(tx)}
    return ground.compare(read, known, {one.login for one in operators.active(tx)})


def _told(row: GroundRow) -> dict[str, str | list[str]]:
    checked = {"checker_one": row.checker_one, "checker_two": row.checker_two}
    where = {"source": row.source, "source_date": row.source_date, "position": row.position}
    return {"key": row.key, "title": row.title, "wording": row.wording, "measures": list(row.measures), **where, **checked}
