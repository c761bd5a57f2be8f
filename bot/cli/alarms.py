"""`alarms …`: what needs a person now, from the shell."""

import argparse
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, opened, print_json, print_table

if TYPE_CHECKING:
    from bot.cli.shared import Commands

_LATEST = 50


def add(commands: "Commands") -> None:
    group = commands.add_parser("alarms", help="告警", description="告警：需要人处理的故障")
    actions = group.add_subparsers(required=True, metavar="操作")
    parser = actions.add_parser("list", help="列出未解除的告警")
    parser.add_argument("--all", action="store_true", help=f"最近 {_LATEST} 条，已解除的也列出")
    add_json(parser)
    parser.set_defaults(run=list_all)
    parser = actions.add_parser("clear", help="解除一条告警；原因还在的话会再次告警")
    parser.add_argument("alarm", type=int, metavar="编号")
    add_actor(parser)
    parser.set_defaults(run=clear)


def list_all(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from bot.model.texts import alarms as texts
    from bot.store import alarms

    with opened() as ctx, ctx.read() as connection:
        found = alarms.latest(connection, _LATEST) if arguments.all else alarms.opened(connection)
    if arguments.json:
        print_json([{**asdict(alarm), "say": texts.title(alarm), "advice": texts.advice(alarm)} for alarm in found])
        return 0
    rows = [(str(alarm.id), texts.standing(alarm), texts.title(alarm), texts.since(alarm), texts.advice(alarm)) for alarm in found]
    print_table(("编号", "状态", "告警", "时间", "怎么办"), rows, "没有未解除的告警。")
    return 0


def clear(arguments: argparse.Namespace) -> int:
    from bot.actions import alarms
    from bot.model.texts import alarms as texts

    with opened() as ctx:
        alarm = alarms.clear_by_hand(ctx, acting(ctx, arguments), arguments.alarm)
    print(f"已解除 {alarm.id}：{texts.title(alarm)}")
    return 0
