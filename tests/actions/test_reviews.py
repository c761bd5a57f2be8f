"""What our own staff decides: who may, one reviewer at a time, and what each decision brings about and tells."""

from datetime import timedelta
from functools import partial

import pytest

from bot import clock as product_clock
from bot.actions import cases, filings, reviews
from bot.actions.reviews import Decision
from bot.context import Context
from bot.errors import NotFound, TransitionNotAllowed, UserMistake
from bot.model.filing import DECISIONS, MACHINES, FilingKind, FilingState
from bot.store import filings as rows
from tests.actions.conftest import at_once
from tests.cast import case_of, issue, permanent
from tests.way_back import (
    LI,
    WANG,
    decide,
    filing_of,
    hand_in,
    hand_in_about_app,
    rows_of,
    started,
    statements,
    titles,
    whole,
    written,
)

S = FilingState
REPORTS, OBJECTIONS, AGAIN, WITHDRAWAL = FilingKind.REPORT, FilingKind.OBJECTION, FilingKind.REAPPLICATION, FilingKind.WITHDRAWAL


def made(house, cast, kind):
    """Something of this kind that was handed in, and who may review it."""
    if kind is WITHDRAWAL:
        return hand_in_about_app(house, "app-1"), cast["approver2"]
    number = issue(house, cast)
    if kind is AGAIN:
        hand_in(house, number)
    return hand_in(house, number, kind), cast["approver2"]


def in_state(house, cast, kind, state):
    """A filing of this kind in this state, or None where there is no such one that was handed in."""
    filing, staff = made(house, cast, kind)
    by_action = {step.target: step.action for step in MACHINES[kind].transitions if step.source == S.UNDER_REVIEW}
    match state:
        case S.SUBMITTED:
            return filing
        case S.UNDER_REVIEW:
            return reviews.take(Context(house), staff, filing.number)
        case S.LAPSED if filing.case_id:
            cases.revoke(Context(house), cast["approver"], rows_of(house, "cases")[0]["number"], "认定有误。")
        case S.LAPSED:
            issue(house, cast, permanent(), key="barred")
        case S.DROPPED if kind is WITHDRAWAL:
            filings.drop(Context(house), WANG, filing.number)
        case _ if state in by_action:
            decide(house, staff, filing.number, by_action[state], reasons="请看审核意见。")
        case _:
            return None
    return filing_of(house, filing.number)


@pytest.mark.parametrize("kind", FilingKind)
@pytest.mark.parametrize("state", [state for state in S if state is not S.DRAFT])
def test_a_decision_moves_a_filing_as_the_table_says_or_is_refused_and_changes_nothing(house, cast, kind, state):
    filing = in_state(house, cast, kind, state)
    if filing is None:
        assert state is S.LAPSED or state is S.DROPPED or state not in MACHINES[kind].states
        return
    assert filing.state is state
    open_to = MACHINES[kind].open_to(state)
    for action in sorted(DECISIONS - set(open_to)):
        with pytest.raises(TransitionNotAllowed):
            reviews.decide(Context(house), cast["approver2"], filing.number, Decision(action=action, reasons="理由"))
    for action, act in (("take", reviews.take), ("release", reviews.release)):
        if action not in open_to and not (action == "take" and state is S.UNDER_REVIEW):
            with pytest.raises(TransitionNotAllowed):
                act(Context(house), cast["approver2"], filing.number)
    assert filing_of(house, filing.number) == filing


@pytest.mark.parametrize(
    ("kind", "action"),
    [(kind, step.action) for kind in FilingKind for step in MACHINES[kind].transitions if step.action in DECISIONS],
)
def test_every_decision_is_told_to_the_provider_with_its_reasons(house, cast, kind, action, book):
    filing, staff = made(house, cast, kind)
    remarks = {"2.9": "请补充改版的时间。"} if kind is REPORTS else {}
    done = decide(house, staff, filing.number, action, reasons="第一行。\n第二行。", remarks=remarks)
    assert done.state == MACHINES[kind].next("under_review", action).target
    assert (done.claimed_by, done.claimed_until, done.due_at, done.reviewer_id) == (None, None, None, staff.id)
    told = statements(house, filing.number if kind is WITHDRAWAL else case_of(house, "V2026-000001").number)[-1]
    words = whole(told)
    assert "第一行。" in words
    assert "第二行。" in words
    assert filing.number in words
    if remarks:
        assert "第 2.9 条 套壳应用：请补充改版的时间。" in words
    for section in told.sections:
        if section.is_quote:
            assert section.paragraphs[0] in {clause.text for clause in book.clauses}
    assert staff.name not in words
    assert staff.login not in words
    with house.database.read() as connection:
        (frozen,) = rows.rounds(connection, filing.id)
    assert (frozen.outcome, frozen.reasons, frozen.remarks, frozen.reviewer_id) == (action, "第一行。\n第二行。", remarks, staff.id)
    assert frozen.notice_id is not None


