"""Words of the overview."""

from bot.model.texts.settings import lasted

TITLES = {
    "states": ("案件的发出、恢复和撤销", "每期发出的处理，和办结的件数。"),
    "grounds": ("各项依据的案件", "按开案时间，最多的五项依据。"),
    "times": ("办理用时（天，中位数）", "从发出到有人签收、从签收到交整改报告、从发出到恢复。"),
    "shares": ("按期整改和撤销的比例（%）", "在整改期限内交报告的比例；发出的处理后来被撤销的比例；最近发出的还没有过异议期，会偏低。"),
    "deliveries": ("消息发送", "平台受理不等于已读；失败包括无法送达和超时放弃。"),
    "questions": ("规则问答", "引用条款作答的，和没有把握而拒答的。"),
    "delays": ("回调处理用时（毫秒）", "从收到到处理完；企业微信要求 5 秒内应答。"),
}
SERIES = {
    "issued": "发出",
    "recovered": "恢复",
    "revoked": "撤销",
    "to_receipt": "到签收",
    "to_report": "到报告",
    "to_recovery": "到恢复",
    "in_time": "按期交报告",
    "reversed": "被撤销",
    "accepted": "平台受理",
    "failed": "失败",
    "uncertain": "可能已送出",
    "answered": "作答",
    "refused": "拒答",
    "delay_p50": "一半快于",
    "delay_p95": "95% 快于",
}
DAY, WEEK = "日期", "周（起始日）"
NOTHING = "—"


def number(value: float | None, unit: str = "") -> str:
    """A number with its unit; a dash where there is none."""
    if value is None:
        return NOTHING
    words = f"{value:,.1f}".removesuffix(".0")
    return words + {"days": " 天", "percent": "%", "ms": " 毫秒"}.get(unit, "")


def waiting(seconds: float | None) -> str:
    """For how long the message waits that waits longest."""
    return "没有积压" if seconds is None else lasted(seconds)


def file_name(chart: str, length: int) -> str:
    """Of a CSV."""
    return f"{chart}-{length}.csv"
