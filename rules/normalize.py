"""One written form for what people type: width, case, script and stray characters evened out.

Everything here takes hostile text: any string, of any length, ends as at most MAX_CHARS harmless characters.
"""

import re
import unicodedata
from functools import cache

import opencc

MAX_CHARS = 400
_HEAD = 260  # of a longer text, this much of its beginning and the rest of its end are seen: stories ask at either end
_RAW_CHARS = 4 * MAX_CHARS  # looked at before NFKC, which may lengthen a text up to 18 times

_NOT_TEXT = re.compile(r"[^\w\s,.;:!?，。；：！？、…]|_", re.UNICODE)
_BREAK = re.compile(r"[\s,，、:：;；.。…!！?？]+")
_SENTENCE_END = re.compile(r"[。！？!?；;\n]+|(?<=[a-z])\.(?=\s|$)|[.…]{2,}")
_CJK = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile(r"[a-z]{2,}")

# OpenCC's Taiwan phrases take 程序 for process and 文件 for document: these come back.
_TAIWAN_FIXES = (("小进程", "小程序"), ("应用进程", "应用程序"), ("进程", "程序"), ("文档", "文件"))


@cache
def _converters() -> tuple[opencc.OpenCC, opencc.OpenCC]:
    return opencc.OpenCC("t2s"), opencc.OpenCC("tw2sp")


def simplified(text: str) -> str:
    """`text` in simplified characters; Taiwan words become mainland ones where the text has traditional characters at all."""
    by_character, by_phrase = _converters()
    if by_character.convert(text) == text:
        return text
    converted: str = by_phrase.convert(text)
    for wrong, right in _TAIWAN_FIXES:
        converted = converted.replace(wrong, right)
    return converted


def tidy(text: str) -> str:
    """NFKC, lower case, simplified; control characters, emoji and symbols out; sentence marks kept. At most MAX_CHARS characters."""
    text = _ends(text, _RAW_CHARS)
    text = "".join(" " if unicodedata.category(character) in _DROPPED else character for character in text)
    text = unicodedata.normalize("NFKC", text).lower()
    text = _NOT_TEXT.sub(" ", text)
    return simplified(re.sub(r"[ \t\r\f\v]+", " ", _ends(text, MAX_CHARS))).strip()


_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})


def _ends(text: str, limit: int) -> str:
    """`text`, or its beginning and its end where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head = limit * _HEAD // MAX_CHARS
    return text[:head] + " " + text[len(text) - (limit - head - 1) :]


def plain(tidied: str) -> str:
    """A tidied text with every mark turned to one blank, and blanks beside Chinese dropped."""
    text = _BREAK.sub(" ", tidied).strip()
    return re.sub(r"(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])", "", text)


def sentences(tidied: str) -> list[str]:
    """The sentences of a tidied text, empty ones left out."""
    return [part for part in (piece.strip() for piece in _SENTENCE_END.split(tidied)) if part]


def is_english(tidied: str) -> bool:
    """True when a tidied text has Latin words and no Chinese character."""
    return not _CJK.search(tidied) and bool(_LATIN_WORD.search(tidied))


def has_words(tidied: str) -> bool:
    """True when a tidied text has anything that could be a question: a Chinese character or a Latin word."""
    return bool(_CJK.search(tidied) or _LATIN_WORD.search(tidied))


def bigrams(text: str) -> frozenset[str]:
    """Character bigrams of the normalised text; a text of one character is its own bigram."""
    key = plain(tidy(text)).replace(" ", "")
    return frozenset(key[i : i + 2] for i in range(len(key) - 1)) or frozenset({key})


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Share of bigrams that two texts have in common, 0 to 1."""
    return len(left & right) / (len(left | right) or 1)
