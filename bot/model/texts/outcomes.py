"""Wording of what the provider is told of its reports, objections, re-applications and withdrawals, and of a recovery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import SHANGHAI
from bot.model.case import Case, Imposed
from bot.model.filing import Filing, FilingKind
from bot.model.notice import Section, Statement
from bot.model.provider import Listing
from bot.model.texts.cases import MEASURES
from bot.model.texts.filings import KINDS, STATES
from rules import Clause

_TITLES = {
    (FilingKind.REPORT, "accept"): "整改报告通过通知",
    (FilingKind.REPORT, "need_more"): "整改报告补充材料通知",
    (FilingKind.REPORT, "send_back"): "整改报告退回通知",
    (FilingKind.OBJECTION, "dismiss"): "异议处理结果通知",
    (FilingKind.OBJECTION, "need_more"): "异议补充材料通知",
    (FilingKind.REAPPLICATION, "accept"): "重新申请通过通知",
    (FilingKind.REAPPLICATION, "refuse"): "重新申请未通过通知",
    (FilingKind.REAPPLICATION, "need_more"): "重新申请补充材料通知",
    (FilingKind.REAPPLICATION, "send_back"): "重新申请退回通知",
    (FilingKind.WITHDRAWAL, "grant"): "撤出推荐同意通知",
    (FilingKind.WITHDRAWAL, "refuse"): "撤出推荐未同意通知",
}
_OPENINGS = {
    "accept": "经审核，{what}已通过。",
    "need_more": "经审核，{what}还需要补充材料；这不是拒绝，补充后继续审核。",
    "send_back": "经审核，{what}需要修改，现予退回；请按下述意见修改后重新提交。",
    "dismiss": "经复核，{what}所提异议不成立，维持原处理。",
    "refuse": "经审核，未同意{what}。",
    "grant": "经审核，同意{what}。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whom and what an outcome is about. app: its name, "" for the provider itself. url: of the rules. clauses: to be quoted."""

    provider: str
    app: str
    version: str
    url: str
    clauses: Sequence[Clause] = ()


def decided(
    filing: Filing,
    action: str,
    about: About,
    number: str,
    reasons: str,
    remarks: Mapping[str, str],
    next_steps: Sequence[str],
    at: datetime,
) -> Statement:
    """What came of a review, with its reasons as a whole and by item. next_steps: what follows, and for whom."""
    what = f"{KINDS[filing.kind]} {filing.number}"
    sections = [Section("结论", (_OPENINGS[action].format(what=what),))]
    if reasons.strip():
        sections.append(Section("审核意见", tuple(_paragraphs(reasons))))
    said = [f"{item.title}：{remarks[item.clause]}" for item in filing.items if remarks.get(item.clause)]
    if said:
        sections.append(Section("逐条意见", tuple(said)))
    sections.append(Section("接下来", tuple(next_steps)))
    sections += _quotes(about)
    return Statement(
        number=number,
        title=_TITLES[filing.kind, action],
        addressee=about.provider,
        issued_on=_day(at),
        lines=tuple(_lines(filing, about, action)),
        sections=tuple(sections),
        source=about.url,
    )


def recovered(
    case: Case,
    about: About,
    number: str,
    before: Sequence[tuple[str, Listing]],
    others: Sequence[tuple[str, Imposed]],
    at: datetime,
) -> Statement:
    """The written notice that a case has ended in recovery (4.2): what was restored, and what stays for other reasons.

    before: (name of an app, how it is listed now). others: (number of another case, its measure) that stay in force.
    """
    subject = f"应用“{about.app}”" if about.app else "贵公司"
    if case.measures:
        opening = f"{subject}因案件 {case.number} 受到的处理已全部解除，现予恢复至处理前状态。"
    else:
        opening = f"案件 {case.number} 就{subject}提出的整改已经通过，本案结束。"
    standing = [f"{name}：{listed(listing)}。" for name, listing in before]
    sections = [
        Section("结论", (opening,)),
        *([Section("已恢复的内容", tuple(_restored(one) for one in case.measures))] if case.measures else []),
        Section("应用当前状态", tuple(standing or ["与处理前相同。"])),
    ]
    if others:
        kept = tuple(f"{MEASURES[one.measure]}（案件 {other}）仍然有效，不受本次恢复影响。" for other, one in others)
        sections.append(Section("其他案件的措施", kept))
    sections.append(Section("联系方式", (case.contact,)))
    return Statement(
        number=number,
        title="恢复通知",
        addressee=about.provider,
        issued_on=_day(at),
        lines=(("案件编号", case.number), *((("应用", about.app),) if about.app else ())),
        sections=(*sections, *_quotes(about)),
        source=about.url,
    )


