"""What an objection brings about: decided by somebody who had no part in the case, upheld in any state of it, or dismissed."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from bot.actions import cases, filings, reviews
from bot.actions.reviews import Decision
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import State
from bot.model.filing import FilingKind, FilingState
from bot.store.tables import filings as table
from rules.catalogue import Measure
from tests.actions.conftest import at_once
from tests.cast import case_of, finding, issue, permanent, reminder
from tests.way_back import (
    ALL_THREE,
    WANG,
    apply,
    decide,
    filing_of,
    hand_in,
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
OBJECTIONS, WITHDRAWAL = FilingKind.OBJECTION, FilingKind.WITHDRAWAL


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
