"""Wording for our own staff about 撤出推荐 and the way back from it."""

NOTHING_TO_CONFIRM = "这份材料没有需要确认的平台操作，或已经确认过。"


def to_withdraw(number: str, app: str) -> str:
    """The task to take an app out of recommendation and search."""
    return f"撤出推荐 {number}：请在平台上取消应用“{app}”的推荐和搜索，完成后确认。"


def to_return(number: str, app: str) -> str:
    """The task to bring an app back into recommendation and search."""
    return f"重新申请 {number}：请在平台上恢复应用“{app}”的推荐和搜索，完成后确认。"
