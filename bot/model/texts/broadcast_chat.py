"""广播 in chat: how an operator writes one, and what the bot says of it."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.model.broadcast import Broadcast, State
from bot.model.texts.notices import moment

_WRITTEN = re.compile(r"\s*广播(?:[\s:：]+(?P<words>.*))?", re.DOTALL)
_TITLE_CHARS = 36
DEFAULT_TITLE = "平台通知"
CARD_TITLE = "确认广播"
USAGE = (
    "发广播请这样写：第一行“广播 标题”，第二行起写正文（可用 Markdown，最长约 2000 字节），发给全部服务商的管理员。\n"
    "我会先给您预览和人数，按下卡片上的按钮才会发送或提交审批。只发给一部分人、定时或要求签收，请到控制台写。"
)
NOT_FOR_YOU = "没有找到可以办理的内容。"
TOO_OLD = "这份预览已超过 1 小时，没有发送。请重新发“广播”预览。"


def is_broadcast(text: str) -> bool:
    """Whether a text is written as one: 广播 alone, or before a space, a line end or a colon."""
    return _WRITTEN.fullmatch(text) is not None


def written(text: str) -> tuple[str, str] | None:
    """(title, words) of what an operator wrote; None where there are no words."""
    match = _WRITTEN.fullmatch(text)
    words = (match["words"] or "").strip() if match else ""
    if not words:
        return None
    title, _, rest = words.partition("\n")
    if not rest.strip() or len(title.strip()) > _TITLE_CHARS:
        return DEFAULT_TITLE, words
    return title.strip(), rest.strip()


def preview(shown: str, people: int, calls: int, begins_at: datetime, ends_at: datetime) -> str:
    """What would be sent."""
    plan = f"发给全部服务商的管理员，{people} 人，{calls} 次调用。{moment(begins_at)} 开始，预计 {moment(ends_at)} 完成。"
    return f"预览（还没有发送）：\n\n{shown}\n\n{plan}"


def refused(wrong: Sequence[str]) -> str:
    """Why it cannot be sent."""
    return "这条广播不能发送：\n" + "\n".join(wrong)


def card_words(title: str, people: int, *, needs_approval: bool) -> str:
    """On the card that confirms it."""
    after = "按下后提交审批，由另一人在控制台通过后发送。" if needs_approval else "按下后立即发送，可在控制台暂停或取消。"
    return f"《{title}》发给 {people} 人。{after}"


def button(people: int, *, needs_approval: bool) -> str:
    """What is pressed."""
    return "提交审批" if needs_approval else f"发送给 {people} 人"


def made(one: Broadcast) -> str:
    """After the press."""
    if one.state is State.PENDING_APPROVAL:
        return f"广播 {one.number} 已提交审批，由另一人在控制台通过后发送。"
    return f"广播 {one.number} 已安排发送，进度见控制台。"


def made_before(one: Broadcast) -> str:
    """After another press."""
    return f"这条内容已经是广播 {one.number}，没有再发第二次。"
