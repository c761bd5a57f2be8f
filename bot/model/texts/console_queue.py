"""Words of the console's list of what waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import SHANGHAI
from bot.model.case import Kind
from bot.model.queue import FILED, Waits, What
from bot.model.texts import operator_tasks
from bot.model.texts.cases import MEASURES
from bot.model.texts.humans import shown
from rules.catalogue import Measure

NAMES = {
    What.APPROVAL: "待审批",
    What.BROADCAST: "广播",
    What.RULES: "规则版本",
    What.REPORT: "整改报告",
    What.OBJECTION: "异议",
    What.REAPPLICATION: "重新申请",
    What.WITHDRAWAL: "撤出推荐",
    What.HUMAN: "申请人工",
    What.MEASURE: "执行措施",
    What.SERVE: "人工送达",
    What.OVERDUE: "逾期核查",
    What.CONTACTS: "管理员不足",
    What.OTHER: "其他待办",
}
WHOSE = {"": "全部", "mine": "我领取的", "free": "没人领取的"}
CLAIMED = "已领取，同事在待办里看得到是您在办。"
NO_NUMBER = "没有看懂这个编号。案件编号如 V2026-000123，材料编号如 R2026-000001，广播编号如 B2026-000001。"
GONE = "这一项已经办结或不再需要，没有领取。"
RELEASED = "已放弃领取。"


def and_(names: Sequence[str]) -> str:
    """Several names as one."""
    return "、".join(names)


_TASKS = {
    "serve": "送达处理通知，登记凭据",
    "serve_outcome": "送达结果通知",
    "overdue": "核查整改情况",
    "admins": "联系补充管理员",
    "withdraw": "平台上取消推荐和搜索",
    "return": "平台上恢复推荐和搜索",
}


def title(one: Waits) -> str:
    """What is to be done, in a few words: whose it is and which case stands beside it."""
    match one.what:
        case What.HUMAN:
            return shown(one.detail)
        case What.BROADCAST:
            return f"{'审批广播' if one.kind == 'pending_approval' else '广播自动暂停'}：{one.detail}"
        case What.RULES:
            return f"审批规则 {one.number} 版" if one.kind == "pending_approval" else f"告知服务商：规则 {one.number} 版"
        case What.APPROVAL:
            return f"审批{'提醒' if one.kind == Kind.REMINDER else '案件'}"
        case What.MEASURE if one.measure:
            return f"{'解除' if one.kind == 'lift' else '执行'}“{MEASURES[Measure(one.measure)]}”"
    if one.what in FILED:
        return one.number
    return _TASKS.get(one.kind) or one.detail or operator_tasks.kind(one.kind)


def claimed_by(who: str) -> str:
    """Somebody else said that they do it."""
    return f"{who}已经领取了这一项。" if who else "已经有人领取了这一项。"


def due(one: Waits, now: datetime) -> str:
    """By when, or since when it waits."""
    if one.due_at is None:
        return f"等待{_length(now - one.since)}"
    if one.due_at <= now:
        return f"已超期{_length(now - one.due_at)}"
    day = one.due_at.astimezone(SHANGHAI).date()
    left = (day - now.astimezone(SHANGHAI).date()).days
    return "今天内" if left == 0 else "明天内" if left == 1 else f"还有 {left} 天（{day:%m-%d}）"


def _length(lasted: timedelta) -> str:
    if lasted >= timedelta(days=1):
        return f" {lasted.days} 天"
    hours = int(lasted.total_seconds() // 3_600)
    return f" {hours} 小时" if hours else "不到 1 小时"
