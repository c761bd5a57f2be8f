"""`backup FILE` and `restore FILE`: database, files and audit heads in one file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UserMistake
from bot.model.texts import backups as texts
from config.settings import load

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def back_up(arguments: argparse.Namespace) -> int:
    """Write a backup, while everything goes on running."""
    from bot.actions import backups
    from bot.store.database import Database

    settings = load()
    target = Path(arguments.file)
    try:
        summary = backups.back_up(Database(settings.database), settings, target)
    except OSError as error:
        raise UserMistake(f"写不了 {target}：{error.strerror}") from error
    print(texts.done(f"已备份到 {target}", summary.rows, summary.files, summary.schema))
    if summary.missing:
        print(texts.missing(summary.missing))
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Put a backup back into an empty database; with serve and worker stopped."""
    from bot.actions import backups
    from bot.store.database import Database

    settings = load()
    source = Path(arguments.file)
    try:
        summary = backups.restore(Database(settings.database), settings, source)
    except OSError as error:
        raise UserMistake(f"没有恢复完：{error.filename or source}：{error.strerror}") from error
    print(texts.done(f"已从 {source} 恢复", summary.rows, summary.files, summary.schema))
    if summary.missing:
        print(texts.missing(summary.missing))
    if summary.waiting:
        print(texts.waiting(summary.waiting))
    print(texts.CHECK_NOW)
    return 0


def add(commands: "Commands") -> None:
    """`backup FILE`, `restore FILE`."""
    for name, run, say in (
        ("backup", back_up, "备份数据库、文件和审计日结，服务不用停"),
        ("restore", restore, "把备份恢复到空的数据库；先停掉 serve 和 worker"),
    ):
        parser = commands.add_parser(name, help=say, description=say)
        parser.add_argument("file", metavar="文件", help="备份文件")
        parser.set_defaults(run=run)
