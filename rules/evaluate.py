"""How well a Book answers a file of labelled questions.

One JSON object a line: {"id", "q": question, "gold": accepted clause ids ([]: refuse), "kind", "must": strings the clause holds}.
Out-of-scope kinds are "oos-near" and "oos-far".
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rules.answer import Answer

MAX_LINES = 1_000_000


class BadQuestions(ValueError):
    """The file of questions can't be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Question:
    """One labelled question; gold is empty where a refusal is right."""

    id: str
    text: str
    gold: tuple[str, ...]
    kind: str
    must: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates are shares of 1. top1 and must: of in-scope questions; wrong: of all; by_kind: of right outcomes. Times in milliseconds."""

    top1: float
    must: float
    refused_near: float
    refused_far: float
    wrong: float
    by_kind: dict[str, float]
    p50_ms: float
    p99_ms: float
    n: int

    def as_json(self) -> str:
        """One line; rates and times rounded to four digits."""
        return json.dumps(_rounded(asdict(self)), ensure_ascii=False)


def read(path: Path) -> list[Question]:
    """The questions of a JSON-lines file. Raises BadQuestions, OSError."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[:MAX_LINES], 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            questions.append(
                Question(
                    str(entry.get("id", number)),
                    str(entry["q"]),
                    tuple(str(gold) for gold in entry["gold"]),
                    str(entry["kind"]),
                    tuple(str(must) for must in entry.get("must", ())),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadQuestions(f"line {number}: not a labelled question") from error
    return questions


def measure(questions: Sequence[Question], ask: Callable[[str], Answer]) -> Figures:
    """Ask each question once, in order, and score the answers."""
    answers, times = [], []
    for question in questions:
        start = time.perf_counter()
        answers.append(ask(question.text))
        times.append((time.perf_counter() - start) * 1000)
    return score(questions, answers, times)


def score(questions: Sequence[Question], answers: Sequence[Answer], times_ms: Sequence[float] = ()) -> Figures:
    """Figures of answers already given, one a question."""
    pairs = list(zip(questions, answers, strict=True))
    inside = [(question, answer) for question, answer in pairs if question.gold]
    kinds = sorted({question.kind for question in questions})
    times = sorted(times_ms)
    return Figures(
        top1=_share(_right(question, answer) for question, answer in inside),
        must=_share(_right(question, answer) and _has_must(question, answer) for question, answer in inside),
        refused_near=_share(_right(question, answer) for question, answer in pairs if question.kind == "oos-near"),
        refused_far=_share(_right(question, answer) for question, answer in pairs if question.kind == "oos-far"),
        wrong=_share(answer.clause is not None and not _right(question, answer) for question, answer in pairs),
        by_kind={kind: _share(_right(question, answer) for question, answer in pairs if question.kind == kind) for kind in kinds},
        p50_ms=_percentile(times, 0.50),
        p99_ms=_percentile(times, 0.99),
        n=len(pairs),
    )


def _right(question: Question, answer: Answer) -> bool:
    if not question.gold:
        return answer.clause is None
    return answer.clause is not None and answer.clause.id in question.gold


def _has_must(question: Question, answer: Answer) -> bool:
    return answer.clause is not None and all(must in answer.clause.text for must in question.must)


def _share(truths: Iterable[bool]) -> float:
    values = list(truths)
    return sum(values) / len(values) if values else 0.0


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank; 0 when there is nothing to rank."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