def test_who_may_not_review_moves_nothing(ctx, house, cast):
    filing = hand_in(house, issue(house, cast))
    for act in (
        lambda: reviews.take(ctx, cast["auditor"], filing.number),
        lambda: reviews.release(ctx, cast["auditor"], filing.number),
        lambda: reviews.decide(ctx, cast["auditor"], filing.number, Decision(action="accept")),
    ):
        with pytest.raises(UserMistake, match="权限"):
            act()
    assert filing_of(house, filing.number) == filing


def test_an_operator_reviews_reports_but_no_objection(ctx, house, cast):
    number = issue(house, cast)
    report, objection = hand_in(house, number), hand_in(house, number, OBJECTIONS)
    assert reviews.take(ctx, cast["author"], report.number).state is S.UNDER_REVIEW
    with pytest.raises(UserMistake, match="权限"):
        reviews.take(ctx, cast["author"], objection.number)


def test_a_draft_does_not_exist_for_our_staff(ctx, house, cast):
    filing = started(house, issue(house, cast))
    for act in (reviews.take, reviews.release):
        with pytest.raises(NotFound):
            act(ctx, cast["approver"], filing.number)
    with pytest.raises(NotFound):
        reviews.decide(ctx, cast["approver"], filing.number, Decision(action="accept"))


# One at a time


def test_of_two_reviewers_who_take_it_at_once_one_has_it(house, elsewhere, cast):
    filing = hand_in(house, issue(house, cast))
    done = at_once(
        lambda: reviews.take(Context(house), cast["approver"], filing.number),
        lambda: reviews.take(Context(elsewhere), cast["approver2"], filing.number),
    )
    assert sorted(isinstance(one, UserMistake) for one in done) == [False, True]
    refused = next(one for one in done if isinstance(one, UserMistake))
    assert "正在审核" in refused.say


def test_one_who_decides_twice_at_once_decides_once(house, elsewhere, cast):
    number = issue(house, cast)
    filing = hand_in(house, number)
    reviews.take(Context(house), cast["approver"], filing.number)
    decision = Decision(action="send_back", reasons="请修改。")
    done = at_once(*(lambda h=h: reviews.decide(Context(h), cast["approver"], filing.number, decision) for h in (house, elsewhere)))
    assert sorted(isinstance(one, TransitionNotAllowed) for one in done) == [False, True]
    assert titles(house, number) == ["违规处理通知", "整改报告退回通知"]


def test_a_claim_is_renewed_given_back_and_nobody_elses(ctx, house, cast, clock):
    filing = hand_in(house, issue(house, cast))
    first = reviews.take(ctx, cast["approver"], filing.number)
    clock.tick(hours=1)
    again = reviews.take(ctx, cast["approver"], filing.number)
    assert first.claimed_until
    assert again.claimed_until == first.claimed_until + timedelta(hours=1)
    for act in (
        lambda: reviews.take(ctx, cast["approver2"], filing.number),
        lambda: reviews.release(ctx, cast["approver2"], filing.number),
        lambda: reviews.decide(ctx, cast["approver2"], filing.number, Decision(action="accept")),
    ):
        with pytest.raises(UserMistake, match=r"Approver（approver） 正在审核"):
            act()
    assert reviews.release(ctx, cast["approver"], filing.number).state is S.SUBMITTED
    assert reviews.take(ctx, cast["approver2"], filing.number).claimed_by == cast["approver2"].id


