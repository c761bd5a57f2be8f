"""Rows of the table behind clause 3.1, which is published as a picture: keyed in by people, checked by two of them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from bot.errors import UserMistake
from bot.model import sheet
from bot.model.sheet import Row
from bot.model.texts import grounds as texts
from bot.model.texts import sheets as sheet_texts
from rules.catalogue import POWERS, ROW, Measure

GIVEN = tuple(measure for measure in Measure if measure in POWERS["3.1"].measures)  # a row can give no more than its clause
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_MEASURES = {word: measure for measure in GIVEN for word in (measure.words, measure.value)}
_BETWEEN = re.compile(f"[{texts.BETWEEN}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundRow:
    """One row of the table, word for word.

    key: what cases call it. measures: what the row gives, in the order of the catalogue. source: where the picture was taken from;
    source_date: the day of it, YYYY-MM-DD; position: where in the picture. checker_one, checker_two: logins of those who compared it.
    """

    key: str
    title: str
    wording: str
    measures: tuple[Measure, ...]
    source: str
    source_date: str
    position: str
    checker_one: str
    checker_two: str

    @property
    def ground(self) -> str:
        """What a case cites."""
        return ROW + self.key


def read(raw: bytes, today: str) -> list[tuple[int, GroundRow]]:
    """The rows of a file (columns: bot.model.texts.grounds.COLUMNS), each with its line. today: YYYY-MM-DD.

    Raises UserMistake that names every bad line at once.
    """
    found: list[tuple[int, GroundRow]] = []
    wrong: list[tuple[int, str]] = []
    lines: dict[str, int] = {}
    for row in sheet.read(raw, texts.COLUMNS).rows:
        first = lines.setdefault(row["key"], row.line)
        mistakes = [*_mistakes(row, today), *([texts.twice(first)] if first != row.line else [])]
        wrong += [(row.line, mistake) for mistake in mistakes]
        if not mistakes:
            found.append((row.line, _ground_row(row)))
    if wrong:
        raise UserMistake(sheet_texts.mistakes(wrong))
    return found


def compare(rows: Iterable[tuple[int, GroundRow]], known: Mapping[str, GroundRow], logins: Collection[str]) -> list[GroundRow]:
    """Those of the rows that are new. logins: of active operators, who alone can check a new one.

    Raises UserMistake where a row differs from the one known by its key, or its checkers may not check.
    """
    new: list[GroundRow] = []
    wrong: list[tuple[int, str]] = []
    for line, row in rows:
        before = known.get(row.key)
        if before is None:
            new.append(row)
            checkers = ("checker_one", row.checker_one), ("checker_two", row.checker_two)
            wrong += [(line, texts.not_active(name, login)) for name, login in checkers if login not in logins]
        elif before != row:
            wrong.append((line, texts.differs(row.key, _differing(before, row))))
    if wrong:
        raise UserMistake(sheet_texts.mistakes(wrong))
    return new


def _differing(before: GroundRow, now: GroundRow) -> Sequence[str]:
    return [one.name for one in fields(GroundRow) if getattr(before, one.name) != getattr(now, one.name)]


def _mistakes(row: Row, today: str) -> Iterable[str]:
    yield from (texts.owed(name) for name in texts.TITLES if not (_words(row) if name == "measures" else row[name]))
    if row["key"] and not _KEY.fullmatch(row["key"]):
        yield texts.BAD_KEY
    yield from (texts.bad_measure(word, GIVEN) for word in _words(row) if word not in _MEASURES)
    if row["source_date"] and not (_is_day(row["source_date"]) and row["source_date"] <= today):
        yield texts.BAD_DATE
    if row["checker_one"] and row["checker_one"] == row["checker_two"]:
        yield texts.SAME_CHECKER


def _words(row: Row) -> list[str]:
    return [word for word in _BETWEEN.split(row["measures"]) if word]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _ground_row(row: Row) -> GroundRow:
    given = {_MEASURES[word] for word in _words(row)}
    texts_of = {name: row[name] for name in texts.TITLES if name != "measures"}
    return GroundRow(**texts_of, measures=tuple(measure for measure in GIVEN if measure in given))
