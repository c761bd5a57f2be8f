"""Wording about what our own staff have to do by hand."""

KINDS = {
    "apply": "执行措施",
    "lift": "解除措施",
    "serve": "人工送达",
    "serve_outcome": "人工送达",
    "withdraw": "撤出推荐",
    "return": "恢复推荐",
    "overdue": "逾期核查",
    "admins": "管理员不足",
}

# How a task is ended that another command ends, so that what it did is written down with it.
_ENDED_BY = {
    "apply": "请用 python -m bot cases applied 案件编号 措施 来确认已执行。",
    "lift": "请用 python -m bot cases lifted 案件编号 措施 来确认已解除。",
    "withdraw": "请用 python -m bot filings done 编号 来确认已在平台上取消推荐和搜索。",
    "return": "请用 python -m bot filings done 编号 来确认已在平台上恢复推荐和搜索。",
    "serve": "请用 python -m bot cases serve 来登记送达方式和凭据。",
}


def kind(name: str) -> str:
    """What a task is about, in two to five characters."""
    return KINDS.get(name, name)


def ended_otherwise(name: str) -> str:
    """What to do instead of ticking such a task off; "" where that is the way."""
    return _ENDED_BY.get(name, "")


NOTE = "办理结果"
NOT_OPEN = "这项待办已经办完或不再需要，没有再记一次。"
