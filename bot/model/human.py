"""申请人工: somebody wants a person to look at what the bot answered."""

from dataclasses import dataclass
from datetime import datetime

from bot.model.provider import Address

OPEN, ANSWERED, DROPPED = "open", "answered", "dropped"


@dataclass(frozen=True, slots=True)
class Said:
    """A question and what the bot answered. key: of the message that asked."""

    key: str
    about: str
    answered_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanRequest:
    """One wish for a person. key: of the message that had asked. answer: the person's own words, "" while it is open."""

    id: int
    key: str
    address: Address
    about: str
    answered_with: str
    state: str
    version: int
    asked_at: datetime
    due_at: datetime
    overdue_at: datetime | None
    answer: str
    answered_by: int | None
    answered_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Nobody has answered yet."""
        return self.state == OPEN
