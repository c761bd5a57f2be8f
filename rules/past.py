"""Questions about the rules of another time, answered from the version that was in force then, or not at all."""

import re
from dataclasses import dataclass

from rules.answer import Answer
from rules.book import Book
from rules.dates import Dated, asked_of
from rules.normalize import tidy

_HINT = re.compile(r"[年月版]|2\s?0\s?\d\s?\d|２０|昨天|前天")  # what every such question has one of


@dataclass(frozen=True, slots=True)
class Past:
    """dated: what is asked, and of when. book: the version in force at the end of that time; None where none is known, or it is to come.

    answer: None where only the version itself, or a clause that it lacks, is asked for. others: versions that were in force in that
    time before `book`. is_future: the time has not begun. begins_before: it begins before the first version that is known.
    """

    dated: Dated
    book: Book | None
    answer: Answer | None
    others: tuple[Book, ...] = ()
    is_future: bool = False
    begins_before: bool = False


def might_be(question: str) -> bool:
    """False, in a microsecond, for most questions that ask of no other time."""
    return _HINT.search(question) is not None


def ask(book: Book, question: str, today: str) -> Past | None:
    """What came of a question about the rules of another time; None where it is none. today: YYYY-MM-DD."""
    if not might_be(question):
        return None
    dated = asked_of(tidy(question), today)
    if dated is None:
        return None
    if dated.period.first > today:
        return Past(dated, None, None, is_future=True)
    then = book.on(min(dated.period.last, today))
    if then is None:
        return Past(dated, None, None)
    return Past(
        dated,
        then,
        _answer(then, dated),
        others=tuple(one for one in book.editions if one.effective_on < then.effective_on and _was_in(one, book, dated)),
        begins_before=dated.period.first < book.editions[0].effective_on,
    )


def _was_in(one: Book, book: Book, dated: Dated) -> bool:
    """Whether a version was in force on some day of the time asked about."""
    later = [other.effective_on for other in book.editions if other.effective_on > one.effective_on]
    return one.effective_on <= dated.period.last and (not later or min(later) > dated.period.first)


def _answer(then: Book, dated: Dated) -> Answer | None:
    if dated.clause_id:
        clause = then.clause(dated.clause_id)
        return Answer("clause", clause, confidence=1.0) if clause else None
    return then.ask(dated.rest) if dated.rest else None
