"""`humans …`: who wants a person's answer, from the shell."""

import argparse
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, opened, print_json, print_table

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add(commands: "Commands") -> None:
    group = commands.add_parser("humans", help="人工答复", description="服务商申请人工答复的问题")
    actions = group.add_subparsers(required=True, metavar="操作")
    parser = actions.add_parser("list", help="列出待答复的申请，先到期的在前")
    parser.add_argument("--all", action="store_true", help="最近 100 个，已答复和已关闭的也列出")
    add_json(parser)
    parser.set_defaults(run=list_all)
    parser = actions.add_parser("show", help="看一个申请：问题、机器人的回答、人工答复")
    parser.add_argument("request", type=int, metavar="编号")
    add_json(parser)
    parser.set_defaults(run=show)
    parser = actions.add_parser("answer", help="答复一个申请；答复会发给申请人")
    parser.add_argument("request", type=int, metavar="编号")
    parser.add_argument("words", metavar="答复")
    add_actor(parser)
    parser.set_defaults(run=answer)
    parser = actions.add_parser("drop", help="不答复，关闭一个申请；会告诉申请人")
    parser.add_argument("request", type=int, metavar="编号")
    add_actor(parser)
    parser.set_defaults(run=drop)


def list_all(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from bot import clock
    from bot.model.texts import humans as texts
    from bot.model.texts.notices import moment
    from bot.store import humans

    with opened() as ctx, ctx.read() as connection:
        found = humans.listed(connection, only_open=not arguments.all)
    if arguments.json:
        print_json([asdict(one) for one in found])
        return 0
    now = clock.now()
    rows = [(str(one.id), texts.standing(one, now), moment(one.due_at), one.address.userid, texts.shown(one.about)) for one in found]
    print_table(("编号", "状态", "应答复于", "申请人", "问题"), rows, "没有待答复的申请。")
    return 0


def show(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from bot import clock
    from bot.model.texts import humans as texts
    from bot.store import humans

    with opened() as ctx, ctx.read() as connection:
        found = humans.get(connection, arguments.request)
    if arguments.json:
        print_json(asdict(found))
    else:
        print("\n".join(_visible(line) for line in texts.page(found, clock.now()).splitlines()))
    return 0


def _visible(line: str) -> str:
    """Without what a terminal would obey instead of showing it."""
    return "".join(char if char.isprintable() else "·" for char in line)


def answer(arguments: argparse.Namespace) -> int:
    from bot.actions import humans

    with opened() as ctx:
        request = humans.answer(ctx, acting(ctx, arguments), arguments.request, arguments.words)
    print(f"已答复 {request.id}，答复正在发给申请人。")
    return 0


def drop(arguments: argparse.Namespace) -> int:
    from bot.actions import humans

    with opened() as ctx:
        request = humans.drop(ctx, acting(ctx, arguments), arguments.request)
    print(f"已关闭 {request.id}，已告诉申请人没有另行答复。")
    return 0
