"""Wording about cases, for operators and for 我的处理."""

from collections.abc import Mapping, Sequence

from bot.model.case import Case, Imposed, State, Step
from rules import catalogue
from rules.catalogue import Measure

MEASURES = {
    Measure.CANCEL_RECOMMENDATION: "取消推荐",
    Measure.CANCEL_SEARCH: "取消搜索",
    Measure.DELIST: "应用下架",
    Measure.PERMANENT_DELIST: "永久下架全部应用并纳入黑名单",
    Measure.SUSPEND_SERVICE: "暂停服务",
    Measure.TERMINATE_SERVICE: "终止服务",
}

STATES = {
    State.DRAFT: "草稿",
    State.PENDING_APPROVAL: "待审批",
    State.IN_FORCE: "处理中",
    State.RECOVERING: "恢复中",
    State.RECOVERED: "已恢复",
    State.REVOKED: "已撤销",
    State.CLOSED: "已结束",
    State.DISCARDED: "已作废",
}

STEPS = {
    Step.PLANNED: "拟定",
    Step.OWED: "待执行",
    Step.APPLIED: "已执行",
    Step.LIFTING: "待解除",
    Step.LIFTED: "已解除",
    Step.VOID: "未执行即作废",
}

# What the form calls its fields; the file that the shell takes explains them in the same words.
FIELDS = {
    "facts": "认定的事实",
    "reasons": "处理理由",
    "recovery": "恢复条件",
    "contact": "联系方式",
    "rectify_days": "整改期限",
    "objection_days": "异议期",
    "deem_days": "视为送达",
    "reason": "理由",
}

WHY_BACK, WHY_REVOKED, A_NOTE = "退回理由", "撤销理由", "备注"
ONLY_THE_AUTHOR = "只有起草人可以修改草稿。"
NOT_YOUR_OWN = "起草人不能审批自己的案件，请由另一位审批人审批。"
APPROVED_BEFORE = "您已经审批过这个案件；永久下架需要另一位审批人再审批一次。"
ONLY_A_REMINDER_CLOSES = "只有提醒可以直接结束；有处理措施的案件以恢复或撤销结束。"
BAD_CODE = "服务商、应用或依据的编号里有不能显示的字符。"
REMINDER_HAS_NO_MEASURE = "提醒不带处理措施，也不引用处理权限条款。"
NO_PROVIDER = "没有写明是哪一家服务商。"
NO_GROUND = "没有写明依据。"
NO_MEASURE = "没有写处理措施；不采取措施的，请用“提醒”。"
MEASURE_TWICE = "同一项处理措施写了两次。"
REASONS_OWED = "第 3.1 条的处理细则只以图片公布，尚未录入：请写明处理理由。"
BAD_DAY = "发现日期应写成 YYYY-MM-DD，且不晚于今天。"
PERMANENT_HAS_NO_END = "永久下架没有结束时间，请去掉。"
ENDS_BEFORE_IT_STARTS = "处理措施的结束时间要晚于开始时间；没有写开始时间的，要晚于现在。"


def no_such_provider(code: str) -> str:
    """code: of a provider that nobody imported."""
    return f"没有编码为“{code}”的服务商，请先导入。"


def no_such_app(code: str) -> str:
    """code: of an app that nobody imported."""
    return f"没有编码为“{code}”的应用，请先导入。"


def not_its_app(provider: str, app: str) -> str:
    """Both exist, but the app is of another provider."""
    return f"应用“{app}”不属于服务商“{provider}”。"


def no_such_ground(ground: str) -> str:
    """No clause of this id forbids anything."""
    return f"条款“{ground}”不能作为处理依据。"


def no_such_row(ground: str) -> str:
    """ground: "row:" and the key of a row that nobody imported."""
    return f"没有录入“{ground.removeprefix('row:')}”这一行处理细则。"


