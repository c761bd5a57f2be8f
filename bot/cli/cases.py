"""`cases …`: a case from its draft to its end, from the shell."""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bot.cli import case_conduct, case_views
from bot.cli.case_views import add_number
from bot.cli.shared import acting, add_actor, contents, opened, uploads

if TYPE_CHECKING:
    from bot.cli.shared import Commands
    from bot.context import Context
    from bot.model.case import Case, Finding
    from bot.model.operator import Operator

_MEASURES = ("cancel_recommendation", "cancel_search", "delist", "permanent_delist", "suspend_service", "terminate_service")


def add(commands: "Commands") -> None:
    group = commands.add_parser("cases", help="处理案件：开案、审批、送达、执行措施", description="处理案件")
    actions = group.add_subparsers(required=True, metavar="操作")
    _add_writing(actions)
    _add_steps(actions)
    case_conduct.add(actions)
    case_views.add(actions)


def _add_writing(actions: "Commands") -> None:
    parser = actions.add_parser("template", help="输出一份带说明的案件草稿，填好后用 open 开案")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--reminder", action="store_true", help="提醒，不带处理措施")
    kinds.add_argument("--permanent", action="store_true", help="永久下架（第 4.4 条）")
    parser.set_defaults(run=template)
    parser = actions.add_parser("open", help="按草稿文件开案；同一个人的同一份文件只开一次")
    parser.add_argument("file", metavar="文件", help="TOML 文件；写 - 则从标准输入读取")
    parser.add_argument("--key", help="自定的请求编号：同一个人用同一编号只开一次案，不论文件内容")
    add_actor(parser)
    parser.set_defaults(run=open_one)
    parser = actions.add_parser("amend", help="按草稿文件重写草稿，限起草人")
    add_number(parser)
    parser.add_argument("file", metavar="文件", help="TOML 文件；写 - 则从标准输入读取")
    add_actor(parser)
    parser.set_defaults(run=amend)
    parser = actions.add_parser("evidence", help="添加证据文件")
    add_number(parser)
    parser.add_argument("files", nargs="+", metavar="文件")
    add_actor(parser)
    parser.set_defaults(run=add_evidence)
    parser = actions.add_parser("note", help="写一条内部备注，服务商看不到")
    add_number(parser)
    parser.add_argument("text", metavar="文字")
    add_actor(parser)
    parser.set_defaults(run=add_note)


def _add_steps(actions: "Commands") -> None:
    steps: list[tuple[str, str, Callable[[argparse.Namespace], int]]] = [
        ("submit", "提交审批", submit),
        ("approve", "审批通过并发出通知，限起草人以外的审批人", approve),
        ("send-back", "退回草稿", send_back),
        ("retract", "撤回自己提交审批的案件，接着修改", retract),
        ("discard", "作废草稿", discard),
        ("restore", "恢复已作废的草稿", restore),
        ("revoke", "撤销已发出的处理，并告知服务商", revoke),
        ("close", "结束一份提醒", close),
        ("applied", "确认措施已在平台上执行", applied),
        ("lifted", "确认措施已在平台上解除", lifted),
        ("undo", "更正：措施其实还没有执行，或还没有解除", undo),
        ("serve", "登记人工送达", serve),
    ]
    for name, say, run in steps:
        parser = actions.add_parser(name, help=say)
        add_number(parser)
        if name in ("send-back", "revoke"):
            parser.add_argument(
                "--reason", required=True, metavar="理由", help="撤销的理由会写进通知" if name == "revoke" else "给起草人看"
            )
        if name in ("applied", "lifted", "undo"):
            parser.add_argument("measure", metavar="措施", choices=_MEASURES, help="，".join(_MEASURES))
        if name == "serve":
            parser.add_argument("--at", required=True, metavar="时间", help="送达的时间，YYYY-MM-DD HH:MM，北京时间")
            parser.add_argument("--evidence", required=True, action="append", metavar="文件", help="凭据，可写多次")
            parser.add_argument("--note", required=True, metavar="说明", help="怎样送达、交给了谁")
        add_actor(parser)
        parser.set_defaults(run=run)


# Writing


def template(arguments: argparse.Namespace) -> int:
    from bot.model.texts import findings

    print(findings.template(reminder=arguments.reminder, permanent=arguments.permanent), end="")
    return 0


