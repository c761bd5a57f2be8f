"""Wording of notices: the statement of reasons, its card, and what is said after a press.

Rule text is quoted verbatim in sections of its own. Days, contacts and conditions are the operator's, and are said to be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import SHANGHAI
from bot.model.case import Case, Imposed, Kind
from bot.model.days import DayKind
from bot.model.notice import NoticeKind, Receipt, Section, Statement
from bot.model.texts.cases import MEASURES
from rules import Clause

CONFIRM, REPORT, OBJECT, READ = "确认收到", "提交整改报告", "提出异议", "查看全文"
SOURCE = "企业微信第三方应用平台运营"

_TITLES = {
    NoticeKind.DECISION: "违规处理通知",
    NoticeKind.REMINDER: "合规提醒",
    NoticeKind.REVOKED: "处理撤销通知",
    NoticeKind.RECOVERED: "恢复通知",
}
_NOT_RULE_TEXT = "以上天数和联系方式由平台运营人员就本案设定，不是规则原文。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a statement quotes. ground: the clause that was broken; row: the wording and place of an imported row of the table, if any.

    power: the clause that gives the measures; None for a 提醒. quoted: further clauses that tell the provider's rights and duties.
    """

    provider: str
    app: str
    document: str
    version: str
    url: str
    ground: Clause | None
    row: tuple[str, str] | None
    power: Clause | None
    quoted: Sequence[Clause]


def moment(at: datetime) -> str:
    """As people in China read it, to the minute."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def days(number: int, kind: DayKind) -> str:
    """7 个自然日, 5 个工作日."""
    return f"{number} 个{'工作日' if kind is DayKind.WORKING else '自然日'}"


def decision(case: Case, basis: Basis, number: str, issued_at: datetime) -> Statement:
    """The notice of a case that is coming into force: what was found, on what it rests, what follows, and every way open from there."""
    kind = NoticeKind.DECISION if case.kind is Kind.VIOLATION else NoticeKind.REMINDER
    subject = f"应用“{basis.app}”" if basis.app else "贵公司"
    opening = f"经核查，{subject}存在下述情况，" + (
        "现按平台规则作出处理。" if case.kind is Kind.VIOLATION else "现予提醒，本次不采取处理措施。"
    )
    sections = [
        Section("结论", (opening,)),
        Section("认定的事实", (f"发现日期：{case.found_on}", *_paragraphs(case.facts))),
        *_grounds(case, basis),
    ]
    if case.measures:
        sections.append(Section("处理措施", tuple(_measure(one, case, issued_at) for one in case.measures)))
    sections += [
        Section("您需要做的", tuple(_owed(case))),
        Section("如何提出异议", tuple(_objecting(case))),
        *_recovering(case),
        *_rights(basis),
        Section("送达与期限", tuple(_service(case))),
        Section("联系方式", (case.contact, _NOT_RULE_TEXT)),
    ]
    return Statement(
        number=number,
        title=_TITLES[kind],
        addressee=basis.provider,
        issued_on=issued_at.astimezone(SHANGHAI).strftime("%Y-%m-%d"),
        lines=tuple(_lines(case, basis)),
        sections=tuple(sections),
        source=basis.url,
    )


def revoked(case: Case, basis: Basis, number: str, reason: str, issued_at: datetime) -> Statement:
    """The notice that a case is taken back: no report and no re-application are owed."""
    subject = f"应用“{basis.app}”" if basis.app else "贵公司"
    told = f"此前就{subject}作出的处理（案件 {case.number}）现予撤销。"
    back = ("已经生效的措施将由平台解除，恢复至处理前状态；" if case.measures else "") + "无需提交整改报告，也无需重新申请。"
    return Statement(
        number=number,
        title=_TITLES[NoticeKind.REVOKED],
        addressee=basis.provider,
        issued_on=issued_at.astimezone(SHANGHAI).strftime("%Y-%m-%d"),
        lines=tuple(line for line in _lines(case, basis) if line[0] in ("案件编号", "应用", "处理措施")),
        sections=(Section("结论", (told, back)), Section("撤销理由", tuple(_paragraphs(reason))), Section("联系方式", (case.contact,))),
        source=basis.url,
    )


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _grounds(case: Case, basis: Basis) -> list[Section]:
    found = []
    if basis.ground:
        found.append(_quote(basis.ground, basis))
    if basis.row:
        wording, place = basis.row
        found.append(Section(f"处理细则（{place}）", tuple(_paragraphs(wording))))
    if basis.power and basis.power != basis.ground:
        found.append(_quote(basis.power, basis))
    if case.reasons:
        of_picture = basis.power if basis.power and basis.power.picture and not basis.row else None
        missing = f"第 {of_picture.id} 条所附的处理细则表只以图片公布，处理细则未录入。" if of_picture else ""
        found.append(Section("处理理由", (*([missing] if missing else []), *_paragraphs(case.reasons))))
    return found


def _quote(clause: Clause, basis: Basis) -> Section:
    return Section(f"规则原文（第 {clause.id} 条，{basis.version} 版）", (clause.text,), is_quote=True)


def _measure(one: Imposed, case: Case, issued_at: datetime) -> str:
    start = moment(one.starts_at or issued_at)
    if case.is_permanent:
        return f"{MEASURES[one.measure]}：自 {start} 起，永久。"
    return f"{MEASURES[one.measure]}：自 {start} 起，" + (f"至 {moment(one.ends_at)} 止。" if one.ends_at else "至按规则恢复为止。")


def _owed(case: Case) -> list[str]:
    owed = [f"请点“{CONFIRM}”，表示已收到本通知；确认收到不等于同意处理结果。"]
    if case.rectify_days:
        owed.append(f"请自送达之日起 {days(case.rectify_days, case.day_kind)}内完成整改，并通过“{REPORT}”提交。")
    return owed


def _objecting(case: Case) -> list[str]:
    window = days(case.objection_days, case.day_kind)
    return [f"对处理结果有异议的，请自送达之日起 {window}内点“{OBJECT}”。逾期提出的仍会受理，并注明逾期。"]


def _recovering(case: Case) -> list[Section]:
    if case.is_permanent:
        return [Section("如何恢复", ("本处理为永久下架，不适用恢复程序；认定有误的，可以提出异议。",))]
    return [Section("恢复条件", tuple(_paragraphs(case.recovery)))] if case.recovery else []


def _rights(basis: Basis) -> list[Section]:
    named = {clause.id for clause in (basis.ground, basis.power) if clause}
    return [_quote(clause, basis) for clause in basis.quoted if clause.id not in named]


def _service(case: Case) -> list[str]:
    return [
        "下列情形之一最先发生时，视本通知为送达：任何一位管理员确认收到；平台运营人员以其他方式送达并留有凭据；"
        f"两个渠道均已受理、或通知页面已被打开之后，再满 {days(case.deem_days, case.day_kind)}。",
        "期限自送达之日的次日起算，至最后一日 23:59:59（北京时间）届满。",
    ]


def _lines(case: Case, basis: Basis) -> list[tuple[str, str]]:
    lines = [("案件编号", case.number)]
    if basis.app:
        lines.append(("应用", basis.app))
    if case.measures:
        lines.append(("处理措施", "、".join(MEASURES[one.measure] for one in case.measures)))
    clauses = dict.fromkeys(clause.id for clause in (basis.ground, basis.power) if clause)
    if clauses:
        lines.append(("依据条款", "、".join(clauses)))
    if case.rectify_days:
        lines.append(("整改期限", f"送达后 {days(case.rectify_days, case.day_kind)}"))
    return lines


def whole(statement: Statement) -> str:
    """A statement as plain text."""
    parts = [statement.title, f"编号：{statement.number}", f"致：{statement.addressee}"]
    for section in statement.sections:
        parts.append("\n".join((f"【{section.heading}】", *section.paragraphs)))
    return "\n\n".join((*parts, f"发出日期：{statement.issued_on}"))


# The card


def confirmed_line(receipts: Sequence[Receipt]) -> str:
    """Who confirmed and when, as short as a card's line: 王伟 03-02 09:00 等 2 人."""
    first = receipts[0]
    more = f" 等 {len(receipts)} 人" if len(receipts) > 1 else ""
    return f"{first.name} {first.at.astimezone(SHANGHAI).strftime('%m-%d %H:%M')}{more}"


