"""Words of the form in which a case is written."""

from collections.abc import Mapping

from bot.model.case import Case
from bot.model.texts import cases as case_texts

GROUND, POWER = "认定依据", "处理权限"
OBJECTION, RECTIFY = "异议期至", "整改期限"
AN_ADMIN = "管理员"
BARRED = "服务商已在黑名单"
NOBODY_REACHED = "这家服务商没有能收到企业微信消息的管理员：通知发不出去，要人工送达。请先登记管理员。"
NO_SUBJECT = "请先查找并选择服务商或应用。"
NO_GROUND = "请选择依据。"
BAD_NUMBER = "天数请填 1 到 365 的整数。"
BAD_ENDS = "措施的截止日期格式不对，应为 YYYY-MM-DD。"
SAVED = "草稿已保存。"
# What a draft holds where its writer left a field empty; no case goes to approval with it.
TO_FILL = {"facts": "【待填写：认定的事实】", "contact": "【待填写：联系方式】", "reasons": "【待填写：处理理由】"}
_FIELDS = {"facts": "认定的事实", "reasons": "处理理由", "recovery": "恢复条件", "contact": "联系方式"}


def field(name: str) -> str:
    """What a field of the form is called."""
    return _FIELDS.get(name, name)


def same_before(case: Case) -> str:
    """The same subject has a case on the same ground that is not over."""
    return f"同一对象、同一依据已有{case_texts.STATES[case.state]}的案件"


def few(number: int) -> str:
    """Fewer admins than there should be."""
    return f"能收到企业微信消息的管理员只有 {number} 位。"


def numbered(year: str) -> str:
    """In place of a number that is not given out yet."""
    return f"V{year}-……"


def still_to_fill(left: Mapping[str, str]) -> str:
    """What keeps a case from going to approval."""
    return "\n".join(f"“{field(name)}”里还有没填的地方：{found}" for name, found in left.items())
