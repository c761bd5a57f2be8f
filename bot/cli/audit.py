"""The audit trail: verify it, list its heads, export a case, make a key."""

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bot.cli.shared import opened
from bot.errors import BadSetting, UserMistake
from bot.model.texts import trail as texts
from config.settings import Settings, load

if TYPE_CHECKING:
    from bot.cli.shared import Commands
    from bot.model.head import Head

_SHA256 = re.compile(r"[0-9a-f]{64}")


def make_key(_arguments: argparse.Namespace) -> int:
    """Make a value for AUDIT_KEY, and show its public half."""
    from bot.model.signing import Key, new_key

    made = new_key()
    key = Key(made)
    print(texts.new_key(made, key.public, key.id))
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Check the database, or a bundle. Exit status 1 when anything is not as it was written."""
    return _verify_bundle(arguments) if arguments.bundle else _verify_database(arguments)


def _verify_bundle(arguments: argparse.Namespace) -> int:
    from bot.model import bundle

    trusted = _trusted(arguments, _settings_if_any())
    with _opened(arguments.bundle) as file:
        found = bundle.check(file, trusted)
    for problem in found.problems:
        print(f"问题  {texts.problem(problem)}")
    if found.number:
        print(texts.bundle_counted(found.number, found.events, found.heads, found.files))
    if found.key_id and not found.is_trusted:
        print(texts.KEY_UNKNOWN.format(key_id=found.key_id))
    return _verdict(len(found.problems))


def _verify_database(arguments: argparse.Namespace) -> int:
    from bot.actions import audit, heads
    from bot.files import Files

    given = [_head(name) for name in arguments.head if not _SHA256.fullmatch(name)]
    hashes = [name for name in arguments.head if _SHA256.fullmatch(name)]
    with opened() as ctx:
        trusted, evidence = _trusted(arguments, ctx.settings), Files.of(ctx.settings)
        found = audit.examine(ctx.house.database, heads.folder(ctx.settings), trusted, given, hashes, evidence.open)
    for problem in found.problems:
        print(f"问题  {texts.problem(problem)}")
    print(texts.counted(found.chains, found.events, found.heads, found.newest))
    if not found.heads:
        print(texts.NO_HEAD)
    elif not found.is_signed:
        print(texts.UNSIGNED)
    return _verdict(len(found.problems))


def _verdict(problems: int) -> int:
    print(texts.broken(problems) if problems else texts.INTACT)
    return 1 if problems else 0


def list_heads(_arguments: argparse.Namespace) -> int:
    """All daily heads, with what an auditor compares."""
    from bot.store import heads

    with opened() as ctx, ctx.house.database.snapshot() as snapshot:
        for head, _, _ in heads.read(snapshot):
            print(texts.head_line(head.day, head.sha256, sound=head.is_sound(), key_id=head.key_id if head.is_sound() else ""))
    return 0


def _trusted(arguments: argparse.Namespace, settings: Settings | None) -> list[str]:
    from bot.actions.heads import signing_key

    key = signing_key(settings) if settings else None
    return [*arguments.key, *([key.public] if key else [])]


def _settings_if_any() -> Settings | None:
    """An auditor checks a bundle on a machine of their own, where nothing is set."""
    try:
        return load()
    except BadSetting:
        return None


def _head(name: str) -> "Head":
    from bot.model.head import Head

    try:
        with _opened(name) as file:
            return Head.of_file(file.read())
    except ValueError as error:
        raise UserMistake(f"{name} 不是日结文件，也不是日结的哈希") from error


def _opened(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise UserMistake(f"打不开 {name}：{os.strerror(error.errno or 0)}") from error


def add(commands: "Commands") -> None:
    """`audit verify|heads|key`."""
    audit = commands.add_parser("audit", help="核验审计记录和证据包", description="核验审计记录和证据包")
    actions = audit.add_subparsers(required=True, metavar="操作")
    verifying = actions.add_parser(
        "verify", help="核验数据库，或一个证据包", description="核验数据库，或一个证据包；有任何问题时退出码为 1"
    )
    verifying.add_argument("bundle", nargs="?", metavar="证据包", help="证据包文件；不写则核验数据库")
    verifying.add_argument(
        "--head", action="append", default=[], metavar="文件或哈希", help="另行留存的日结文件，或邮件里的日结哈希；可以写多次"
    )
    verifying.add_argument("--key", action="append", default=[], metavar="公钥", help="公布的公钥（默认取自 AUDIT_KEY）；可以写多次")
    verifying.set_defaults(run=verify)
    actions.add_parser("heads", help="列出每天的日结", description="列出每天的日结").set_defaults(run=list_heads)
    actions.add_parser("key", help="生成签名密钥 AUDIT_KEY", description="生成签名密钥 AUDIT_KEY").set_defaults(run=make_key)
