"""Words of the console's pages of broadcasts: what each press will do, said before it is made."""

from collections.abc import Sequence
from datetime import datetime

from bot.clock import SHANGHAI
from bot.model.broadcast import PAUSED_FOR_FAILURES, Broadcast, State, Told
from bot.model.texts import broadcasts as texts
from bot.model.texts.deliveries import reason as delivery_reason
from bot.model.texts.notices import moment

SAID = {
    "saved": "草稿已保存。请核对下面的收件人和用量，再提交。",
    "submitted": "已提交审批。",
    "launched": "已安排发送。",
    "approved": "已通过，将自动发送。",
    "sent_back": "已退回起草人。",
    "withdrawn": "已撤回为草稿。",
    "paused": "已暂停：还没送出的都不再发。",
    "resumed": "继续发送。",
    "cancelled": "已取消。",
    "resent": "正在补发给没收到的人。",
    "recalled": "正在撤回，进度见下。",
    "tested": "试发已发出，请在企业微信里查看。",
    "rescheduled": "时间已改。",
    "categories": "类目已保存。",
}
STALE = "您打开页面之后，同事或系统已经改动了这条广播，所以这一步没有办理。下面已是最新内容，请核对后再办理一次。"
NO_BETTER_TIME = "现在的时间已经合适，或没有更合适的时间可以提供。"
BAD_FILE = "名单文件不是 UTF-8 或 GBK 编码的文字，请另存为 CSV（UTF-8）再试。"
LABELS = {
    "submit": "提交",
    "approve": "审批通过",
    "send_back": "退回草稿",
    "withdraw": "撤回为草稿",
    "pause": "暂停发送",
    "resume": "继续发送",
    "cancel": "取消广播",
    "resend": "补发给没收到的人",
    "recall": "撤回已发出的消息",
    "test": "试发给自己",
}
NOT_OPERATOR, NOT_APPROVER = "需要“运营”权限。", "需要“审批”权限。"
WHICH = {"": "全部", "missed": "没有收到", "uncertain": "可能已送出", "unconfirmed": "没有签收", "confirmed": "已签收"}
STATES = {
    "": "还没排队",
    "queued": "待发送",
    "sending": "发送中",
    "uncertain": "可能已送出",
    "accepted": "平台受理",
    "rejected": "无法送达",
    "exhausted": "无法送达",
    "cancelled": "没有发送",
}
HEADINGS = ("服务商", "姓名", "账号", "结果", "原因", "发送时间", "签收时间")
_MOST_LINES = 20


def in_list(wrong: Sequence[str]) -> list[str]:
    """Lines of the list that name nobody."""
    return _lines("发送名单：", wrong)


def in_file(wrong: Sequence[str]) -> list[str]:
    """The same of a file."""
    return _lines("名单文件：", wrong)


def in_exceptions(wrong: Sequence[str]) -> list[str]:
    """The same of who is left out."""
    return _lines("不发名单：", wrong)


def _lines(head: str, wrong: Sequence[str]) -> list[str]:
    shown = [head + one for one in wrong[:_MOST_LINES]]
    left = len(wrong) - len(shown)
    return shown + ([f"{head}另有 {left} 行同样无法识别。"] if left > 0 else [])


