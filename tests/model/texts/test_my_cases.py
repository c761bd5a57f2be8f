"""我的处理: what is owed now, by whom, and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model.case import Case, Imposed, Kind, State, Step
from bot.model.days import DayKind
from bot.model.filing import Filing, FilingKind, FilingState
from bot.model.my_case import MyCase
from bot.model.notice import Notice, NoticeKind, Statement
from bot.model.texts import my_cases as texts
from rules.catalogue import Measure

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MEASURE = Imposed(
    id=1, measure=Measure.CANCEL_SEARCH, state=Step.APPLIED, version=1, starts_at=None, ends_at=None, applied_at=NOW, lifted_at=None
)
STATEMENT = Statement(
    number="V2026-000001-1", title="违规处理通知", addressee="甲公司", issued_on="2026-03-02", lines=(), sections=(), source=""
)
NOTICE = Notice(
    id=1,
    provider_id=1,
    case_id=1,
    number="V2026-000001-1",
    kind=NoticeKind.DECISION,
    key="k",
    statement=STATEMENT,
    sha256="",
    created_at=NOW,
)


def case(**more) -> Case:
    usual = dict.fromkeys(Case.__dataclass_fields__) | {
        "number": "V2026-000001",
        "kind": Kind.VIOLATION,
        "state": State.IN_FORCE,
        "rectify_days": 7,
        "objection_days": 7,
        "day_kind": DayKind.NATURAL,
        "measures": (MEASURE,),
    }
    return Case(**{**usual, **more})


def filing(kind=FilingKind.REPORT, state=FilingState.DRAFT, **more) -> Filing:
    usual = dict.fromkeys(Filing.__dataclass_fields__) | {
        "number": f"{kind.prefix}2026-000001",
        "items": (),
        "files": (),
        "round": 1,
    }
    return Filing(**{**usual, "kind": kind, "state": state, **more})


def mine(**more) -> MyCase:
    return MyCase(**{"case": case(), "app": "日程助手", "notice": NOTICE, "is_confirmed": True, **more})


def test_the_receipt_comes_first_and_what_can_begin_is_named():
    one = mine(is_confirmed=False, may=frozenset({FilingKind.REPORT, FilingKind.OBJECTION}))
    assert texts.steps(one, NOW) == ["打开通知，点“确认收到”", "提交整改报告"]
    assert texts.next_step(one, NOW) == "打开通知，点“确认收到”"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FilingState.DRAFT, "写完并提交整改报告 R2026-000001（草稿）"),
        (FilingState.NEEDS_MORE, "按审核意见补充整改报告 R2026-000001，重新提交"),
        (FilingState.RETURNED, "按审核意见修改整改报告 R2026-000001，重新提交"),
        (FilingState.SUBMITTED, "等待平台审核整改报告 R2026-000001（审核期限 2026-03-09 23:59）"),
        (FilingState.UNDER_REVIEW, "等待平台审核整改报告 R2026-000001（审核期限 2026-03-09 23:59）"),
    ],
)
def test_each_state_of_a_report_has_its_step(state, words):
    due_at = datetime(2026, 3, 9, 15, 59, 59, tzinfo=UTC)
    assert texts.steps(mine(filings=(filing(state=state, due_at=due_at),)), NOW) == [words]


def test_our_own_lateness_is_said():
    one = mine(filings=(filing(state=FilingState.SUBMITTED, due_at=NOW - timedelta(days=1)),))
    assert "已超过审核期限" in texts.next_step(one, NOW)


def test_what_the_provider_does_stands_before_what_it_waits_for():
    waiting = filing(FilingKind.OBJECTION, FilingState.UNDER_REVIEW)
    one = mine(filings=(waiting, filing(FilingKind.REAPPLICATION)), may=frozenset({FilingKind.REPORT}))
    assert texts.steps(one, NOW) == ["写完并提交重新申请 A2026-000001（草稿）", "提交整改报告", "等待平台审核异议 O2026-000001"]


def test_a_recovery_says_what_is_still_to_be_lifted():
    lifting, lifted = replace(MEASURE, state=Step.LIFTING), replace(MEASURE, measure=Measure.DELIST, state=Step.LIFTED)
    one = mine(case=case(state=State.RECOVERING, measures=(lifting, lifted)))
    assert texts.steps(one, NOW) == ["等待平台解除：取消搜索"]


def test_whoever_may_only_object_need_not():
    assert texts.steps(mine(may=frozenset({FilingKind.OBJECTION})), NOW) == ["如有异议，可以“提出异议”；否则无需操作"]
    assert texts.next_step(mine(), NOW) == texts.NOTHING_TO_DO


@pytest.mark.parametrize(
    ("state", "words", "is_past"),
    [
        (None, "（已过）", True),
        (FilingState.DRAFT, "（已过）", True),
        (FilingState.RETURNED, "（已过）", True),
        (FilingState.SUBMITTED, "（整改报告待审核）", False),
        (FilingState.ACCEPTED, "（整改报告已通过）", False),
    ],
)
def test_a_report_that_lies_with_us_is_not_late(state, words, is_past):
    one = mine(case=case(rectify_by=NOW - timedelta(days=1)), filings=(filing(state=state),) if state else ())
    assert texts.rectify_line(one, NOW).endswith(words)
    assert texts.is_past(one, NOW) is is_past


@pytest.mark.parametrize(("length", "words"), [(1, "1 字节"), (1023, "1023 字节"), (1024, "1.0 KB"), (12_900_000, "12.3 MB")])
def test_sizes_are_read_by_people(length, words):
    assert texts.size(length) == words


def test_the_list_in_chat_counts_and_names_all():
    over = mine(case=case(number="V2026-000002", state=State.REVOKED), app="")
    words = texts.listed([mine(may=frozenset({FilingKind.REPORT})), over], NOW)
    assert "1 件处理中，1 件已结束" in words
    assert "下一步：提交整改报告" in words
    assert "V2026-000002 全部应用：已撤销" in words
    assert texts.listed([], NOW) == texts.NOTHING
