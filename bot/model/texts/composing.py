"""Words of the form in which a case is written."""

from collections.abc import Mapping, Sequence

from bot.model.case import Case, Fault
from bot.model.texts import cases as case_texts
from rules.catalogue import Measure

GROUND, POWER, BOTH = "认定依据", "处理权限", "认定依据和处理权限"
OBJECTION, RECTIFY = "异议期至", "整改期限"
AN_ADMIN = "管理员"
BARRED = "服务商已在黑名单"
NOBODY_REACHED = "这家服务商没有能收到企业微信消息的管理员：通知发不出去，要人工送达。请先登记管理员。"
NO_SUBJECT = "请先查找并选择服务商或应用。"
NO_GROUND = "请选择依据。"
BAD_ENDS = "措施的截止日期格式不对，应为 YYYY-MM-DD。"
SAVED = "草稿已保存。"
# What a draft holds where its writer left a field empty; no case goes to approval with it.
TO_FILL = {"facts": "【待填写：认定的事实】", "contact": "【待填写：联系方式】", "reasons": "【待填写：处理理由】"}
# What is still to be done, by the field where it is done.
_TO_DO = {
    "subject": "查找并选择服务商或应用",
    "ground": "选择依据",
    "measures": "勾选措施；不采取措施的，把类型改为“提醒”",
    "facts": "写明认定的事实",
    "reasons": "写明处理理由",
    "contact": "写上联系方式",
}
TEACH = "写好之后，这里显示服务商会看到的卡片、通知全文和邮件，随写随变。"
NO_CARD = "这张卡片超出了企业微信的限制，发不出去。请联系维护人员。"
NO_MAIL_SET_UP = "没有设置邮件服务器，或已设为不发邮件：这份邮件不会发出。"
NO_MAIL_KNOWN = "没有一位管理员登记了邮箱：这份邮件不会发出。"
MORE = "只列出前 12 家。没有要找的，请把名称或编号写得更具体。"
OF_ROW = "这一行的出处"


def field(name: str) -> str:
    """What a field of the form is called."""
    return case_texts.FIELDS.get(name, name)


def told(fault: Fault) -> str:
    """Why it cannot be so, in the form's own words."""
    return _TO_DO.get(fault.field, fault.say) if fault.is_missing else fault.say


def in_force(measures: Sequence[Measure]) -> str:
    """Another case has a hold on the same subject."""
    return f"同一对象已有“{'、'.join(case_texts.MEASURES[one] for one in measures)}”"


def more_cases(number: int) -> str:
    """More cases than are named."""
    return f"另有 {number} 件相关案件，请看服务商页。"


def mailed(number: int, *, at_once: bool) -> str:
    """When the mail goes to this many admins."""
    when = "和卡片同时发出" if at_once else "卡片发出后一直没有人签收时才发出"
    return f"{when}，发给登记了邮箱的 {number} 位管理员。"


def filled(name: str) -> str:
    """A template was taken."""
    return f"已用模板“{name}”填写。您自己写过的地方没有改动。"


def kept_before(number: str) -> str:
    """The same form was kept once, and says something else by now."""
    return f"这张表单已经保存为草稿 {number}，之后的改动还没有写进去。请核对后再保存一次，改动会写进这份草稿。"


def handed_in_before(number: str) -> str:
    """The same form became a case that can't be written on any more."""
    return f"这张表单已经成为案件 {number}，不能再改，刚才的改动没有写进去。要修改，请先到案件页撤回提交。"


def no_draft_any_more(state: str) -> str:
    """To a draft that was handed in or discarded meanwhile."""
    return f"这个案件现在是“{state}”，不能再改。您写的还在下面，可以复制；要接着写，请到案件页撤回提交或恢复草稿。"


STALE = "您打开这份草稿之后，它又被改过，所以还没有保存。您写的还在下面；核对之后再保存一次，就以您这里写的为准。"


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
