"""`filings …`: what providers handed in, reviewed from the shell."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, opened, print_json
from bot.errors import UserMistake

if TYPE_CHECKING:
    from bot.cli.shared import Commands
    from bot.context import Context
    from bot.model.filing import Filing
    from bot.model.operator import Operator

_KINDS = ("report", "objection", "reapplication", "withdrawal")
_STATES = (
    "all",
    "submitted",
    "under_review",
    "needs_more",
    "returned",
    "accepted",
    "refused",
    "upheld",
    "dismissed",
    "granted",
    "lapsed",
    "dropped",
)
_CHUNK = 1 << 20
# A command, what it does, and whether reasons are owed.
_DECISIONS = (
    ("accept", "通过整改报告或重新申请", False),
    ("need-more", "请服务商补充材料，不算退回", True),
    ("send-back", "退回修改，写明每一项的理由", True),
    ("uphold", "认定异议成立：案件随即撤销", False),
    ("dismiss", "认定异议不成立", True),
    ("grant", "同意撤出推荐", False),
    ("refuse", "不同意重新申请或撤出推荐", True),
)


def add(commands: "Commands") -> None:
    group = commands.add_parser("filings", help="服务商提交的材料：整改报告、异议、重新申请、撤出推荐", description="服务商提交的材料")
    actions = group.add_subparsers(required=True, metavar="操作")
    _add_reading(actions)
    for name, say, run in (("take", "领取，期间别人不能审核", take), ("release", "放弃领取", release)):
        parser = actions.add_parser(name, help=say)
        _add_number(parser)
        add_actor(parser)
        parser.set_defaults(run=run)
    for name, say, owed in _DECISIONS:
        parser = actions.add_parser(name, help=f"{say}；须先领取")
        _add_number(parser)
        parser.add_argument("--reasons", default="", metavar="理由", help="会写进给服务商的通知" + ("" if owed else "，可不写"))
        parser.add_argument("--remark", action="append", default=[], metavar="条款=意见", help="对报告里某一条的意见，会写进通知，可写多次")
        add_actor(parser)
        parser.set_defaults(run=decide, action=name.replace("-", "_"))
    parser = actions.add_parser("done", help="确认撤出推荐或其恢复已在平台上执行")
    _add_number(parser)
    add_actor(parser)
    parser.set_defaults(run=done)


def _add_reading(actions: "Commands") -> None:
    parser = actions.add_parser("list", help="列出等待审核的材料，先提交的在前")
    parser.add_argument("--kind", action="append", choices=_KINDS, help="只列这一种，可写多次")
    parser.add_argument("--state", action="append", choices=_STATES, help="改列这种状态的，可写多次；all 为全部")
    parser.add_argument("--overdue", action="store_true", help="只列超期未审的")
    parser.add_argument("--limit", type=int, default=50, metavar="件数", help="最多列多少件（默认 50）")
    add_json(parser)
    parser.set_defaults(run=list_all)
    parser = actions.add_parser("show", help="一份材料的全部，逐条列出，附文件、历次审核和案件")
    _add_number(parser)
    add_json(parser)
    parser.set_defaults(run=show)
    parser = actions.add_parser("fetch", help="取出一个文件；谁取过会留下记录")
    _add_number(parser)
    parser.add_argument("file", type=int, metavar="文件编号", help="见 filings show")
    parser.add_argument("-o", "--output", metavar="文件", help="存到哪里；不写则存到当前目录，以哈希命名")
    add_actor(parser)
    parser.set_defaults(run=fetch)


def _add_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="编号", help="例如 R2026-000001")


# Reading


def list_all(arguments: argparse.Namespace) -> int:
    from bot.actions import review_pages
    from bot.cli import filing_pages, filing_values
    from bot.model.filing import WAITING, FilingKind, FilingState

    wanted = arguments.state or []
    states = {FilingState(one) for one in wanted if one != "all"} if "all" not in wanted else set()
    kinds = [FilingKind(one) for one in arguments.kind or ()]
    most = max(1, arguments.limit)
    with opened() as ctx:
        found = review_pages.listed(ctx, states if wanted else WAITING, kinds=kinds, overdue=arguments.overdue, limit=most + 1)
    if arguments.json:
        print_json([filing_values.waiting(one) for one in found[:most]])
        return 0
    filing_pages.print_waiting(found[:most], is_default=not wanted)
    if len(found) > most:
        print("还有更多；用 --limit 多列一些。")
    return 0


def show(arguments: argparse.Namespace) -> int:
    from bot.actions import review_pages
    from bot.cli import filing_pages, filing_values

    with opened() as ctx:
        page = review_pages.read(ctx, arguments.number)
    if arguments.json:
        print_json(filing_values.page(page))
    else:
        filing_pages.print_page(page)
    return 0


def fetch(arguments: argparse.Namespace) -> int:
    from bot.actions import review_pages
    from bot.cli.shared import printable
    from bot.model.texts import reviews as texts

    with opened() as ctx:
        actor = acting(ctx, arguments)
        target = Path(arguments.output) if arguments.output else None
        if target and target.exists():
            raise UserMistake(f"{target} 已经存在，请换一个文件名。")
        file, source = review_pages.opened(ctx, actor, arguments.number, arguments.file)
        target = target or Path(_safe_name(file.sha256, file.name))
        with source:
            try:
                with target.open("xb") as out:
                    while chunk := source.read(_CHUNK):
                        out.write(chunk)
            except OSError as error:
                raise UserMistake(f"写不了 {target}：{error.strerror}") from error
    print(texts.ONCE_FILE.format(name=printable(file.name), target=target, size=file.bytes, sha256=file.sha256))
    if file.flags:
        print(f"注意  {texts.flags(file)}")
    return 0


def _safe_name(sha256: str, name: str) -> str:
    """By its content, with the ending of its own name where that is a plain one: the rest of a name is a stranger's."""
    import re

    ending = re.search(r"\.[A-Za-z0-9]{1,8}\Z", name)
    return f"{sha256[:16]}{ending[0].lower() if ending else ''}"


