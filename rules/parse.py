"""From the published markdown to clauses.

The grammar is narrow on purpose. A line that it doesn't know is refused with its number instead of guessed at, since whatever
comes out of here is quoted to people word for word.

    front matter        --- / key: value / ---
    date                最后更新：2024/06/17
    chapter             ###### **四、违规/降权的处理流程**
    item                1. text         every item is written "1."; its place in the chapter numbers it
    lone paragraph      a chapter without items is its own item 1
    picture             - ![name](address)
    rule, blank line    ---, or nothing
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from rules.clause import Clause, Link, Span

MAX_CHARS = 1_000_000  # the page has 7 000; far beyond that it isn't this document

_NUMERALS = "一二三四五六七八九"
_FRONT_LINE = re.compile(r'(?P<key>[a-z_]{1,40}): *"?(?P<value>[^"]*?)"?')
_DATE = re.compile(r"最后更新[：:] *(\d{4})/(\d{2})/(\d{2})")
_CHAPTER = re.compile(r"#{1,6} \*\*(?P<numeral>[一二三四五六七八九十]{1,3})、(?P<title>[^*\[\]]{1,60})\*\*")
_ITEM = re.compile(r"1\. (?P<text>\S.*)")
_PICTURE = re.compile(r"- !\[[^\[\]]*\]\((?P<url>[^()\s]+)\)")
_RULE = re.compile(r"-{3,}")
_LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<url>[^()\s]+)\)")
_TAG = re.compile(r"<[/!?a-zA-Z]|&#?[0-9a-zA-Z]{1,31};")
_LEFTOVER = re.compile(r"[\[\]`\\]|\]\(|\*|~~|__")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Nobody sees them, so that two texts look alike and are not; and what stands where a decoder gave up.
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u2065\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
_NUMBERED = re.compile(r"\d+[.)、．]")
_SENTENCE = re.compile(r"[^。！？；]*[。！？；]+[”」）]*|[^。！？；]+$")


class CannotParse(ValueError):
    """The text isn't in the known form. `line` counts from 1; 0 means the text as a whole."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole text: its front matter, its date as YYYY-MM-DD, its clauses in order."""

    front: Mapping[str, str]
    version: str
    clauses: tuple[Clause, ...]


@dataclass
class _Chapter:
    number: int
    numeral: str
    title: str
    numbered: bool | None = None  # None until the first clause says which
    count: int = 0


@dataclass
class _Reader:
    lineage: Mapping[str, str]
    version: str = ""
    chapter: _Chapter | None = None
    clauses: list[Clause] = field(default_factory=list)

    def read(self, number: int, line: str) -> None:
        """Take one line of the body. Raises CannotParse."""
        if not line or _RULE.fullmatch(line):
            return
        if match := _DATE.fullmatch(line):
            self._date(number, "-".join(match.groups()))
        elif match := _CHAPTER.fullmatch(line):
            self._open(number, match["numeral"], match["title"])
        elif match := _PICTURE.fullmatch(line):
            self._picture(number, _checked_url(number, match["url"]))
        elif match := _ITEM.fullmatch(line):
            self._clause(number, match["text"], numbered=True)
        elif _NUMBERED.match(line):
            raise CannotParse(number, "an item that isn't written 1. and a blank")
        elif line[0] in "#-*+>|!" and not line.startswith("**"):
            raise CannotParse(number, "neither chapter, item, paragraph nor picture")
        else:
            self._clause(number, line, numbered=False)

    def _date(self, number: int, version: str) -> None:
        if self.version or self.chapter:
            raise CannotParse(number, "a second date, or one inside a chapter")
        self.version = version

    def _open(self, number: int, numeral: str, title: str) -> None:
        expected = 1 + (self.chapter.number if self.chapter else 0)
        if _number(numeral) != expected:
            raise CannotParse(number, f"chapter {numeral} stands where chapter {expected} should")
        if self.chapter and not self.chapter.count:
            raise CannotParse(number, "the chapter before has no clause")
        self.chapter = _Chapter(expected, numeral, title)

    def _picture(self, number: int, url: str) -> None:
        if not self.clauses or not self.chapter or not self.chapter.count or self.clauses[-1].picture:
            raise CannotParse(number, "a picture that belongs to no clause, or a second one")
        last = self.clauses.pop()
        self.clauses.append(replace(last, picture=url))

    def _clause(self, number: int, source: str, *, numbered: bool) -> None:
        chapter = self.chapter
        if chapter is None:
            raise CannotParse(number, "text outside any chapter")
        if chapter.numbered not in (None, numbered) or (not numbered and chapter.count):
            raise CannotParse(number, "a paragraph beside numbered items, or a second paragraph")
        chapter.numbered = numbered
        chapter.count += 1
        clause_id = f"{chapter.number}.{chapter.count}"
        text, links = unmark(number, source)
        self.clauses.append(
            Clause(
                id=clause_id,
                lineage=self.lineage.get(clause_id, clause_id),
                chapter=chapter.number,
                chapter_numeral=chapter.numeral,
                chapter_title=chapter.title,
                item=chapter.count,
                text=text,
                links=links,
                sentences=sentences(text),
            )
        )


