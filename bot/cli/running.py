"""The commands that start something, and those that look after it: serve, worker, migrate, doctor, menu, sandbox, demo."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any

from bot.cli.shared import ready_database, started
from config.server import granian, granian_console
from config.settings import load

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def serve(_arguments: argparse.Namespace) -> int:
    """Run the web server until SIGTERM or SIGINT."""
    from granian.constants import Interfaces  # imported late: `ask` and `doctor` need none of it
    from granian.server import Server

    settings = started()
    ready_database(settings)
    beside = Beside() if settings.has_own_console else None
    Server("bot.app:web", factory=True, interface=Interfaces.RSGI, **granian(settings)).serve()
    return beside.stop() if beside else 0


def console(_arguments: argparse.Namespace) -> int:
    """Run the console alone, at CONSOLE_BIND, until SIGTERM or SIGINT."""
    from granian.constants import Interfaces
    from granian.server import Server

    settings = started()
    ready_database(settings)
    Server("bot.app:console", factory=True, interface=Interfaces.RSGI, **granian_console(settings)).serve()
    return 0


class Beside:
    """A console at an address of its own, as a process beside the server. If it ends by itself, the server is asked to end too."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "bot", "console"])
        self._is_ending = False
        Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self._process.wait()
        if not self._is_ending:
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> int:
        """After the server has ended. Returns 0, or 1 where the console had ended first."""
        has_failed = self._process.poll() not in (None, 0)
        self._is_ending = True
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return int(has_failed)


def worker(_arguments: argparse.Namespace) -> int:
    """Send what is queued until SIGTERM or SIGINT; what is in hand is finished first."""
    settings = started()
    from bot.app import App

    App(settings).worker().run()
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring the database to the schema of this version, and write down the versions of the rules that it brings."""
    from bot.actions import packaged
    from bot.store import migrate as migration
    from bot.store.database import Database

    database = Database(load().database)
    before = migration.current(database)
    migration.migrate(database)
    packaged.take_in(database)
    print(f"数据库版本：{before or '空'} → {migration.current(database)}")
    return 0


def doctor(_arguments: argparse.Namespace) -> int:
    """Check each setting and what hangs on it. What is only worth a look does not fail."""
    from bot.doctor import examine

    worst = 0
    for finding in examine():
        print(f"{'提醒' if finding.is_warning else '正常' if finding.ok else '问题'}  {finding.name}：{finding.say}")
        worst |= not finding.ok
    return worst


def menu(_arguments: argparse.Namespace) -> int:
    """Put the app's menu in place (WeCom shows it to everybody within a day, after reopening the app at once)."""
    from bot.app import App

    settings = load()
    ready_database(settings)  # where the access token is kept
    App(settings).client.menu_create(MENU)
    print("菜单已更新。")
    return 0


MENU: dict[str, Any] = {
    "button": [
        {
            "name": "我的办理",
            "sub_button": [
                {"type": "click", "name": "进度", "key": "progress"},
                {"type": "click", "name": "我的处理", "key": "my_cases"},
                {"type": "click", "name": "提交整改报告", "key": "report"},
                {"type": "click", "name": "我要申诉", "key": "objection"},
                {"type": "click", "name": "申请恢复", "key": "recovery"},
            ],
        },
        {
            "name": "更多办理",
            "sub_button": [
                {"type": "click", "name": "重新申请", "key": "reapplication"},
                {"type": "click", "name": "撤出推荐", "key": "withdrawal"},
                {"type": "click", "name": "申请人工", "key": "ask_human"},
            ],
        },
        {
            "name": "平台规则",
            "sub_button": [
                {"type": "click", "name": "规则目录", "key": "contents"},
                {"type": "click", "name": "怎么用", "key": "help"},
                {"type": "view", "name": "官方原文", "url": "https://developer.work.weixin.qq.com/document/path/92522"},
            ],
        },
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


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    help: str
    run: Callable[[argparse.Namespace], int]


COMMANDS = (
    _Command("serve", "运行回调服务", serve),
    _Command("console", "单独运行运营控制台（CONSOLE_BIND）；serve 会自动带上它", console),
    _Command("worker", "运行发送进程", worker),
    _Command("migrate", "升级数据库", migrate),
    _Command("doctor", "检查各项设置", doctor),
    _Command("menu", "把应用菜单推送到企业微信", menu),
    _Command("sandbox", "运行企业微信沙箱", sandbox),
    _Command("demo", "一条命令试用：沙箱 + 服务 + 发送进程", demo),
)


def add(commands: "Commands") -> None:
    for command in COMMANDS:
        commands.add_parser(command.name, help=command.help, description=command.help).set_defaults(run=command.run)
