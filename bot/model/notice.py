"""A notice (处理通知): a statement of reasons, frozen when it is issued, and what became of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from bot.model.provider import Address


class NoticeKind(StrEnum):
    DECISION = "decision"
    REMINDER = "reminder"  # 提醒, without a measure
    REVOKED = "revoked"
    RECOVERED = "recovered"
    OUTCOME = "outcome"  # of a report, an objection, a re-application or a withdrawal


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs. is_quote: the paragraphs are rule text, verbatim."""

    heading: str
    paragraphs: tuple[str, ...]
    is_quote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that the provider is told. lines: the same in short, as (name, value), for a card. source: the address of the rules."""

    number: str
    title: str
    addressee: str
    issued_on: str
    lines: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    source: str

    def fields(self) -> dict[str, Any]:
        """As stored and exported."""
        return {
            "number": self.number,
            "title": self.title,
            "addressee": self.addressee,
            "issued_on": self.issued_on,
            "lines": [list(line) for line in self.lines],
            "sections": [
                {"heading": section.heading, "paragraphs": list(section.paragraphs), "is_quote": section.is_quote}
                for section in self.sections
            ],
            "source": self.source,
        }

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        sections = tuple(
            Section(section["heading"], tuple(section["paragraphs"]), is_quote=section["is_quote"]) for section in fields["sections"]
        )
        rest = {name: fields[name] for name in ("number", "title", "addressee", "issued_on", "source")}
        return cls(**rest, lines=tuple((name, value) for name, value in fields["lines"]), sections=sections)

    def canonical(self) -> bytes:
        """The bytes that stand for this notice: whoever has them can check `sha256` (UTF-8 JSON, sorted keys, no spaces)."""
        return json.dumps(self.fields(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """key: names the notice in its address /portal/notices/KEY; it gives nobody a right. case_id: None where it is about a withdrawal."""

    id: int
    provider_id: int
    case_id: int | None
    number: str
    kind: NoticeKind
    key: str
    statement: Statement
    sha256: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Somebody among the addressees said that the notice has arrived. how: "card" or "portal"."""

    address: Address
    name: str
    how: str
    at: datetime
