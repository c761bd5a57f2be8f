"""What our own staff read when something was refused that no action worded itself: what is so, and what can be done."""

from bot.errors import BotError, NotFound, Stale, TransitionNotAllowed, Unavailable, UserMistake
from bot.model.case import CASE, MEASURE, State, Step
from bot.model.filing import MACHINES, WRITABLE, FilingKind, FilingState
from bot.model.texts.cases import STATES, STEPS
from bot.model.texts.filings import DECISIONS, KINDS
from bot.model.texts.filings import STATES as FILING_STATES

STALE = "刚刚被别人改过，您的这一步没有写入。请重新查看后再试。"
_NOT_FOUND = {
    "case": "没有这个案件。请核对编号，例如 V2026-000123；用 python -m bot cases list 可以列出全部案件。",
    "measure": "这个案件没有这项措施。用 python -m bot cases show 可以看到它有哪些措施。",
    "notice": "这个案件还没有发出过通知。",
    "operator task": "没有这项待办。用 python -m bot cases tasks 可以列出全部待办。",
    "evidence": "这个案件没有这份证据。",
    "operator": "没有这个运营账号。",
    "alarm": "没有这条告警。用 python -m bot alarms list --all 可以列出最近的告警。",
    "human request": "没有这个人工答复申请。用 python -m bot humans list --all 可以列出最近的申请。",
    "provider": "没有这家服务商。",
    "filing": "没有这份材料，或它还没有提交。请核对编号，例如 R2026-000001；用 python -m bot filings list 可以列出全部。",
    "file": "没有这个文件，或它的内容已按保存期限销毁。",
    "admin": "没有这位管理员。",
    "app": "没有这个应用。",
}

# What people can do themselves. Recovery is begun and ended by other steps than these.
_DO = {
    "amend": "修改",
    "submit": "提交审批",
    "discard": "作废",
    "endorse": "审批",
    "approve": "审批",
    "send_back": "退回",
    "retract": "撤回提交",
    "restore": "恢复草稿",
    "revoke": "撤销",
    "close": "结束",
}
_CONFIRM = {"apply": "确认已执行", "lift": "确认已解除", "undo_apply": "更正为尚未执行", "undo_lift": "更正为尚未解除"}
_ALL = {**_DO, **_CONFIRM}

# With what is handed in, our staff's steps only: "lapse" is nobody's.
_REVIEW = {"take": "领取", "release": "放弃领取", **DECISIONS}
_HAND_IN = {"submit": "提交", "drop": "撤回"}


def say(error: BotError) -> str:
    """A sentence or two for whoever tried."""
    match error:
        case UserMistake(say=words):
            return words
        case NotFound():
            return _NOT_FOUND.get(str(error), "没有找到。")
        case Stale():
            return STALE
        case TransitionNotAllowed(record=CASE.name, action=action, state=state):
            return f"案件现在是“{STATES[State(state)]}”，不能{_ALL.get(action, '这样做')}；{_open_to(state)}"
        case TransitionNotAllowed(record=MEASURE.name, action=action, state=state):
            return f"这项措施现在是“{STEPS[Step(state)]}”，不能{_ALL.get(action, '这样做')}。"
        case TransitionNotAllowed(record=record, action=action, state=state) if record in MACHINES:
            return _of_filing(FilingKind(record), action, FilingState(state))
        case TransitionNotAllowed():
            return "现在的状态不能这样做。"
        case Unavailable() if str(error).isascii():  # named after the driver's error
            return f"数据库暂时用不了（{error}），什么都没有改动；请稍后再试。"
        case _:
            return str(error)


def _open_to(state: str) -> str:
    steps = [*(["amend"] if state == State.DRAFT else []), *CASE.open_to(state)]
    can = dict.fromkeys(_DO[step] for step in steps if step in _DO)
    return f"现在可以{'、'.join(can)}。" if can else "这个状态下没有可做的操作。"


def _of_filing(kind: FilingKind, action: str, state: FilingState) -> str:
    words = {**_REVIEW, **_HAND_IN}.get(action, "这样做")
    if action in _REVIEW and action not in MACHINES[kind].actions:
        return f"{KINDS[kind]}不适用“{words}”；{_reviewed_by(kind, FilingState.UNDER_REVIEW)}"
    return f"这份{KINDS[kind]}现在是“{FILING_STATES[state]}”，不能{words}；{_reviewed_by(kind, state)}"


def _reviewed_by(kind: FilingKind, state: FilingState) -> str:
    can = [_REVIEW[step] for step in MACHINES[kind].open_to(state) if step in _REVIEW]
    if can:
        return f"{'领取后' if state is FilingState.UNDER_REVIEW else '现在'}可以{'、'.join(can)}。"
    return "现在等服务商修改后重新提交。" if state in WRITABLE else "已经办结，没有可做的操作。"
