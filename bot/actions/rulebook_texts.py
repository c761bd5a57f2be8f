"""From what an operator uploads and types to a version that can be kept, or every reason why it cannot."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit

from bot.actions.words import can_be_kept
from bot.errors import UserMistake
from bot.model.rulebook import Rulebook
from bot.model.texts import rulebooks as texts
from rules import Clause, Document, compare
from rules.parse import CannotParse, Parsed, parse

MOST_BYTES = 64 << 10  # the page has 20 KB
MOST_CLAUSES = 200
NAME_CHARS, TITLE_CHARS, NOTE_CHARS, URL_CHARS = 20, 120, 1_000, 500
LEAST_PHRASES, MOST_PHRASES, PHRASE_CHARS = 8, 100, 120
NEW = "new"  # chosen for a clause that comes from none
_DAYS_AHEAD = 3 * 366
_URL = re.compile(r"https?://[^\s\"'<>\\]{1,490}")
_ENDINGS = (".md", ".txt", ".markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A version's form. lineages: by clause id, NEW for a new one, "" for none chosen. names, phrases: by clause id, as typed."""

    title: str
    name_in_text: str
    url: str
    effective_on: str
    note: str
    lineages: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)


def source(name: str, raw: bytes, pasted: str) -> str:
    """The text of a file or of what was pasted. Raises UserMistake."""
    if raw and pasted.strip():
        raise UserMistake(texts.BOTH)
    if not raw and not pasted.strip():
        raise UserMistake(texts.NO_TEXT)
    if raw and not name.lower().endswith(_ENDINGS):
        raise UserMistake(texts.NO_KNOWN_FORM)
    try:
        text = raw.decode("utf-8-sig") if raw else pasted.removeprefix("\ufeff").replace("\r\n", "\n")
        size = len(text.encode())
    except UnicodeError as error:
        raise UserMistake(texts.NOT_UTF8) from error
    if size > MOST_BYTES:
        raise UserMistake(texts.too_big(MOST_BYTES))
    return text


def parsed(text: str) -> Parsed:
    """Its clauses. Raises UserMistake that names the line that is not in the known form."""
    try:
        found = parse(text)
    except CannotParse as error:
        lines = text.replace("\r\n", "\n").split("\n")
        line = lines[error.line - 1].strip() if 0 < error.line <= len(lines) else ""
        raise UserMistake(texts.cannot_parse(error.line, error.reason, "".join(char for char in line if char.isprintable()))) from error
    if len(found.clauses) > MOST_CLAUSES:
        raise UserMistake(texts.too_many(MOST_CLAUSES))
    if day(found.version) is None:
        raise UserMistake(texts.no_date_like(found.version))
    return found


def sha256_of(text: str) -> str:
    """Of the bytes as they are kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def day(text: str) -> date | None:
    """YYYY-MM-DD as a day; None for what is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text else None


def chosen(book: Rulebook, base: Document, typed: Typed) -> dict[str, dict[str, object]]:
    """lineages, names and phrases as a version keeps them, of what the form says so far."""
    lineages: dict[str, object] = {}
    names: dict[str, object] = {}
    phrases: dict[str, object] = {}
    known = {clause.lineage for clause in base.clauses}
    found = clauses(book)
    unasked = settled(base, found)
    for clause in found:
        choice = unasked.get(clause.id) or typed.lineages.get(clause.id, "")
        if choice == NEW:
            lineage = new_lineage(book.dated, clause.id)
            lineages[clause.id] = lineage
            names[lineage] = typed.names.get(clause.id, "").strip()[:NAME_CHARS]
            phrases[lineage] = lines(typed.phrases.get(clause.id, ""))
        elif choice in known:
            lineages[clause.id] = choice
        elif choice:
            raise UserMistake(texts.unknown_lineage(clause.id))
    return {"lineages": lineages, "names": names, "phrases": phrases}


def clauses(book: Rulebook) -> Sequence[Clause]:
    """Of a text that was parsed before it was kept."""
    return parse(book.source).clauses


