"""Words of the overview."""

from datetime import date

from bot.model.delivered import Level
from bot.model.overview import OTHERS
from bot.model.texts.deliveries import LEVELS

TITLES = {
    "states": ("案件的发出和办结", "期末还没有办结的件数；每期发出、恢复、撤销和结束（提醒）的件数。"),
    "grounds": ("各项依据的案件", "按开案时间；最多的五项依据，其余合计。"),
    "times": ("办理用时（天，中位数）", "从发出到有人签收；从送达到交整改报告，对照给出的整改期限；从发出到恢复。"),
    "shares": (
        "是否按期，是否撤销（%）",
        "送达的处理中有人签收的；到期的整改和解除措施中按期完成的；发出的处理后来被撤销的（近期的会偏低）。",
    ),
    "deliveries": (
        "消息发送和查看",
        "按发送日期计平台受理（不等于已读）、可能已送出和无法送达；按当天计查看通知和签收的人次。",
    ),
    "questions": ("规则问答", "引用条款作答的，和没有把握而拒答的。"),
    "delays": ("回调处理用时（毫秒）", "从收到到处理完；企业微信要求 5 秒内应答。按周时取各日的中位数。"),
}
SERIES = {
    "open": "期末未办结",
    "issued": "发出",
    "recovered": "恢复",
    "revoked": "撤销",
    "closed": "结束",
    OTHERS: "其他依据",
    "to_receipt": "到签收",
    "to_report": "到报告",
    "allowed": "整改期限",
    "to_recovery": "到恢复",
    "received": "有人签收",
    "in_time": "按期交报告",
    "lifted_in_time": "按期解除",
    "reversed": "被撤销",
    "accepted": LEVELS[Level.ACCEPTED],
    "failed": LEVELS[Level.FAILED],
    "uncertain": LEVELS[Level.UNCERTAIN],
    "seen": LEVELS[Level.SEEN],
    "confirmed": LEVELS[Level.CONFIRMED],
    "answered": "作答",
    "refused": "拒答",
    "delay_p50": "一半快于",
    "delay_p95": "95% 快于",
}
DAY, WEEK = "日期", "周（起始日）"
NOTHING = "—"
DELAY = "95% 的回调快于"


def number(value: float | None, unit: str = "") -> str:
    """A number with its unit; a dash where there is none."""
    if value is None:
        return NOTHING
    words = f"{value:,.1f}".removesuffix(".0")
    return words + {"days": " 天", "percent": "%", "ms": " 毫秒"}.get(unit, "")


def cell(value: float | None) -> str:
    """A number as a file has it: the same as on the page, without what separates thousands."""
    return "" if value is None else number(value).replace(",", "")


def span(since: date, until: date, is_weekly: bool) -> str:
    """Of what time the numbers are, and how fresh."""
    last = "按周；最后一周还没有过完" if is_weekly else "按天；最后一天还没有过完"
    return f"{since.isoformat()} 至 {until.isoformat()}（北京时间），{last}。消息、问答和回调的数每 5 分钟汇总一次。"


def file_name(chart: str, length: int) -> str:
    """Of a CSV."""
    return f"{chart}-{length}.csv"
