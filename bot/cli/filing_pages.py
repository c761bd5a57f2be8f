"""What providers handed in as people read it in a terminal: the reviewer's list, the same as the provider's form."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot import clock
from bot.cli import case_pages
from bot.cli.case_pages import print_fields, print_part, print_recovery, print_text
from bot.cli.shared import print_table, printable
from bot.model.case import Case
from bot.model.filing import PARTS, FiledFile, Filing, FilingKind, Round
from bot.model.review_page import ReviewPage, Waiting
from bot.model.texts import filings as filing_texts
from bot.model.texts import reviews as texts
from bot.model.texts.cases import MEASURES, STATES, STEPS
from bot.model.texts.notices import moment


def print_waiting(found: Sequence[Waiting], *, is_default: bool) -> None:
    """One filing a line."""
    now = clock.now()
    rows = [
        (
            one.filing.number,
            filing_texts.KINDS[one.filing.kind],
            texts.state(one.filing),
            one.provider.name,
            one.app.name if one.app else "（服务商）",
            one.case or texts.WITHOUT_CASE,
            str(one.filing.round),
            moment(one.filing.submitted_at) if one.filing.submitted_at else "",
            texts.due(one.filing, now),
            one.claimed_by,
        )
        for one in found
    ]
    header = ("编号", "种类", "状态", "服务商", "应用", "案件", "次数", "首次提交", "应审完于", "领取人")
    print_table(header, rows, texts.NOTHING_WAITS if is_default else texts.NOTHING_FOUND)


def print_page(page: ReviewPage) -> None:
    """All of a filing: what was handed in last clause by clause, with its files beside; then what was before, and the case."""
    filing = page.filing
    print(f"{filing_texts.named(filing)}  {texts.state(filing)}\n")
    print_fields(_facts(page))
    last = page.rounds[-1]
    if filing.kind is FilingKind.REPORT:
        for item in last.content.get("items", []):
            _print_item(page, last, item)
        if not last.content:
            print_part("内容")
            print_text(texts.EMPTIED)
    _print_words(page, last)
    if len(page.rounds) > 1 or last.outcome:
        print_part("历次提交和审核")
        print_table(("次", "提交", "提交人", "结果", "审核人", "时间", "SHA-256"), [_round(page, one) for one in page.rounds])
        for one in page.rounds:
            _print_outcome(filing, one)
    if page.case:
        _print_case(page.case)
    print_recovery(page.recovery)
    if page.other_cases:
        print_part(f"服务商的其他案件（{len(page.other_cases)}）")
        case_pages.print_listed(page.other_cases)


def _facts(page: ReviewPage) -> list[tuple[str, str]]:
    filing, waiting = page.filing, page.waiting
    measure = next((MEASURES[one.measure] for one in page.case.measures if one.id == filing.measure_id), "") if page.case else ""
    return [
        ("服务商", f"{waiting.provider.code} {waiting.provider.name}" + ("（黑名单）" if page.is_barred else "")),
        ("应用", f"{waiting.app.code} {waiting.app.name}" if waiting.app else "服务商整体"),
        ("案件", waiting.case),
        ("对应撤出", page.parent),
        ("异议针对", measure),
        ("首次提交", (moment(filing.submitted_at) if filing.submitted_at else "") + ("（逾期提交，照常受理）" if filing.is_late else "")),
        ("应审完于", texts.due(filing, clock.now())),
        ("领取", texts.claim(filing, waiting.claimed_by)),
        ("结束撤出", moment(filing.ended_at) if filing.ended_at else ""),
    ]


def _print_item(page: ReviewPage, last: Round, item: Mapping[str, Any]) -> None:
    clause = str(item.get("clause", ""))
    known = {one.clause: one for one in page.filing.items}
    verdict = ""
    if last.outcome and clause in known:
        verdict = f"（{filing_texts.VERDICTS[known[clause].verdict]}）"
    print_part(f"{printable(known[clause].title) if clause in known else clause}{verdict}")
    for part in PARTS:
        print(f"{filing_texts.PARTS[part][0]}：")
        print_text(str(item.get(part, "")))
    print(f"{filing_texts.PARTS['evidence'][0]}：")
    _print_files(_files(page, last, clause), texts.NO_EVIDENCE)
    if clause in last.remarks:
        print("审核意见：")
        print_text(last.remarks[clause])


def _print_words(page: ReviewPage, last: Round) -> None:
    files = _files(page, last, "") if last.content else list(page.files)
    words = str(last.content.get("words", "")) if last.content else texts.EMPTIED
    if page.filing.kind is FilingKind.REPORT and not last.content:
        words = ""
    if words or files:
        print_part(filing_texts.WORDS[page.filing.kind][0])
        print_text(words)
        if files:
            _print_files(files, "")


def _files(page: ReviewPage, last: Round, clause: str) -> list[FiledFile]:
    by_digest = {file.sha256: file for file in page.files}
    named = [one for one in last.content.get("files", []) if one.get("clause") == clause]
    return [by_digest[one["sha256"]] for one in named if one.get("sha256") in by_digest]


def _print_files(files: Sequence[FiledFile], empty: str) -> None:
    rows = [
        (
            str(one.id),
            one.name,
            one.media_type,
            f"{one.bytes:,}",
            one.sha256,
            texts.how(one.how),
            "已按期销毁" if one.destroyed_at else texts.flags(one) and f"注意：{texts.flags(one)}",
        )
        for one in files
    ]
    print_table(("文件编号", "文件", "类型", "字节", "SHA-256", "来源", ""), rows, empty)


def _round(page: ReviewPage, one: Round) -> tuple[str, ...]:
    return (
        str(one.round),
        moment(one.submitted_at),
        page.admins.get(one.admin_id, ""),
        filing_texts.DECISIONS.get(one.outcome, ""),
        page.staff[one.reviewer_id] if one.reviewer_id else "",
        moment(one.decided_at) if one.decided_at else "",
        one.sha256[:16],
    )


def _print_outcome(filing: Filing, one: Round) -> None:
    titles = {item.clause: item.title for item in filing.items}
    if one.reasons or one.remarks:
        print(f"第 {one.round} 次的审核意见：")
        print_text(one.reasons)
        for clause, words in one.remarks.items():
            print_text(f"{titles.get(clause, clause)}：{words}")


def _print_case(case: Case) -> None:
    print_part(f"案件 {case.number}（{STATES[case.state]}）")
    print_fields(
        [
            ("整改期限", moment(case.rectify_by) + ("（已逾期）" if case.overdue_at else "") if case.rectify_by else ""),
            ("异议期至", moment(case.object_by) if case.object_by else ""),
        ]
    )
    for title, words in (("认定的事实", case.facts), ("处理理由", case.reasons), ("恢复条件", case.recovery)):
        if words:
            print(f"{title}：")
            print_text(words)
    if case.measures:
        print_table(("措施", "状态"), [(MEASURES[one.measure], STEPS[one.state]) for one in case.measures])
