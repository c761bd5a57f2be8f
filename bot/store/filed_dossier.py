"""What a provider handed in about a case, as plain values for its evidence bundle: each round as it was frozen, and what came of it.

Drafts are not among it, nor what is being rewritten, nor files that were never handed in.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from bot.model.trail import moment
from bot.store.tables import admins, filing_files, filing_rounds, filings, measures, notices

_MOST_FILE_BYTES = 20 << 20
_MOST_BYTES = 200 << 20  # of all files together; of those beyond it a bundle holds the SHA-256 alone
_MOMENTS = ("submitted_at", "overdue_at", "decided_at")

Row = dict[str, Any]


def read(snapshot: Connection, case_id: int, staff: Mapping[int, Any]) -> list[Row]:
    """All that was handed in about a case, oldest first, in canonical values. staff: our own, by id."""
    handed_in = select(filings).where(filings.c.case_id == case_id, filings.c.round > 0).order_by(filings.c.id)
    rows = snapshot.execute(handed_in).all()
    names = {one.id: one.name for one in snapshot.execute(select(admins.c.id, admins.c.name))} if rows else {}
    imposed = select(measures.c.id, measures.c.measure).where(measures.c.case_id == case_id)
    against = {one.id: one.measure for one in snapshot.execute(imposed)}
    left, found = _MOST_BYTES, []
    for row in rows:
        files, left = _files(snapshot, row.id, names, left)
        told = {name: getattr(row, name) for name in ("number", "kind", "state", "round", "is_late")}
        told |= {name: _moment(getattr(row, name)) for name in _MOMENTS}
        measure = against.get(row.measure_id)
        found.append({**told, "measure": measure, "rounds": _rounds(snapshot, row.id, names, staff), "files": files})
    return found


def _rounds(snapshot: Connection, filing_id: int, names: Mapping[int, str], staff: Mapping[int, Any]) -> list[Row]:
    numbered = filing_rounds.outerjoin(notices, notices.c.id == filing_rounds.c.notice_id)
    wanted = select(filing_rounds, notices.c.number.label("notice")).select_from(numbered)
    return [
        {
            **{name: getattr(row, name) for name in ("round", "content", "sha256", "outcome", "reasons", "remarks", "notice")},
            "by": names.get(row.admin_id, ""),
            "submitted_at": _moment(row.submitted_at),
            "reviewer": staff.get(row.reviewer_id),
            "decided_at": _moment(row.decided_at),
        }
        for row in snapshot.execute(wanted.where(filing_rounds.c.filing_id == filing_id).order_by(filing_rounds.c.round))
    ]


def _files(snapshot: Connection, filing_id: int, names: Mapping[int, str], left: int) -> tuple[list[Row], int]:
    found = []
    handed_in = filing_files.c.filing_id == filing_id, filing_files.c.round > 0
    for row in snapshot.execute(select(filing_files).where(*handed_in).order_by(filing_files.c.id)):
        is_included = row.destroyed_at is None and row.bytes <= min(_MOST_FILE_BYTES, left)
        left -= row.bytes if is_included else 0
        told = {name: getattr(row, name) for name in ("clause", "name", "media_type", "bytes", "sha256", "flags", "how", "round")}
        told |= {name: _moment(getattr(row, name)) for name in ("added_at", "removed_at", "destroyed_at")}
        found.append({**told, "by": names.get(row.admin_id, ""), "is_included": is_included})
    return found, left


def _moment(at: Any) -> str | None:
    return moment(at) if at else None