def open_one(arguments: argparse.Namespace) -> int:
    from bot.actions import cases
    from bot.model import finding_file
    from bot.model.texts import providers as texts
    from bot.model.texts.cases import STATES
    from bot.store import cases as stored
    from bot.store import providers

    raw = contents(arguments.file, finding_file.MOST_BYTES)
    with opened() as ctx:
        actor = acting(ctx, arguments)
        key = finding_file.request_key(actor.login, f"key {arguments.key}".encode() if arguments.key else raw)
        with ctx.read() as connection:
            known = stored.by_request(connection, key)
        case = known or cases.open_case(ctx, actor, finding_file.read(raw), key)
        here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
        with ctx.read() as connection:
            standing = providers.standings(connection, *here, of=[case.provider_id])[0]
    if known:
        print(f"此前已经开过这个案件，没有再开：{case.number}（{STATES[case.state]}）")
        return 0
    print(f"已开案：{case.number}（{STATES[case.state]}）")
    if standing.is_short:
        print(f"注意  {texts.short(standing)}")
    _print_next(f"python -m bot cases preview {case.number}", f"python -m bot cases submit {case.number}")
    return 0


def amend(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    finding = _finding(arguments.file)
    return _step(arguments, lambda ctx, actor: cases.amend(ctx, actor, arguments.number, finding), "已重写草稿")


def add_evidence(arguments: argparse.Namespace) -> int:
    from bot.actions import evidence

    with opened() as ctx, ExitStack() as stack:
        added = evidence.add(ctx, acting(ctx, arguments), arguments.number, uploads(stack, arguments.files))
    for one in added:
        print(f"已添加  {one.name}  {one.media_type}  {one.bytes:,} 字节  {one.sha256}")
    if len(added) < len(arguments.files):
        print(f"另有 {len(arguments.files) - len(added)} 个文件的内容此前已在案，没有再添加。")
    return 0


def add_note(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    with opened() as ctx:
        cases.add_note(ctx, acting(ctx, arguments), arguments.number, arguments.text)
    print("已写下内部备注，服务商看不到。")
    return 0


# Steps


def submit(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.submit(ctx, actor, arguments.number), "已提交审批")


def approve(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    with opened() as ctx:
        case = cases.approve(ctx, acting(ctx, arguments), arguments.number)
    if case.issued_at is None:
        print(f"已记下您的审批：{case.number} 是永久下架，还要另一位审批人通过才会发出。")
        return 0
    print(f"已通过并发出通知：{case.number}")
    _print_next(f"python -m bot deliveries --case {case.number}")
    return 0


def send_back(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.send_back(ctx, actor, arguments.number, arguments.reason), "已退回")


def discard(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.discard(ctx, actor, arguments.number), "已作废")


def retract(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.retract(ctx, actor, arguments.number), "已撤回")


def restore(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.restore(ctx, actor, arguments.number), "已恢复草稿")


def undo(arguments: argparse.Namespace) -> int:
    from bot.actions import cases
    from rules.catalogue import Measure

    measure = Measure(arguments.measure)
    return _step(arguments, lambda ctx, actor: cases.undo_measure(ctx, actor, arguments.number, measure), "已更正")


def revoke(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.revoke(ctx, actor, arguments.number, arguments.reason), "已撤销并通知服务商")


def close(arguments: argparse.Namespace) -> int:
    from bot.actions import cases

    return _step(arguments, lambda ctx, actor: cases.close(ctx, actor, arguments.number), "已结束")


def applied(arguments: argparse.Namespace) -> int:
    return _move(arguments, "apply", "已确认执行")


def lifted(arguments: argparse.Namespace) -> int:
    return _move(arguments, "lift", "已确认解除")


def _move(arguments: argparse.Namespace, action: str, say: str) -> int:
    from bot.actions import cases
    from rules.catalogue import Measure

    measure = Measure(arguments.measure)
    return _step(arguments, lambda ctx, actor: cases.move_measure(ctx, actor, arguments.number, measure, action), say)


def serve(arguments: argparse.Namespace) -> int:
    from bot.actions import service
    from bot.model.texts.notices import moment

    at = service.moment_of(arguments.at)
    with opened() as ctx, ExitStack() as stack:
        proof = uploads(stack, arguments.evidence)
        case = service.record_service(ctx, acting(ctx, arguments), arguments.number, at, arguments.note, proof)
    print(f"已登记送达：{case.number}")
    for name, until in (("异议期至", case.object_by), ("整改期限", case.rectify_by)):
        if until:
            print(f"{name}  {moment(until)}")
    return 0


def _step(arguments: argparse.Namespace, act: "Callable[[Context, Operator], Case]", say: str) -> int:
    from bot.model.texts.cases import STATES

    with opened() as ctx:
        case = act(ctx, acting(ctx, arguments))
    print(f"{say}：{case.number}（{STATES[case.state]}）")
    return 0


# Reading what is given


def _finding(file: str) -> "Finding":
    from bot.model import finding_file

    return finding_file.read(contents(file, finding_file.MOST_BYTES))


def _print_next(*commands: str) -> None:
    for command in commands:
        print(f"下一步  {command}")
