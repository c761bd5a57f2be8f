"""我的处理: a provider's own cases, with state, clock and next step."""

from collections.abc import Sequence
from datetime import datetime

from bot.clock import SHANGHAI
from bot.model.case import Kind, State
from bot.model.my_case import MyCase
from bot.model.texts.cases import MEASURES, STATES
from bot.model.texts.notices import CONFIRM, OBJECT, REPORT, moment

NOTHING = "目前没有与您有关的处理案件。"


def listed(mine: Sequence[MyCase], now: datetime) -> str:
    """All of them, newest first; open ones in full."""
    if not mine:
        return NOTHING
    still_open = [one for one in mine if one.case.is_open]
    ended = [one for one in mine if not one.case.is_open]
    parts = [f"与贵公司有关的处理案件：{len(still_open)} 件处理中，{len(ended)} 件已结束。"]
    parts += [one_case(one, now) for one in still_open]
    parts += [f"{one.case.number} {_subject(one)}：{STATES[one.case.state]}" for one in ended]
    return "\n\n".join(parts)


def one_case(one: MyCase, now: datetime) -> str:
    """State, clock and next step of one open case."""
    case = one.case
    what = "提醒（无处理措施）" if case.kind is Kind.REMINDER else "、".join(MEASURES[imposed.measure] for imposed in case.measures)
    lines = [f"{case.number} {_subject(one)}", f"{what} · {STATES[case.state]}"]
    if case.rectify_by:
        lines.append(f"整改期限：{clock_line(case.rectify_by, now)}")
    elif case.rectify_days and not case.served_at:
        lines.append("整改期限：自送达之日起算，尚未起算")
    if case.object_by:
        lines.append(f"异议期：{clock_line(case.object_by, now)}")
    lines.append(f"下一步：{next_step(one, now)}")
    return "\n".join(lines)


def next_step(one: MyCase, now: datetime) -> str:
    """What the provider does now."""
    case = one.case
    if not one.is_confirmed:
        return f"在通知卡片上点“{CONFIRM}”"
    if case.state is State.RECOVERING:
        return "等待平台恢复"
    if case.rectify_by:
        return f"在通知卡片上点“{REPORT}”" + ("（已逾期，请尽快）" if case.rectify_by < now else "")
    return f"如有异议，在通知卡片上点“{OBJECT}”；否则无需操作"


def clock_line(until: datetime, now: datetime) -> str:
    """2026-03-09 23:59（还剩 6 天）."""
    left = (until.astimezone(SHANGHAI).date() - now.astimezone(SHANGHAI).date()).days
    if until < now:
        return f"{moment(until)}（已过）"
    return f"{moment(until)}（{f'还剩 {left} 天' if left else '今天截止'}）"


def _subject(one: MyCase) -> str:
    return f"应用“{one.app}”" if one.app else "全部应用"
