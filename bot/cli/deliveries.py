"""`deliveries …`: who has a case's notices, who has not and why."""

import argparse
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, opened, print_json

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("deliveries", help="一个案件的通知送到了谁、谁没有收到、为什么", description="通知的送达情况")
    say = "写 resend-missing 则把通知卡片再发给没有收到的管理员；已收到、正在发送和已签收的不再发"
    parser.add_argument("what", nargs="?", choices=("resend-missing",), metavar="resend-missing", help=say)
    parser.add_argument("--case", required=True, metavar="案件编号", help="例如 V2026-000123")
    add_json(parser)
    add_actor(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    return resend(arguments) if arguments.what else look(arguments)


def look(arguments: argparse.Namespace) -> int:
    from bot.actions import deliveries
    from bot.cli import case_pages, case_values
    from bot.model.texts.deliveries import NO_NOTICE

    with opened() as ctx:
        told = deliveries.of_case(ctx, arguments.case)
    if arguments.json:
        print_json(case_values.told(told))
    elif told:
        case_pages.print_told(told)
    else:
        print(NO_NOTICE)
    return 0


def resend(arguments: argparse.Namespace) -> int:
    from bot.actions import deliveries
    from bot.model.texts.deliveries import NOBODY_MISSES

    with opened() as ctx:
        to = deliveries.resend_missing(ctx, acting(ctx, arguments), arguments.case)
    if arguments.json:
        print_json([{"userid": admin.address.userid, "name": admin.name} for admin in to])
        return 0
    for admin in to:
        print(f"再次发给  {admin.name}（{admin.address.userid}）")
    print(f"共 {len(to)} 人。" if to else NOBODY_MISSES)
    return 0
