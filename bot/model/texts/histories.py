"""Wording of a provider's history: what is owed by whom, and what became of cases."""

from datetime import datetime

from bot.model.case import Case, Kind, State
from bot.model.history import Duty, Ower, Shown
from bot.model.provider import Listing
from bot.model.texts import operator_tasks
from bot.model.texts.cases import MEASURES, STATES, STEPS
from bot.model.texts.notices import moment

OWERS = {Ower.PROVIDER: "服务商", Ower.AUTHOR: "起草人", Ower.APPROVER: "审批人", Ower.OPERATOR: "运营"}
KINDS = {Kind.VIOLATION: "违规处理", Kind.REMINDER: "提醒"}
BARRED, WITHDRAWN = "黑名单", "撤出推荐"
_DUTIES = {"submit": "提交审批或作废草稿", "approve": "审批或退回", "confirm": "确认收到通知", "rectify": "完成整改并提交报告"}


def duty(one: Duty) -> str:
    """What is owed, in a few words."""
    return _DUTIES.get(one.what) or operator_tasks.kind(one.what)


def due(one: Duty, now: datetime) -> str:
    """By when."""
    if one.by:
        return f"{moment(one.by)}{'（已逾期）' if one.is_late(now) else ''}"
    return "自送达之日起算" if one.what == "rectify" else ""


def listing(shown: Listing) -> str:
    """How the app centre shows an app."""
    if not shown.listed:
        return "未上架"
    named = (("可搜索", shown.searchable), ("推荐", shown.recommended))
    return "、".join(("上架", *(word for word, holds in named if holds)))


def remark(shown: Shown) -> str:
    """What holds an app back now, in a word; "" where nothing does."""
    if shown.now == shown.app.baseline:
        return ""
    return WITHDRAWN if shown.is_withdrawn else "受限"


def measures(case: Case) -> str:
    """All measures, each with how far it is once the case is in force."""
    planned = case.issued_at is None
    return "、".join(MEASURES[one.measure] + ("" if planned else f"（{STEPS[one.state]}）") for one in case.measures) or "无"


def outcome(case: Case) -> str:
    """State, and what stands out."""
    words = STATES[case.state]
    if case.state is State.IN_FORCE and case.overdue_at:
        return f"{words}，已逾期"
    if case.is_open and case.issued_at and not case.served_at:
        return f"{words}，未送达"
    return f"{words} {moment(case.ended_at)[:10]}" if case.ended_at else words
