"""The refusal threshold and the figure to report for it: chosen on four fifths of the questions, scored on the fifth left out."""

from collections import defaultdict
from collections.abc import Sequence

from rules.answer import Answer
from rules.book import Book
from rules.evaluate import Figures, Question, score

FOLDS = 5
TOLERANCE = 0.02
GRID = tuple(step / 100 for step in range(-60, 61, 2))


def held_out(book: Book, questions: Sequence[Question]) -> tuple[Figures, list[float]]:
    """Figures pooled over the five left-out fifths, and the threshold each of them was answered with. No times are taken."""
    best = [book.best(question.text) for question in questions]
    fold = _folds(questions)
    answers: list[Answer] = [Answer("refusal")] * len(questions)
    thresholds = []
    for left_out in range(FOLDS):
        seen = [place for place in range(len(questions)) if fold[place] != left_out]
        threshold = choose([questions[place] for place in seen], [best[place] for place in seen])
        thresholds.append(threshold)
        for place in range(len(questions)):
            if fold[place] == left_out:
                answers[place] = _decided(*best[place], threshold)
    return score(questions, answers), thresholds


def choose(questions: Sequence[Question], best: Sequence[tuple[Answer, float]]) -> float:
    """The lowest threshold that is nearly as good as the best one, by the mean of right answers, near refusals and far refusals.

    The lowest, since rougher talk than the questions' scores lower: bank registers left out of the fit lose answers fast above it.
    """
    worth = {}
    for threshold in GRID:
        figures = score(questions, [_decided(answer, balance, threshold) for answer, balance in best])
        worth[threshold] = (figures.top1 + figures.refused_near + figures.refused_far) / 3
    return min(threshold for threshold in GRID if worth[threshold] >= max(worth.values()) - TOLERANCE)


def _decided(answer: Answer, balance: float, threshold: float) -> Answer:
    return answer if balance > threshold else Answer("refusal")


def _folds(questions: Sequence[Question]) -> list[int]:
    """Each question's fold: the questions of a kind are dealt out in turn, so that every fold has its share of each kind."""
    dealt: dict[str, int] = defaultdict(int)
    folds = []
    for question in questions:
        folds.append(dealt[question.kind] % FOLDS)
        dealt[question.kind] += 1
    return folds
