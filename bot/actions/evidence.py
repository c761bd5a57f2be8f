"""Evidence files of a case: added while it is not ended, listed, and read again.

The bytes go to the file store first, with no transaction open; a file that no case has in the end is swept up there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bot import clock
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import UserMistake
from bot.files import Files, Stored
from bot.model.case import Case, State
from bot.model.evidence import Evidence
from bot.model.operator import Operator, Role
from bot.model.texts import evidence as texts
from bot.store import cases, trail
from bot.store import evidence as rows
from bot.store.database import Tx

ENDED = frozenset({State.RECOVERED, State.REVOKED, State.CLOSED, State.DISCARDED})
MOST_AT_ONCE = 20
_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as somebody brings it. name: what they call it; only its last part is kept, and it is trusted for nothing."""

    name: str
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the store, and is no case's yet."""

    name: str
    stored: Stored


def add(ctx: Context, actor: Operator, number: str, uploads: Sequence[Upload]) -> list[Evidence]:
    """Add files to a case that is not ended, all or none. Returns those that are new to it; the same bytes are added once.

    Raises UserMistake that names every file that is too large or of a type not allowed, NotFound.
    """
    with ctx.read() as connection:  # before anything is written to the disk
        must(connection, actor, Role.OPERATOR)
        must_be_open(cases.by_number(connection, number))
    kept = keep(ctx, uploads)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.get(tx, cases.by_number(tx, number).id, lock=True)
        must_be_open(case)
        return attach(tx, actor, case, kept)


def keep(ctx: Context, uploads: Sequence[Upload]) -> list[Kept]:
    """Write files to the store, with no transaction open. Raises UserMistake as `add` does; then some may lie there for nothing."""
    if not 0 < len(uploads) <= MOST_AT_ONCE:
        raise UserMistake(texts.TOO_MANY if uploads else texts.NO_FILE)
    files = Files.of(ctx.settings)
    kept, wrong = [], []
    for upload in uploads:
        name = upload.name.replace("\\", "/").rpartition("/")[2]
        if not 0 < len(name) <= _NAME_CHARS or not name.isprintable():
            wrong.append(texts.BAD_NAME)
            continue
        try:
            stored = files.put(upload.stream, name, max_bytes=ctx.settings.evidence_max_bytes)
            kept.append(Kept(name, stored))
        except UserMistake as error:
            wrong.append(error.say)
    if wrong:
        raise UserMistake("\n".join(wrong))
    return kept


def attach(tx: Tx, actor: Operator, case: Case, kept: Sequence[Kept]) -> list[Evidence]:
    """Give files of the store to a case, and write each on its trail. Returns those that are new to it."""
    added = []
    for file in kept:
        one = file.stored
        if rows.add(
            tx,
            case.id,
            name=file.name,
            media_type=one.media_type,
            length=one.bytes,
            sha256=one.sha256,
            added_by=actor.id,
            now=clock.now(),
        ):
            content = {"sha256": one.sha256, "bytes": one.bytes, "media_type": one.media_type}
            trail.record(tx, by(actor), "evidence", content, case_id=case.id, personal={"name": file.name})
            added.append(rows.get(tx, case.id, one.sha256))
    return added


def of_case(ctx: Context, number: str) -> list[Evidence]:
    """In the order in which they came. Raises NotFound."""
    with ctx.read() as connection:
        return rows.of_case(connection, cases.by_number(connection, number).id)


def opened(ctx: Context, actor: Operator, number: str, sha256: str) -> tuple[Evidence, BinaryIO]:
    """A file of a case, to be read and closed. Any of our staff may. Raises NotFound, UserMistake."""
    with ctx.read() as connection:
        must(connection, actor, *Role)
        found = rows.get(connection, cases.by_number(connection, number).id, sha256)
    return found, Files.of(ctx.settings).open(found.sha256)


def must_be_open(case: Case) -> None:
    """Raises UserMistake for a case that is ended."""
    if case.state in ENDED:
        raise UserMistake(texts.ENDED)