def will(step: str, one: Broadcast, people: int, *, needs_approval: bool) -> str:
    """What a press does, and whether it can be undone. people: whom it would reach now, or who is still to be sent to."""
    when = f"到 {moment(one.send_at)}" if one.send_at else "立即"
    match step:
        case "submit" if needs_approval:
            return (
                f"发给 {people} 人，超过免审批的人数，由另一位审批人通过后{'到时间' if one.send_at else '立即'}发送。通过前可以撤回修改。"
            )
        case "submit":
            return f"{when}开始发给 {people} 人，不需要审批。开始前可以撤回为草稿，开始后可以暂停、取消，24 小时内可以撤回消息。"
        case "approve":
            return f"{when}开始发给 {people} 人，内容如本页所示。名单在开始发送时确定。"
        case "send_back":
            return "回到草稿，由起草人修改后重新提交。"
        case "withdraw":
            return "回到草稿，不会发送；已有的审批作废。"
        case "pause":
            return "2 秒内停下：还没送出的都不再发，已送出的不受影响。可以继续。"
        case "resume" if not people:
            return "已经没有要送出的人：继续后这条广播就此结束，之后可以补发给没收到的人。"
        case "resume":
            return "从停下的地方继续，已收到的人不会再收到。"
        case "cancel" if one.state in (State.DRAFT, State.PENDING_APPROVAL, State.SCHEDULED):
            return "不会发给任何人，编号不再使用。不能恢复。"
        case "cancel":
            return "还没送出的都不再发，已送出的留在对方聊天里。之后可以撤回，或补发给没收到的人。"
        case "resend":
            return "只发给没有收到的人：被拒绝、未送出或已取消的。已受理的人不会收到第二次。"
        case "recall":
            return "把 24 小时内发出的消息从对方聊天里撤回，对方会看到有消息被撤回。不能恢复，也不能再补发。"
        case "test":
            return "按现在的内容发一条给您自己，标题前加“试发”。不影响这条广播。"
    raise ValueError(step)


def submit_label(*, needs_approval: bool, is_at_once: bool) -> str:
    """What the button says."""
    return "提交审批" if needs_approval else "立即发送" if is_at_once else "定时发送"


def pause_words(one: Broadcast, left: int) -> str:
    """Why it stands still. left: how many are still to be sent to."""
    if one.pause_reason == PAUSED_FOR_FAILURES and not left:
        return f"失败的人太多，{_at(one.paused_at)}自动暂停，已没有要送出的人。请先看失败原因；按“继续发送”结束后，可以补发给没收到的人。"
    if one.pause_reason == PAUSED_FOR_FAILURES:
        return f"失败的人太多，{_at(one.paused_at)}自动暂停。请先看失败原因，再决定继续还是取消。"
    return f"{_at(one.paused_at)}由人暂停。"


def beginning(one: Broadcast) -> str:
    """While nobody is written down yet."""
    if one.state is State.SCHEDULED and one.send_at:
        return f"{moment(one.send_at)} 自动开始。到时本页自己更新。"
    if one.state is State.PAUSED:
        return "还没有送给任何人就暂停了。"
    return "马上开始，正在写下收件人名单。本页自己更新。"


def recall_words(recalls: dict[str, int]) -> str:
    """How far taking back is."""
    names = (
        *(("recalled", "已撤回"), ("owed", "正在撤回"), ("refused", "平台拒绝撤回"), ("late", "超过 24 小时，不能撤回")),
        ("unknown", "可能已送出，但平台没有给消息编号，不能撤回"),
    )
    return "；".join(f"{name} {recalls[state]} 人" for state, name in names if recalls.get(state))


def why(reason: str) -> str:
    """What was said of those who did not get it."""
    own = {"cancelled": "已取消，或不再是该服务商的管理员", "exhausted": "超过时限没有送出", "rejected": "平台拒绝"}
    return own.get(reason) or delivery_reason(reason)


def cells(one: Told) -> list[str]:
    """A line of the CSV file."""
    state, reason = STATES[one.state], why(one.reason or one.state) if one.state in ("rejected", "exhausted", "cancelled") else ""
    times = [moment(at) if at else "" for at in (one.sent_at, one.confirmed_at)]
    return [one.provider, one.name, one.address.userid, state, reason, *times]


def file_name(one: Broadcast, which: str) -> str:
    """Of the CSV file."""
    return f"{one.number}-{WHICH[which]}.csv"


def clock_time(at: datetime) -> str:
    """Within one day of China."""
    return at.astimezone(SHANGHAI).strftime("%H:%M:%S")


def _at(at: datetime | None) -> str:
    return f"{moment(at)} " if at else ""


def lasts(seconds: int) -> str:
    """The length of time of one bar."""
    if seconds < 60:
        return f"{seconds} 秒"
    return f"{seconds // 60} 分钟" if seconds < 3_600 else f"{seconds // 3_600} 小时"


def state(one: Broadcast) -> str:
    """By name."""
    return texts.STATES[one.state]
