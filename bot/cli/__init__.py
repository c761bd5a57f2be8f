"""The command line: `python -m bot`, a module a group of commands. What a person reads is Chinese, errors too.

A module has `add(commands)`, which puts its parsers beside the others and sets `run`: (arguments) -> exit status.
Whatever is slow to import is imported where a command runs: `ask` needs no database.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from bot.cli import alarms, asking, audit, backup, cases, deliveries, files, filings, grounds, humans, operators, providers, running, seed
from bot.errors import BadSetting, BotError

GROUPS = (running, asking, cases, files, filings, deliveries, humans, providers, grounds, operators, alarms, audit, backup, seed)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 done, 1 something to mend, 2 wrong words or settings."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except BadSetting as error:
        print("设置有误，请检查环境变量或 .env：", *error.problems, sep="\n  ", file=sys.stderr)
        return 2
    except BotError as error:
        from bot.model.texts import errors

        print(f"没有完成：{errors.say(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="企业微信第三方应用平台规则助手")
    commands = parser.add_subparsers(required=True, metavar="命令")
    for group in GROUPS:
        group.add(commands)
    return parser