def test_a_claim_ends_by_itself_and_the_work_of_a_slow_reviewer_is_not_lost(ctx, house, cast, clock):
    filing = hand_in(house, issue(house, cast))
    reviews.take(ctx, cast["approver"], filing.number)
    clock.tick(hours=house.settings.claim_hours, seconds=1)
    assert reviews.take(ctx, cast["approver2"], filing.number).claimed_by == cast["approver2"].id, "it is over before the calendar says so"
    clock.tick(hours=house.settings.claim_hours, seconds=1)
    assert reviews.look_after(ctx) == 1
    assert filing_of(house, filing.number).state is S.SUBMITTED
    assert reviews.look_after(ctx) == 0
    reviews.take(ctx, cast["approver"], filing.number)
    clock.tick(hours=house.settings.claim_hours, seconds=1)
    late = reviews.decide(ctx, cast["approver"], filing.number, Decision(action="send_back", reasons="请修改。"))
    assert late.state is S.RETURNED, "nobody else took it meanwhile"


def test_several_workers_let_a_claim_go_once(house, elsewhere, cast, clock):
    filing = hand_in(house, issue(house, cast))
    reviews.take(Context(house), cast["approver"], filing.number)
    clock.tick(hours=house.settings.claim_hours, seconds=1)
    assert sorted(map(str, at_once(*(partial(reviews.look_after, Context(h)) for h in (house, elsewhere, house))))) == ["0", "0", "1"]
    assert [row["action"] for row in rows_of(house, "events")].count("claim_expired") == 1


def test_a_review_that_is_late_is_marked_once_and_its_alarm_ends_with_the_decision(ctx, house, cast, clock):
    filing = hand_in(house, issue(house, cast))
    assert reviews.look_after(ctx) == 0
    clock.tick(days=12)
    assert reviews.look_after(ctx) == 1
    assert reviews.look_after(ctx) == 0
    marked = filing_of(house, filing.number)
    assert marked.overdue_at == product_clock.now()
    opened = {row["what"]: row["state"] for row in rows_of(house, "alarms")}
    assert opened == {"filed_report": "open", "review_late": "open"}
    done = decide(house, cast["approver"], filing.number, "need_more", reasons="请补充。")
    assert (done.overdue_at, done.due_at) == (None, None), "it is the provider's turn"
    assert {row["state"] for row in rows_of(house, "alarms")} == {"cleared"}
    clock.tick(days=30)
    assert reviews.look_after(ctx) == 0


# Words


def test_a_decision_against_the_provider_takes_reasons(ctx, house, cast):
    filing = hand_in(house, issue(house, cast))
    reviews.take(ctx, cast["approver"], filing.number)
    for decision, words in (
        (Decision(action="send_back"), "请写明理由"),
        (Decision(action="need_more", reasons=" \n", remarks={"2.9": " "}), "请写明理由"),
        (Decision(action="send_back", reasons="x" * 4_001), "4000"),
        (Decision(action="send_back", remarks={"2.9": "a\x00"}), "4000"),
        (Decision(action="send_back", remarks={"2.10": "不足"}), "没有这个条款"),
        (Decision(action="burn", reasons="x"), "没有这种决定"),
    ):
        with pytest.raises(UserMistake, match=words):
            reviews.decide(ctx, cast["approver"], filing.number, decision)
    assert filing_of(house, filing.number).state is S.UNDER_REVIEW
    assert (
        reviews.decide(ctx, cast["approver"], filing.number, Decision(action="send_back", remarks={"2.9": "不足"})).items[0].verdict
        == "wanting"
    )


def test_an_accepted_item_is_good_whatever_was_remarked(house, cast):
    filing = hand_in(house, issue(house, cast))
    done = decide(house, cast["approver"], filing.number, "accept", remarks={"2.9": "写得很清楚。"})
    assert (done.items[0].verdict, done.items[0].remark) == ("good", "写得很清楚。")


def test_several_rounds_are_kept_each_with_its_outcome(ctx, house, cast):
    number = issue(house, cast)
    filing = hand_in(house, number)
    for n, action in enumerate(("need_more", "send_back", "accept"), 1):
        decide(house, cast["approver"], filing.number, action, reasons=f"第 {n} 次")
        now = filing_of(house, filing.number)
        if now.is_writable:
            filings.submit(ctx, LI if n % 2 else WANG, filing.number, written(now, words=f"第 {n + 1} 稿"))
    with house.database.read() as connection:
        rounds = rows.rounds(connection, filing.id)
    assert [(one.round, one.outcome, one.reasons, one.content["words"]) for one in rounds] == [
        (1, "need_more", "第 1 次", ""),
        (2, "send_back", "第 2 次", "第 2 稿"),
        (3, "accept", "第 3 次", "第 3 稿"),
    ]
    assert titles(house, number) == ["违规处理通知", "整改报告补充材料通知", "整改报告退回通知", "整改报告通过通知"]
