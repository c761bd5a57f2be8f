"""`files …`: the store of files against the records."""

import argparse
from typing import TYPE_CHECKING

from bot.cli.shared import opened

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add(commands: "Commands") -> None:
    group = commands.add_parser("files", help="上传的文件：与记录核对、清理", description="上传的文件")
    actions = group.add_subparsers(required=True, metavar="操作")
    parser = actions.add_parser("check", help="核对文件与记录，有缺失或损坏时退出码为 1")
    parser.add_argument("--deep", action="store_true", help="逐个读取并核对 SHA-256")
    parser.set_defaults(run=check)
    parser = actions.add_parser("sweep", help="清理没有记录、放了一天以上的文件，以及超过保存期限的文件")
    parser.set_defaults(run=sweep)


def check(arguments: argparse.Namespace) -> int:
    from bot.actions import kept_files
    from bot.model.texts import kept_files as texts

    with opened() as ctx:
        drift = kept_files.check(ctx, deep=arguments.deep)
    print(texts.counted(drift.counted, deep=arguments.deep))
    for what, found in ((texts.MISSING, drift.missing), (texts.DAMAGED, drift.damaged), (texts.UNKNOWN, drift.unknown)):
        for sha256 in found:
            print(f"{what}：{sha256}")
    if not (drift.missing or drift.damaged or drift.unknown):
        print(texts.SOUND)
    return 1 if drift.missing or drift.damaged else 0


def sweep(_arguments: argparse.Namespace) -> int:
    from bot.actions import kept_files
    from bot.model.texts import kept_files as texts

    with opened() as ctx:
        print(texts.swept(kept_files.sweep(ctx)))
    return 0
