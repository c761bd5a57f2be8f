"""What groups of commands share: the house to act in, who acts, files to read, and how things are printed."""

import argparse
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import UserMistake
from config import logging
from config.server import share_metrics
from config.settings import Settings, load

if TYPE_CHECKING:
    from bot.actions.evidence import Upload
    from bot.context import Context
    from bot.model.operator import Operator

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


# To act in


def started() -> Settings:
    """The settings of a process that stays: logging is on, the data folder there, figures shared."""
    settings = load()
    logging.configure(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    share_metrics(settings)  # before anything that counts is imported
    return settings


def ready_database(settings: Settings) -> None:
    """Migrated once here, not by each web process at the same time."""
    from bot.store import migrate
    from bot.store.database import Database

    database = Database(settings.database)
    migrate.ensure(database)
    database.dispose()


@contextmanager
def opened() -> "Iterator[Context]":
    """The context of one command, on a database that is ready. Raises BadSetting, Unavailable."""
    from bot.app import App
    from bot.context import Context
    from bot.store import migrate

    settings = load()
    logging.configure(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = App(settings)
    try:
        migrate.ensure(app.database)
        yield Context(app.house)
    finally:
        app.database.dispose()


def add_actor(parser: argparse.ArgumentParser) -> None:
    """Let a command be told who acts: --as LOGIN, else the environment's BOT_OPERATOR."""
    parser.add_argument("--as", dest="login", metavar="账号", help="以哪个运营账号操作（默认取环境变量 BOT_OPERATOR）")


def acting(ctx: "Context", arguments: argparse.Namespace) -> "Operator":
    """Who acts on the command line. What they may do is looked at where they do it. Raises UserMistake."""
    from bot.model.texts import operators as texts
    from bot.store import operators

    login = given_login(arguments)
    if not login:
        raise UserMistake(texts.WHO_ACTS)
    with ctx.read() as connection:
        operator = operators.by_login(connection, login)
    if operator is None:
        raise UserMistake(texts.unknown(login))
    return operator


def given_login(arguments: argparse.Namespace) -> str:
    """The login that was named, or ""."""
    login: str = arguments.login or os.environ.get("BOT_OPERATOR", "")
    return login


def contents(file: str, most_bytes: int) -> bytes:
    """A file, or standard input for "-"; of a larger one, one byte more than `most_bytes`. Raises UserMistake."""
    if file == "-":
        return sys.stdin.buffer.read(most_bytes + 1)
    try:
        with Path(file).open("rb") as opened_file:
            return opened_file.read(most_bytes + 1)
    except OSError as error:
        raise UserMistake(f"读不了 {file}：{error.strerror}") from error


def uploads(stack: ExitStack, files: Sequence[str]) -> "list[Upload]":
    """Files to hand over, closed with the stack. Raises UserMistake that names every one that cannot be read."""
    from bot.actions.evidence import Upload

    found, wrong = [], []
    for path in map(Path, files):
        try:
            found.append(Upload(path.name, stack.enter_context(path.open("rb"))))
        except OSError as error:
            wrong.append(f"读不了 {path}：{error.strerror}")
    if wrong:
        raise UserMistake("\n".join(wrong))
    return found


# To print


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="输出 JSON，供程序读取")


def print_json(value: Any) -> None:
    """Moments as ISO 8601."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=lambda one: one.isoformat() if isinstance(one, datetime) else str(one)))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], empty: str = "没有记录。") -> None:
    """Columns that stand under each other in a terminal, where Chinese is twice as wide as Latin."""
    if not rows:
        print(empty)
        return
    lines = [[printable(cell) for cell in line] for line in (header, *rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())


def printable(text: str) -> str:
    """The text on one line, without what a terminal would obey instead of showing it."""
    return "".join(char if char.isprintable() else "·" for char in " ".join(text.split()))


def _width(cell: str) -> int:
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell)
