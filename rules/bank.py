"""The bank: hand-written ways to ask, by what they ask for.

`bank/<register>.txt` holds groups: a line "# key", then one phrase a line as a person would type it. A key is a clause's lineage, or
a topic that the rules don't cover (uncovered.txt, unrelated.txt), or one of the CHAT topics (unrelated.txt).
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rules.answer import Kind
from rules.documents import HERE
from rules.normalize import bigrams, jaccard

BANK = HERE / "bank"
OUTSIDE = ("uncovered", "unrelated")  # files whose keys are topics, not lineages
CHAT: Mapping[str, Kind] = {
    "greeting": "greeting",
    "thanks": "thanks",
    "human": "human",
    "praise_complaint": "about_bot",
    "bot_identity": "about_bot",
}
MAX_PHRASE_CHARS = 400


class BadBank(ValueError):
    """A bank file isn't in the known form; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to ask. key: lineage or topic. register: the file it stands in."""

    key: str
    text: str
    register: str


@cache
def read(folder: Path = BANK) -> tuple[Phrase, ...]:
    """Every phrase, by file name and line. Raises BadBank."""
    return tuple(phrase for path in sorted(folder.glob("*.txt")) for phrase in _read_file(path))


def _read_file(path: Path) -> Iterator[Phrase]:
    key = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("#"):
            key = text.lstrip("#").strip()
        elif text:
            if not key or len(text) > MAX_PHRASE_CHARS:
                raise BadBank(f"{path.name} line {number}: a phrase before the first heading, or too long")
            yield Phrase(key, text, path.stem)


def check(phrases: Iterable[Phrase], lineages: Collection[str]) -> None:
    """Raise BadBank when a phrase of a clause's file names no lineage, or an outside topic takes a lineage's name."""
    for phrase in phrases:
        if (phrase.key in lineages) == (phrase.register in OUTSIDE):
            raise BadBank(f"{phrase.register}.txt: {phrase.key} does not belong there")


def too_close(phrases: Iterable[Phrase], questions: Iterable[str], limit: float = 0.5) -> list[Phrase]:
    """Phrases whose bigram Jaccard with any of `questions` is `limit` or more: they would let a measure see what it measures."""
    asked = [bigrams(question) for question in questions]

    def is_close(phrase: Phrase) -> bool:
        own = bigrams(phrase.text)
        return any(jaccard(own, other) >= limit for other in asked)

    return [phrase for phrase in phrases if is_close(phrase)]


def digest(phrases: Iterable[Phrase]) -> str:
    """SHA-256 of all phrases with their keys, in order."""
    content = hashlib.sha256()
    for phrase in phrases:
        content.update(f"{phrase.register}\t{phrase.key}\t{phrase.text}\n".encode())
    return content.hexdigest()
