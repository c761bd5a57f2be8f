"""What a change of the rule book would do to the answers: the same questions, asked of the old book and of the new one."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rules import evaluate
from rules.answer import Answer
from rules.book import Book
from rules.documents import HERE, documents
from rules.overlay import Tie

QUESTIONS = HERE / "regression" / "questions.jsonl"
_LABELLED_BY = "2024-06-17"  # the version whose clause ids the file's labels are

Verdict = Literal["broken", "gone", "mended", "other"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the lineages that answer it rightly; none: a refusal is right. say: the words that it was tied to."""

    text: str
    lineages: tuple[str, ...]
    origin: Literal["set", "tied"] = "set"
    say: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A question whose answer changes. was, now: clause id, or "" for a refusal.

    verdict: broken (right before, wrong now); gone (its clause isn't there any more, and it is refused); mended (the reverse of broken);
    other (wrong, or right, both times, but not the same).
    """

    text: str
    verdict: Verdict
    was: str
    now: str
    origin: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """asked: how many questions. lines: those whose answer changes, the worst first. right_before, right_now: of all asked.

    reworded: how many are answered by the same clause, whose words differ.
    """

    asked: int
    lines: tuple[Line, ...]
    right_before: int
    right_now: int
    reworded: int

    def count(self, verdict: Verdict) -> int:
        """How many lines of a verdict."""
        return sum(line.verdict == verdict for line in self.lines)

    def kept(self, most_lines: int = 200) -> dict[str, Any]:
        """As plain values, to be stored; beyond `most_lines` the lines are counted only."""
        counts: dict[str, int] = {verdict: self.count(verdict) for verdict in _WORST_FIRST}
        told = {"asked": self.asked, "right_before": self.right_before, "right_now": self.right_now, "reworded": self.reworded}
        return {**told, **counts, "lines": [dataclasses.asdict(line) for line in self.lines[:most_lines]]}


_WORST_FIRST: tuple[Verdict, ...] = ("broken", "gone", "other", "mended")


def questions() -> list[Asked]:
    """The questions kept in the project, labelled by lineage. Raises BadQuestions, OSError."""
    labelled = next(document for document in documents() if document.version == _LABELLED_BY)
    lineage = {clause.id: clause.lineage for clause in labelled.clauses}
    return [Asked(one.text, tuple(lineage[gold] for gold in one.gold)) for one in evaluate.read(QUESTIONS)]


def tied(ties: Iterable[Tie]) -> list[Asked]:
    """What operators tied before, as questions whose answers must stay."""
    return [Asked(tie.text, (tie.lineage,) if tie.lineage else (), "tied", tie.say) for tie in ties]


def compare(old: Book, new: Book, asked: Sequence[Asked], told: Callable[[float], None] = lambda _: None) -> Outcome:
    """Ask both books each question. told: how much of it is done, 0 to 1, now and then."""
    lines: list[Line] = []
    before = now = reworded = 0
    for number, question in enumerate(asked):
        was, will = old.ask(question.text), new.ask(question.text)
        was_right, is_right = _is_right(question, was, old), _is_right(question, will, new)
        before, now = before + was_right, now + is_right
        if _outcome(was) != _outcome(will):
            verdict = _verdict(question, new, was_right=was_right, is_right=is_right)
            lines.append(Line(question.text, verdict, _id(was), _id(will), question.origin))
        elif was.clause and will.clause and was.clause.text != will.clause.text:
            reworded += 1
        if number % 25 == 24:
            told((number + 1) / len(asked))
    lines.sort(key=lambda line: _WORST_FIRST.index(line.verdict))
    return Outcome(len(asked), tuple(lines), before, now, reworded)


def _is_right(question: Asked, answer: Answer, book: Book) -> bool:
    there = {clause.lineage for clause in book.clauses}.intersection(question.lineages)
    if not there:  # a clause that isn't there can only be refused
        return answer.clause is None and (question.origin != "tied" or bool(question.lineages) or answer.say == question.say)
    return answer.clause is not None and answer.clause.lineage in there


def _verdict(question: Asked, new: Book, *, was_right: bool, is_right: bool) -> Verdict:
    lost = question.lineages and not {clause.lineage for clause in new.clauses}.intersection(question.lineages)
    if lost and is_right:
        return "gone"
    if was_right == is_right:
        return "other"
    return "mended" if is_right else "broken"


def _outcome(answer: Answer) -> tuple[str, str]:
    """What counts as another answer: another clause, or other fixed words. Why something is refused doesn't."""
    return (answer.clause.lineage, "") if answer.clause else ("", answer.say)


def _id(answer: Answer) -> str:
    return answer.clause.id if answer.clause else ""
