"""Alarms to our own staff: what is wrong, since when, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.alarm import Alarm
from bot.model.texts.notices import moment

MOST_AT_ONCE = 10  # in one message
GONE = "这条告警已经解除，不用再处理。"

# (what is wrong, what to do), by what the alarm is.
_WORDS = {
    "app_paused": ("应用发不出消息，已暂停发送", "每 5 分钟会自动试发一次，成功后继续发送。"),
    "api_blocked": ("企业微信说调用太频繁，这个接口已暂停", "窗口过后会自动继续。如果经常出现，请检查是否有别的程序在用同一个应用发消息。"),
    "inactive_alert": ("企业微信将停用本应用：长期没有使用", "请登录企业微信管理后台，按提示让应用保持可用。"),
    "close_inactive_agent": ("企业微信已停用本应用", "请登录企业微信管理后台重新启用；启用前收不到消息，也发不出通知。"),
    "queue_age": (
        "有消息到点很久还没发出",
        "请检查发送进程（python -m bot worker）和数据库；运行 python -m bot doctor 可逐项检查。",
    ),
    "undeliverable": (
        "处理通知对所有管理员都送不到",
        "请联系服务商补充管理员；人工送达已列为待办，见 python -m bot cases tasks。",
    ),
    "serve_by_hand": (
        "处理通知一直没有人确认收到",
        "请以其他方式送达并登记：python -m bot cases serve 编号；待办见 python -m bot cases tasks。",
    ),
    "overdue": ("整改期限已过", "请核查整改情况；系统不会自动采取任何措施。待办见 python -m bot cases tasks。"),
    "filed_report": ("服务商提交了整改报告", "请领取后逐条审核；到期未审会标为超期。"),
    "filed_objection": ("服务商提出了异议", "请由没有起草或审批过该案件的审批人领取后复核；到期未办会标为超期。"),
    "filed_reapplication": ("服务商提交了重新申请", "请领取后审核；到期未审会标为超期。"),
    "filed_withdrawal": ("服务商申请撤出推荐", "请领取后审核；到期未审会标为超期。"),
    "review_late": ("服务商提交的材料超期未审", "请尽快领取并作出决定；服务商在进度里也看得到已超期。"),
    "human_asked": ("有人申请人工答复", "请查看并答复：python -m bot humans list。"),
    "human_late": ("人工答复已超期", "对方已被告知答复时间，请尽快答复：python -m bot humans list。"),
    "broadcast_failing": ("广播失败的人太多，已自动暂停", "请在控制台的广播页查看失败原因；处理后继续发送，或取消。"),
    "mail_failing": ("邮件发不出去", "请检查 SMTP_URL 和 MAIL_FROM，运行 python -m bot doctor；改好后重启发送进程。"),
    "hook_failed": ("发送结果登记时出错，消息照常发送", "这是程序的问题，请把日志里的 hook_failed 一行交给开发人员。"),
}
_OF_WECOM = "企业微信拒绝了接口调用"
_UNKNOWN = ("程序报告了一个需要人处理的问题", "请查看日志里 event 为 alarm 的行。")

# What to do about an errcode of WeCom (path/90313).
_ADVICE = {
    40001: "WECOM_SECRET 不对，或已在后台重置；请从应用详情页复制新的值，写入设置后重启。",
    40013: "WECOM_CORPID 不对；请从“我的企业”页底部复制。",
    40056: "WECOM_AGENTID 不对；请从应用详情页复制。",
    43012: "应用没有设置“接收消息”，带按钮的卡片发不出去；请在应用详情页设置回调 URL。",
    45009: "调用次数到了上限。",
    48002: "应用没有这个接口的权限；请在管理后台开通。",
    48004: "接口已被企业微信封禁；请登录管理后台查看原因。",
    50001: "可信域名不对；请在应用详情页检查。",
    50003: "应用已被停用；请在管理后台启用。",
    60020: "服务器的出口 IP 不在应用的“企业可信 IP”里；请添加，约一分钟后生效。",
    301002: "WECOM_AGENTID 不是这个 Secret 的应用；请核对两者。",
}


def title(alarm: Alarm) -> str:
    """What is wrong, in one line."""
    if alarm.what.startswith("wecom_"):
        return f"{_OF_WECOM}（错误码 {_errcode(alarm)}）"
    words = _WORDS.get(alarm.what, _UNKNOWN)[0]
    number, errcode, age_s = (alarm.detail.get(name) for name in ("number", "errcode", "age_s"))
    if isinstance(age_s, int):
        return f"{words}：已等 {max(1, age_s // 60)} 分钟"
    if number or errcode:
        return f"{words}（{number or f'错误码 {errcode}'}）"
    return words


def advice(alarm: Alarm) -> str:
    """What to do about it."""
    found = _ADVICE.get(_errcode(alarm), "")
    general = "" if alarm.what.startswith("wecom_") else _WORDS.get(alarm.what, _UNKNOWN)[1]
    return found + general or f"请按错误码 {_errcode(alarm)} 查企业微信官方文档。"


def standing(alarm: Alarm) -> str:
    """Whether it lasts."""
    return "未解除" if alarm.cleared_at is None else f"{moment(alarm.cleared_at)} 解除"


def since(alarm: Alarm) -> str:
    """Since when, and how often."""
    often = f"，共 {alarm.count} 次" if alarm.count > 1 else ""
    return f"开始于 {moment(alarm.first_at)}{often}"


def subject(alarms: Sequence[Alarm]) -> str:
    """One line for all of them."""
    more = f" 等 {len(alarms)} 项" if len(alarms) > 1 else ""
    return f"【告警】{title(alarms[0])}{more}"


def paragraphs(alarms: Sequence[Alarm], now: datetime) -> list[str]:
    """Each with what to do."""
    said = [f"{title(alarm)}\n{since(alarm)}（编号 {alarm.id}）\n{advice(alarm)}" for alarm in alarms[:MOST_AT_ONCE]]
    if len(alarms) > MOST_AT_ONCE:
        said.append(f"另有 {len(alarms) - MOST_AT_ONCE} 项，见 python -m bot alarms list。")
    return [*said, f"发于 {moment(now)}。原因消除后告警自动解除；确认不用再管的，可运行 python -m bot alarms clear 编号。"]


def _errcode(alarm: Alarm) -> int:
    if alarm.what.startswith("wecom_") and alarm.what[6:].isdecimal():
        return int(alarm.what[6:])
    errcode = alarm.detail.get("errcode", 0)
    return errcode if isinstance(errcode, int) else 0
