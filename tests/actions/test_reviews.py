"""What our own staff decides: who may, one reviewer at a time, and what each decision brings about and tells."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from bot import clock as product_clock
from bot.actions import cases, filings, reviews
from bot.actions.reviews import Decision
from bot.context import Context
from bot.errors import NotFound, TransitionNotAllowed, UserMistake
from bot.model.case import State
from bot.model.filing import DECISIONS, MACHINES, FilingKind, FilingState
from bot.store import filings as rows
from bot.store.tables import filings as table
from rules.catalogue import Measure
from tests.actions.conftest import at_once
from tests.cast import case_of, finding, issue, permanent, reminder
from tests.way_back import (
    ALL_THREE,
    LI,
    WANG,
    apply,
    decide,
    filing_of,
    hand_in,
    hand_in_about_app,
    lift,
    listing_of,
    recover,
    rows_of,
    started,
    statements,
    steps_of,
    third_approver,
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


# Objections are decided by somebody else


def test_who_wrote_or_approved_a_case_hears_no_objection_to_it(ctx, house, cast):
    from bot.model.operator import Role
    from bot.store import operators

    with house.database.write() as tx:
        operators.change(tx, cast["author"], "Author", "a@example.com", [Role.OPERATOR, Role.APPROVER], None)
    first = hand_in(house, issue(house, cast), OBJECTIONS)
    second = hand_in(house, issue(house, cast, permanent(), key="second"), OBJECTIONS)
    for filing, staff in ((first, "author"), (first, "approver"), (second, "author"), (second, "approver"), (second, "approver2")):
        with pytest.raises(UserMistake, match="另一位同事"):
            reviews.take(ctx, cast[staff], filing.number)
    third = third_approver(house)
    assert decide(house, third, second.number, "uphold").state is S.UPHELD
    assert decide(house, cast["approver2"], first.number, "dismiss", reasons="核查无误。").state is S.DISMISSED


@pytest.mark.parametrize("staff", ["author", "approver", "approver2"])
def test_the_database_refuses_such_a_reviewer_too(house, cast, staff):
    filing = hand_in(house, issue(house, cast, permanent()), OBJECTIONS)
    change = update(table).where(table.c.id == filing.id).values(state="dismissed", reviewer_id=cast[staff].id)
    with pytest.raises(IntegrityError), house.database.write() as tx:
        tx.execute(change)
    with pytest.raises(IntegrityError), house.database.write() as tx:  # nor by nobody
        tx.execute(update(table).where(table.c.id == filing.id).values(state="dismissed"))


def test_the_database_wants_a_reviewer_where_something_is_under_review(house, cast):
    filing = hand_in(house, issue(house, cast))
    with pytest.raises(IntegrityError), house.database.write() as tx:
        tx.execute(update(table).where(table.c.id == filing.id).values(state="under_review"))


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
    assert (again.claimed_until - first.claimed_until).total_seconds() == 3600
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
    assert sorted(at_once(*(lambda h=h: reviews.look_after(Context(h)) for h in (house, elsewhere, house)))) == [0, 0, 1]
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


# What an objection brings about


def test_an_objection_upheld_revokes_a_case_in_force_and_owes_nothing(ctx, house, cast, run_worker, wecom):
    number = issue(house, cast, finding(measures=ALL_THREE))
    cases.move_measure(ctx, cast["author"], number, Measure.DELIST, "apply")
    report = hand_in(house, number)
    other = hand_in(house, number, OBJECTIONS, measure=Measure.CANCEL_SEARCH)
    draft = started(house, number, OBJECTIONS, measure=Measure.CANCEL_RECOMMENDATION)
    objection = hand_in(house, number, OBJECTIONS, measure=Measure.DELIST)
    done = decide(house, cast["approver2"], objection.number, "uphold", reasons="经复核，功能齐全。")
    assert done.state is S.UPHELD
    assert case_of(house, number).state is State.REVOKED
    assert {filing_of(house, one.number).state for one in (report, other, draft)} == {S.LAPSED}
    assert steps_of(house, number) == {"cancel_recommendation": "void", "cancel_search": "void", "delist": "lifting"}
    assert titles(house, number)[-1] == "处理撤销通知"
    words = whole(statements(house, number)[-1])
    assert f"异议 {objection.number} 成立" in words
    assert "无需提交整改报告，也无需重新申请" in words
    assert [row["kind"] for row in rows_of(house, "operator_tasks") if row["state"] == "open"] == ["lift"]
    lift(house, cast, number, Measure.DELIST)
    assert case_of(house, number).state is State.REVOKED
    assert listing_of(house, "app-1").recommended
    assert {row["state"] for row in rows_of(house, "alarms") if row["what"].startswith("filed")} == {"cleared"}


def test_an_objection_upheld_revokes_a_case_on_its_way_back_and_one_that_is_back(house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE))
    apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    objection = hand_in(house, number, OBJECTIONS, measure=Measure.DELIST)
    assert case_of(house, number).state is State.RECOVERING
    decide(house, cast["approver2"], objection.number, "uphold")
    assert case_of(house, number).state is State.REVOKED
    assert set(steps_of(house, number).values()) == {"lifting"}

    second = issue(house, cast, key="second")
    recover(house, cast, second)
    objection = hand_in(house, second, OBJECTIONS)
    decide(house, cast["approver2"], objection.number, "uphold")
    assert case_of(house, second).state is State.REVOKED
    assert steps_of(house, second) == {"cancel_recommendation": "lifted"}
    assert titles(house, second)[-2:] == ["恢复通知", "处理撤销通知"]


def test_permanent_delisting_is_taken_back_by_an_objection_and_lifted(ctx, house, cast):
    number = issue(house, cast, permanent())
    apply(house, cast, number)
    assert not listing_of(house, "app-1").listed
    decide(house, third_approver(house), hand_in(house, number, OBJECTIONS).number, "uphold")
    lift(house, cast, number, Measure.PERMANENT_DELIST)
    assert listing_of(house, "app-1").recommended
    assert filings.start(ctx, WANG, WITHDRAWAL, app="app-1").state is S.DRAFT, "no longer barred"


def test_a_dismissed_objection_changes_nothing_else_and_says_why(house, cast):
    number = issue(house, cast)
    report, objection = hand_in(house, number), hand_in(house, number, OBJECTIONS)
    decide(house, cast["approver2"], objection.number, "dismiss", reasons="经复核，页面确无功能。")
    assert case_of(house, number).state is State.IN_FORCE
    assert filing_of(house, report.number).state is S.SUBMITTED
    words = whole(statements(house, number)[-1])
    assert "经复核，页面确无功能。" in words
    assert "提出异议不影响整改" in words


def test_an_objection_goes_on_while_its_case_is_recovered(house, cast):
    number = issue(house, cast)
    objection = hand_in(house, number, OBJECTIONS)
    recover(house, cast, number)
    assert filing_of(house, objection.number).state is S.SUBMITTED
    assert decide(house, cast["approver2"], objection.number, "uphold").state is S.UPHELD
    assert case_of(house, number).state is State.REVOKED


def test_closing_a_reminder_lapses_what_was_handed_in_about_it(ctx, house, cast):
    number = issue(house, cast, reminder())
    report, objection = hand_in(house, number), hand_in(house, number, OBJECTIONS)
    reviews.take(ctx, cast["approver"], report.number)
    cases.close(ctx, cast["author"], number)
    assert {filing_of(house, one.number).state for one in (report, objection)} == {S.LAPSED}
    assert {row["state"] for row in rows_of(house, "alarms") if row["what"].startswith("filed")} == {"cleared"}


def test_an_upheld_objection_and_a_decision_on_the_report_at_once_leave_one_story(house, elsewhere, cast):
    """Both lock the case first: whoever comes second finds it as the first left it."""
    number = issue(house, cast)
    apply(house, cast, number)
    report, objection = hand_in(house, number), hand_in(house, number, OBJECTIONS)
    reviews.take(Context(house), cast["approver"], report.number)
    reviews.take(Context(house), cast["approver2"], objection.number)
    done = at_once(
        lambda: reviews.decide(Context(house), cast["approver"], report.number, Decision(action="accept")),
        lambda: reviews.decide(Context(elsewhere), cast["approver2"], objection.number, Decision(action="uphold")),
    )
    assert not isinstance(done[1], Exception)
    assert case_of(house, number).state is State.REVOKED
    assert filing_of(house, report.number).state in (S.ACCEPTED, S.LAPSED)
    assert titles(house, number).count("处理撤销通知") == 1


def test_a_form_saved_while_its_case_is_revoked_does_not_stop_the_revocation(house, elsewhere, cast):
    number = issue(house, cast)
    filing = started(house, number)
    done = at_once(
        lambda: cases.revoke(Context(house), cast["approver"], number, "认定有误。"),
        lambda: filings.save(Context(elsewhere), WANG, filing.number, written(filing)),
    )
    assert not isinstance(done[0], Exception), done
    assert filing_of(house, filing.number).state is S.LAPSED
