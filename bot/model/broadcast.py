"""A broadcast (广播): one message to many admins, from draft to done.

draft ──submit──▶ pending_approval ──approve──▶ scheduled ──start──▶ sending ──finish──▶ done
  ▲ └────────────────────launch─────────────────▲ │  │                ▲  │ ▲               │
  │◀──send_back──┘  ◀──────grow (too many now)────┘  │           resume  pause              │
  │                 ◀──────grow (before anybody is queued)──────────sending               │
  │◀────────────────────withdraw─────────────────────┘                └─ paused             │
  └ cancel: from everywhere but done                  sending ◀──────resend──────── done, cancelled
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.audience import Audience
from bot.model.canonical import canonical, sha256
from bot.model.machine import Machine, Transition
from bot.model.provider import Address


class State(StrEnum):
    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    SCHEDULED = "scheduled"  # waits for its time, or for a worker
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


_S = State
BROADCAST = Machine(
    "broadcast",
    [
        Transition("submit", _S.DRAFT, _S.PENDING_APPROVAL),
        Transition("launch", _S.DRAFT, _S.SCHEDULED),  # small enough to need nobody else
        Transition("approve", _S.PENDING_APPROVAL, _S.SCHEDULED, second_person=True),
        Transition("send_back", _S.PENDING_APPROVAL, _S.DRAFT),
        Transition("withdraw", _S.PENDING_APPROVAL, _S.DRAFT),
        Transition("withdraw", _S.SCHEDULED, _S.DRAFT),
        Transition("grow", _S.SCHEDULED, _S.PENDING_APPROVAL),  # more people than when it was let go, and nobody approved it
        Transition("grow", _S.SENDING, _S.PENDING_APPROVAL),  # the same, seen while they are written down: nobody is queued yet
        Transition("start", _S.SCHEDULED, _S.SENDING),
        Transition("pause", _S.SENDING, _S.PAUSED),
        Transition("resume", _S.PAUSED, _S.SENDING),
        Transition("finish", _S.SENDING, _S.DONE),
        *(Transition("cancel", one, _S.CANCELLED) for one in (_S.DRAFT, _S.PENDING_APPROVAL, _S.SCHEDULED, _S.SENDING, _S.PAUSED)),
        Transition("resend", _S.DONE, _S.SENDING),
        Transition("resend", _S.CANCELLED, _S.SENDING),
    ],
)

BEGUN = frozenset({_S.SENDING, _S.PAUSED, _S.DONE})  # people are frozen; a cancelled one may have begun too
NOT_REACHED = ("rejected", "exhausted", "cancelled")  # states of deliveries
LIVE = frozenset({_S.SCHEDULED, _S.SENDING, _S.PAUSED})  # its page changes by itself
SOURCE_RULES = "rules"  # a Source's kind: it tells of a version of the rules, named by its date
PAUSED_FOR_FAILURES, PAUSED_BY_HAND = "failures", "operator"
RECALL_WITHIN = timedelta(hours=24)  # path/94867
ALIKE_WITHIN = timedelta(days=7)  # the same words again within this are told of before they go
GIVE_UP_AFTER = timedelta(days=14)  # what was not sent by then, paused or not, is not sent any more


class Form(StrEnum):
    """MARKDOWN: a text with headings, bold and links. CARD: a card that opens a link, or one whose press is a receipt."""

    MARKDOWN = "markdown"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is sent. url: what is attached, as a link; url_label: what the link is called. asks_receipt: a card with 确认收到."""

    form: Form
    title: str
    words: str
    url: str = ""
    url_label: str = ""
    asks_receipt: bool = False

    def digest(self) -> str:
        """The SHA-256 of all of it."""
        return sha256(canonical({name: getattr(self, name) for name in self.__slots__}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a broadcast comes from, such as ("rules", "2026-07-01"). key: of that kind, up to 64 characters."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One, as it stands. send_at: not before then; None: at once. needs_approval: by size, when it was submitted.

    frozen_at: since when it is certain who gets it; queued_at: since when all of them are queued. round: 1, and one more a resend.
    pause_reason: of BEGUN ones. people: how many were frozen, 0 before.
    """

    id: int
    number: str
    content: Content
    audience: Audience
    source: Source | None
    state: State
    version: int
    author_id: int
    approver_id: int | None
    needs_approval: bool
    send_at: datetime | None
    made_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    started_at: datetime | None
    frozen_at: datetime | None
    queued_at: datetime | None
    ended_at: datetime | None
    pause_reason: str
    paused_at: datetime | None
    round: int
    people: int
    recalled_at: datetime | None
    last_reason: str

    @property
    def has_begun(self) -> bool:
        """Whether people were frozen for it."""
        return self.frozen_at is not None

    @property
    def is_live(self) -> bool:
        """Whether something of it moves by itself."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Tally:
    """So many people came to this in this second. state: of their delivery; reason: "" or what the platform said."""

    at: datetime | None
    state: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a broadcast is. by_state: people by what their delivery is; waiting: in no batch; tallies: those who are through, over time.

    recalls: people by what became of taking their message back.
    """

    people: int
    waiting: int
    by_state: Mapping[str, int] = field(default_factory=dict)
    tallies: tuple[Tally, ...] = ()
    confirmed: int = 0
    recalls: Mapping[str, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """How many are still to be sent to."""
        return self.waiting + self.of("queued", "sending")

    def of(self, *states: str) -> int:
        """How many people are in any of these states."""
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def reasons(self) -> Mapping[str, int]:
        """Of those who were not reached, by what was said of them; the commonest first."""
        found: Counter[str] = Counter()
        for one in self.tallies:
            if one.state in NOT_REACHED:
                found[one.reason or one.state] += one.number
        return dict(found.most_common())


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One recipient, as shown. state: of the newest delivery, "" while there is none; reason: as a tally's; confirmed_at: the receipt."""

    id: int
    address: Address
    name: str
    provider: str
    state: str
    reason: str
    sent_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Who confirmed, of how many who were sent to. people: a page of them, by `after`."""

    people: int
    confirmed: int

    @property
    def missing(self) -> int:
        """How many have not."""
        return self.people - self.confirmed
