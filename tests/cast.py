"""Who is who in tests about cases: operators, two providers with their admins, an app; and a case from draft to notice."""

from collections.abc import Mapping
from typing import Any

from bot import clock
from bot.actions import cases
from bot.context import Context, House
from bot.model.case import Case, Finding, Kind, Planned
from bot.model.operator import Operator, Role
from bot.model.provider import Address, Listing
from bot.store import cases as case_rows
from bot.store import operators, providers
from rules.catalogue import Measure

Cast = Mapping[str, Operator]  # our own staff by login

CORPID, AGENTID = "ww0123456789abcdef", 1000002

OPERATORS = {"author": [Role.OPERATOR], "approver": [Role.APPROVER], "approver2": [Role.APPROVER], "auditor": [Role.AUDITOR]}


def write(house: House) -> Cast:
    """Provider A (甲公司, app-1 and app-2) with WangWei and li.na, provider B (乙公司, app-b) with ZhaoMin. Returns the staff."""
    now = clock.now()
    whole = Listing(listed=True, searchable=True, recommended=True)
    with house.database.write() as tx:
        staff = {
            login: operators.add(tx, login, login.title(), f"{login}@example.com", roles, None, now) for login, roles in OPERATORS.items()
        }
        ids = providers.add(tx, [("A", "甲公司"), ("B", "乙公司")], now)
        apps = [
            (ids["A"], "app-1", "日程助手", whole),
            (ids["A"], "app-2", "考勤助手", Listing(listed=True, searchable=True, recommended=False)),
            (ids["B"], "app-b", "报销助手", whole),
        ]
        providers.add_apps(tx, apps, now)
        admins = [
            (ids["A"], Address(CORPID, AGENTID, "WangWei"), "王伟", "wang@example.com"),
            (ids["A"], Address(CORPID, AGENTID, "li.na"), "李娜", ""),
            (ids["B"], Address(CORPID, AGENTID, "ZhaoMin"), "赵敏", ""),
        ]
        providers.add_admins(tx, admins, now)
    return staff


def at(userid: str) -> Address:
    """Somebody in the corp of the tests."""
    return Address(CORPID, AGENTID, userid)


def finding(**more: Any) -> Finding:
    """A finding against app-1 of provider A: 套壳应用, its recommendation cancelled. Keywords replace."""
    usual = {
        "kind": Kind.VIOLATION,
        "provider": "A",
        "app": "app-1",
        "ground": "2.9",
        "power": "3.1",
        "facts": "应用没有任何功能，打开后只引导添加客服。",
        "reasons": "经两次核查，应用没有提供介绍中的功能。",
        "recovery": "提供应用介绍中的全部功能，并去掉引导添加客服的页面。",
        "found_on": clock.today(),
        "contact": "平台运营 ops@example.com",
        "measures": (Planned(measure=Measure.CANCEL_RECOMMENDATION),),
        "rectify_days": 7,
    }
    return Finding(**{**usual, **more})


def reminder(**more: Any) -> Finding:
    """A 提醒: the same finding, without a measure."""
    return finding(**{"kind": Kind.REMINDER, "power": "", "reasons": "", "measures": (), **more})


def permanent(**more: Any) -> Finding:
    """A finding that leads to permanent delisting of provider A."""
    measures = (Planned(measure=Measure.PERMANENT_DELIST),)
    return finding(**{"app": "", "ground": "4.4", "power": "4.4", "measures": measures, "rectify_days": None, "recovery": "", **more})


def draft(house: House, staff: Cast, found: Finding | None = None, key: str = "first") -> str:
    """A draft by `author`. Returns the case's number."""
    return cases.open_case(Context(house), staff["author"], found or finding(), key).number


def pending(house: House, staff: Cast, found: Finding | None = None, key: str = "first") -> str:
    """A case that waits for approval. Returns its number."""
    number = draft(house, staff, found, key)
    cases.submit(Context(house), staff["author"], number)
    return number


def issue(house: House, staff: Cast, found: Finding | None = None, key: str = "first") -> str:
    """A case in force, by as many approvals as it takes. Returns its number."""
    number = pending(house, staff, found, key)
    if cases.approve(Context(house), staff["approver"], number).issued_at is None:
        cases.approve(Context(house), staff["approver2"], number)
    return number


def case_of(house: House, number: str) -> Case:
    """As the database has it now."""
    with house.database.read() as connection:
        return case_rows.by_number(connection, number)
