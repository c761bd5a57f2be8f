"""Everything that waits for one of our own staff, as one list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.operator import Role


class What(StrEnum):
    """What somebody has to do. BROADCAST: to approve one, or to look at one that paused by itself.

    RULES: to approve a version, or to tell providers of one. MEASURE: to carry out or lift on the platform.
    CONTACTS: a provider is short of admins.
    """

    APPROVAL = "approval"
    BROADCAST = "broadcast"
    RULES = "rules"
    REPORT = "report"
    OBJECTION = "objection"
    REAPPLICATION = "reapplication"
    WITHDRAWAL = "withdrawal"
    HUMAN = "human"
    MEASURE = "measure"
    SERVE = "serve"
    OVERDUE = "overdue"
    CONTACTS = "contacts"
    OTHER = "other"


FILED = frozenset({What.REPORT, What.OBJECTION, What.REAPPLICATION, What.WITHDRAWAL})
_STAFF = frozenset({Role.OPERATOR, Role.APPROVER})
_DOERS = {
    **dict.fromkeys((What.APPROVAL, What.OBJECTION), frozenset({Role.APPROVER})),
    What.MEASURE: frozenset({Role.OPERATOR}),
}


class Record(StrEnum):
    """What a line of the list is of."""

    CASE = "case"
    FILING = "filing"
    HUMAN = "human"
    TASK = "task"
    BROADCAST = "broadcast"
    RULES = "rules"


def doers(what: What) -> frozenset[Role]:
    """Whom it can be done by at all."""
    return _DOERS.get(what, _STAFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page of the list ends: whatever is written meanwhile, the next one begins behind it."""

    at: datetime
    what: str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the list. whose: "" everybody's, "mine" claimed by this operator, "free" claimed by nobody."""

    what: What | None = None
    whose: str = ""
    is_late: bool = False
    after: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """One line. at: due_at, or since where it has no due time; the list is in its order.

    id: of the record. number: of the case or filing, "" for a request, and for a task about no case.
    case: the number of its case. detail: of a task or request, what it is about. claimed_by: an operator's id.
    measure: which is to be carried out or lifted, "" where it is about none.
    """

    what: What
    record: Record
    kind: str
    id: int
    number: str
    case: str
    provider: str
    app: str
    at: datetime
    since: datetime
    due_at: datetime | None
    claimed_by: int | None
    detail: str
    measure: str = ""

    @property
    def place(self) -> Place:
        """Where the list goes on after this line."""
        return Place(at=self.at, what=self.what, id=self.id)
