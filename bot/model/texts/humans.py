"""Wording about 申请人工: to who asked, and to our own staff."""

from datetime import datetime

from bot.model.human import HumanRequest, Said
from bot.model.texts.notices import moment

COMMAND = "申请人工"
CONFIRM = "确认申请人工"
NAME = "人工答复"
NOTHING_TO_MARK = "还没有可以转交的问题：请先用一句话把问题发给我；对我的回答不满意时，再回复“申请人工”。"
NOT_YOURS = "没有找到这个问题，没有作任何记录。请重新提问后，再回复“申请人工”。"
NOT_OPEN = "这个申请已经答复或关闭，没有再处理一次。"
STATES = {"open": "待答复", "answered": "已答复", "dropped": "已关闭"}
OVERDUE = "已超期"
_SHOWN_CHARS = 60


def shown(text: str) -> str:
    """A question in a sentence: on one line, its first words."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"“{words[:_SHOWN_CHARS]}{'…' if len(words) > _SHOWN_CHARS else ''}”"


def offer(said: Said, days: int) -> str:
    """What would be handed to a person, and how long that takes. days: working days."""
    return f"将把您最近的问题{shown(said.about)}和我的回答转给平台工作人员，{days} 个工作日内在这里答复您。请在下面的卡片上确认。"


def card_words(said: Said) -> str:
    """On the card that asks for confirmation."""
    return f"问题：{shown(said.about)}"


def asked(request: HumanRequest) -> str:
    """To the press that asked for a person."""
    return f"已转给平台工作人员：{shown(request.about)}\n他们会在 {moment(request.due_at)} 前在这里答复您；回复“进度”可以查看。"


def asked_before(request: HumanRequest, now: datetime) -> str:
    """To whoever asks again."""
    if not request.is_open:
        return f"您的问题{shown(request.about)}{_ENDED[request.state]}。如有新的问题，请直接提问后再申请。"
    return f"您已申请人工答复：{shown(request.about)}\n{_until(request, now)}，不需要重复申请；答复后可以再申请下一个。"


_ENDED = {"answered": "已经由人工答复过", "dropped": "的人工申请已经关闭"}


def progress(request: HumanRequest, now: datetime) -> str:
    """The line of 进度."""
    return f"{NAME}：{shown(request.about)}\n{_until(request, now)}"


def _until(request: HumanRequest, now: datetime) -> str:
    late = f"（{OVERDUE}，我们会尽快）" if request.due_at <= now else ""
    return f"应在 {moment(request.due_at)} 前答复{late}"


def answered(request: HumanRequest) -> str:
    """The person's answer, to who asked."""
    return f"【{NAME}】您问：{shown(request.about)}\n{request.answer}"


def dropped(request: HumanRequest) -> str:
    """To who asked, when nobody will answer."""
    return f"您的人工申请{shown(request.about)}已关闭，没有另行答复。如仍需要，请把问题再问一次后回复“{COMMAND}”。"


def standing(request: HumanRequest, now: datetime) -> str:
    """For our own staff: the state, and whether it is late."""
    late = f"，{OVERDUE}" if request.is_open and request.due_at <= now else ""
    return f"{STATES[request.state]}{late}"


def page(request: HumanRequest, now: datetime) -> str:
    """For our own staff: all of one request."""
    lines = [
        f"{request.id}  {standing(request, now)}",
        f"申请人：{request.address}",
        f"申请于 {moment(request.asked_at)}，应在 {moment(request.due_at)} 前答复",
        f"问题：\n{request.about}",
        f"机器人的回答：\n{request.answered_with}",
    ]
    if request.answer:
        lines.append(f"人工答复：\n{request.answer}")
    return "\n\n".join(lines)
