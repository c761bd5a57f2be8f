"""What is on its way to people: a batch is one payload to some people of one corp and app, a delivery is one of them.

A delivery's states, and who moves it:

    queued ──claim──▶ sending ──▶ accepted | rejected | exhausted
       ▲                 │
       └──(not sent)─────┤
                         └──(answer never came)──▶ uncertain ──repeat inside the window──▶ sending
    queued ──cancel──▶ cancelled

WeCom never tells that a message was read, or even delivered: `accepted` means that it took it (path/90236).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


OPEN = (State.QUEUED, State.SENDING, State.UNCERTAIN)  # something is still to be done about these

# The vendor swallows an identical request for at most 4 h (path/90236); ten minutes are kept for clocks and slow calls.
DUPLICATE_CHECK_S = 14_400
REPEAT_WINDOW = timedelta(seconds=DUPLICATE_CHECK_S) - timedelta(minutes=10)


class Via(StrEnum):
    """How a batch goes out, and so which call is made."""

    MESSAGE = "message"
    CARD_UPDATE = "card_update"  # spends a response_code: never repeated
    MAIL = "mail"  # one person a batch

    @property
    def channel(self) -> str:
        """What its deliveries are filed under. A changed card is no message: it is not counted as one."""
        return {"message": "wecom", "card_update": "card", "mail": "mail"}[self.value]


class Priority(StrEnum):
    """Not stored; its rank is. Lower goes first."""

    URGENT = "urgent"
    CHAT = "chat"
    BULK = "bulk"

    @property
    def rank(self) -> int:
        return {"urgent": 0, "chat": 10, "bulk": 20}[self.value]

    @classmethod
    def of(cls, rank: int) -> "Priority":
        """The least urgent that has at most this rank."""
        return max((one for one in cls if one.rank <= rank), key=lambda one: one.rank)

    @property
    def give_up_after(self) -> timedelta:
        """What could not be sent for this long is given up: an answer in a chat is of no use the next day."""
        return timedelta(days=1 if self is Priority.CHAT else 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch as a worker sees it. payload: the frozen request body without `touser` and `agentid`, or the mail.

    first_attempt_at: of the calls whose outcome is not known; None when there is none. broadcast_id: what it is part of.
    """

    id: int
    corpid: str
    agentid: int
    via: Via = Via.MESSAGE
    payload: Mapping[str, Any] = field(repr=False)
    priority: int
    created_at: datetime
    due_at: datetime | None = None
    give_up_at: datetime | None = None
    first_attempt_at: datetime | None
    attempts: int
    broadcast_id: int | None = None

    @property
    def has_waited(self) -> bool:
        """Whether it was given a later time than that of its making."""
        return self.due_at is not None and self.due_at > self.created_at

    def is_given_up(self, now: datetime) -> bool:
        """Whether it is too late to begin."""
        return now >= (self.give_up_at or self.created_at + Priority.CHAT.give_up_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one recipient. id: of the delivery. final: nothing more will be tried by itself.

    errmsg: in the platform's words, or "invaliduser" and "unlicenseduser" for whom it named as such.
    """

    id: int
    userid: str
    state: State
    final: bool
    errcode: int = 0
    errmsg: str = ""
    msgid: str = ""
    response_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One open delivery of a batch. id: of its row."""

    id: int
    userid: str
    state: State
    sent_at: datetime | None

    def outcome(
        self, state: State, *, final: bool, errcode: int = 0, errmsg: str = "", msgid: str = "", response_code: str = ""
    ) -> Outcome:
        return Outcome(
            id=self.id,
            userid=self.userid,
            state=state,
            final=final,
            errcode=errcode,
            errmsg=errmsg,
            msgid=msgid,
            response_code=response_code,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to be made: its recipients are marked `sending`, its batch is leased.

    repeat: an earlier call for just these may have reached them. probe: the first after a pause. rest_due_at: when to come back for
    those of the batch who have to wait.
    """

    batch: Batch
    to: tuple[Recipient, ...]
    lease: str
    sent_at: datetime
    rest_due_at: datetime
    repeat: bool = False
    probe: bool = False

    @property
    def touser(self) -> tuple[str, ...]:
        return tuple(one.userid for one in self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What the answer asks to be left alone by all processes. seconds: how long, by how often in a row it did not help to wait."""

    name: str
    seconds: tuple[float, ...]
    alarm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one call. due_at: when to come back, should anybody be left. errcode: of the call as a whole.

    left: False when the call was not made after all.
    """

    call: Call
    outcomes: Sequence[Outcome]
    answered_at: datetime
    due_at: datetime
    errcode: int = 0
    rest: Rest | None = None
    left: bool = True
