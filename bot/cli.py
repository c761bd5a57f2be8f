"""The command line: every command of `python -m bot`, one function each. What a person reads is Chinese, errors too."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import BadSetting, BotError
from config import logging
from config.server import granian, share_metrics
from config.settings import Settings, load


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 done, 1 something to mend, 2 wrong words or settings."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except BadSetting as error:
        print("设置有误，请检查环境变量或 .env：", *error.problems, sep="\n  ", file=sys.stderr)
        return 2
    except BotError as error:
        print(f"没有完成：{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def serve(_arguments: argparse.Namespace) -> int:
    """Run the web server until SIGTERM or SIGINT."""
    from granian.constants import Interfaces  # imported late: `ask` and `doctor` need none of it
    from granian.server import Server

    settings = _started()
    _ready_database(settings)
    Server("bot.app:wsgi", factory=True, interface=Interfaces.WSGI, **granian(settings)).serve()
    return 0


def worker(_arguments: argparse.Namespace) -> int:
    """Send what is queued until SIGTERM or SIGINT; what is in hand is finished first."""
    settings = _started()
    from bot.app import App

    App(settings).worker().run()
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring the database to the schema of this version."""
    from bot.store import migrate as migration
    from bot.store.database import Database

    database = Database(load().database)
    before = migration.current(database)
    migration.migrate(database)
    print(f"数据库版本：{before or '空'} → {migration.current(database)}")
    return 0


def doctor(_arguments: argparse.Namespace) -> int:
    """Check each setting and what hangs on it."""
    from bot.doctor import examine

    worst = 0
    for finding in examine():
        print(f"{'正常' if finding.ok else '问题'}  {finding.name}：{finding.say}")
        worst |= not finding.ok
    return worst


def ask(arguments: argparse.Namespace) -> int:
    """Answer in the shell. With --json one object a question; with `-` one question a line from standard input."""
    import rules

    book = rules.load(encoder=arguments.encoder)
    lines: Iterable[str] = (line.rstrip("\n") for line in sys.stdin) if arguments.question == "-" else [arguments.question]
    for line in lines:
        reply = _asked(book, line)
        print(json.dumps(reply, ensure_ascii=False) if arguments.json else reply["reply"], flush=True)
    return 0


def _asked(book: Any, question: str) -> dict[str, Any]:
    """{"refused", "clauses", "reply"} of one question; best clause first. Chit-chat counts as refused."""
    from bot.model.texts import answers

    answer = book.ask(question)
    clauses = [answer.clause] if answer.clause else []
    quoted = [{"id": clause.id, "text": clause.text, "version": book.version, "url": book.url} for clause in clauses]
    return {"refused": not clauses, "clauses": quoted, "reply": answers.word(answer, book)}


def menu(_arguments: argparse.Namespace) -> int:
    """Put the app's menu in place (WeCom shows it to everybody within a day, after reopening the app at once)."""
    from bot.app import App

    settings = load()
    _ready_database(settings)  # where the access token is kept
    App(settings).client.menu_create(MENU)
    print("菜单已更新。")
    return 0


MENU = {
    "button": [
        {"type": "click", "name": "规则目录", "key": "contents"},
        {"type": "click", "name": "怎么用", "key": "help"},
        {"type": "view", "name": "官方原文", "url": "https://developer.work.weixin.qq.com/document/path/92522"},
    ]
}


def sandbox(_arguments: argparse.Namespace) -> int:
    """Run the WeCom stand-in, for trying things out."""
    from bot.sandbox import serve as serve_sandbox

    serve_sandbox(load())
    return 0


def demo(_arguments: argparse.Namespace) -> int:
    """Run sandbox, server and worker together on this machine."""
    from bot.demo import run

    return run()


def _started() -> Settings:
    settings = load()
    logging.configure(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    share_metrics(settings)  # before anything that counts is imported
    return settings


def _ready_database(settings: Settings) -> None:
    """Migrated once here, not by each web process at the same time."""
    from bot.store import migrate as migration
    from bot.store.database import Database

    database = Database(settings.database)
    migration.ensure(database)
    database.dispose()


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    help: str
    run: Callable[[argparse.Namespace], int]


COMMANDS = (
    _Command("serve", "运行回调服务", serve),
    _Command("worker", "运行发送进程", worker),
    _Command("migrate", "升级数据库", migrate),
    _Command("doctor", "检查各项设置", doctor),
    _Command("menu", "把应用菜单推送到企业微信", menu),
    _Command("sandbox", "运行企业微信沙箱", sandbox),
    _Command("demo", "一条命令试用：沙箱 + 服务 + 发送进程", demo),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="企业微信第三方应用平台规则助手")
    commands = parser.add_subparsers(required=True, metavar="命令")
    for command in COMMANDS:
        commands.add_parser(command.name, help=command.help, description=command.help).set_defaults(run=command.run)
    asking = commands.add_parser("ask", help="在命令行里提问", description="在命令行里提问")
    asking.add_argument("question", help="问题；写 - 则从标准输入逐行读取")
    asking.add_argument("--json", action="store_true", help="每个问题输出一行 JSON")
    asking.add_argument("--encoder", choices=("auto", "off"), default="auto", help="是否使用句向量模型（默认 auto）")
    asking.set_defaults(run=ask)
    return parser
