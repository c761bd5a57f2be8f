"""`operators …`: our own staff, from the shell."""

import argparse
import sys
from dataclasses import replace
from getpass import getpass
from typing import TYPE_CHECKING

from bot.cli.shared import acting, add_actor, add_json, given_login, opened, print_json, print_table
from bot.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.cli.shared import Commands
    from bot.context import Context
    from bot.model.operator import Operator, Role
    from bot.model.provider import Address

_ROLES = ("operator", "approver", "auditor", "owner")


def add(commands: "Commands") -> None:
    group = commands.add_parser("operators", help="平台运营人员", description="平台运营人员")
    actions = group.add_subparsers(required=True, metavar="操作")
    parser = actions.add_parser("add", help="添加；第一位由任何人添加，且须有 owner 权限")
    _add_person(parser, must=True)
    parser.set_defaults(run=add_one)
    parser = actions.add_parser("change", help="改姓名、邮箱、权限或企业微信成员账号；没写的不变")
    _add_person(parser, must=False)
    parser.set_defaults(run=change)
    for name, say, run in (("disable", "停用", disable), ("enable", "重新启用", enable)):
        parser = actions.add_parser(name, help=say)
        parser.add_argument("operator", metavar="账号")
        add_actor(parser)
        parser.set_defaults(run=run)
    parser = actions.add_parser("password", help="设置登录控制台的密码：本人，或由负责人；从终端或标准输入读取")
    parser.add_argument("operator", metavar="账号")
    add_actor(parser)
    parser.set_defaults(run=set_password)
    parser = actions.add_parser("link", help="生成登录控制台的一次性链接，一小时内有效")
    parser.add_argument("operator", metavar="账号")
    add_actor(parser)
    parser.set_defaults(run=make_link)
    parser = actions.add_parser("list", help="列出")
    add_json(parser)
    parser.set_defaults(run=list_all)


def _add_person(parser: argparse.ArgumentParser, *, must: bool) -> None:
    parser.add_argument("operator", metavar="账号")
    parser.add_argument("--name", required=must, help="姓名")
    parser.add_argument("--mail", required=must, help="邮箱，告警发到这里")
    say = "权限，可写多次：operator 运营，approver 审批，auditor 审计，owner 负责人"
    parser.add_argument("--role", dest="roles", action="append", choices=_ROLES, required=must, help=say)
    parser.add_argument("--userid", help="本应用里的企业微信成员账号，告警也发到这里；写成空串则去掉")
    add_actor(parser)


def add_one(arguments: argparse.Namespace) -> int:
    from bot.actions import operators
    from bot.actions.operators import Person

    with opened() as ctx:
        actor = acting(ctx, arguments) if given_login(arguments) else None
        person = Person(name=arguments.name, mail=arguments.mail, roles=_roles(arguments), address=_address(ctx, arguments))
        added = operators.add(ctx, actor, arguments.operator, person)
    print(f"已添加 {_described(added)}")
    return 0


def change(arguments: argparse.Namespace) -> int:
    from bot.actions import operators
    from bot.actions.operators import Person

    with opened() as ctx:
        actor, known = acting(ctx, arguments), _known(ctx, arguments.operator)
        person = Person(name=known.name, mail=known.mail, roles=known.roles, address=known.address)
        given = {name: getattr(arguments, name) for name in ("name", "mail") if getattr(arguments, name) is not None}
        if arguments.roles:
            given["roles"] = _roles(arguments)
        if arguments.userid is not None:
            given["address"] = _address(ctx, arguments)
        changed = operators.change(ctx, actor, known.login, known.version, replace(person, **given))
    print(f"已更新 {_described(changed)}")
    return 0


def disable(arguments: argparse.Namespace) -> int:
    from bot.actions import operators

    return _move(arguments, operators.disable, "已停用")


def enable(arguments: argparse.Namespace) -> int:
    from bot.actions import operators

    return _move(arguments, operators.enable, "已启用")


def _move(arguments: argparse.Namespace, act: "Callable[[Context, Operator, str, int], Operator]", say: str) -> int:
    with opened() as ctx:
        actor, known = acting(ctx, arguments), _known(ctx, arguments.operator)
        moved = act(ctx, actor, known.login, known.version)
    print(f"{say} {_described(moved)}")
    return 0


def set_password(arguments: argparse.Namespace) -> int:
    from bot.actions import sign_in

    password = _asked_password()
    with opened() as ctx:
        known = sign_in.set_password(ctx, acting(ctx, arguments), arguments.operator, password)
    print(f"已设置 {_described(known)} 的密码；此前登录的设备都已退出。")
    return 0


def _asked_password() -> str:
    from bot.model.texts import console as texts

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("新密码：")
    if getpass("再输入一次：") != password:
        raise UserMistake(texts.NOT_THE_SAME)
    return password


def make_link(arguments: argparse.Namespace) -> int:
    from bot.actions import sign_in

    with opened() as ctx:
        actor = acting(ctx, arguments) if given_login(arguments) else None
        secret = sign_in.make_link(ctx, actor, arguments.operator)
        print(f"{ctx.settings.console}/links/{secret}")
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    from bot.store import operators

    with opened() as ctx, ctx.read() as connection:
        everyone = operators.everyone(connection)
    if arguments.json:
        print_json([_told(one) for one in everyone])
        return 0
    rows = [
        (one.login, one.name, _role_names(one), one.mail, str(one.address or ""), "在用" if one.is_active else "停用") for one in everyone
    ]
    print_table(("账号", "姓名", "权限", "邮箱", "企业微信", "状态"), rows, "还没有运营账号。")
    return 0


def _known(ctx: "Context", login: str) -> "Operator":
    from bot.model.texts import operators as texts
    from bot.store import operators

    with ctx.read() as connection:
        known = operators.by_login(connection, login)
    if known is None:
        raise UserMistake(texts.unknown(login))
    return known


def _roles(arguments: argparse.Namespace) -> "frozenset[Role]":
    from bot.model.operator import Role

    return frozenset(Role(role) for role in arguments.roles)


def _address(ctx: "Context", arguments: argparse.Namespace) -> "Address | None":
    from bot.model.provider import Address

    return Address(ctx.settings.wecom_corpid, ctx.settings.wecom_agentid, arguments.userid) if arguments.userid else None


def _role_names(one: "Operator") -> str:
    from bot.model.texts.operators import ROLES

    return "、".join(ROLES[role] for role in ROLES if role in one.roles)


def _described(one: "Operator") -> str:
    return f"{one.login}（{one.name}，{_role_names(one)}）"


def _told(one: "Operator") -> dict[str, object]:
    userid = one.address.userid if one.address else None
    return {
        "login": one.login,
        "name": one.name,
        "mail": one.mail,
        "roles": sorted(one.roles),
        "userid": userid,
        "active": one.is_active,
        "version": one.version,
    }
