"""Wording of the ladder and its results, for our own staff."""

from bot.model import ladder

_STEPS = {
    "reminder": "提醒",
    "mail": "邮件",
    "manual": "转人工送达",
    ladder.DEEM: "视为送达",
    ladder.LAST_CALL: "到期前提醒",
    ladder.OVERDUE: "整改期限",
}
_RESULTS = {
    "": "",
    "task": "已列为待办",
    "no mail set up": "没有设置邮件",
    "served": "已送达，不再需要",
    "served before": "此前已送达",
    "marked": "已标为逾期",
    "marked before": "此前已标为逾期",
    "ended": "案件已结束",
    "withdrawn": "案件已结束",
    "report handed in": "报告已提交，不需要",
}


def step(name: str) -> str:
    """reminder-2 → 第 2 次提醒."""
    words = _STEPS.get(ladder.kind(name), name)
    return f"第 {ladder.count(name)} 次{words}" if "-" in name else words


def result(told: str) -> str:
    """What came of a step; "to 3" says to how many it was sent."""
    return f"发给 {told.removeprefix('to ')} 人" if told.startswith("to ") else _RESULTS.get(told, told)
