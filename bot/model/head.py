"""The daily head: where every chain of the trail ended that day, signed, and naming the head before it.

Kept where those who can write to the database can't reach, one head is enough to find a chain that was cut, left out or written anew.
The newest vouches for all before it, so that it is enough to trust the key it was signed with.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Self

from bot.clock import SHANGHAI
from bot.model.canonical import canonical, parse, sha256
from bot.model.signing import Key, is_signed, key_id
from bot.model.trail import Problem, Tip, moment

_KIND = "daily head"


@dataclass(frozen=True)
class Head:
    """document: canonical JSON, what is signed. signature: base64, "" if unsigned. day: the day in China that it closes."""

    day: str
    document: str
    signature: str

    @property
    def sha256(self) -> str:
        return sha256(self.document.encode())

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The document's. Raises ValueError where it is none."""
        fields = parse(self.document.encode())
        if not isinstance(fields, dict) or fields.get("kind") != _KIND or fields.get("day") != self.day:
            raise ValueError("not the head of this day")
        if not all(isinstance(fields.get(name), str) for name in ("key", "previous", "made_at")) or not _are_tips(fields.get("chains")):
            raise ValueError("a head of another form")
        return fields

    @property
    def key(self) -> str:
        """The public key of who signed it, "" if nobody."""
        return str(self.fields["key"])

    @property
    def key_id(self) -> str:
        return key_id(self.key) if self.key else ""

    @property
    def previous(self) -> str:
        """The sha256 of the head before, "" for the first."""
        return str(self.fields["previous"])

    @property
    def tips(self) -> list[Tip]:
        return [Tip(chain=chain, length=length, hash=last) for chain, length, last in self.fields["chains"]]

    def is_sound(self) -> bool:
        """Whether it is a head, and signed by the key that it names (or names none). Says nothing of whose key that is."""
        try:
            return not self.signature if not self.key else is_signed(self.document.encode(), self.signature, self.key)
        except ValueError:
            return False

    def file(self) -> bytes:
        """As kept outside the database."""
        return canonical({"day": self.day, "document": self.document, "signature": self.signature})

    @classmethod
    def of_file(cls, raw: bytes) -> Self:
        """Raises ValueError for what is no such file."""
        fields = parse(raw)
        if not isinstance(fields, dict) or set(fields) != {"day", "document", "signature"}:
            raise ValueError("not a head")
        if not all(isinstance(value, str) for value in fields.values()):
            raise ValueError("not a head")
        return cls(**fields)


def make(day: str, tips: Iterable[Tip], previous: Head | None, key: Key | None, now: datetime) -> Head:
    """The head of one day, signed where there is a key."""
    fields = {
        "kind": _KIND,
        "day": day,
        "made_at": moment(now),
        "key": key.public if key else "",
        "previous": previous.sha256 if previous else "",
        "chains": sorted([tip.chain, tip.length, tip.hash] for tip in tips),
    }
    document = canonical(fields)
    return Head(day, document.decode(), key.sign(document) if key else "")


def ends_at(day: str) -> datetime:
    """When that day is over in China."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), SHANGHAI)


def day_of(moment: datetime) -> str:
    """The day in China."""
    return moment.astimezone(SHANGHAI).date().isoformat()


def day_after(day: str) -> str:
    """The next one."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def days_between(first: str, last: str) -> list[str]:
    """All days from first to last, both included; none where last comes before first."""
    start, length = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days
    return [(start + timedelta(days=step)).isoformat() for step in range(length + 1)]


def check(heads: Sequence[Head], trusted: Collection[str] = ()) -> list[Problem]:
    """What is wrong with a row of heads, oldest first: one changed, missing, or signed by nobody we know.

    trusted: public keys; without any, signatures are checked against the keys that the heads themselves name.
    """
    problems: list[Problem] = []
    last: Head | None = None
    for head in heads:
        if not head.is_sound():
            problems.append(_about(head, "head_changed"))
            last = None
            continue
        if (last.sha256 if last else "") != head.previous and (last or head is heads[0]):
            problems.append(_about(head, "head_unlinked"))
        if last and last.key and not head.key:
            problems.append(_about(head, "head_unsigned"))
        last = head
    if trusted and last and last.key not in trusted:
        problems.append(_about(last, "head_untrusted" if last.key else "head_unsigned"))
    return sorted(set(problems))


def noted(heads: Iterable[Head]) -> dict[str, dict[int, dict[str, str]]]:
    """Where chains ended, as these heads say it: chain → length → hash → the day. Only sound heads count."""
    kept: dict[str, dict[int, dict[str, str]]] = {}
    for head in heads:
        if head.is_sound():
            for tip in head.tips:
                kept.setdefault(tip.chain, {}).setdefault(tip.length, {}).setdefault(tip.hash, head.day)
    return kept


def _about(head: Head, kind: str) -> Problem:
    return Problem(chain="", seq=0, kind=kind, detail=str(head.day))


def _are_tips(chains: Any) -> bool:
    return isinstance(chains, list) and all(
        isinstance(tip, list) and len(tip) == 3 and [type(part) for part in tip] == [str, int, str] and tip[1] > 0 for tip in chains
    )
