"""A template of a case: what an operator writes again and again, with what is different each time left to fill in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# What of a case's form a template keeps: nothing about whom it is against, or when it was found.
FIELDS = (
    "kind",
    "ground",
    "measures",
    "facts",
    "reasons",
    "recovery",
    "contact",
    "rectify_days",
    "objection_days",
    "deem_days",
    "day_kind",
)
NAME_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """fields: as typed, by FIELDS; several measures with commas between them. author_id: an operator."""

    number: int
    fields: Mapping[str, str]
    author_id: int
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTemplate:
    """number: of its newest version, whose fields these are."""

    id: int
    name: str
    is_active: bool
    number: int
    fields: Mapping[str, str]
