"""Wording of an evidence bundle's page."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.clock import SHANGHAI
from bot.model.filing import PARTS as _PARTS
from bot.model.texts import ladder
from bot.model.texts.cases import MEASURES, STATES
from bot.model.texts.filings import DECISIONS, PARTS
from bot.model.texts.filings import KINDS as FILINGS
from bot.model.texts.filings import STATES as FILING_STATES

KINDS = {"violation": "违规处理", "reminder": "提醒"}
NOTICES = {"decision": "处理通知", "reminder": "提醒", "revoked": "撤销通知", "recovered": "恢复通知", "outcome": "结果通知"}
STEPS = {
    "card": "企业微信卡片",
    "reserve": "补送卡片",
    "resend": "重新发送",
    "textcard": "企业微信催办",
    "last_call": "到期提醒",
    "mail": "邮件",
    "update": "更新卡片",
    "revoked": "撤销通知",
    "recovered": "恢复通知",
    "outcome": "结果通知",
}
DELIVERIES = {
    "queued": "待发送",
    "sending": "发送中",
    "uncertain": "可能已送出",
    "accepted": "平台受理",
    "rejected": "无法送达",
    "exhausted": "无法送达",
    "cancelled": "已取消",
}
MEASURE_STATES = {"planned": "拟定", "owed": "待执行", "applied": "已执行", "lifting": "待解除", "lifted": "已解除", "void": "未执行"}
HOW = {"card": "在卡片上确认", "portal": "在页面上确认", "oauth": "企业微信身份", "link": "个人链接", "mail": "邮件链接"}
SERVED = {"receipt": "有人签收", "recorded": "人工登记", "deemed": "推定送达"}
ACTIONS = {
    "open": "立案",
    "amend": "修改",
    "submit": "提交审批",
    "endorse": "第一人批准",
    "approve": "批准",
    "send_back": "退回",
    "retract": "撤回提交",
    "discard": "作废",
    "restore": "恢复草稿",
    "revoke": "撤销",
    "close": "结束",
    "note": "内部备注",
    "notice": "生成通知",
    "seen": "查看",
    "receipt": "签收",
    "served": "送达",
    "undeliverable": "无法送达",
    "measure_apply": "措施已执行",
    "measure_lift": "措施已解除",
    "measure_undo_apply": "更正：措施尚未执行",
    "measure_undo_lift": "更正：措施尚未解除",
    "evidence": "添加证据",
    "export": "导出证据包",
    "destroy_personal": "销毁个人信息",
    "overdue": "逾期",
    "start_recovery": "开始恢复",
    "measure_lifting": "开始解除措施",
    "finish_recovery": "恢复完成",
    "filed": "提交材料",
    "filing_dropped": "撤回材料",
    "filing_lapsed": "材料终止",
    "review_taken": "领取审核",
    "review_released": "放弃领取",
    "claim_expired": "领取到期",
    "review_late": "审核超期",
    "decided": "审核决定",
    "file_fetched": "取出文件",
    "conduct": "登记第 4.4 条所禁止的行为",
    "proposed_4.4": "提出永久下架",
    "task_done": "待办办结",
    "delivery": "发送结果",
    "resend_missing": "补发通知",
    "service_recorded": "登记人工送达",
    "renew_rules": "改按现行规则",
}

FORM = [(name, title) for name, (title, _) in PARTS.items() if name in _PARTS]  # of a report
_NAMES = {
    "kind": "类别",
    "ground": "依据",
    "power": "权限条款",
    "found_on": "发现日期",
    "measure": "措施",
    "measures": "措施",
    "rectify_days": "整改天数",
    "objection_days": "异议天数",
    "deem_days": "推定送达天数",
    "day_kind": "天数算法",
    "rule_version": "规则版本",
    "facts": "事实",
    "reasons": "处理理由",
    "reason": "理由",
    "notice": "通知",
    "sha256": "SHA-256",
    "people": "人数",
    "to": "收件人",
    "how": "方式",
    "step": "步骤",
    "result": "结果",
    "seq": "记录",
    "at": "时间",
    "object_by": "异议截止",
    "rectify_by": "整改截止",
    "name": "姓名",
    "filing": "材料",
    "round": "次数",
    "outcome": "结果",
    "state": "状态",
    "is_late": "逾期",
    "why": "原因",
    "words": "文字",
    "items": "逐条",
    "files": "文件",
    "remarks": "逐条意见",
    "clause": "条款",
    "evidence": "证据",
    "bytes": "字节",
    "case": "案件",
    **{name: title for name, (title, _) in PARTS.items()},
    **DELIVERIES,
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_OURS = ("provider_id", "app_id")  # numbers of rows, which say nothing to a reader
_VALUES = {
    **{str(key): text for key, text in MEASURES.items()},
    **KINDS,
    **NOTICES,
    **STEPS,
    **SERVED,
    **HOW,
    **{str(key): text for key, text in FILINGS.items()},
    **{str(key): text for key, text in FILING_STATES.items()},
    **DECISIONS,
    "natural": "自然日",
    "working": "工作日",
}


def action(name: str) -> str:
    """What an event tells, with its own name where we have no better."""
    if name in ACTIONS:
        return ACTIONS[name]
    if name.startswith("queued_"):
        return f"排队发送：{STEPS.get(name.removeprefix('queued_'), name.removeprefix('queued_'))}"
    if name.startswith("step_"):
        return f"到期：{ladder.step(name.removeprefix('step_'))}"
    return name


def actor(name: str) -> str:
    """Who it was, for reading."""
    kind, _, who = name.partition(":")
    return {"operator": f"运营 {who}", "admin": f"管理员 {who.rpartition('/')[2]}"}.get(kind, "系统")


def person(who: Mapping[str, str]) -> str:
    """One of our own staff."""
    return f"{who['name']}（{who['login']}）"


def when(at: str | None) -> str:
    """A moment in China, from its canonical text."""
    if not at:
        return "—"
    return datetime.fromisoformat(at).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def parts(content: Any) -> list[tuple[str, str]]:
    """An event's content as (name, value) for reading. All of it, as it is, stands in events.json."""
    if not isinstance(content, Mapping):
        return []
    told = {name: value for name, value in content.items() if name not in _OURS and value not in (None, "", [], {})}
    return [(_NAMES.get(name, name), _value(value)) for name, value in told.items()]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(_value, value))
    if isinstance(value, Mapping):
        return "；".join(f"{_NAMES.get(name, name)} {_value(item)}" for name, item in value.items())
    if isinstance(value, bool):
        return "是" if value else "否"
    return when(value) if _MOMENT.fullmatch(str(value)) else _VALUES.get(str(value), str(value))


def size(length: int) -> str:
    """Bytes for reading."""
    return f"{length / (1 << 20):.1f} MB" if length >= 1 << 20 else f"{length / 1024:.1f} KB" if length >= 1024 else f"{length} B"


def short(digest: str) -> str:
    """Enough of a hash to tell it from others by eye."""
    return f"{digest[:8]}…{digest[-4:]}"


def measure(name: str) -> str:
    """A measure's name in Chinese."""
    return _VALUES.get(name, name)


def state(name: str) -> str:
    """A case's state in Chinese."""
    return {str(key): text for key, text in STATES.items()}.get(name, name)


def filing(name: str) -> str:
    """What was handed in, in Chinese."""
    return {str(key): text for key, text in FILINGS.items()}.get(name, name)


def filing_state(name: str) -> str:
    """How far it is, in Chinese."""
    return {str(key): text for key, text in FILING_STATES.items()}.get(name, name)


FILTERS = {
    "filing": filing,
    "filing_state": filing_state,
    "when": when,
    "actor": actor,
    "person": person,
    "action": action,
    "parts": parts,
    "size": size,
    "short": short,
    "measure": measure,
    "state": state,
}