def parse(source: str, lineage: Mapping[str, str] | None = None) -> Parsed:
    """The clauses of `source`. `lineage` names each id's lineage; an id that it lacks is its own. Raises CannotParse."""
    if len(source) > MAX_CHARS:
        raise CannotParse(0, "too long")
    lines = source.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if _CONTROL.search(line):
            raise CannotParse(number, "a control character")
        if match := _INVISIBLE.search(line):
            raise CannotParse(number, f"an invisible character at {match.start() + 1}")
        if _TAG.search(line):
            raise CannotParse(number, "an HTML tag")
    front, first = _front_matter(lines)
    reader = _Reader(lineage or {})
    for number, line in enumerate(lines[first:], first + 1):
        reader.read(number, line.strip())
    if not reader.version:
        raise CannotParse(0, "no date")
    if not reader.chapter or not reader.chapter.count:
        raise CannotParse(0, "no clause in the last chapter")
    return Parsed(front, reader.version, tuple(reader.clauses))


def unmark(number: int, source: str) -> tuple[str, tuple[Link, ...]]:
    """`source` without its markdown marks, and its links. `number`: the line to blame. Raises CannotParse."""
    if source.count("**") % 2:
        raise CannotParse(number, "bold that doesn't end")
    plain = source.replace("**", "")
    links = tuple(Link(match["text"], _checked_url(number, match["url"])) for match in _LINK.finditer(plain))
    text = _LINK.sub(lambda match: match["text"], plain).strip()
    if _LEFTOVER.search(text):
        raise CannotParse(number, "a mark that belongs to no known markdown")
    if not text:
        raise CannotParse(number, "an empty clause")
    return text, links


def sentences(text: str) -> tuple[Span, ...]:
    """Spans of the sentences of `text`, also at semicolons; together they cover it."""
    return tuple(match.span() for match in _SENTENCE.finditer(text))


def _front_matter(lines: list[str]) -> tuple[dict[str, str], int]:
    """The key: value lines between the two --- at the top, and how many lines they take with them."""
    if not lines or lines[0].strip() != "---":
        return {}, 0
    front: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        if line.strip() == "---":
            return front, number
        match = _FRONT_LINE.fullmatch(line.strip())
        if not match or match["key"] in front:
            raise CannotParse(number, "not a key: value line, or a key given twice")
        front[match["key"]] = match["value"]
    raise CannotParse(1, "front matter that doesn't end")


def _number(numeral: str) -> int:
    """一 → 1 … 十 → 10, 十二 → 12, 二十一 → 21; 0 for what isn't a number."""
    if "十" not in numeral:
        return _NUMERALS.find(numeral) + 1 if len(numeral) == 1 else 0
    tens, _, ones = numeral.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return 0
    return (_NUMERALS.find(tens) + 1 if tens else 1) * 10 + (_NUMERALS.find(ones) + 1 if ones else 0)


def _checked_url(number: int, url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise CannotParse(number, "a malformed address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or '"' in url or "<" in url:
        raise CannotParse(number, "an address that isn't http or https")
    return url
