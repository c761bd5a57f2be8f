"""`ask`: what the bot would answer, without WeCom, settings or a database."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.cli.shared import Commands
    from rules import Book


def add(commands: "Commands") -> None:
    parser = commands.add_parser("ask", help="在命令行里提问", description="在命令行里提问")
    parser.add_argument("question", help="问题；写 - 则从标准输入逐行读取")
    parser.add_argument("--json", action="store_true", help="每个问题输出一行 JSON")
    parser.add_argument("--encoder", choices=("auto", "off"), default="auto", help="是否使用句向量模型（默认 auto）")
    parser.set_defaults(run=ask)


def ask(arguments: argparse.Namespace) -> int:
    """Answer in the shell. With --json one object a question; with `-` one question a line from standard input."""
    import rules

    book = rules.load(encoder=arguments.encoder)
    lines: Iterable[str] = (line.rstrip("\n") for line in sys.stdin) if arguments.question == "-" else [arguments.question]
    for line in lines:
        reply = _asked(book, line)
        print(json.dumps(reply, ensure_ascii=False) if arguments.json else reply["reply"], flush=True)
    return 0


def _asked(book: "Book", question: str) -> dict[str, Any]:
    """{"refused", "clauses", "reply"} of one question; best clause first. Chit-chat counts as refused."""
    from bot import clock
    from bot.model.texts import answers
    from bot.model.texts import past as past_texts
    from rules import past

    found = past.ask(book, question, clock.today())
    answer, then = (found.answer, found.book or book) if found else (book.ask(question), book)
    clauses = [answer.clause] if answer and answer.clause else []
    quoted = [{"id": clause.id, "text": clause.text, "version": then.version, "url": then.url} for clause in clauses]
    worded = past_texts.word(found, book) if found else answers.word(answer or book.ask(question), book)
    return {"refused": not clauses, "clauses": quoted, "reply": worded}
