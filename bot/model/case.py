"""A case (处理案件): what was found, which measures follow, and how far it has come.

draft ──submit──▶ pending_approval ──approve──▶ in_force ──start_recovery──▶ recovering ──finish_recovery──▶ recovered
  │ ▲──send_back, retract─┘                       │  └──close (a 提醒 only)──▶ closed
  └─discard──▶ discarded ──restore──▶ draft       └──revoke (also from recovering, recovered)──▶ revoked
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.days import DayKind
from bot.model.machine import Machine, Transition
from bot.model.provider import Listing
from rules.catalogue import Measure, remains


class Kind(StrEnum):
    VIOLATION = "violation"
    REMINDER = "reminder"  # 提醒: says what was found, without a measure


class State(StrEnum):
    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    IN_FORCE = "in_force"
    RECOVERING = "recovering"
    RECOVERED = "recovered"
    REVOKED = "revoked"
    CLOSED = "closed"
    DISCARDED = "discarded"


CASE = Machine(
    "case",
    [
        Transition("submit", State.DRAFT, State.PENDING_APPROVAL),
        Transition("discard", State.DRAFT, State.DISCARDED),
        Transition("endorse", State.PENDING_APPROVAL, State.PENDING_APPROVAL, second_person=True, clause="4.4"),  # the first of two
        Transition("approve", State.PENDING_APPROVAL, State.IN_FORCE, second_person=True, clause="4.1"),
        Transition("send_back", State.PENDING_APPROVAL, State.DRAFT),
        Transition("retract", State.PENDING_APPROVAL, State.DRAFT),  # by its author
        Transition("restore", State.DISCARDED, State.DRAFT),
        Transition("close", State.IN_FORCE, State.CLOSED),
        Transition("start_recovery", State.IN_FORCE, State.RECOVERING, clause="4.2"),
        Transition("finish_recovery", State.RECOVERING, State.RECOVERED, clause="4.2"),
        Transition("revoke", State.IN_FORCE, State.REVOKED),
        Transition("revoke", State.RECOVERING, State.REVOKED),
        Transition("revoke", State.RECOVERED, State.REVOKED),
    ],
)

# Shown to the provider, and counted against its apps.
ISSUED = frozenset({State.IN_FORCE, State.RECOVERING, State.RECOVERED, State.REVOKED, State.CLOSED})
OPEN = frozenset({State.IN_FORCE, State.RECOVERING})


class Step(StrEnum):
    """How far one measure is: `planned` in a draft, `void` when it was never put in place."""

    PLANNED = "planned"
    OWED = "owed"
    APPLIED = "applied"
    LIFTING = "lifting"
    LIFTED = "lifted"
    VOID = "void"


MEASURE = Machine(
    "measure",
    [
        Transition("owe", Step.PLANNED, Step.OWED),
        Transition("drop", Step.PLANNED, Step.VOID),
        Transition("apply", Step.OWED, Step.APPLIED),
        Transition("drop", Step.OWED, Step.VOID),
        Transition("start_lifting", Step.APPLIED, Step.LIFTING),
        Transition("lift", Step.LIFTING, Step.LIFTED),
        Transition("plan", Step.VOID, Step.PLANNED),  # of a draft that is restored
        Transition("undo_apply", Step.APPLIED, Step.OWED),  # confirmed by mistake
        Transition("undo_lift", Step.LIFTED, Step.LIFTING),
    ],
)

IN_FORCE = frozenset({Step.OWED, Step.APPLIED, Step.LIFTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One measure of a finding. starts_at None: with the approval; ends_at None: until it is lifted."""

    measure: Measure
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an operator writes down to open a case.

    provider, app: their codes; app "" when the provider itself is the subject. ground: a clause id, or "row:" and the key of an imported
    row of the table. power: the clause that gives the measures, "" for a 提醒. found_on: YYYY-MM-DD in China. Days are whole days from
    the moment of service; rectify_days None: nothing is to be rectified by a date.
    """

    kind: Kind
    provider: str
    app: str
    ground: str
    power: str
    facts: str
    found_on: str
    contact: str
    measures: tuple[Planned, ...] = ()
    reasons: str = ""
    recovery: str = ""
    rectify_days: int | None = None
    objection_days: int = 7
    deem_days: int = 7
    day_kind: DayKind = DayKind.NATURAL


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a finding cannot be a case. field: of `Finding`; "subject" for provider and app. is_missing: it was only not written yet."""

    field: str
    say: str
    is_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imposed:
    """A measure of a case, as it stands."""

    id: int
    measure: Measure
    state: Step
    version: int
    starts_at: datetime | None
    ends_at: datetime | None
    applied_at: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """author_id, approver_id, second_approver_id: operators. Deadlines are set when the case is served."""

    id: int
    number: str
    kind: Kind
    provider_id: int
    app_id: int | None
    ground: str
    power: str | None
    facts: str
    reasons: str
    recovery: str
    found_on: str
    rectify_days: int | None
    objection_days: int
    deem_days: int
    day_kind: DayKind
    contact: str
    rule_version: str
    state: State
    version: int
    sprang_from_id: int | None
    author_id: int
    approver_id: int | None
    second_approver_id: int | None
    opened_at: datetime
    submitted_at: datetime | None
    approve_by: datetime | None
    issued_at: datetime | None
    served_at: datetime | None
    served_how: str
    object_by: datetime | None
    rectify_by: datetime | None
    overdue_at: datetime | None
    ended_at: datetime | None
    measures: tuple[Imposed, ...] = field(default=())

    @property
    def is_open(self) -> bool:
        """In force, or on its way back."""
        return self.state in OPEN

    @property
    def approvers(self) -> frozenset[int]:
        """Who approved it, by id."""
        return frozenset(one for one in (self.approver_id, self.second_approver_id) if one)

    @property
    def is_permanent(self) -> bool:
        """Permanent delisting: two approvals, and no recovery (clause 4.4)."""
        return self.power == "4.4"


def listing(baseline: Listing, imposed: Iterable[Imposed], now: datetime, *, is_withdrawn: bool = False) -> Listing:
    """What holds for an app now: its baseline less all measures in force, of its own cases and of its provider's.

    is_withdrawn: a withdrawal was granted and has not ended, which takes recommendation and search (4.3).
    """
    active = [one.measure for one in imposed if one.state in IN_FORCE and _has_begun(one, now)]
    listed, searchable, recommended = remains((baseline.listed, baseline.searchable, baseline.recommended), active)
    return Listing(listed=listed, searchable=searchable and not is_withdrawn, recommended=recommended and not is_withdrawn)


def _has_begun(one: Imposed, now: datetime) -> bool:
    """One whose end has come holds until an operator has lifted it on the platform."""
    return one.starts_at is None or one.starts_at <= now
