"""Which files must lie in the store, and which may go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, union, update

from bot.model.filing import FilingState
from bot.store.database import Tx
from bot.store.tables import cases, evidence, filing_files, filings

_OVER = (FilingState.REFUSED, FilingState.DISMISSED, FilingState.ACCEPTED, FilingState.LAPSED, FilingState.DROPPED)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A file of something that ended long ago."""

    id: int
    filing: str
    case_id: int | None
    sha256: str


def wanted(connection: Connection) -> dict[str, int]:
    """Length in bytes by SHA-256 of every file that some row speaks of."""
    ours = select(filing_files.c.sha256, filing_files.c.bytes).where(filing_files.c.destroyed_at.is_(None))
    return {row.sha256: row.bytes for row in connection.execute(union(ours, select(evidence.c.sha256, evidence.c.bytes)))}


def spent(connection: Connection, before: datetime) -> list[Spent]:
    """Files of cases, and of withdrawals and what came back from them, that ended before then, oldest first."""
    over = and_(filings.c.case_id.is_(None), filings.c.state.in_(_OVER), filings.c.decided_at < before)
    returned = and_(filings.c.case_id.is_(None), filings.c.ended_at < before)
    statement = (
        select(filing_files.c.id, filings.c.number, filings.c.case_id, filing_files.c.sha256)
        .join(filings, filings.c.id == filing_files.c.filing_id)
        .outerjoin(cases, cases.c.id == filings.c.case_id)
        .where(filing_files.c.destroyed_at.is_(None), or_(cases.c.ended_at < before, over, returned))
        .order_by(filing_files.c.id)
        .limit(_AT_ONCE)
    )
    return [Spent(id=row.id, filing=row.number, case_id=row.case_id, sha256=row.sha256) for row in connection.execute(statement)]


def destroyed(tx: Tx, file_id: int, now: datetime) -> bool:
    """Note that a file's bytes are no longer wanted here. Returns False where that was noted before."""
    same = filing_files.c.id == file_id, filing_files.c.destroyed_at.is_(None)
    return bool(tx.execute(update(filing_files).where(*same).values(destroyed_at=now)).rowcount)