def new_lineage(dated: str, clause_id: str) -> str:
    """The name that a new clause keeps when later versions number it anew."""
    return f"v{dated.replace('-', '')}_{clause_id.replace('.', '_')}"


def lines(text: str) -> list[str]:
    """Ways to ask, one a line, each once."""
    return list(dict.fromkeys(line.strip() for line in text[: 2 * MOST_PHRASES * PHRASE_CHARS].splitlines() if line.strip()))


def settled(base: Document, found: Sequence[Clause]) -> dict[str, str]:
    """The lineages that nobody need be asked about: the same words under the same number."""
    same = {(clause.id, clause.text): clause.lineage for clause in base.clauses}
    return {clause.id: same[clause.id, clause.text] for clause in found if (clause.id, clause.text) in same}


def guessed(base: Document, book: Rulebook) -> dict[str, str]:
    """A lineage for each clause: as confirmed, else as it seems to be, else a new one."""
    proposed = compare.propose(base, clauses(book))
    taken = set(book.lineages.values())
    found = {}
    for clause in clauses(book):
        guess = proposed.get(clause.id, "")
        found[clause.id] = book.lineages.get(clause.id) or (guess if guess and guess not in taken else new_lineage(book.dated, clause.id))
    return found


def mistakes(book: Rulebook, today: str) -> list[str]:
    """Every reason why a version cannot be confirmed as it is kept; none where it can."""
    wrong = headline(book.title, book.name_in_text, book.url)
    if not book.note.strip() or len(book.note) > NOTE_CHARS:
        wrong.append(texts.owed(texts.NOTE, NOTE_CHARS))
    wrong += _of_day(book.effective_on, book.dated, today)
    found = clauses(book)
    missing = [clause.id for clause in found if clause.id not in book.lineages]
    if missing:
        wrong.append(texts.unconfirmed(missing))
    by_lineage: dict[str, list[str]] = {}
    for clause_id, lineage in book.lineages.items():
        by_lineage.setdefault(lineage, []).append(clause_id)
    wrong += [texts.taken_twice(book.names.get(lineage, lineage), ids) for lineage, ids in by_lineage.items() if len(ids) > 1]
    for clause_id, lineage in book.lineages.items():
        if lineage in book.names:
            wrong += _of_new(clause_id, book.names[lineage], book.phrases.get(lineage, []))
    return wrong


def headline(title: str, name_in_text: str, url: str) -> list[str]:
    """What is wrong with the names and the address of a version."""
    wrong = [
        texts.owed(name, TITLE_CHARS)
        for name, text in ((texts.TITLE, title), (texts.NAME_IN_TEXT, name_in_text))
        if not text.strip() or len(text) > TITLE_CHARS or not can_be_kept(text)
    ]
    return wrong if is_address(url) else [*wrong, texts.BAD_URL]


def is_address(url: str) -> bool:
    """Whether people can be sent there."""
    try:
        return bool(_URL.fullmatch(url) and urlsplit(url).hostname)
    except ValueError:
        return False


def _of_day(effective_on: str, dated: str, today: str) -> list[str]:
    found, now = day(effective_on), day(today)
    if found is None or now is None:
        return [texts.BAD_DAY]
    if found < now:
        return [texts.DAY_IS_PAST]
    if effective_on < dated:  # a text cannot hold before it was last changed
        return [texts.day_before_text(dated)]
    return [texts.DAY_TOO_FAR] if found > now + timedelta(days=_DAYS_AHEAD) else []


def _of_new(clause_id: str, name: str, phrases: Sequence[str]) -> list[str]:
    wrong = [] if name and can_be_kept(name) else [texts.name_owed(clause_id)]
    if len(phrases) < LEAST_PHRASES:
        wrong.append(texts.phrases_owed(clause_id, LEAST_PHRASES, len(phrases)))
    if len(phrases) > MOST_PHRASES or any(len(phrase) > PHRASE_CHARS or not can_be_kept(phrase) for phrase in phrases):
        wrong.append(texts.phrase_too_long(clause_id, PHRASE_CHARS, MOST_PHRASES))
    return wrong
