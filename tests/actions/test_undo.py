"""Taking steps back: where nothing followed, and by whom."""

import pytest

from bot import clock as product_clock
from bot.actions import cases, presences
from bot.context import Context
from bot.errors import TransitionNotAllowed, UserMistake
from bot.model.case import State, Step
from bot.store import operator_tasks
from rules.catalogue import Measure
from tests import way_back
from tests.cast import case_of, draft, finding, issue, pending, permanent
from tests.store.rows import all_of


def tasks(house):
    with house.database.read() as connection:
        return {one.key.partition(":")[0] for one in operator_tasks.opened(connection)}


def actions(house):
    return [row.action for row in all_of(house.database, "events")]


def test_its_author_takes_a_case_back_from_approval_and_nobody_else_does(house, cast):
    number = pending(house, cast)
    assert case_of(house, number).approve_by is not None
    for other in ("approver", "auditor"):
        with pytest.raises(UserMistake):
            cases.retract(Context(house), cast[other], number)
    case = cases.retract(Context(house), cast["author"], number)
    assert (case.state, case.submitted_at, case.approve_by) == (State.DRAFT, None, None)
    assert "retract" in actions(house)
    with pytest.raises(TransitionNotAllowed):
        cases.retract(Context(house), cast["author"], number)


def test_taking_back_a_permanent_delisting_throws_the_first_approval_away(house, cast):
    number = pending(house, cast, permanent())
    cases.approve(Context(house), cast["approver"], number)
    assert cases.retract(Context(house), cast["author"], number).approver_id is None
    cases.submit(Context(house), cast["author"], number)
    assert cases.approve(Context(house), cast["approver"], number).issued_at is None


def test_a_discarded_draft_comes_back_whole_under_its_number(house, cast):
    number = draft(house, cast)
    cases.discard(Context(house), cast["author"], number)
    case = cases.restore(Context(house), cast["author"], number)
    assert (case.state, case.ended_at) == (State.DRAFT, None)
    assert [one.state for one in case.measures] == [Step.PLANNED]
    cases.submit(Context(house), cast["author"], number)
    assert cases.approve(Context(house), cast["approver"], number).state is State.IN_FORCE


def test_a_measure_confirmed_by_mistake_is_owed_again_and_on_the_list(house, cast):
    number = issue(house, cast)
    cases.move_measure(Context(house), cast["author"], number, Measure.CANCEL_RECOMMENDATION, "apply")
    assert "apply" not in tasks(house)
    with pytest.raises(UserMistake):
        cases.undo_measure(Context(house), cast["approver"], number, Measure.CANCEL_RECOMMENDATION)
    one = cases.undo_measure(Context(house), cast["author"], number, Measure.CANCEL_RECOMMENDATION).measures[0]
    assert (one.state, one.applied_at) == (Step.OWED, None)
    assert "apply" in tasks(house)
    cases.move_measure(Context(house), cast["author"], number, Measure.CANCEL_RECOMMENDATION, "apply")
    assert "apply" not in tasks(house)


def test_a_lifting_is_taken_back_only_while_the_case_goes_on_and_from_the_last_one(house, cast, clock):
    number = issue(house, cast, finding(measures=way_back.ALL_THREE))
    way_back.apply(house, cast, number)
    report = way_back.hand_in(house, number).number
    way_back.decide(house, cast["author"], report, "accept")
    way_back.lift(house, cast, number, Measure.DELIST)
    one = cases.undo_measure(Context(house), cast["author"], number, Measure.DELIST).measures
    assert {each.measure: each.state for each in one}[Measure.DELIST] is Step.LIFTING
    assert "lift" in tasks(house)
    way_back.lift(house, cast, number, Measure.DELIST)
    assert case_of(house, number).state is State.RECOVERING


def test_what_followed_is_taken_back_first_and_nothing_is_after_the_recovery_notice(house, cast, clock):
    number = issue(house, cast, finding(measures=way_back.ALL_THREE))
    way_back.apply(house, cast, number)
    cases.revoke(Context(house), cast["approver"], number, "复核后认定有误。")
    for measure in (Measure.DELIST, Measure.CANCEL_SEARCH):
        way_back.lift(house, cast, number, measure)
    with pytest.raises(UserMistake, match="取消搜索"):
        cases.undo_measure(Context(house), cast["author"], number, Measure.DELIST)
    cases.undo_measure(Context(house), cast["author"], number, Measure.CANCEL_SEARCH)
    assert cases.undo_measure(Context(house), cast["author"], number, Measure.DELIST).state is State.REVOKED


def test_who_has_a_page_open_is_named_to_the_others_for_a_while(house, cast, clock):
    def look(login):
        return presences.look(Context(house), cast[login], "V2026-000001")

    assert look("author") == []
    assert look("approver") == ["Author"]
    assert look("author") == ["Approver"]
    clock.tick(seconds=presences.LASTS.total_seconds() + 1)
    assert look("author") == []
    clock.tick(hours=2)
    look("approver")
    assert len(all_of(house.database, "presences")) == 1


def test_an_approval_and_a_task_have_a_time_in_working_days(house, cast):
    number = issue(house, cast)
    [task] = [row for row in all_of(house.database, "operator_tasks") if row.kind == "apply"]
    assert task.due_at > product_clock.now()
    assert case_of(house, number).approve_by == task.due_at
