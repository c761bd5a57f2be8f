"""Wording about what providers hand in: names, states, what is missing, what was refused and why."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.case import State
from bot.model.filing import Filing, FilingKind, FilingState, Missing
from bot.model.texts.cases import STATES as CASE_STATES
from bot.model.texts.notices import moment
from rules import Clause

KINDS = {
    FilingKind.REPORT: "整改报告",
    FilingKind.OBJECTION: "异议",
    FilingKind.REAPPLICATION: "重新申请",
    FilingKind.WITHDRAWAL: "撤出推荐申请",
}

STATES = {
    FilingState.DRAFT: "草稿",
    FilingState.SUBMITTED: "待审核",
    FilingState.UNDER_REVIEW: "审核中",
    FilingState.NEEDS_MORE: "待补充",
    FilingState.RETURNED: "已退回，待修改",
    FilingState.ACCEPTED: "已通过",
    FilingState.REFUSED: "未通过",
    FilingState.UPHELD: "异议成立",
    FilingState.DISMISSED: "异议不成立",
    FilingState.GRANTED: "已同意",
    FilingState.LAPSED: "已终止",
    FilingState.DROPPED: "已撤回",
}

DECISIONS = {
    "accept": "通过",
    "uphold": "认定异议成立",
    "grant": "同意",
    "dismiss": "认定异议不成立",
    "refuse": "不同意",
    "need_more": "要求补充",
    "send_back": "退回修改",
}

# What is written, and the question that helps with it.
PARTS = {
    "root_cause": ("问题原因", "为什么会出现这个问题？请写根本原因，而不只是现象。"),
    "done": ("整改措施", "已经做了什么？请写具体改动和完成时间。"),
    "prevention": ("预防措施", "怎样保证以后不再出现？请写长期有效的做法。"),
    "evidence": ("证据材料", "能证明整改完成的截图、录屏或文件。"),
    "words": ("理由", ""),
}
WORDS = {
    FilingKind.REPORT: ("补充说明", "还有什么需要说明的，可以写在这里（选填）。"),
    FilingKind.OBJECTION: ("异议理由", "请写明您认为哪一项认定或措施有误，以及事实和理由。"),
    FilingKind.REAPPLICATION: ("申请说明", "请说明应用的现状，以及为什么符合推荐、搜索的条件。"),
    FilingKind.WITHDRAWAL: ("撤出理由", "请说明为什么要撤出推荐。"),
}
VERDICTS = {"": "未评", "good": "通过", "wanting": "不足"}

NOT_OPEN = "现在不能修改：这份材料已经提交，正等待审核。"
ENDED = "这份材料已经办结，不能再修改。"
NOT_AGREED = "请先阅读并勾选已知悉撤出推荐的后果和义务。"
ONLY_RECOMMENDED = "只有正在推荐中的应用可以申请撤出推荐；这个应用现在不在推荐中。"
NO_WITHDRAWAL = "这个应用没有已同意的撤出推荐，不需要重新申请。"
NOT_OWED = "这个案件没有取消推荐或取消搜索的措施，不需要重新申请推荐、搜索。"
REPORT_FIRST = "请先提交整改报告：取消推荐、取消搜索的恢复，既要整改报告，也要重新申请。"
PERMANENT = "永久下架不适用恢复程序，不接受整改报告和重新申请；认定有误的，可以提出异议。"
REMINDER_OWES_NOTHING = "这是一份提醒，没有设整改期限，不需要提交整改报告。"
WHICH_MEASURE = "请选择对哪一项处理措施提出异议；每项措施可以提出一次。"
TOO_MANY_FILES = "文件太多：每份材料最多 {most} 个文件。"
NO_SUCH_PART = "没有这个条款的部分，请刷新页面后再试。"
SAME_FILE = "这个文件已经在材料里了，没有重复添加。"
WHY = "审核意见"
REMARKS_OWED = "退回或要求补充时，请写明理由，让服务商知道要改什么。"
NOT_YOURS = "{who} 正在审核这份材料（到 {until}）。"
TAKE_FIRST = "请先领取这份材料再作决定。"
NOT_WHO_WROTE = "您起草或审批过这个案件，不能审核对它的异议，请由另一位同事办理。"
UNKNOWN_DECISION = "没有这种决定。"
BLACKLISTED = "贵公司已被列入黑名单，平台不再受理这类申请；对处理有异议的，仍可以提出异议。"


def too_many_files(most: int) -> str:
    """most: files that one filing takes."""
    return TOO_MANY_FILES.format(most=most)


def claimed(who: str, until: datetime) -> str:
    """Somebody else is at it. until: when their claim ends."""
    return NOT_YOURS.format(who=who, until=moment(until))


def named(filing: Filing) -> str:
    """整改报告 R2026-000001."""
    return f"{KINDS[filing.kind]} {filing.number}"


def over(kind: FilingKind, number: str, state: State) -> str:
    """A case that is over takes no more of these."""
    return f"案件 {number} {CASE_STATES[state]}，{'不能再提出' if kind is FilingKind.OBJECTION else '不再需要'}{KINDS[kind]}。"


def barred(clause: Clause | None) -> str:
    """The provider is on the black list: the clause that says so, whole."""
    return BLACKLISTED if clause is None else f"{BLACKLISTED}\n第 {clause.id} 条：{clause.text}"


def incomplete(missing: Sequence[Missing], titles: dict[str, str]) -> str:
    """What is still to be filled in. titles: of the items, by clause."""
    told: dict[str, list[str]] = {}
    for one in missing:
        told.setdefault(titles.get(one.clause, one.clause), []).append(PARTS[one.part][0])
    lines = [f"{title}：{'、'.join(parts)}" if title else "、".join(parts) for title, parts in told.items()]
    return "还不能提交，请补全：\n" + "\n".join(lines)


def item_title(clause: str, title: str) -> str:
    """第 2.9 条 套壳应用; an imported row by its own title."""
    return title if clause.startswith("row:") else f"第 {clause} 条 {title}"


def too_long(most: int) -> str:
    """most: characters that one field takes."""
    return f"有一栏超过 {most} 字，或含有无法保存的字符，请改短后再试。"
