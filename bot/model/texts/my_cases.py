"""我的处理: a provider's own cases, with state, clock and next step."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.clock import SHANGHAI
from bot.model.case import Kind, State, Step
from bot.model.filing import WAITING, Filing, FilingKind, FilingState
from bot.model.my_case import MyCase
from bot.model.texts.cases import MEASURES, STATES
from bot.model.texts.filings import STATES as FILING_STATES
from bot.model.texts.filings import named
from bot.model.texts.notices import CONFIRM, OBJECT, REPORT, moment

NOTHING = "目前没有与您有关的处理案件。"
NOTHING_TO_DO = "无需操作"
REAPPLY = "重新申请推荐、搜索"
SERVED = {"receipt": "管理员确认收到", "recorded": "平台以其他方式送达并留有凭据", "deemed": "视为送达"}
# How far a measure is, as its provider sees it: what is not yet taken away on the platform still holds.
MEASURE_STEPS = {
    Step.PLANNED: "拟定",
    Step.OWED: "仍生效（平台尚未执行）",
    Step.APPLIED: "仍生效",
    Step.LIFTING: "待解除",
    Step.LIFTED: "已解除",
    Step.VOID: "未执行即作废",
}
# What a provider presses to begin, and one line on what it is.
OFFERS = {
    FilingKind.REPORT: (REPORT, "逐条说明问题原因、整改措施、预防措施，并附证据材料。"),
    FilingKind.OBJECTION: (OBJECT, "认为认定或措施有误时提出，每项处理措施可以提出一次；提出异议不影响整改，各自计算期限。"),
    FilingKind.REAPPLICATION: (REAPPLY, "取消推荐、取消搜索的恢复，除整改报告外还要重新申请。"),
    FilingKind.WITHDRAWAL: ("申请撤出推荐", "主动让正在推荐的应用退出推荐和搜索，已安装的企业不受影响。"),
}
_GO_ON = {
    FilingState.DRAFT: "写完并提交{what}（草稿）",
    FilingState.NEEDS_MORE: "按审核意见补充{what}，重新提交",
    FilingState.RETURNED: "按审核意见修改{what}，重新提交",
}


def listed(mine: Sequence[MyCase], now: datetime) -> str:
    """All of them, newest first; open ones in full."""
    if not mine:
        return NOTHING
    still_open = [one for one in mine if one.case.is_open]
    ended = [one for one in mine if not one.case.is_open]
    parts = [f"与贵公司有关的处理案件：{len(still_open)} 件处理中，{len(ended)} 件已结束。"]
    parts += [one_case(one, now) for one in still_open]
    parts += [f"{one.case.number} {subject(one.app)}：{STATES[one.case.state]}" for one in ended]
    return "\n\n".join(parts)


def one_case(one: MyCase, now: datetime) -> str:
    """State, clock and next step of one open case."""
    case = one.case
    lines = [f"{case.number} {subject(one.app)}", f"{what_follows(one)} · {STATES[case.state]}"]
    if case.rectify_by:
        lines.append(f"整改期限：{rectify_line(one, now)}")
    elif case.rectify_days and not case.served_at:
        lines.append("整改期限：自送达之日起算，尚未起算")
    if case.object_by:
        lines.append(f"异议期：{clock_line(case.object_by, now)}")
    lines.append(f"下一步：{next_step(one, now)}")
    return "\n".join(lines)


def what_follows(one: MyCase) -> str:
    """取消推荐、取消搜索; of a 提醒, that nothing does."""
    return "提醒（无处理措施）" if one.case.kind is Kind.REMINDER else "、".join(MEASURES[each.measure] for each in one.case.measures)


def next_step(one: MyCase, now: datetime) -> str:
    """What the provider does now, or waits for: the first of `steps`."""
    return next(iter(steps(one, now)), NOTHING_TO_DO)


def steps(one: MyCase, now: datetime) -> list[str]:
    """All that is owed about a case now, by the provider first, then what it waits for."""
    found = [*_confirming(one), *_going_on(one), *_beginning(one, now), *_waiting(one, now)]
    if not found and FilingKind.OBJECTION in one.may and one.case.is_open:
        found.append(f"如有异议，可以“{OBJECT}”；否则无需操作")
    return found


def _confirming(one: MyCase) -> Iterator[str]:
    if one.case.is_open and not one.is_confirmed:
        yield f"打开通知，点“{CONFIRM}”"


def _going_on(one: MyCase) -> Iterator[str]:
    for filing in one.filings:
        if filing.is_writable:
            yield _GO_ON[filing.state].format(what=named(filing))


def _beginning(one: MyCase, now: datetime) -> Iterator[str]:
    if FilingKind.REPORT in one.may:
        yield REPORT + ("（已逾期，请尽快）" if is_past(one, now) else "")
    if FilingKind.REAPPLICATION in one.may:
        yield REAPPLY


def _waiting(one: MyCase, now: datetime) -> Iterator[str]:
    for filing in one.filings:
        if filing.state in WAITING:
            yield waiting(filing, now)
    lifting = [each for each in one.case.measures if each.state is Step.LIFTING]
    if one.case.state is State.RECOVERING and lifting:
        yield f"等待平台解除：{'、'.join(MEASURES[each.measure] for each in lifting)}"


def waiting(filing: Filing, now: datetime) -> str:
    """等待平台审核整改报告 R2026-000001（应于 2026-03-09 23:59 前完成）."""
    if filing.due_at is None:
        return f"等待平台审核{named(filing)}"
    return f"等待平台审核{named(filing)}（" + ("已超过审核期限 " if is_late(filing, now) else "审核期限 ") + f"{moment(filing.due_at)}）"


def is_late(filing: Filing, now: datetime) -> bool:
    """Whether our review is overdue, marked so already or not."""
    return filing.state in WAITING and (filing.overdue_at is not None or bool(filing.due_at and filing.due_at < now))


def rectify_line(one: MyCase, now: datetime) -> str:
    """The deadline, and how far its report is where one was handed in."""
    assert one.case.rectify_by is not None
    report = one.latest(FilingKind.REPORT)
    if report and (report.state in WAITING or report.state is FilingState.ACCEPTED):
        return f"{moment(one.case.rectify_by)}（整改报告{FILING_STATES[report.state]}）"
    return clock_line(one.case.rectify_by, now)


def is_past(one: MyCase, now: datetime) -> bool:
    """Whether a report is owed, and its time is over. One that lies with us is not late."""
    report = one.latest(FilingKind.REPORT)
    is_done = report is not None and (report.state in WAITING or report.state is FilingState.ACCEPTED)
    return one.case.is_open and one.case.rectify_by is not None and one.case.rectify_by < now and not is_done


def size(length: int) -> str:
    """75 字节, 12.3 MB."""
    for unit, name in ((1 << 20, "MB"), (1 << 10, "KB")):
        if length >= unit:
            return f"{length / unit:.1f} {name}"
    return f"{length} 字节"


def clock_line(until: datetime, now: datetime) -> str:
    """2026-03-09 23:59（还剩 6 天）."""
    left = (until.astimezone(SHANGHAI).date() - now.astimezone(SHANGHAI).date()).days
    if until < now:
        return f"{moment(until)}（已过）"
    return f"{moment(until)}（{f'还剩 {left} 天' if left else '今天截止'}）"


def subject(app: str) -> str:
    """app: its name, "" for the provider itself."""
    return f"应用“{app}”" if app else "全部应用"
