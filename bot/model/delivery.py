"""What is on its way to people: a batch is one payload to some people of one corp and app, a delivery is one of them.

A delivery's states, and who moves it:

    queued ──claim──▶ sending ──▶ accepted | rejected | exhausted
       ▲                 │
       └──(not sent)─────┤
                         └──(answer never came)──▶ uncertain ──repeat inside the window──▶ sending
    queued ──cancel──▶ cancelled

WeCom never tells that a message was read, or even delivered: `accepted` means that it took it (path/90236).
"""

from collections.abc import Mapping
from dataclasses import dataclass
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

# What could not be sent for this long is given up: an answer in a chat is of no use the next day.
GIVE_UP_AFTER = timedelta(hours=24)


class Priority(StrEnum):
    """Not stored; its rank is. Lower goes first."""

    URGENT = "urgent"
    CHAT = "chat"
    BULK = "bulk"

    @property
    def rank(self) -> int:
        return {"urgent": 0, "chat": 10, "bulk": 20}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One claimed batch. payload: the frozen request body without `touser` and `agentid`."""

    id: int
    corpid: str
    agentid: int
    payload: Mapping[str, Any]
    priority: int
    created_at: datetime
    first_attempt_at: datetime | None
    attempts: int
    lease: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one recipient. final: nothing more will be tried by itself."""

    userid: str
    state: State
    final: bool
    errcode: int = 0
    errmsg: str = ""
    msgid: str = ""
    response_code: str = ""
