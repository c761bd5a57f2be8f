"""From a tidied text to what the cheap model weighs: n-grams of characters, sounds and words.

Sounds catch homophones (吓架 for 下架); accents are folded (zh = z, ng = n, n = l), as typing by ear mixes them up.
A gram is kept as the CRC-32 of its spelling, so that a model holds numbers instead of strings.
"""

import itertools
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pypinyin import lazy_pinyin

from rules.normalize import plain

VERSION = 3  # part of the model's key: raise it with every change of what a text turns into

_TOKEN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[a-z0-9]+")
_STEM = 6
_FOLDS = ((re.compile(r"^([zcs])h"), r"\1"), (re.compile(r"ng$"), "n"), (re.compile(r"^n(?=[aeiouv])"), "l"))


def grams(tidied: str) -> Mapping[int, float]:
    """Each gram of a tidied text with 1 + ln(how often). An empty text has none."""
    counts = Counter(zlib.crc32(gram.encode()) for gram in _grams(tidied))
    return {gram: 1 + math.log(count) for gram, count in counts.items()}


def _grams(tidied: str) -> Iterator[str]:
    tokens = _TOKEN.findall(plain(tidied))
    ends = ["^", *tokens, "$"] if tokens else []
    yield from (f"1{token}" for token in tokens)
    yield from (f"2{left} {right}" for left, right in itertools.pairwise(ends))
    yield from _sounds(tokens)
    yield from _words([token for token in tokens if token.isascii()])


def _sounds(tokens: Sequence[str]) -> Iterator[str]:
    sounds = [_fold(sound) for sound in lazy_pinyin("".join("|" if token.isascii() else token for token in tokens))]
    yield from (f"p{left} {right}" for left, right in itertools.pairwise(sounds) if "|" not in left + right)


def _fold(sound: str) -> str:
    for pattern, replacement in _FOLDS:
        sound = pattern.sub(replacement, sound)
    return sound


def _words(words: Sequence[str]) -> Iterator[str]:
    stems = [word[:_STEM] for word in words]
    yield from (f"s{stem}" for stem in stems)
    yield from (f"b{left} {right}" for left, right in itertools.pairwise(stems))
    yield from (f"t{padded[i : i + 3]}" for word in words for padded in [f" {word} "] for i in range(len(word)))