def not_given(error: catalogue.NotGiven) -> str:
    """What the rules do not give, and what they do."""
    match error:
        case catalogue.UnknownGround(ground=ground):
            return no_such_ground(ground)
        case catalogue.UnknownPower(power=power):
            return f"第 {power} 条没有赋予处理措施。" if power else "没有写明处理权限条款。"
        case catalogue.PowerNotOpen(ground=ground, power=power, powers=powers):
            return f"以“{ground}”为依据，不能适用第 {power} 条的处理措施；可以适用的是第 {'、'.join(powers)} 条。"
        case catalogue.MeasureNotGiven(power=power, measure=measure, given=given):
            return f"第 {power} 条没有“{MEASURES[measure]}”这项措施；可用的有：{'、'.join(MEASURES[one] for one in given) or '无'}。"
        case catalogue.OnlyOneOf(power=power):
            return f"第 {power} 条的措施只能择一适用。"
        case catalogue.WrongSubject(power=power, subject=subject):
            return f"第 {power} 条的措施不能针对{'单个应用' if subject == 'app' else '服务商整体'}。"
        case _:
            return "规则没有赋予这样的处理。"


def owed(name: str) -> str:
    """name: of a field of a finding that must be filled in."""
    return f"“{FIELDS[name]}”没有填写。"


def bad_days(name: str) -> str:
    """To a number of days that is none."""
    return f"“{FIELDS[name]}”的天数应是 1 到 365 的整数。"


def too_long(name: str, most: int) -> str:
    """most: characters that the field takes."""
    return f"“{FIELDS[name]}”超过 {most} 字。"


def unprintable(name: str) -> str:
    """A field holds NUL."""
    return f"“{FIELDS[name]}”里有不能显示的字符。"


def bad_text(name: str, most: int) -> str:
    """what: which words were asked for. most: characters they may have."""
    return f"请写{name}，不超过 {most} 字。"


def unfilled(found: Mapping[str, str]) -> str:
    """found: names of fields with the placeholder that is left in each."""
    return "还有没填完的地方：" + "；".join(f"“{FIELDS[name]}”里的“{mark}”" for name, mark in found.items())


def to_apply(case: Case, one: Imposed) -> str:
    """The task to put a measure in place on the platform."""
    return f"案件 {case.number}：请在平台上执行“{MEASURES[one.measure]}”，完成后确认。"


def to_lift(case: Case, one: Imposed) -> str:
    """The task to take a measure away on the platform."""
    return f"案件 {case.number}：请在平台上解除“{MEASURES[one.measure]}”，完成后确认。"


def lift_first(left: Sequence[Imposed]) -> str:
    """left: measures that are lifted before the one that somebody wants to confirm."""
    return f"恢复按次序进行：请先解除“{'、'.join(MEASURES[one.measure] for one in left)}”。"


def cannot_undo(case: Case, followed: Sequence[Imposed], *, is_applied: bool) -> str:
    """Why a confirmation of a measure cannot be taken back; "" where it can. followed: measures lifted after this one."""
    if followed:
        return f"这之后已解除“{'、'.join(MEASURES[one.measure] for one in followed)}”，请先更正后面的。"
    if is_applied and not case.is_open:
        return "案件已经结束，不能再更正措施。"
    if not is_applied and case.state not in (State.RECOVERING, State.REVOKED):
        return "案件已经恢复并告知服务商，不能再更正。"
    return ""


def to_serve(case: Case) -> str:
    """The task to serve a notice that no message could."""
    return f"案件 {case.number}：一直没有人确认收到通知，请以其他方式送达，并登记送达凭据。"


def to_serve_outcome(number: str) -> str:
    """The task to tell a provider by hand what was decided, as no message reached anybody."""
    return f"通知 {number} 没有送达任何一位管理员，请以其他方式送达，并在办结时写明方式和凭据。"


def overdue(case: Case) -> str:
    """The task to look after a rectification whose time is over."""
    return f"案件 {case.number}：整改期限已过，请核查整改情况。系统不会自动采取任何措施。"


def clause_gone(clause: str, version: str) -> str:
    """A ground or power that the version in force doesn't have any more."""
    return f"现行的 {version} 版规则已没有原第 {clause} 条，不能再以它为依据。"
