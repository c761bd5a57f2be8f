"""The overlay: questions that people tied to a clause, or to fixed words where the rules don't cover them. Looked at before the models.

A question is found word for word, or when it is so like a tied one that both can only mean the same: nearly the same characters, the
same figures and Latin words, the same negations. Anything further away is for the models.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rules.normalize import bigrams, plain, tidy

MAX_SAY_CHARS = 300  # with a heading and a source this stays in one message
CLOSE = 0.8  # share of bigrams in common: of twenty characters one may differ, or two at an end
_SHORTEST = 6  # characters: shorter texts are found word for word alone
_TELLING = re.compile(r"[0-9]+|[a-z]+|[不没无非未别勿]|[一二三四五六七八九十百千]")


@dataclass(frozen=True, slots=True)
class Tie:
    """text: as it was asked. lineage: of the clause that answers; None: the rules don't cover it. say: fixed words, "" for none."""

    text: str
    lineage: str | None
    say: str = ""


@dataclass(frozen=True)
class Overlay:
    """An immutable value; of two ties with the same text the later one counts."""

    ties: tuple[Tie, ...] = field(default=())

    def find(self, tidied: str) -> Tie | None:
        """The tie of a tidied question. At once when there are none."""
        if not self.ties:
            return None
        asked = key(tidied)
        return self._exact.get(asked) or self._closest(asked)

    def _closest(self, asked: str) -> Tie | None:
        if len(asked) < _SHORTEST:
            return None
        own = bigrams(asked)
        shared = Counter(other for bigram in own for other in self._holders.get(bigram, ()))
        like = ((count / (len(own) + self._sizes[other] - count), other) for other, count in shared.items())
        telling = _told(asked)
        close = sorted((pair for pair in like if pair[0] >= CLOSE), reverse=True)
        return next((self._exact[other] for _, other in close if _told(other) == telling), None)

    @cached_property
    def _exact(self) -> Mapping[str, Tie]:
        return {key(tidy(tie.text)): tie for tie in self.ties}

    @cached_property
    def _sizes(self) -> Mapping[str, int]:
        """How many bigrams the longer texts have."""
        return {text: len(bigrams(text)) for text in self._exact if len(text) >= _SHORTEST}

    @cached_property
    def _holders(self) -> Mapping[str, list[str]]:
        """The longer texts that have a bigram."""
        holders: dict[str, list[str]] = defaultdict(list)
        for text in self._sizes:
            for bigram in bigrams(text):
                holders[bigram].append(text)
        return holders

    def warm(self) -> None:
        """Build everything that the first question would otherwise wait for."""
        assert self._holders is not None


def key(tidied: str) -> str:
    """What two texts have in common that are the same word for word: a tidied text without marks and blanks."""
    return plain(tidied).replace(" ", "")


def _told(text: str) -> list[str]:
    """What turns a question into another one although little else differs, sorted."""
    return sorted(_TELLING.findall(text))
