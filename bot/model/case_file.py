"""A case with all that our own staff may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.case import Case, Imposed
from bot.model.evidence import Evidence
from bot.model.filing import Filing
from bot.model.notice import Notice, Receipt
from bot.model.provider import Address, App, Listing, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A case as one line of a list. app: None where the provider itself is the subject."""

    case: Case
    provider: Provider
    app: App | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A private note: never for the provider. author_id: an operator's id."""

    author_id: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder. result: what came of it, "" while it is to come."""

    step: str
    due_at: datetime
    done_at: datetime | None
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What one of our staff still has to do by hand. id: to tick it off by. case: a number, "" where it is about no case.

    due_at: None only of tasks from before these had a time.
    """

    id: int
    kind: str
    detail: str
    case: str
    since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A notice with who confirmed and who looked: (who, how, when first)."""

    notice: Notice
    receipts: tuple[Receipt, ...]
    views: tuple[tuple[Address, str, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One app on its way back. before: with no measure at all; after: without the measures of this case."""

    app: App
    before: Listing
    now: Listing
    after: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Where a case leads its apps. others: (number of another case, a measure of it) that stay whatever becomes of this one."""

    ways: tuple[Way, ...]
    others: tuple[tuple[str, Imposed], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """staff: names by operator's id, for authors and approvers. filings: that were handed in. recovery: None while it is not issued.

    here: names of who has its page open. sprang_from: number of the case during which the conduct of 4.4 was seen; sprung: the other way.
    """

    listed: Listed
    staff: Mapping[int, str]
    evidence: tuple[Evidence, ...]
    notices: tuple[Issued, ...]
    ladder: tuple[Rung, ...]
    errands: tuple[Errand, ...]
    notes: tuple[Note, ...]
    filings: tuple[Filing, ...] = ()
    recovery: Recovery | None = None
    here: tuple[str, ...] = ()
    sprang_from: str = ""
    sprung: tuple[str, ...] = ()

    @property
    def case(self) -> Case:
        return self.listed.case
