"""A version of the rules, from the uploaded text to the one that answers.

draft ─confirm▶ fitting ─fitted▶ ready ─submit▶ pending_approval ─approve▶ approved ─publish▶ in_force ─supersede▶ superseded
  ▲ ▲────fail─────┘ │            │ ▲────retract────────┘ │  ▲────unapprove────┘
  │ └──────edit─────┴────────────┘                       │
  └─────────────────────send_back────────────────────────┘

outdate, from fitting to approved: another version came into force, so that the comparison, the model and the regression are void.
The worker does fitted, fail, publish, supersede and outdate. What model and regression were made of is named by `content`:
whatever changes that takes the version back to draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model.canonical import canonical, sha256
from bot.model.machine import Machine, Transition
from rules import Document, documents


class RuleState(StrEnum):
    DRAFT = "draft"
    FITTING = "fitting"
    READY = "ready"
    PENDING_APPROVAL = "pending_approval"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


_S = RuleState
RULEBOOK = Machine(
    "rulebook",
    [
        Transition("confirm", _S.DRAFT, _S.FITTING),
        Transition("fitted", _S.FITTING, _S.READY),
        Transition("fail", _S.FITTING, _S.DRAFT),
        Transition("edit", _S.FITTING, _S.DRAFT),
        Transition("edit", _S.READY, _S.DRAFT),
        Transition("submit", _S.READY, _S.PENDING_APPROVAL),
        Transition("retract", _S.PENDING_APPROVAL, _S.READY),
        Transition("send_back", _S.PENDING_APPROVAL, _S.DRAFT),
        Transition("approve", _S.PENDING_APPROVAL, _S.APPROVED, second_person=True, clause="7.1"),
        Transition("unapprove", _S.APPROVED, _S.PENDING_APPROVAL),
        Transition("publish", _S.APPROVED, _S.IN_FORCE, clause="7.1"),
        *(Transition("outdate", state, _S.DRAFT) for state in (_S.FITTING, _S.READY, _S.PENDING_APPROVAL, _S.APPROVED)),
        Transition("supersede", _S.IN_FORCE, _S.SUPERSEDED),
        Transition("discard", _S.DRAFT, _S.DISCARDED),
        Transition("discard", _S.FITTING, _S.DISCARDED),
        Transition("discard", _S.READY, _S.DISCARDED),
    ],
)
KNOWN = frozenset({_S.IN_FORCE, _S.SUPERSEDED})  # in force, or once was
OPEN = frozenset({_S.DRAFT, _S.FITTING, _S.READY, _S.PENDING_APPROVAL, _S.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """dated: the text's own date, YYYY-MM-DD; effective_on likewise, "" while nobody said. lineages: by clause id.

    names: of new lineages. phrases: ways to ask for those that the packaged bank doesn't know. content: what the model and the
    regression are to be made of; tested: what they were made of. author_id: None where it came with the program.
    """

    id: int
    dated: str
    title: str
    name_in_text: str
    url: str
    source: str
    sha256: str
    lineages: Mapping[str, str]
    names: Mapping[str, str]
    phrases: Mapping[str, list[str]]
    effective_on: str
    note: str
    state: RuleState
    version: int
    base_id: int | None
    author_id: int | None
    approver_id: int | None
    opened_at: datetime
    submitted_at: datetime | None
    approve_by: datetime | None
    approved_at: datetime | None
    in_force_at: datetime | None
    ended_at: datetime | None
    content: str
    leased_until: datetime | None
    progress: int
    tries: int
    failure: str
    regression: Any
    tested: str

    @property
    def is_open(self) -> bool:
        """On its way, and neither in force nor discarded."""
        return self.state in OPEN

    def document(self) -> Document:
        """The text as clauses, with the lineages as they are now. It was parsed before it was kept."""
        return self.document_with(self.lineages)

    def document_with(self, lineages: Mapping[str, str]) -> Document:
        """The same with other lineages."""
        found = documents.read(self.source, lineages, title=self.title, name_in_text=self.name_in_text, url=self.url)
        return replace(found, version=self.dated)


def content_of(sha256_of_text: str, lineages: Mapping[str, str], phrases: Mapping[str, list[str]], base: Mapping[str, Any]) -> str:
    """The digest of all that a version's model and its regression hang on. base: what names the version it was compared with."""
    told = {
        "text": sha256_of_text,
        "lineages": dict(lineages),
        "phrases": {key: list(of) for key, of in phrases.items()},
        "base": dict(base),
    }
    return sha256(canonical(told))
