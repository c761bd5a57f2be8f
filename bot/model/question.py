"""What was asked and not answered, in groups of what is alike; and what an operator had the bot answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.machine import Machine, Transition


class GroupState(StrEnum):
    """passed: it needs no answer."""

    OPEN = "open"
    TIED = "tied"
    PASSED = "passed"


GROUP = Machine(
    "question",
    [
        Transition("tie", GroupState.OPEN, GroupState.TIED),
        Transition("tie", GroupState.PASSED, GroupState.TIED),
        Transition("tie", GroupState.TIED, GroupState.TIED),
        Transition("undo", GroupState.TIED, GroupState.OPEN),
        Transition("pass", GroupState.OPEN, GroupState.PASSED),
        Transition("reopen", GroupState.PASSED, GroupState.OPEN),
    ],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """text: as it was first asked. topic: what the rule book thought it was about. count: how often, in whatever words."""

    id: int
    text: str
    topic: str
    count: int
    first_at: datetime
    last_at: datetime
    state: GroupState
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One way in which it was asked, and how often."""

    id: int
    text: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """What a group was tied to. ended_at None: it holds. texts: the phrasings."""

    lineage: str | None
    say: str
    author_id: int
    made_at: datetime
    ended_by: int | None
    ended_at: datetime | None
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb:
    """What somebody said of an answer. key: of the message. outcome: what came of the question, such as "ask_rule 4.2"."""

    key: str
    text: str
    outcome: str
    is_good: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was refused: its text, what it was taken to be about, and when."""

    text: str
    topic: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an operator wants a group to be answered with. phrasings: ids. lineage None: not covered by the rules, `say` is said."""

    phrasings: Sequence[int]
    lineage: str | None
    say: str
