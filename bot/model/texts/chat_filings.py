"""Wording of the way back in chat: what the commands, their cards and presses say, and what becomes of pictures sent there."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.case import Case, Imposed
from bot.model.filing import Filing, FilingKind, FilingState
from bot.model.my_case import MyCase
from bot.model.notice import Notice
from bot.model.texts import common, my_cases
from bot.model.texts.cases import MEASURES
from bot.model.texts.cases import STATES as CASE_STATES
from bot.model.texts.filings import KINDS, STATES, named
from bot.model.texts.notices import moment

# By what was asked for (bot.actions.chat_filings.Want): the command, and which clause, as cases cite it, says how that goes.
COMMANDS = {
    "report": ("提交整改报告", "4.2"),
    "objection": ("我要申诉", "4.1"),
    "recovery": ("申请恢复", "4.2"),
    "reapplication": ("重新申请", "4.2"),
    "withdrawal": ("撤出推荐", "4.3"),
}
BEGIN = {
    FilingKind.REPORT: "写整改报告",
    FilingKind.OBJECTION: "提出异议",
    FilingKind.REAPPLICATION: "重新申请",
    FilingKind.WITHDRAWAL: "申请撤出推荐",
}
OPEN, GO_ON, LOOK, LOOK_AT_CASE, ALL, EVERYTHING = "打开", "继续填写", "查看材料", "查看案件", "查看全部", "全部案件和材料"
CASE, APP, NOTICE = "案件", "应用", "通知"
NOT_YOURS = "没有找到这张卡片对应的案件或材料，没有作任何记录。请回复“我的处理”查看您的案件。"
WHICH_MEASURE = "这个案件有几项处理措施，每项可以各提出一次异议。请点卡片上的按钮。"
OPEN_WORDS = "点开后可以填写、上传文件和提交；此前写好的内容都在。"
_ONLY_YOU = "链接只供您本人使用，30 分钟内有效，请勿转发。"
_PICTURES = "截图也可以直接发到这里，会自动加入。"
_AGREE = "提交前请在页面上阅读规则写明的撤出后果和撤出期间的义务，并确认已知悉。"
_NOT_BEGUN = "尚未开始"


def of_which(words: str, kind: FilingKind, measure: Imposed | None) -> str:
    """On a button, where a card has several of one kind or of two."""
    return f"{words}：{MEASURES[measure.measure] if measure else KINDS[kind]}"


def nothing(want: str, clause_id: str) -> str:
    """To whoever has nothing of the kind, and to strangers alike. clause_id: of what says how it goes, "" where the rules don't."""
    told = f"\n“{COMMANDS[want][0]}”按哪条规则办，回复 {clause_id} 看原文。" if clause_id else ""
    return my_cases.NOTHING + told


def app_value(app: str) -> str:
    """On a card. app: its name, "" for the provider itself."""
    return app or my_cases.subject("")


def head(want: str, about: str) -> str:
    """The title of a card. about: the case's number or the app's name."""
    return f"{COMMANDS[want][0]} {about}"


def case_lines(mine: MyCase, now: datetime) -> str:
    """State, clock and next step; of a case that is over, its state."""
    if mine.case.is_open:
        return my_cases.one_case(mine, now)
    return f"{mine.case.number} {my_cases.subject(mine.app)}：{CASE_STATES[mine.case.state]}"


def app_line(name: str) -> str:
    """At the head of what is said about an app."""
    return f"应用“{name}”"


def offer_line(kind: FilingKind, measure: Imposed | None, filing: Filing | None, refusal: str, now: datetime) -> str:
    """Where one filing stands, or why there can be none."""
    what = KINDS[kind] + (f"（{MEASURES[measure.measure]}）" if measure else "")
    if filing:
        return f"· {what} {filing_state(filing, now)}"
    return f"· {what}：{refusal or _NOT_BEGUN}"


def filing_state(filing: Filing, now: datetime) -> str:
    """R2026-000001：审核中，审核期限 2026-03-09 23:59（已超期）."""
    said = f"{filing.number}：{STATES[filing.state]}"
    if filing.due_at and filing.state in (FilingState.SUBMITTED, FilingState.UNDER_REVIEW):
        said += f"，审核期限 {moment(filing.due_at)}" + ("（已超期，我们会尽快审核）" if my_cases.is_late(filing, now) else "")
    if filing.is_writable:
        said += "，轮到您填写"
    if filing.is_late:
        said += "（逾期提交，照常受理）"
    return said


def owed(mine: MyCase, now: datetime) -> str:
    """What is left until a case is recovered, first things first."""
    steps = my_cases.steps(mine, now)
    if not steps:
        return "恢复还需要：目前没有需要您做的。"
    return "恢复还需要：\n" + "\n".join(f"{at}. {step}" for at, step in enumerate(steps, 1))


