"""`cases conduct`, `cases propose-delisting`: conduct that clause 4.4 forbids, recorded and proposed for permanent delisting."""

import argparse
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bot.cli.case_views import add_number
from bot.cli.shared import acting, add_actor, contents, opened, uploads

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add(actions: "Commands") -> None:
    parser = actions.add_parser("conduct", help="登记处理期间所见的第 4.4 条所禁止的行为，附证据")
    add_number(parser)
    parser.add_argument("--facts", required=True, metavar="事实", help="所见的时间、页面、现象")
    parser.add_argument("--evidence", required=True, action="append", metavar="文件", help="证据，可写多次")
    add_actor(parser)
    parser.set_defaults(run=record)
    parser = actions.add_parser("propose-delisting", help="就案件上登记的行为起草永久下架（第 4.4 条），须另两人审批")
    add_number(parser)
    parser.add_argument("file", metavar="文件", help="TOML 文件，见 cases template --permanent；写 - 则从标准输入读取")
    add_actor(parser)
    parser.set_defaults(run=propose)


def record(arguments: argparse.Namespace) -> int:
    from bot.actions import conduct

    with opened() as ctx, ExitStack() as stack:
        actor = acting(ctx, arguments)
        case = conduct.record(ctx, actor, arguments.number, arguments.facts, uploads(stack, arguments.evidence))
    print(f"已登记在案件 {case.number} 上。")
    print(f"下一步  python -m bot cases propose-delisting {case.number} 文件")
    return 0


def propose(arguments: argparse.Namespace) -> int:
    from bot.actions import conduct
    from bot.model import finding_file
    from bot.model.texts.cases import STATES

    raw = contents(arguments.file, finding_file.MOST_BYTES)
    with opened() as ctx:
        actor = acting(ctx, arguments)
        key = finding_file.request_key(actor.login, f"4.4 {arguments.number} ".encode() + raw)
        case = conduct.propose(ctx, actor, arguments.number, finding_file.read(raw), key)
    print(f"已起草永久下架：{case.number}（{STATES[case.state]}），须经起草人之外的两人先后审批。")
    print(f"下一步  python -m bot cases preview {case.number}")
    print(f"下一步  python -m bot cases submit {case.number}")
    return 0
