"""`cases …`: the commands that look at cases, and at what our staff have to do."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, opened, print_json
from bot.errors import UserMistake

if TYPE_CHECKING:
    from bot.cli.shared import Commands

_STATES = ("draft", "pending_approval", "in_force", "recovering", "recovered", "revoked", "closed", "discarded")


def add(actions: "Commands") -> None:
    parser = actions.add_parser("preview", help="看通知发出时的全文")
    add_number(parser)
    parser.set_defaults(run=preview)
    parser = actions.add_parser("list", help="列出案件，新的在前")
    parser.add_argument("--state", action="append", choices=_STATES, help="只列这种状态的，可写多次")
    parser.add_argument("--overdue", action="store_true", help="只列整改已逾期的")
    parser.add_argument("--limit", type=int, default=50, metavar="件数", help="最多列多少件（默认 50）")
    add_json(parser)
    parser.set_defaults(run=list_all)
    parser = actions.add_parser("show", help="一个案件的全部，含内部备注")
    add_number(parser)
    add_json(parser)
    parser.set_defaults(run=show)
    parser = actions.add_parser("history", help="一家服务商的全部案件、结果和未了事项")
    parser.add_argument("provider", metavar="服务商编号")
    add_json(parser)
    parser.set_defaults(run=history)
    parser = actions.add_parser("tasks", help="运营人员的待办")
    add_json(parser)
    parser.set_defaults(run=tasks)
    parser = actions.add_parser("task-done", help="办完一项待办")
    parser.add_argument("task", type=int, metavar="待办编号")
    parser.add_argument("--note", required=True, metavar="说明", help="办理结果")
    add_actor(parser)
    parser.set_defaults(run=task_done)
    parser = actions.add_parser("export", help="导出证据包，可用 audit verify 独立核验")
    add_number(parser)
    parser.add_argument("file", nargs="?", metavar="文件", help="默认为 案件编号.zip")
    add_actor(parser)
    parser.set_defaults(run=export)


def add_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="案件编号", help="例如 V2026-000123")


def preview(arguments: argparse.Namespace) -> int:
    from bot.actions import notices
    from bot.model.texts.notices import whole

    with opened() as ctx:
        print(whole(notices.preview(ctx, arguments.number)))
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    from bot.actions import case_files
    from bot.cli import case_pages, case_values
    from bot.model.case import State

    states = [State(state) for state in arguments.state or ()]
    with opened() as ctx:
        found = case_files.listed(ctx, states, overdue=arguments.overdue, limit=max(1, arguments.limit) + 1)
    shown = found[: max(1, arguments.limit)]
    if arguments.json:
        print_json([case_values.listed(one) for one in shown])
        return 0
    case_pages.print_listed(shown)
    if len(found) > len(shown):
        print("还有更早的案件；用 --limit 多列一些。")
    return 0


def show(arguments: argparse.Namespace) -> int:
    from bot.actions import case_files
    from bot.cli import case_pages, case_values

    with opened() as ctx:
        file = case_files.read(ctx, arguments.number)
    if arguments.json:
        print_json(case_values.file(file))
    else:
        case_pages.print_file(file)
    return 0


def history(arguments: argparse.Namespace) -> int:
    from bot.actions import history
    from bot.cli import case_pages, case_values

    with opened() as ctx:
        found = history.of_provider(ctx, arguments.provider)
    if arguments.json:
        print_json(case_values.history(found))
    else:
        case_pages.print_history(found)
    return 0


def tasks(arguments: argparse.Namespace) -> int:
    from bot.actions import queue
    from bot.cli import case_pages, case_values

    with opened() as ctx:
        found = queue.tasks(ctx)
    if arguments.json:
        print_json([case_values.waiting(one) for one in found])
    else:
        case_pages.print_errands(found)
    return 0


def task_done(arguments: argparse.Namespace) -> int:
    from bot.actions import operator_tasks

    with opened() as ctx:
        operator_tasks.finish(ctx, acting(ctx, arguments), arguments.task, arguments.note)
    print(f"待办 {arguments.task} 已办完。")
    return 0


def export(arguments: argparse.Namespace) -> int:
    from bot.actions import bundles

    target = Path(arguments.file or f"{arguments.number}.zip")
    if target.exists():
        raise UserMistake(f"{target} 已经存在，请换一个文件名。")
    with opened() as ctx:
        actor = acting(ctx, arguments)
        try:
            done = bundles.export(ctx, actor, arguments.number, target)
        except OSError as error:
            raise UserMistake(f"写不了 {target}：{error.strerror}") from error
    print(f"已导出 {target}：{done.bytes:,} 字节，SHA-256 {done.sha256}")
    if not done.key_id:
        print("注意  没有设置 AUDIT_KEY，证据包没有签名。")
    return 0
