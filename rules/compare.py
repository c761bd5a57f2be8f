"""One version beside another, clause by clause: what is new, what reads otherwise, what moved, what is gone."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from rules.clause import Clause
from rules.documents import Document
from rules.normalize import bigrams, jaccard

Kind = Literal["same", "moved", "changed", "added", "removed"]
Op = Literal["same", "ins", "del"]
Part = tuple[Op, str]

LIKELY = 0.35  # share of bigrams in common from which on a clause is taken for the same one, written anew; people decide
_TOKEN = re.compile(r"[A-Za-z0-9]+|.", re.DOTALL)
_BREATH = 2  # what stays between two changes must be longer than this many characters, or it is only chance
_MOST_PAIRS = 30_000  # of a word here and the same word there: beyond that two texts are shown one after the other, or it takes seconds


@dataclass(frozen=True, slots=True)
class Change:
    """One clause in both versions. old, new: None where it isn't there. kind "changed" may have moved as well.

    parts: the words of both, for kind "changed". other: what differs besides the words: "title", "links", "picture".
    """

    kind: Kind
    lineage: str
    old: Clause | None
    new: Clause | None
    parts: tuple[Part, ...] = ()
    other: tuple[str, ...] = ()

    @property
    def has_moved(self) -> bool:
        return bool(self.old and self.new and self.old.id != self.new.id)


def compare(old: Document, new: Document) -> tuple[Change, ...]:
    """Every clause of `new` in order, by its lineage, and then those that are gone."""
    before = {clause.lineage: clause for clause in old.clauses}
    there = {clause.lineage for clause in new.clauses}
    changes = [_change(before.get(clause.lineage), clause) for clause in new.clauses]
    gone = [Change("removed", clause.lineage, clause, None) for clause in old.clauses if clause.lineage not in there]
    return (*changes, *gone)


def _change(old: Clause | None, new: Clause) -> Change:
    if old is None:
        return Change("added", new.lineage, None, new)
    other = tuple(
        name
        for name, is_other in (
            ("title", old.chapter_title != new.chapter_title),
            ("links", old.links != new.links),
            ("picture", old.picture != new.picture),
        )
        if is_other
    )
    if old.text != new.text or other:
        return Change("changed", new.lineage, old, new, differences(old.text, new.text), other)
    return Change("moved" if old.id != new.id else "same", new.lineage, old, new)


@lru_cache(512)
def differences(old: str, new: str) -> tuple[Part, ...]:
    """Both texts at once: what they share, what only the new one has ("ins") and what only the old one had ("del"), in order."""
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(left) * len(right) > _MOST_PAIRS and _pairs(left, right) > _MOST_PAIRS:
        return (("del", old), ("ins", new))
    parts: list[Part] = []
    for tag, from_left, to_left, from_right, to_right in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            _add(parts, "same", "".join(left[from_left:to_left]))
        else:
            _add(parts, "del", "".join(left[from_left:to_left]))
            _add(parts, "ins", "".join(right[from_right:to_right]))
    return tuple(_smoothed(parts))


def _pairs(left: Sequence[str], right: Sequence[str]) -> int:
    """How many pairs of the same word there are: what the comparison's time hangs on."""
    there = Counter(right)
    return sum(count * there[word] for word, count in Counter(left).items())


def _add(parts: list[Part], op: Op, text: str) -> None:
    if text:
        parts.append((op, text))


def _smoothed(parts: Sequence[Part]) -> list[Part]:
    """Characters that two changes happen to share between them belong to both changes: people read words, not letters."""
    smooth: list[Part] = []
    gone = come = ""
    for number, (op, text) in enumerate(parts):
        is_chance = op == "same" and 0 < number < len(parts) - 1 and len(text) <= _BREATH and (gone or come)
        if op == "del" or is_chance:
            gone += text
        if op == "ins" or is_chance:
            come += text
        if op == "same" and not is_chance:
            _close(smooth, gone, come)
            gone = come = ""
            smooth.append((op, text))
    _close(smooth, gone, come)
    return smooth


def _close(smooth: list[Part], gone: str, come: str) -> None:
    """What only follows from chance at either end of a change is taken back out of it, word by word."""
    left, right = _TOKEN.findall(gone), _TOKEN.findall(come)
    head = _shared(left, right)
    tail = _shared(left[head:][::-1], right[head:][::-1])
    _add(smooth, "same", "".join(left[:head]))
    _add(smooth, "del", "".join(left[head : len(left) - tail]))
    _add(smooth, "ins", "".join(right[head : len(right) - tail]))
    _add(smooth, "same", "".join(left[len(left) - tail :]))


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    """How many words they begin with in common."""
    return next((count for count, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), min(len(left), len(right)))


def propose(old: Document, clauses: Sequence[Clause]) -> Mapping[str, str]:
    """The lineage of each clause id as it seems to be: the same words, else the likest ones; ids without one look new.

    Each lineage is proposed once. A guess that people confirm or correct.
    """
    found: dict[str, str] = {}
    left = {clause.lineage: clause for clause in old.clauses}
    for clause in clauses:
        same = [one for one in left.values() if one.text == clause.text]
        nearest = next((one for one in same if one.id == clause.id), same[0] if same else None)
        if nearest:
            found[clause.id] = nearest.lineage
            del left[nearest.lineage]
    known = {lineage: bigrams(clause.text) for lineage, clause in left.items()}
    likes = []
    for clause in clauses:
        if clause.id not in found:
            own = bigrams(clause.text)
            likes += [(jaccard(own, other), left[lineage].id == clause.id, lineage, clause.id) for lineage, other in known.items()]
    for like, _, lineage, clause_id in sorted(likes, reverse=True):
        if like >= LIKELY and clause_id not in found and lineage not in found.values():
            found[clause_id] = lineage
    return found
