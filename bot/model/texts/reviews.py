"""Wording of what our own staff read when they review what providers handed in."""

from datetime import datetime

from bot.model.filing import WAITING, FiledFile, Filing, FilingState
from bot.model.texts.files import FLAGS
from bot.model.texts.filings import STATES
from bot.model.texts.notices import moment

_HOW = {"portal": "页面上传", "chat": "聊天发送"}

EMPTIED = "（内容已按规定销毁）"
NO_EVIDENCE = "没有为这一条提供证据。"
NOTHING_WAITS = "没有等待审核的材料。"
NOTHING_FOUND = "没有这样的材料。"
BAD_REMARK = "--remark 请写成 条款=意见，例如 --remark 2.9=请补充改版的时间。"
ONCE_FILE = "文件 {name} 已保存到 {target}：{size:,} 字节，SHA-256 {sha256}"
WITHOUT_CASE = "（撤出推荐）"


def flag(name: str) -> str:
    """Why a file wants care."""
    return FLAGS.get(name, f"需要留意（{name}）")


def flags(file: FiledFile) -> str:
    """All of them; "" where there is none."""
    return "；".join(map(flag, file.flags))


def how(name: str) -> str:
    """By which way a file came."""
    return _HOW.get(name, name)


def due(filing: Filing, now: datetime) -> str:
    """By when it is to be reviewed, and whether that is past; "" where it is not our turn."""
    if filing.due_at is None or filing.state not in WAITING:
        return ""
    return moment(filing.due_at) + ("（已超期）" if filing.due_at <= now else "")


def state(filing: Filing) -> str:
    """How far it is, and what is still to be confirmed on the platform."""
    words = STATES[filing.state]
    is_carried_out_by_hand = filing.state is FilingState.GRANTED or (filing.state is FilingState.ACCEPTED and filing.parent_id is not None)
    if not is_carried_out_by_hand:
        return words
    if filing.ended_at:
        return f"{words}，已重新恢复推荐"
    return f"{words}，{'平台已执行' if filing.applied_at else '待平台执行'}"


def claim(filing: Filing, who: str) -> str:
    """Who is at it, until when."""
    return f"{who}，到 {moment(filing.claimed_until)}" if filing.claimed_until else ""