# Deciding


def take(arguments: argparse.Namespace) -> int:
    from bot.actions import reviews
    from bot.model.texts.notices import moment

    with opened() as ctx:
        filing = reviews.take(ctx, acting(ctx, arguments), arguments.number)
    assert filing.claimed_until is not None
    print(f"已领取 {filing.number}，到 {moment(filing.claimed_until)} 为止别人不能审核；再领取一次可以延长。")
    print(f"下一步  python -m bot filings show {filing.number}")
    return 0


def release(arguments: argparse.Namespace) -> int:
    from bot.actions import reviews

    return _step(arguments, lambda ctx, actor: reviews.release(ctx, actor, arguments.number), "已放弃领取")


def decide(arguments: argparse.Namespace) -> int:
    from bot.actions import reviews

    decision = reviews.Decision(action=arguments.action, reasons=arguments.reasons, remarks=_remarks(arguments.remark))
    return _step(arguments, lambda ctx, actor: reviews.decide(ctx, actor, arguments.number, decision), "已决定并通知服务商")


def done(arguments: argparse.Namespace) -> int:
    from bot.actions import withdrawals

    return _step(arguments, lambda ctx, actor: withdrawals.confirm(ctx, actor, arguments.number), "已确认并通知服务商")


def _step(arguments: argparse.Namespace, act: "Callable[[Context, Operator], Filing]", say: str) -> int:
    from bot.actions import case_files
    from bot.model.texts import reviews as texts

    with opened() as ctx:
        filing = act(ctx, acting(ctx, arguments))
        tasks = case_files.errands_of(ctx, filing)
    print(f"{say}：{filing.number}（{texts.state(filing)}）")
    for task in tasks:
        print(f"待办  {task.detail}")
    return 0


def _remarks(given: list[str]) -> dict[str, str]:
    from bot.model.texts import reviews as texts

    found: dict[str, str] = {}
    for one in given:
        clause, is_there, words = one.partition("=")
        if not is_there or not clause.strip() or not words.strip() or clause.strip() in found:
            raise UserMistake(texts.BAD_REMARK)
        found[clause.strip()] = words
    return found
