"""Wording for our own staff about what they may do, and about themselves."""

from collections import Counter
from collections.abc import Iterable, Sequence

from bot.model.operator import ENOUGH, ENOUGH_FOR_PERMANENT, Operator, Role
from bot.model.provider import Address

ROLES = {Role.OPERATOR: "运营", Role.APPROVER: "审批", Role.AUDITOR: "审计", Role.OWNER: "负责人"}


def named(operator: Operator) -> str:
    """Name and login: two people may be called the same."""
    return f"{operator.name}（{operator.login}）"


def names(staff: Iterable[Operator]) -> dict[int, str]:
    """By id: the name alone where nobody else is called so, else with the login."""
    everyone = list(staff)
    called = Counter(one.name for one in everyone)
    return {one.id: one.name if called[one.name] == 1 else named(one) for one in everyone}


def roles(operator: Operator) -> str:
    """What somebody may do, in words."""
    return "、".join(name for role, name in ROLES.items() if role in operator.roles)


def may_not(operator: Operator, roles: Sequence[Role]) -> str:
    """To somebody who lacks the roles that an action takes, or may act no more."""
    if not operator.is_active:
        return f"账号 {operator.login} 已停用。"
    return f"账号 {operator.login} 没有“{'/'.join(ROLES[role] for role in roles)}”权限。"


FIRST_IS_OWNER = "还没有任何运营账号；第一个账号必须有“负责人”权限（--role owner），由它再添加其他人。"
WHO_ACTS = "请说明是谁在操作：加上 --as 账号，或设置环境变量 BOT_OPERATOR。"
LAST_OWNER = "这是最后一个在用的负责人，不能停用，也不能去掉“负责人”权限；请先添加另一位负责人。"
NO_ROLE = "至少要给一种权限。"
BAD_LOGIN = "账号只能由小写字母、数字和 . _ - 组成，以字母或数字开头，不超过 64 个字符。"
BAD_NAME = "姓名不能为空，不超过 64 个字，且不能含有看不见的字符。"
BAD_MAIL = "邮箱地址格式不对。"
BAD_USERID = "企业微信成员账号只能由字母、数字和 . _ - @ 组成，并以字母或数字开头。"


def login_taken(login: str) -> str:
    """To a login that somebody has or had."""
    return f"账号 {login} 已经存在（停用的账号也不能重用）。"


def unknown(login: str) -> str:
    """To a login that nobody has."""
    return f"没有运营账号 {login}。"


def identity_taken(address: Address, login: str) -> str:
    """One person with two accounts could approve their own cases."""
    return f"企业微信成员 {address.userid} 已经对应账号 {login}；一个人只能有一个在用账号，否则“另一人审批”就落空了。"


def already(login: str, is_active: bool) -> str:
    """To somebody who is to become what they are."""
    return f"账号 {login} 本来就是{'在用' if is_active else '停用'}状态。"


def staff(runners: int, approvers: int, *, permanent: bool) -> tuple[bool, str]:
    """(enough?, what to say) of the staff. permanent: clause 4.4 is in use, which takes two approvals besides the author.

    An objection is decided by an approver who neither wrote nor approved the case.
    """
    wanted, needed = (ENOUGH_FOR_PERMANENT, 3) if permanent else (ENOUGH, 2)
    why = "有依据 4.4 的案件，要起草人之外两人审批，另由一位审批人复核异议" if permanent else "复核异议的审批人不能是案件的起草人或审批人"
    have = f"在用的运营和审批人员 {runners} 人，其中审批 {approvers} 人"
    if runners >= wanted and approvers >= needed:
        return True, have
    short = [f"至少应有 {wanted} 人"] if runners < wanted else []
    short += [f"审批至少应有 {needed} 人"] if approvers < needed else []
    return False, f"{have}；{'，'.join(short)}（{why}）。请运行 python -m bot operators add"
