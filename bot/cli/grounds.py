"""`grounds …`: the grounds a case may rest on, and rows of the table that people keyed in."""

import argparse
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, contents, opened, print_json, print_table

if TYPE_CHECKING:
    from bot.cli.shared import Commands

_FORM = (
    "规则 3.1 所附的处理细则表只以图片公布，由人照图逐字录入，两人核对。CSV 的列：编号、标题、原文、处理措施、来源、来源日期、"
    "图中位置、核对人一、核对人二。处理措施填取消推荐、取消搜索、应用下架，多项用顿号分隔；核对人填在用的运营账号。已录入的行不能改。"
)


def add(commands: "Commands") -> None:
    group = commands.add_parser("grounds", help="处理依据：条款与录入的处理细则", description="处理依据：条款与录入的处理细则")
    actions = group.add_subparsers(required=True, metavar="操作")
    parser = actions.add_parser("import", help="从 CSV 录入 3.1 所附表格的行，有错则什么都不录入", description=_FORM)
    parser.add_argument("file", metavar="文件", help="CSV 文件；写 - 则从标准输入读取")
    add_actor(parser)
    parser.set_defaults(run=import_file)
    parser = actions.add_parser("list", help="列出可用的依据")
    add_json(parser)
    parser.set_defaults(run=list_all)


def import_file(arguments: argparse.Namespace) -> int:
    from bot.actions import grounds
    from bot.model.sheet import MAX_BYTES

    with opened() as ctx:
        done = grounds.import_grounds(ctx, contents(arguments.file, MAX_BYTES), acting(ctx, arguments))
    print(f"录入 {len(done.added)} 行，未变 {done.unchanged} 行。")
    for row in done.added:
        print(f"  {row.ground}  {row.title}")
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    from bot.model.texts.cases import MEASURES
    from bot.store import grounds
    from rules.catalogue import GROUNDS, POWERS, Measure

    with opened() as ctx, ctx.read() as connection:
        rows = grounds.everything(connection)
    found = [
        {
            "ground": one.clause,
            "title": one.title,
            "powers": sorted(one.powers),
            "measures": [measure for measure in Measure if any(measure in POWERS[power].measures for power in one.powers)],
        }
        for one in GROUNDS.values()
    ]
    found += [
        {
            "ground": row.ground,
            "title": row.title,
            "powers": ["3.1"],
            "measures": list(row.measures),
            "wording": row.wording,
            "source": row.source,
            "source_date": row.source_date,
            "position": row.position,
            "checkers": [row.checker_one, row.checker_two],
        }
        for row in rows
    ]
    if arguments.json:
        print_json(found)
        return 0
    lines = [
        (str(one["ground"]), "、".join(one["powers"]), "、".join(MEASURES[Measure(name)] for name in one["measures"]), str(one["title"]))
        for one in found
    ]
    print_table(("依据", "措施依据条款", "可用措施", "内容"), lines)
    return 0
