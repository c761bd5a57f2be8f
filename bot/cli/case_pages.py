"""Cases, a provider's history and deliveries as people read them in a terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot import clock
from bot.cli.shared import print_table, printable
from bot.model.case import Case, Imposed
from bot.model.case_file import CaseFile, Errand, Issued, Listed, Recovery
from bot.model.delivered import Told
from bot.model.filing import Filing
from bot.model.history import Duty, History
from bot.model.notice import NoticeKind
from bot.model.queue import Waits
from bot.model.texts import deliveries as delivery_texts
from bot.model.texts import evidence as evidence_texts
from bot.model.texts import filings as filing_texts
from bot.model.texts import histories as texts
from bot.model.texts import ladder as ladder_texts
from bot.model.texts import operator_tasks as task_texts
from bot.model.texts import providers as provider_texts
from bot.model.texts import reviews as review_texts
from bot.model.texts.cases import MEASURES, STEPS
from bot.model.texts.notices import days, moment

_NOTICES = {
    NoticeKind.DECISION: "处理通知",
    NoticeKind.REMINDER: "提醒",
    NoticeKind.REVOKED: "撤销通知",
    NoticeKind.RECOVERED: "恢复通知",
    NoticeKind.OUTCOME: "结果通知",
}
_VIEWED = {"oauth": "企业微信内打开", "link": "个人链接打开", "mail": "邮件链接打开"}
_CONFIRMED = {"card": "卡片上确认", "portal": "页面上确认"}


# Many cases


def print_listed(found: Sequence[Listed]) -> None:
    """One case a line."""
    rows = [
        (
            one.case.number,
            texts.outcome(one.case),
            one.provider.name,
            one.app.name if one.app else "（服务商）",
            one.case.ground,
            texts.measures(one.case),
            _day(one.case.issued_at),
            _day(one.case.served_at),
            _day(one.case.rectify_by),
        )
        for one in found
    ]
    print_table(("编号", "状态", "服务商", "应用", "依据", "措施", "发出", "送达", "整改期限"), rows, "没有这样的案件。")


def print_errands(found: Sequence[Errand] | Sequence[Waits]) -> None:
    """What our staff have to do."""
    rows = [
        (str(one.id), task_texts.kind(one.kind), one.case, moment(one.since), moment(one.due_at) if one.due_at else "", one.detail)
        for one in found
    ]
    print_table(("编号", "事项", "案件", "何时起", "应办完于", "说明"), rows, "没有待办。")


def print_history(history: History) -> None:
    """A provider on one page."""
    standing, now = history.standing, clock.now()
    print(f"{standing.provider.code}  {printable(standing.provider.name)}" + (f"  {texts.BARRED}" if history.is_barred else ""))
    print(f"可送达的管理员 {standing.reachable} 人，共 {standing.admins} 人" + ("，人数不足" if standing.is_short else ""))
    print_part("应用")
    apps = [
        (one.app.code, one.app.name, texts.listing(one.app.baseline), texts.listing(one.now), texts.remark(one)) for one in history.apps
    ]
    print_table(("编号", "名称", "原状态", "现在应为", ""), apps, "没有登记应用。")
    print_part(f"案件（{len(history.cases)}）")
    print_listed(history.cases)
    print_part("未了事项")
    _print_duties(history.duties, now)
    print_part("管理员")
    people = [(one.name, one.address.userid, one.mail, provider_texts.reason(one.unreachable)) for one in history.admins]
    print_table(("姓名", "账号", "邮箱", "能否送达"), people, "没有在任的管理员。")


def _print_duties(duties: Iterable[Duty], now: datetime) -> None:
    soonest = sorted(duties, key=lambda one: (one.by is None, one.by or now))
    rows = [(texts.OWERS[one.who], texts.duty(one), one.case, texts.due(one, now), str(one.task or "")) for one in soonest]
    print_table(("谁", "做什么", "案件", "期限", "待办编号"), rows, "没有未了的事项。")


# One case


def print_file(file: CaseFile) -> None:
    """All of a case, private notes too."""
    case = file.case
    print(f"{case.number}  {texts.KINDS[case.kind]}  {texts.outcome(case)}\n")
    print_fields(_facts_of(file))
    for title, words in (("认定的事实", case.facts), ("处理理由", case.reasons), ("恢复条件", case.recovery)):
        if words:
            print_part(title)
            print_text(words)
    if case.measures:
        print_part("处理措施")
        print_table(("措施", "状态", "自", "至", "执行", "解除"), [_measure(one) for one in case.measures])
    print_part("证据")
    files = [
        (one.name, one.media_type, f"{one.bytes:,}", one.sha256[:16], file.staff[one.added_by], moment(one.added_at))
        for one in file.evidence
    ]
    print_table(("文件", "类型", "字节", "SHA-256", "添加人", "时间"), files, "没有证据文件。")
    if file.notices:
        print_part("通知")
        print_table(("通知", "种类", "发出", "谁", "做了什么", "时间"), [row for one in file.notices for row in _notice(one)])
    if file.ladder:
        print_part("催办与期限")
        rungs = [
            (ladder_texts.step(one.step), moment(one.due_at), moment(one.done_at) if one.done_at else "", ladder_texts.result(one.result))
            for one in file.ladder
        ]
        print_table(("步骤", "定于", "完成", "结果"), rungs)
    if file.filings:
        print_part("服务商提交的材料")
        print_filings(file.filings, clock.now())
    if file.recovery:
        print_recovery(file.recovery)
    if file.errands:
        print_part("待办")
        print_errands(file.errands)
    if file.notes:
        print_part("内部备注（服务商看不到）")
        for note in file.notes:
            print(f"{moment(note.at)}  {file.staff[note.author_id]}")
            print_text(note.text)


def print_filings(found: Sequence[Filing], now: datetime) -> None:
    """What was handed in about a case."""
    rows = [
        (
            one.number,
            filing_texts.KINDS[one.kind],
            review_texts.state(one),
            str(one.round),
            _moment(one.submitted_at) + ("（逾期）" if one.is_late else ""),
            review_texts.due(one, now),
        )
        for one in found
    ]
    print_table(("编号", "种类", "状态", "次数", "首次提交", "应审完于"), rows)


def print_recovery(recovery: Recovery) -> None:
    """Apps before, now and after, side by side, and what other cases keep."""
    if not recovery.ways:
        return
    print_part("应用状态")
    rows = [
        (way.app.code, way.app.name, texts.listing(way.before), texts.listing(way.now), texts.listing(way.after)) for way in recovery.ways
    ]
    print_table(("编号", "名称", "原状态", "现在应为", "本案恢复后"), rows)
    if recovery.others:
        print("其他案件仍然有效的措施：")
        print_table(("案件", "措施", "状态"), [(number, MEASURES[one.measure], STEPS[one.state]) for number, one in recovery.others])


def _facts_of(file: CaseFile) -> list[tuple[str, str]]:
    case, listed = file.case, file.listed
    power = f"，按第 {case.power} 条处理" if case.power else ""
    return [
        ("服务商", f"{listed.provider.code} {listed.provider.name}"),
        ("应用", f"{listed.app.code} {listed.app.name}" if listed.app else "服务商整体"),
        ("依据", f"{case.ground}{power}（规则 {case.rule_version} 版）"),
        ("发现日期", case.found_on),
        ("起草", f"{moment(case.opened_at)}  {file.staff[case.author_id]}"),
        ("提交", _moment(case.submitted_at)),
        ("审批", "、".join(file.staff[who] for who in (case.approver_id, case.second_approver_id) if who)),
        ("发出", _moment(case.issued_at)),
        ("送达", _served(case)),
        ("异议期至", _moment(case.object_by) or f"送达后 {days(case.objection_days, case.day_kind)}"),
        ("整改期限", _rectify(case)),
        ("结束", _moment(case.ended_at)),
        ("联系方式", case.contact),
    ]


def _served(case: Case) -> str:
    if case.served_at:
        return f"{moment(case.served_at)}（{evidence_texts.how(case.served_how)}）"
    return "尚未送达" if case.issued_at else ""


def _rectify(case: Case) -> str:
    if case.rectify_by:
        return moment(case.rectify_by) + ("（已逾期）" if case.overdue_at else "")
    return f"送达后 {days(case.rectify_days, case.day_kind)}" if case.rectify_days else "不设"


def _measure(one: Imposed) -> tuple[str, ...]:
    return (MEASURES[one.measure], STEPS[one.state], *(_moment(at) for at in (one.starts_at, one.ends_at, one.applied_at, one.lifted_at)))


def _notice(issued: Issued) -> Iterable[tuple[str, ...]]:
    notice = issued.notice
    head = notice.number, _NOTICES[notice.kind], moment(notice.created_at)
    events = [(one.at, one.name, _CONFIRMED[one.how]) for one in issued.receipts]
    events += [(at, address.userid, _VIEWED.get(how, how)) for address, how, at in issued.views]
    for n, (at, who, what) in enumerate(sorted(events)):
        yield (*(head if n == 0 else ("", "", "")), who, what, moment(at))
    if not events:
        yield (*head, "", "还没有人确认或打开", "")


# Deliveries


def print_told(told: Iterable[Told]) -> None:
    """Each notice, who has it, who has not and why."""
    header = ("姓名", "账号", "情况", "说明", "渠道", "用途", "最近发送", "次数", "错误码", "结果", "msgid")
    for n, one in enumerate(told):
        print(("\n" if n else "") + f"{one.notice.number}  {one.notice.statement.title}  {moment(one.notice.created_at)}")
        rows = []
        for person in one.people:
            whose = person.name, person.address.userid, delivery_texts.LEVELS[person.level], delivery_texts.standing(person)
            sent = [
                (
                    delivery_texts.CHANNELS[each.channel],
                    delivery_texts.step(each.step),
                    _moment(each.sent_at),
                    str(len(each.attempts)),
                    str(each.errcode or ""),
                    delivery_texts.LEVELS[each.level],
                    each.msgid,
                )
                for each in person.sent
            ] or [("",) * 7]
            rows += [(*(whose if first == 0 else ("",) * 4), *cells) for first, cells in enumerate(sent)]
        print_table(header, rows, "没有收件人。")


def print_part(title: str) -> None:
    """A heading of a page."""
    print(f"\n【{title}】")


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Names and values, those that are empty left out."""
    for name, value in fields:
        if value:
            print(f"{name:　<4}  {printable(value)}")  # as wide as four characters


def print_text(text: str) -> None:
    """What somebody wrote, line by line."""
    for line in text.splitlines():
        print(f"  {printable(line)}")


def _moment(at: datetime | None) -> str:
    return moment(at) if at else ""


def _day(at: datetime | None) -> str:
    return moment(at)[:10] if at else ""