def which(want: str, number: int, shown: int) -> str:
    """Asks which one. shown: how many of them the card names."""
    more = f"这里列出最近的 {shown} 个，其余请点“{ALL}”。" if number > shown else ""
    return f"{COMMANDS[want][0]}：有 {number} 个可以办理，请在卡片上选一个。{more}"


def told(lines: Sequence[str]) -> str:
    """Several that take nothing now, each with why."""
    return "现在没有可以办理的：\n" + "\n".join(lines)


def told_of(number: str, lines: Sequence[str]) -> str:
    """One of them."""
    return f"{number}\n" + "\n".join(lines)


def opened(filing: Filing) -> str:
    """With the link or card that opens a filing."""
    words = [f"{named(filing)}：{STATES[filing.state]}。{OPEN_WORDS if filing.is_writable else ''}"]
    if filing.is_writable:
        words.append(_AGREE if filing.kind is FilingKind.WITHDRAWAL else _PICTURES)
    return "\n".join(words)


def opened_case(case: Case) -> str:
    """With the link or card that opens a case."""
    return f"案件 {case.number}：{CASE_STATES[case.state]}。"


def opened_notice(notice: Notice) -> str:
    """With the link or card that opens a notice."""
    return f"{notice.statement.title} {notice.number}。"


OPENED_ALL = "这里有全部案件、材料和应用。"


def link(label: str, url: str, words: str) -> str:
    """The message that brings a personal link; the address stands behind the words."""
    return f'<a href="{url}">打开{label}</a>\n{words}\n{_ONLY_YOU}'


# 进度


def progress(mine: Sequence[MyCase], others: Sequence[tuple[str, Filing]], waiting: str, now: datetime) -> str:
    """All that is open. others: (name of the app, filing) that belong to no case. waiting: for a person's answer, "" where for none."""
    parts = [_case_progress(one, now) for one in mine]
    parts += [f"{app_line(app)}\n· {KINDS[filing.kind]} {filing_state(filing, now)}" for app, filing in others]
    if waiting:
        parts.append(waiting)
    if not parts:
        return my_cases.NOTHING
    return "\n\n".join([f"办理进度（{moment(now)}）：", *parts])


def _case_progress(one: MyCase, now: datetime) -> str:
    filed = [f"· {KINDS[filing.kind]} {filing_state(filing, now)}" for filing in one.filings if filing.is_open]
    return "\n".join([case_lines(one, now), *filed])


# Pictures and files


_HOW_TO_BEGIN = "要把图片加入材料，请先回复“提交整改报告”或“我要申诉”，开始填写，或打开已有的草稿保存一次；24 小时内发来的图片会加入。"
NO_PLACE = f"{common.NOT_TEXT}\n{_HOW_TO_BEGIN}"
TOO_LATE = "企业微信只把图片保留 3 天，期间一直没能取到。请重新发送，或在页面上上传。"
NOT_TAKEN_BACK = "企业微信说这个图片或文件已不存在。请重新发送，或在页面上上传。"
GIVEN_UP = "取这个图片或文件时被企业微信拒绝。请在页面上上传。"
_KIB, _MIB = 1 << 10, 1 << 20


def coming(filing: Filing) -> str:
    """To a picture that will join a filing."""
    return f"已收到，正在加入{named(filing)}…"


def coming_before(filing: Filing) -> str:
    """To the same picture, sent on once more."""
    return f"这个图片或文件已经收到过，不再重复加入{named(filing)}。"


def joined(filing: Filing, length: int, sha256: str) -> str:
    """That it is in. length: bytes."""
    return f"已加入{named(filing)}：{size(length)}，SHA-256 前 12 位 {sha256[:12]}。现在共 {len(filing.files)} 个文件；提交前还可以增减。"


def joined_before(filing: Filing, sha256: str) -> str:
    """That the same bytes were there."""
    return f"{named(filing)}里已有同样的文件（SHA-256 前 12 位 {sha256[:12]}），没有重复添加。"


def not_joined(filing: Filing, why: str) -> str:
    """why: a sentence for the person who sent it."""
    return f"没有加入{named(filing)}：{why}"


def size(length: int) -> str:
    """12.3 KB, 4.56 MB."""
    if length < _KIB:
        return f"{length} 字节"
    return f"{length / _KIB:.3g} KB" if length < _MIB else f"{length / _MIB:.3g} MB"


def plain_name(request: int) -> str:
    """What a picture that came without a name is called, and any file in words about it; its ending follows from what it is."""
    return f"聊天文件-{request}"