def _restored(one: Imposed) -> str:
    return f"{MEASURES[one.measure]}：{'已解除' if one.lifted_at else '此前没有在平台上执行，现已作废'}。"


def upheld(filing: Filing, reasons: str) -> str:
    """Why a case is taken back whose objection was found to be right."""
    return "\n".join((f"经复核，异议 {filing.number} 成立。", *_paragraphs(reasons)))


def returned(filing: Filing, about: About, number: str, listing: Listing, at: datetime) -> Statement:
    """The written notice that an app is back after a withdrawal."""
    opening = f"应用“{about.app}”的撤出推荐已按重新申请 {filing.number} 结束，平台恢复该应用的推荐和搜索。"
    standing = [f"{about.app}：{listed(listing)}。"]
    if not (listing.searchable and listing.recommended):
        standing.append(NOT_ALL_BACK)
    return Statement(
        number=number,
        title="恢复推荐、搜索通知",
        addressee=about.provider,
        issued_on=_day(at),
        lines=(("申请编号", filing.number), ("应用", about.app)),
        sections=(Section("结论", (opening,)), Section("应用当前状态", tuple(standing)), *_quotes(about)),
        source=about.url,
    )


def withdrawn(filing: Filing, about: About, number: str, listing: Listing, at: datetime) -> Statement:
    """The written notice that a withdrawal was carried out on the platform."""
    opening = f"应用“{about.app}”的推荐和搜索已在平台上取消（申请 {filing.number}）。"
    return Statement(
        number=number,
        title="撤出推荐完成通知",
        addressee=about.provider,
        issued_on=_day(at),
        lines=(("申请编号", filing.number), ("应用", about.app)),
        sections=(Section("结论", (opening,)), Section("应用当前状态", (f"{about.app}：{listed(listing)}。",)), *_quotes(about)),
        source=about.url,
    )


def listed(listing: Listing) -> str:
    """在架、可搜索、推荐中."""
    if not listing.listed:
        return "已下架，不可搜索，不在推荐中"
    return "、".join(("在架", "可搜索" if listing.searchable else "不可搜索", "推荐中" if listing.recommended else "不在推荐中"))


# What follows

NOT_ALL_BACK = "该应用还受其他案件的措施限制，这些措施不因撤出推荐的结束而改变，请在“我的处理”里查看。"
NOTHING_OWED = "不需要再提交材料。"
WRITE_AGAIN = "请在“我的处理”里打开这份材料，补充或修改后重新提交；原有的期限照常进行。"
OBJECTION_KEPT = "提出异议不影响整改，整改也不影响提出异议，两者的期限各自进行。"
STILL_REPORT = "本案仍需要提交整改报告。"
STILL_REAPPLY = "取消推荐、取消搜索的恢复还需要重新申请推荐、搜索，请在“我的处理”里提交。"
NOW_LIFTING = "平台将依次解除：{measures}。每一步完成后由运营人员确认，全部完成后另发书面恢复通知。"
WITHDRAWAL_GRANTED = "平台将取消该应用的推荐和搜索；已安装的企业可继续正常使用（包括扩容、续期等），新用户不能再搜索、安装。"
WITHDRAWAL_DUTY = "撤出后的义务见下述规则原文；需要恢复时，可以重新申请推荐、搜索。"
RETURN_ACCEPTED = "平台将恢复该应用的推荐和搜索，完成后另发通知。"
MAY_APPLY_AGAIN = "可以在“我的处理”里重新提出申请。"
DISMISSED = "对结果仍有疑问的，可以联系下述联系人；整改和恢复的途径不受影响。"


def lifting(measures: Sequence[Imposed]) -> str:
    """Which measures are being taken away now, in their order."""
    return NOW_LIFTING.format(measures="、".join(MEASURES[one.measure] for one in measures))


def contact(words: str) -> str:
    """Whom to ask."""
    return f"联系方式：{words}"


def _lines(filing: Filing, about: About, action: str) -> list[tuple[str, str]]:
    lines = [("编号", filing.number)]
    if about.app:
        lines.append(("应用", about.app))
    return [*lines, ("结果", STATES[filing.state])]


def _quotes(about: About) -> list[Section]:
    return [Section(f"规则原文（第 {clause.id} 条，{about.version} 版）", (clause.text,), is_quote=True) for clause in about.clauses]


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _day(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")
