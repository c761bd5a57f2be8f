"""`providers …`: who is who, from the shell."""

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, contents, opened, print_json, print_table

if TYPE_CHECKING:
    from bot.actions.providers import Summary
    from bot.cli.shared import Commands
    from bot.model.history import Shown
    from bot.model.provider import Admin, App, Standing

_SHOWN_SHORT = 20


def add(commands: "Commands") -> None:
    group = commands.add_parser("providers", help="服务商、应用和管理员", description="服务商、应用和管理员")
    actions = group.add_subparsers(required=True, metavar="操作")
    parser = actions.add_parser("import", help="从 CSV 导入（格式见 docs/providers.example.csv），有错则什么都不导入")
    parser.add_argument("file", metavar="文件", help="CSV 文件；写 - 则从标准输入读取")
    add_actor(parser)
    parser.set_defaults(run=import_file)
    parser = actions.add_parser("export", help="按导入的格式输出全部服务商、应用和在任管理员")
    parser.set_defaults(run=export)
    parser = actions.add_parser("list", help="列出服务商，标出可送达管理员不足两人的")
    parser.add_argument("--short", action="store_true", help="只列管理员不足的")
    add_json(parser)
    parser.set_defaults(run=list_all)
    parser = actions.add_parser("show", help="一家服务商的应用和管理员")
    parser.add_argument("code", metavar="服务商编号")
    add_json(parser)
    parser.set_defaults(run=show)
    parser = actions.add_parser("depart", help="标记一位管理员离任")
    parser.add_argument("code", metavar="服务商编号")
    parser.add_argument("userid", metavar="成员账号", help="区分大小写")
    parser.add_argument("--corpid", metavar="企业ID", help="默认本应用所在企业")
    parser.add_argument("--agentid", metavar="应用AgentID", type=int, help="默认本应用")
    add_actor(parser)
    parser.set_defaults(run=depart)


def import_file(arguments: argparse.Namespace) -> int:
    from bot.actions import providers
    from bot.model.sheet import MAX_BYTES

    with opened() as ctx:
        summary = providers.import_providers(ctx, contents(arguments.file, MAX_BYTES), acting(ctx, arguments))
    for title, numbers in (("新增", summary.added), ("更新", summary.changed)):
        print(f"{title}：服务商 {numbers[0]}，应用 {numbers[1]}，管理员 {numbers[2]}")
    print(f"离任：管理员 {summary.departed}；未变 {summary.unchanged} 行")
    _print_remarks(summary)
    return 0


def depart(arguments: argparse.Namespace) -> int:
    from bot.actions import providers
    from bot.model.provider import Address

    with opened() as ctx:
        corpid = arguments.corpid or ctx.settings.wecom_corpid
        agentid = ctx.settings.wecom_agentid if arguments.agentid is None else arguments.agentid
        address = Address(corpid, agentid, arguments.userid)
        summary = providers.depart(ctx, acting(ctx, arguments), arguments.code, address)
    print(f"{arguments.userid} 已不再是服务商 {arguments.code} 的管理员。")
    _print_remarks(summary)
    return 0


def _print_remarks(summary: "Summary") -> None:
    from bot.model.texts import providers as texts

    for note in summary.notes:
        print(f"注意  {note}")
    for standing in summary.short[:_SHOWN_SHORT]:
        print(f"注意  {texts.short(standing)}")
    if len(summary.short) > _SHOWN_SHORT:
        print(f"注意  另有 {len(summary.short) - _SHOWN_SHORT} 家管理员不足，见 python -m bot providers list --short")


def export(_arguments: argparse.Namespace) -> int:
    from bot.model import roster, sheet
    from bot.model.texts import providers as texts
    from bot.store import providers

    with opened() as ctx, ctx.read() as connection:
        rows = roster.rows(*providers.everybody(connection))
    sys.stdout.buffer.write(sheet.write(texts.COLUMNS, rows))
    sys.stdout.buffer.flush()
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    from bot.store import cases, providers

    with opened() as ctx, ctx.read() as connection:
        found = providers.standings(connection, ctx.settings.wecom_corpid, ctx.settings.wecom_agentid, short=arguments.short)
        barred = cases.barred(connection)
    if arguments.json:
        print_json(
            [
                {
                    "code": one.provider.code,
                    "name": one.provider.name,
                    "apps": one.apps,
                    "admins": one.admins,
                    "reachable": one.reachable,
                    "short": one.is_short,
                    "barred": one.provider.id in barred,
                }
                for one in found
            ]
        )
        return 0
    rows = [
        (one.provider.code, one.provider.name, str(one.apps), str(one.admins), str(one.reachable), _remark(one, barred)) for one in found
    ]
    print_table(("编号", "名称", "应用", "管理员", "可送达", "提示"), rows, "没有这样的服务商。" if arguments.short else "还没有服务商。")
    return 0


def _remark(one: "Standing", barred: "set[int]") -> str:
    from bot.model.texts import histories

    return "，".join(filter(None, (histories.BARRED if one.provider.id in barred else "", "管理员不足" if one.is_short else "")))


def show(arguments: argparse.Namespace) -> int:
    from bot.actions import history
    from bot.errors import UserMistake
    from bot.model.texts import histories
    from bot.model.texts import providers as texts
    from bot.store import cases, providers

    with opened() as ctx, ctx.read() as connection:
        provider = providers.by_code(connection, arguments.code)
        if provider is None:
            raise UserMistake(texts.unknown(arguments.code))
        shown = history.apps(connection, provider.id)
        is_barred = cases.is_barred(connection, provider.id)
        admins = providers.admins(connection, provider.id, departed=True)
    if arguments.json:
        named = {"code": provider.code, "name": provider.name, "barred": is_barred}
        print_json({**named, "apps": [_app(one) for one in shown], "admins": [_admin(one) for one in admins]})
        return 0
    print(f"{provider.code}  {provider.name}" + (f"  {histories.BARRED}" if is_barred else "") + "\n")
    listing = [
        (one.app.code, one.app.name, *(_yes(flag) for flag in _flags(one.app)), histories.listing(one.now), histories.remark(one))
        for one in shown
    ]
    print_table(("应用", "名称", "上架", "可搜索", "推荐", "现在应为", ""), listing, "没有登记应用。")
    print()
    people = [(str(one.address), one.name, one.mail, texts.reason(one.unreachable) if one.is_active else texts.LEFT) for one in admins]
    print_table(("管理员", "姓名", "邮箱", "状态"), people, "没有登记管理员。")
    return 0


def _app(one: "Shown") -> dict[str, object]:
    baseline = dict(zip(("listed", "searchable", "recommended"), _flags(one.app), strict=True))
    return {"code": one.app.code, "name": one.app.name, **baseline, "now": asdict(one.now), "withdrawn": one.is_withdrawn}


def _flags(one: "App") -> tuple[bool, bool, bool]:
    return one.baseline.listed, one.baseline.searchable, one.baseline.recommended


def _yes(flag: bool) -> str:
    from bot.model.texts import providers as texts

    return texts.YES if flag else texts.NO


def _admin(one: "Admin") -> dict[str, object]:
    where = {"corpid": one.address.corpid, "agentid": one.address.agentid, "userid": one.address.userid}
    reach = {"active": one.is_active, "unreachable": one.unreachable, "unreachable_at": one.unreachable_at}
    return {**where, "name": one.name, "mail": one.mail, **reach}