def card_head(statement: Statement) -> str:
    """The title of a card: what it is, and its number."""
    return f"{statement.title} {statement.number}"


def card_opening(statement: Statement) -> str:
    """Whom it is for, and the first thing it says."""
    return f"致{statement.addressee}：{statement.sections[0].paragraphs[0]}"


CONFIRMED = "已确认"
REVOKED_CARD = "该案件的处理已撤销，请以后续通知为准。"


def version_unknown(version: str) -> str:
    """A case was opened under a version of the rules that is not kept here."""
    return f"案件依据的 {version} 版规则没有收录，不能引用原文；请退回草稿，按现行版本重新核对条款。"


def row_place(position: str, source: str, source_date: str) -> str:
    """Where a row of the table stands in the picture."""
    return f"{source_date}，{position}，来源 {source}"


# Reminders


def reminder(statement: Statement, count: int) -> tuple[str, str]:
    """(title, words) of the reminder that nobody has confirmed yet."""
    title = f"请确认收到：{statement.title} {statement.number}"
    return title, f"{statement.addressee}：这份通知还没有人确认收到（第 {count} 次提醒）。请打开查看全文并确认。"


def last_call(statement: Statement, case: Case) -> tuple[str, str]:
    """(title, words) of the last reminder before the deadline."""
    assert case.rectify_by is not None
    title = f"整改期限将至：{statement.number}"
    return title, f"{statement.addressee}：案件 {case.number} 的整改期限为 {moment(case.rectify_by)}（北京时间）。请按期提交整改报告。"


# What a press is answered with

NOT_ADDRESSED = "这份通知不是发给您的，或您已不再是该服务商登记的管理员，因此没有作任何记录。"
NO_SUCH_CARD = "没有找到这张卡片对应的通知，没有作任何记录。请回复“我的处理”查看您的案件。"


def confirmed(number: str, at: datetime) -> str:
    """To the press that left the receipt."""
    return f"已记录：您于 {moment(at)} 确认收到通知 {number}。确认收到不等于同意处理结果。"


def confirmed_before(number: str, at: datetime) -> str:
    """To every later press of the same person."""
    return f"您已于 {moment(at)} 确认收到通知 {number}，不需要重复确认。"


PAGE_CONFIRMED = "已记录您确认收到。确认收到不等于同意处理结果。"
PAGE_CONFIRMED_BEFORE = "您此前已经确认收到，不需要重复确认。"


def personal_link(number: str, url: str) -> str:
    """The message that brings a personal link; the address stands behind the words."""
    return f'<a href="{url}">打开通知 {number} 全文</a>\n链接只供您本人使用，30 分钟内有效，请勿转发。'
