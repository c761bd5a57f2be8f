"""How far a notice has come with whom, in words for our own staff; never what the vendor wrote."""

from datetime import datetime

from bot.model.delivered import Level, Reach, Sent
from bot.model.delivery import State
from bot.model.texts.notices import moment

LEVELS = {
    Level.QUEUED: "待发送",
    Level.ACCEPTED: "平台受理",
    Level.UNCERTAIN: "可能已送出",
    Level.FAILED: "无法送达",
    Level.SEEN: "已查看",
    Level.CONFIRMED: "已签收",
}
CHANNELS = {"wecom": "企业微信", "mail": "邮件", "portal": "通知页面"}

_STEPS = {
    "card": "通知卡片",
    "resend": "补发卡片",
    "reserve": "送达新管理员",
    "reminder": "提醒",
    "mail": "邮件",
    "last_call": "到期前提醒",
    "revoked": "撤销通知",
    "recovered": "恢复通知",
    "outcome": "结果通知",
}

# path/90313, in the words of somebody who has to do something about it.
_ERRCODES = {
    -1: "平台繁忙",
    -2: "没有收到平台的回应",
    40001: "应用的 Secret 不对或已重置，请核对 WECOM_SECRET",
    40003: "成员账号不存在",
    40014: "访问凭证失效，会自动更换",
    42001: "访问凭证过期，会自动更换",
    40056: "应用 AgentID 不对，请核对 WECOM_AGENTID",
    301002: "应用 AgentID 不对，请核对 WECOM_AGENTID",
    43012: "应用没有设置接收消息的地址，请在管理后台设置",
    45009: "发送太频繁，平台要求等待",
    45033: "同时发送太多，平台要求等待",
    48002: "应用没有这个接口的权限",
    48004: "应用的授权已失效",
    50002: "成员不在应用的可见范围",
    50003: "应用已被停用",
    60011: "应用无权访问该成员",
    60020: "本机 IP 不在应用的可信 IP 里，请在管理后台添加",
    60021: "成员不在应用的可见范围",
    60111: "成员账号不存在",
    81013: "账号无效或不在应用可见范围",
    85002: "内容含有平台不允许的词",
    301007: "该企业已解散或被封禁",
    701008: "成员没有互通许可",
    701099: "成员没有基础接口许可",
}
_WORDS = {"invaliduser": "账号无效或不在应用可见范围", "unlicenseduser": "成员没有接口许可"}

NOT_HERE = "不属于本应用，本应用的通知发不到这个人"
NEVER = "还没有发给这个人，可以补发"
GONE = "已不是管理员"
ONLY_OPEN = "案件已经结束，不再补发通知。"
NO_NOTICE = "这个案件还没有发出过通知。"
NOBODY_MISSES = "没有需要补发的人：每位管理员都已收到、正在发送，或已经签收。"


def step(name: str) -> str:
    """What a delivery was for: reminder-2 → 第 2 次提醒."""
    kind, _, number = name.partition("-")
    words = _STEPS.get(kind, kind)
    return f"第 {number} 次{words}" if number else words


def why(sent: Sent) -> str:
    """What came of one delivery, or what holds it up; "" where there is nothing to say."""
    match sent.state:
        case State.ACCEPTED:
            return ""
        case State.CANCELLED:
            return "已撤回，没有发出"
        case State.UNCERTAIN:
            return "没有收到回应，可能已送出" + ("" if sent.settled_at else "，会自动重试")
        case State.QUEUED | State.SENDING:
            return f"上次没有发出：{_fault(sent)}，会自动重试" if sent.errcode or sent.errmsg else ""
        case State.EXHAUSTED:
            return f"多次没有发出，已放弃：{_fault(sent)}" if sent.errcode or sent.errmsg else "一直没能发出，已放弃"
        case _:
            return _fault(sent)


def reason(said: str) -> str:
    """Why a person was not reached: said is "invaliduser", "unlicenseduser" or an errcode."""
    words = _WORDS.get(said) or _ERRCODES.get(int(said) if said.removeprefix("-").isdecimal() else 0) or "平台没有接收"
    return words if said in _WORDS or not said else f"{words}（{said}）"


def _fault(sent: Sent) -> str:
    if sent.channel == "mail":
        return "邮件服务器拒收" if sent.state is State.REJECTED else "邮件服务器没有接收"
    words = _WORDS.get(sent.errmsg) or _ERRCODES.get(sent.errcode) or "平台没有接收"
    return f"{words}（{sent.errcode}）" if sent.errcode else words


def standing(reach: Reach) -> str:
    """One person in a sentence: when they confirmed or looked, or why it does not reach them."""
    gone = "" if reach.is_active else f"；{GONE}"
    if reach.confirmed_at:
        return f"{moment(reach.confirmed_at)} 确认收到{gone}"
    if reach.seen_at:
        return f"{moment(reach.seen_at)} 打开过{gone}"
    if not reach.sent:
        return NEVER if reach.is_here else NOT_HERE
    best = [one for one in reach.sent if one.level is reach.level]
    return (why(best[-1]) or _when(best[0].sent_at)) + gone


def _when(at: datetime | None) -> str:
    return f"{moment(at)} 发出" if at else "等待发送"
