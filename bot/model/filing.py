"""What a provider hands in (a filing): 整改报告, 异议, 重新申请, 撤出推荐.

All four are drafts first, so that files can join them and nothing half-written is lost; then

submitted ──take──▶ under_review ──┬─accept, uphold, grant─▶ accepted, upheld, granted
  ▲  ▲──────────release──────┘     ├─dismiss, refuse──────▶ dismissed, refused
  └──submit── needs_more, returned ◀┘ need_more, send_back
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model.canonical import canonical, sha256
from bot.model.machine import Machine, Transition


class FilingKind(StrEnum):
    REPORT = "report"
    OBJECTION = "objection"
    REAPPLICATION = "reapplication"
    WITHDRAWAL = "withdrawal"

    @property
    def prefix(self) -> str:
        """What the numbers of this kind begin with."""
        return {"report": "R", "objection": "O", "reapplication": "A", "withdrawal": "W"}[self]


class FilingState(StrEnum):
    """lapsed: its case ended otherwise, or the provider may not apply any more. dropped: taken back by the provider."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    NEEDS_MORE = "needs_more"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    GRANTED = "granted"
    LAPSED = "lapsed"
    DROPPED = "dropped"


_S = FilingState
WRITABLE = frozenset({_S.DRAFT, _S.NEEDS_MORE, _S.RETURNED})  # the provider's turn
WAITING = frozenset({_S.SUBMITTED, _S.UNDER_REVIEW})  # ours
OPEN = WRITABLE | WAITING


def _machine(kind: FilingKind, ends: Mapping[str, FilingState], *, second_person: bool = False, clause: str = "") -> Machine:
    """ends: what a review may come to. second_person: the reviewer is neither the author nor an approver of the case."""
    back = {"need_more": _S.NEEDS_MORE, "send_back": _S.RETURNED}
    sources = [_S.DRAFT, *(state for action, state in back.items() if action in ends)]
    steps = [Transition("submit", source, _S.SUBMITTED, clause=clause) for source in sources]
    steps += [
        Transition("take", _S.SUBMITTED, _S.UNDER_REVIEW, second_person=second_person),
        Transition("release", _S.UNDER_REVIEW, _S.SUBMITTED),
        *(Transition(action, _S.UNDER_REVIEW, state, second_person=second_person, clause=clause) for action, state in ends.items()),
        Transition("drop", _S.DRAFT, _S.DROPPED),
        *(Transition("lapse", source, _S.LAPSED) for source in (*sources, _S.SUBMITTED, _S.UNDER_REVIEW)),
    ]
    if kind is FilingKind.WITHDRAWAL:
        steps.append(Transition("drop", _S.SUBMITTED, _S.DROPPED))
    return Machine(kind, steps)


MACHINES: Mapping[FilingKind, Machine] = {
    FilingKind.REPORT: _machine(
        FilingKind.REPORT, {"accept": _S.ACCEPTED, "need_more": _S.NEEDS_MORE, "send_back": _S.RETURNED}, clause="4.2"
    ),
    FilingKind.OBJECTION: _machine(
        FilingKind.OBJECTION,
        {"uphold": _S.UPHELD, "dismiss": _S.DISMISSED, "need_more": _S.NEEDS_MORE},
        second_person=True,
        clause="4.1",
    ),
    FilingKind.REAPPLICATION: _machine(
        FilingKind.REAPPLICATION,
        {"accept": _S.ACCEPTED, "refuse": _S.REFUSED, "need_more": _S.NEEDS_MORE, "send_back": _S.RETURNED},
        clause="4.2",
    ),
    FilingKind.WITHDRAWAL: _machine(FilingKind.WITHDRAWAL, {"grant": _S.GRANTED, "refuse": _S.REFUSED}, clause="4.3"),
}

DECISIONS = frozenset({"accept", "uphold", "grant", "dismiss", "refuse", "need_more", "send_back"})
IN_FAVOUR = frozenset({"accept", "uphold", "grant"})  # reasons need not be given


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A report's part about one clause. verdict: "", "good" or "wanting"; remark: the reviewer's, for the provider."""

    clause: str
    title: str
    root_cause: str = ""
    done: str = ""
    prevention: str = ""
    verdict: str = ""
    remark: str = ""


PARTS = ("root_cause", "done", "prevention")  # of an item: what the provider writes


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledFile:
    """clause: the item it is evidence for, "" for the whole filing. flags: as bot/file_types says. round: 0 until it was handed in."""

    id: int
    filing_id: int
    clause: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    flags: tuple[str, ...]
    admin_id: int
    how: str
    added_at: datetime
    round: int
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One time that a filing was handed in, frozen, and what came of it. outcome: the review's action, "" while there is none."""

    round: int
    content: Mapping[str, Any]
    sha256: str
    admin_id: int
    submitted_at: datetime
    outcome: str
    reasons: str
    remarks: Mapping[str, str]
    reviewer_id: int | None
    decided_at: datetime | None
    notice_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """words: the reasons of an objection or withdrawal, and what a re-application says. items: of a report. files: those not removed."""

    id: int
    number: str
    kind: FilingKind
    provider_id: int
    case_id: int | None
    app_id: int | None
    measure_id: int | None
    parent_id: int | None
    admin_id: int
    state: FilingState
    version: int
    round: int
    words: str
    is_late: bool
    started_at: datetime
    touched_at: datetime
    submitted_at: datetime | None
    due_at: datetime | None
    overdue_at: datetime | None
    claimed_by: int | None
    claimed_until: datetime | None
    reviewer_id: int | None
    decided_at: datetime | None
    applied_at: datetime | None
    applied_by: int | None
    ended_at: datetime | None
    case_author_id: int | None
    case_approver_id: int | None
    case_second_approver_id: int | None
    items: tuple[Item, ...] = ()
    files: tuple[FiledFile, ...] = ()

    @property
    def is_open(self) -> bool:
        """Somebody has still to do something about it."""
        return self.state in OPEN

    @property
    def is_writable(self) -> bool:
        """It is the provider's turn."""
        return self.state in WRITABLE

    def content(self) -> dict[str, Any]:
        """What is handed in, as frozen in its round."""
        return {
            "words": self.words,
            "items": [{"clause": item.clause, **{part: getattr(item, part) for part in PARTS}} for item in self.items],
            "files": [{"clause": file.clause, "name": file.name, "sha256": file.sha256, "bytes": file.bytes} for file in self.files],
        }


def digest(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a round's content."""
    return sha256(canonical(content))


@dataclass(frozen=True, slots=True)
class Missing:
    """Something a filing cannot be handed in without. clause: of the item, "" for the whole. part: one of PARTS, words or evidence."""

    clause: str
    part: str


def missing(filing: Filing) -> Sequence[Missing]:
    """What is still to be filled in. A report needs every part of every item, and evidence for each."""
    if filing.kind is not FilingKind.REPORT:
        return [] if filing.words.strip() else [Missing("", "words")]
    found = [Missing(item.clause, part) for item in filing.items for part in PARTS if not getattr(item, part).strip()]
    shown = {file.clause for file in filing.files}
    return found + [Missing(item.clause, "evidence") for item in filing.items if item.clause not in shown and "" not in shown]
