"""Wording about evidence files and about services by hand."""

from datetime import datetime

from bot.model.texts.notices import moment

HOW = "送达方式"
NO_FILE = "没有给出证据文件。"
TOO_MANY = "一次最多添加 20 个证据文件。"
ENDED = "案件已经结束，不能再添加证据。"
BAD_NAME = "证据文件的名字不能为空，不超过 200 个字，且不能含有看不见的字符。"
PROOF_OWED = "人工送达须附上凭据，例如签收单或邮寄回执。"
NOT_ISSUED = "案件还没有发出通知，谈不上送达。"
ENDED_UNSERVED = "案件已经结束，不再登记送达。"
IN_THE_FUTURE = "送达时间不能晚于现在。"
MOMENT_FORM = "时间应写成 YYYY-MM-DD HH:MM（北京时间）。"


def before_issue(issued_at: datetime) -> str:
    """To a moment that lies before the notice."""
    return f"送达时间不能早于通知发出的时间 {moment(issued_at)}。"


_HOW = {"receipt": "管理员确认收到", "recorded": "人工送达", "deemed": "视为送达"}


def how(served_how: str) -> str:
    """How a case was served."""
    return _HOW.get(served_how, "")


def served_before(at: datetime, served_how: str) -> str:
    """To a second service."""
    return f"案件已于 {moment(at)} 送达（{how(served_how)}），不再登记。"
