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

# What ends a task that another action ends, so that what it did is written down with it.
_ENDED_BY = {
    "apply": "这项待办在确认措施已执行后自动办结，不能单独办结。",
    "lift": "这项待办在确认措施已解除后自动办结，不能单独办结。",
    "withdraw": "这项待办在确认已于平台上取消推荐和搜索后自动办结，不能单独办结。",
    "return": "这项待办在确认已于平台上恢复推荐和搜索后自动办结，不能单独办结。",
    "serve": "这项待办在登记人工送达的方式和凭据后自动办结，不能单独办结。",
}


def kind(name: str) -> str:
    """What a task is about, in two to five characters."""
    return KINDS.get(name, name)


def ended_otherwise(name: str) -> str:
    """What to do instead of ticking such a task off; "" where that is the way."""
    return _ENDED_BY.get(name, "")


NOTE = "办理结果"
NOT_OPEN = "这项待办已经办完或不再需要，没有再记一次。"
