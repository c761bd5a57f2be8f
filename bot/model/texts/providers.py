"""Wording about providers and their admins, for our own staff; and the columns of the file in which they come."""

from collections.abc import Sequence

from bot.model.provider import ENOUGH_ADMINS, Address, Provider, Standing
from bot.model.sheet import Column

COLUMNS = (
    Column(name="type", title="类型"),
    Column(name="provider", title="服务商编号"),
    Column(name="app", title="应用编号"),
    Column(name="userid", title="成员账号", most_chars=128),
    Column(name="name", title="名称"),
    Column(name="mail", title="邮箱", must=False, most_chars=254),
    Column(name="listed", title="上架"),
    Column(name="searchable", title="可搜索"),
    Column(name="recommended", title="推荐"),
    Column(name="state", title="状态", must=False),
    Column(name="corpid", title="企业ID", must=False),
    Column(name="agentid", title="应用AgentID", must=False),
)
TITLES = {column.name: column.title for column in COLUMNS}

PROVIDER, APP, ADMIN = "服务商", "应用", "管理员"
TYPES = {PROVIDER: "provider", APP: "app", ADMIN: "admin", "provider": "provider", "app": "app", "admin": "admin"}
YES, NO = "是", "否"
FLAGS = {YES: True, "yes": True, "true": True, "1": True, NO: False, "no": False, "false": False, "0": False}
PRESENT, LEFT = "在任", "离任"
LEAVING = {"": False, PRESENT: False, "active": False, LEFT: True, "left": True}

_REASONS = {
    "invaliduser": "账号无效或不在应用可见范围",
    "unlicenseduser": "没有接口许可",
    "60011": "应用无权访问该成员",
    "81013": "账号全部无效",
}

BAD_TYPE = f"“类型”只能是{PROVIDER}、{APP}或{ADMIN}。"
LISTING_TOGETHER = "没有上架的应用不能被搜索，也不会被推荐（规则 2.7），“可搜索”“推荐”应填否。"
WHOLE_ADDRESS = "“企业ID”和“应用AgentID”要么都填，要么都不填（不填即本应用）。"


def owed(name: str) -> str:
    """To an empty cell."""
    return f"“{TITLES[name]}”不能为空。"


def not_here(name: str, kind: str) -> str:
    """To a cell that this kind of row does not have."""
    return f"{next(word for word, value in TYPES.items() if value == kind)}行不填“{TITLES[name]}”。"


def bad_id(name: str, written: str) -> str:
    """To an id of another form. Spreadsheets write long numbers as 1.23E+11, and that is not what was typed."""
    if "E+" in written.upper():
        return f"“{TITLES[name]}”像是被表格软件改写过的数字（{written[:20]}）；请把这一列设为文本格式再填。"
    return f"“{TITLES[name]}”只能由字母、数字和 . _ - @ 组成，并以字母或数字开头。"


def bad_choice(name: str, choices: Sequence[str]) -> str:
    """To a cell with another word than those it takes."""
    return f"“{TITLES[name]}”只能填{'或'.join(choices)}。"


KNOWN = "已经登记过，没有再添加；要修改，请在列表里点它的“修改”。"  # to a row filled in by hand as new
BAD_AGENTID = f"“{TITLES['agentid']}”应为数字。"
BAD_MAIL = f"“{TITLES['mail']}”不是邮箱地址。"


def too_long(name: str, most: int) -> str:
    """To a cell that is longer than what is kept."""
    return f"“{TITLES[name]}”超过 {most} 个字。"


def twice(line: int) -> str:
    """To an id that stands in the file before. line: where."""
    return f"与第 {line} 行说的是同一个，请只留一行。"


def of_two(line: int, provider: str) -> str:
    """One person in office at two providers in one file."""
    return f"同一个人在第 {line} 行是服务商 {provider} 的管理员；一个人同时只能属于一家服务商。"


def no_such_provider(code: str) -> str:
    """To a row of a provider that is neither known nor in the file."""
    return f"没有服务商 {code}；请先在文件里加上它的{PROVIDER}行。"


def app_of_another(code: str, provider: str) -> str:
    """To an app that is known under another provider."""
    return f"应用 {code} 属于服务商 {provider}，不能改到别家名下。"


def admin_of_another(provider: str) -> str:
    """To somebody in office at another provider, who does not leave it in the same file."""
    return f"这个人现在是服务商 {provider} 的管理员，一个人同时只能属于一家。要换过来，请先在 {provider} 名下登记{LEFT}（名单里另加一行）。"


NEVER_ADMIN = f"没有登记过这位管理员，不能标为{LEFT}；请核对服务商编号和成员账号（区分大小写）。"


def differs_in_case(line: int, userid: str) -> str:
    """A note, no mistake: two people whose ids differ in case only."""
    return f"第 {line} 行：与 {userid} 只差大小写，按两个人登记；请核对。"


def elsewhere(line: int) -> str:
    """A note: somebody whom this app cannot reach."""
    return f"第 {line} 行：不属于本应用，本应用的通知发不到这个人。"


def not_an_admin(code: str, address: Address) -> str:
    """To a departure of somebody who does not speak for the provider."""
    return f"{address.userid} 现在不是服务商 {code} 的管理员（区分大小写）。"


def unknown(code: str) -> str:
    """To a code that no provider has."""
    return f"没有服务商 {code}。"


def short(standing: Standing) -> str:
    """Why a provider is flagged."""
    return f"{standing.provider.code}（{standing.provider.name}）：可送达的管理员 {standing.reachable} 人，少于 {ENOUGH_ADMINS} 人"


def barred(provider: Provider, apps: int, admins: int) -> str:
    """A note: the file brings more of a provider on the black list (4.4)."""
    new = "、".join(words for words, number in ((f"应用 {apps} 个", apps), (f"管理员 {admins} 人", admins)) if number)
    return f"{provider.code}（{provider.name}）在黑名单上（第 4.4 条），名单里新增了{new}；照常登记，请核实。"


def short_task(standing: Standing) -> str:
    """What an operator is asked to do about it."""
    return f"{short(standing)}。请联系服务商补充管理员，或处理送不到的账号。"


ENOUGH_AGAIN = f"可送达的管理员已不少于 {ENOUGH_ADMINS} 人。"


def reason(unreachable: str) -> str:
    """Why messages do not reach somebody, as WeCom said it."""
    return f"送不到：{_REASONS.get(unreachable, unreachable)}" if unreachable else "可送达"
