"""How far a notice has come with each of its people, in the levels that our staff see.

`accepted` is all that WeCom ever says; what comes after it, the page and the receipt tell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.delivery import REPEAT_WINDOW, State
from bot.model.notice import Notice
from bot.model.provider import Address


class Level(StrEnum):
    """From the least to the most."""

    FAILED = "failed"
    QUEUED = "queued"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    SEEN = "seen"
    CONFIRMED = "confirmed"


_LEVELS = {
    State.QUEUED: Level.QUEUED,
    State.SENDING: Level.QUEUED,
    State.UNCERTAIN: Level.UNCERTAIN,
    State.ACCEPTED: Level.ACCEPTED,
    State.REJECTED: Level.FAILED,
    State.EXHAUSTED: Level.FAILED,
    State.CANCELLED: Level.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One time that it went out. answered_at None: whoever sent it died before the answer came."""

    sent_at: datetime
    answered_at: datetime | None
    state: State
    errcode: int
    errmsg: str
    msgid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery of a notice to one person. step: what for, such as card, reminder-2, mail, resend.

    is_card: it is the card with the buttons. settled_at None: something more is still tried.
    """

    step: str
    channel: str
    is_card: bool
    state: State
    queued_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    errcode: int
    errmsg: str
    msgid: str
    attempts: tuple[Attempt, ...]

    @property
    def level(self) -> Level:
        return _LEVELS[self.state]

    def may_have_arrived(self, now: datetime) -> bool:
        """It is out, or on its way; one whose answer was lost counts for as long as it is repeated."""
        if self.state is State.UNCERTAIN:
            return self.settled_at is None or (self.sent_at is not None and now < self.sent_at + REPEAT_WINDOW)
        return self.state in (State.QUEUED, State.SENDING, State.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One person and one notice. is_active: they speak for the provider now. is_here: this app's messages can go to them."""

    address: Address
    name: str
    is_active: bool
    is_here: bool
    seen_at: datetime | None
    confirmed_at: datetime | None
    sent: tuple[Sent, ...]

    @property
    def level(self) -> Level:
        if self.confirmed_at:
            return Level.CONFIRMED
        if self.seen_at:
            return Level.SEEN
        return most(self.sent)

    def misses_card(self, now: datetime) -> bool:
        """Nothing shows that they have the card, or will have it by what is on its way; and they can be sent it."""
        held = any(one.is_card and one.may_have_arrived(now) for one in self.sent)
        return self.is_active and self.is_here and not self.confirmed_at and not held


def most(sent: Iterable[Sent]) -> Level:
    """The best that came of several deliveries."""
    order: Sequence[Level] = tuple(Level)
    return max((one.level for one in sent), key=order.index, default=Level.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice and everybody it is for: its recipients, and who should be one by now."""

    notice: Notice
    people: tuple[Reach, ...]
