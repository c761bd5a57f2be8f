"""The way back (4.2): which measures may be lifted, in what order, what is shown meanwhile and said at the end."""

from datetime import timedelta
from functools import partial

import pytest

from bot import clock as product_clock
from bot.actions import case_files, cases, recovery, reviews
from bot.context import Context
from bot.errors import TransitionNotAllowed, UserMistake
from bot.model.case import Planned, State
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Listing
from bot.store import cases as case_rows
from bot.store import providers
from rules.catalogue import Measure
from tests.actions.conftest import at_once
from tests.cast import case_of, finding, issue, reminder
from tests.way_back import (
    ALL_THREE,
    apply,
    decide,
    filing_of,
    hand_in,
    lift,
    listing_of,
    recover,
    rows_of,
    statements,
    steps_of,
    titles,
    whole,
)

AGAIN = FilingKind.REAPPLICATION
RECOMMENDATION, SEARCH, DELIST = Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH, Measure.DELIST
WHOLE = Listing(listed=True, searchable=True, recommended=True)


def ending(clock, days=1, *measures):
    """These measures until so many days from now."""
    return tuple(Planned(measure=one, ends_at=product_clock.now() + timedelta(days=days)) for one in measures)


def without(house, number):
    with house.database.read() as connection:
        app = providers.app_by_code(connection, "app-1")
        assert app is not None
        known = case_rows.of_provider(connection, app.provider_id)
        return case_files.recovery(connection, [app], known, case_of(house, number).id).ways[0].after


def tasks(house, state="open"):
    return [row["kind"] for row in rows_of(house, "operator_tasks") if row["state"] == state and row["kind"] in ("apply", "lift")]


# What lifts what


def test_an_accepted_report_lifts_the_delisting_and_no_more(house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE))
    apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    assert steps_of(house, number) == {"cancel_recommendation": "applied", "cancel_search": "applied", "delist": "lifting"}
    assert case_of(house, number).state is State.RECOVERING
    words = whole(statements(house, number)[-1])
    assert "平台将依次解除：应用下架" in words
    assert "还需要重新申请" in words
    assert tasks(house) == ["lift"]


def test_a_report_alone_leaves_a_case_of_recommendation_in_force(house, cast):
    number = issue(house, cast)
    apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    assert (case_of(house, number).state, steps_of(house, number)) == (State.IN_FORCE, {"cancel_recommendation": "applied"})
    with pytest.raises(TransitionNotAllowed):
        lift(house, cast, number, RECOMMENDATION)


def test_a_reapplication_accepted_before_the_report_lifts_nothing_until_the_report_is(house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE))
    apply(house, cast, number)
    report, again = hand_in(house, number), hand_in(house, number, AGAIN)
    decide(house, cast["approver"], again.number, "accept")
    assert set(steps_of(house, number).values()) == {"applied"}
    assert "仍需要提交整改报告" in whole(statements(house, number)[-1])
    decide(house, cast["approver"], report.number, "accept")
    assert set(steps_of(house, number).values()) == {"lifting"}
    assert "平台将依次解除：应用下架、取消搜索、取消推荐" in whole(statements(house, number)[-1])


def test_measures_are_lifted_in_the_reverse_of_their_weight(house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE))
    apply(house, cast, number)
    report, again = hand_in(house, number), hand_in(house, number, AGAIN)
    for one in (report, again):
        decide(house, cast["approver"], one.number, "accept")
    for early, first in ((RECOMMENDATION, "应用下架、取消搜索"), (SEARCH, "应用下架")):
        with pytest.raises(UserMistake, match=first):
            lift(house, cast, number, early)
    seen = []
    for measure in (DELIST, SEARCH, RECOMMENDATION):
        seen.append(listing_of(house, "app-1"))
        lift(house, cast, number, measure)
    assert seen == [
        Listing(listed=False, searchable=False, recommended=False),
        Listing(listed=True, searchable=False, recommended=False),
        Listing(listed=True, searchable=True, recommended=False),
    ], "a partial recovery is what is shown"
    assert listing_of(house, "app-1") == WHOLE
    assert case_of(house, number).state is State.RECOVERED
    assert tasks(house) == []


def test_what_was_never_put_in_place_is_void_and_the_notice_says_so(house, cast):
    number = issue(house, cast, finding(measures=(Planned(measure=DELIST), Planned(measure=SEARCH))))
    cases.move_measure(Context(house), cast["author"], number, SEARCH, "apply")
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    assert steps_of(house, number) == {"delist": "void", "cancel_search": "applied"}
    assert tasks(house) == []
    with pytest.raises(TransitionNotAllowed):
        cases.move_measure(Context(house), cast["author"], number, DELIST, "apply")
    decide(house, cast["approver"], hand_in(house, number, AGAIN).number, "accept")
    lift(house, cast, number, SEARCH)
    words = whole(statements(house, number)[-1])
    assert "应用下架：此前没有在平台上执行，现已作废。" in words
    assert "取消搜索：已解除。" in words


def test_a_case_with_nothing_in_place_is_over_with_the_acceptance_and_told_once(house, cast):
    number = issue(house, cast, finding(measures=(Planned(measure=DELIST),)))
    done = decide(house, cast["approver"], hand_in(house, number).number, "accept")
    assert (done.state, case_of(house, number).state) == (FilingState.ACCEPTED, State.RECOVERED)
    assert titles(house, number) == ["违规处理通知", "恢复通知"]
    second = issue(house, cast, finding(measures=(Planned(measure=DELIST),)), key="second")
    decide(house, cast["approver"], hand_in(house, second).number, "accept", reasons="整改到位。")
    assert titles(house, second) == ["违规处理通知", "恢复通知", "整改报告通过通知"], "reasons are told too"


def test_a_reminder_ends_with_its_accepted_report(house, cast):
    number = issue(house, cast, reminder())
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    assert case_of(house, number).state is State.RECOVERED
    words = whole(statements(house, number)[-1])
    assert "整改已经通过" in words
    assert "解除" not in words


def test_a_suspended_service_comes_back_by_its_report(house, cast):
    number = issue(house, cast, _suspension())
    apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    lift(house, cast, number, Measure.SUSPEND_SERVICE)
    assert case_of(house, number).state is State.RECOVERED
    assert "甲公司" not in whole(statements(house, number)[-1])


def _suspension():
    return finding(app="", ground="5.2", power="5.2", measures=(Planned(measure=Measure.SUSPEND_SERVICE),))


# The end


def test_the_last_notice_says_what_is_back_and_what_other_cases_keep(house, cast):
    number = issue(house, cast, finding(measures=(Planned(measure=DELIST),)))
    other = issue(house, cast, finding(measures=(Planned(measure=SEARCH),)), key="second")
    apply(house, cast, number)
    apply(house, cast, other)
    assert without(house, number) == Listing(listed=True, searchable=False, recommended=True)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    lift(house, cast, number, DELIST)
    assert listing_of(house, "app-1") == Listing(listed=True, searchable=False, recommended=True)
    words = whole(statements(house, number)[-1])
    assert "应用下架：已解除。" in words
    assert "日程助手：在架、不可搜索、推荐中。" in words
    assert f"取消搜索（案件 {other}）仍然有效，不受本次恢复影响。" in words
    assert case_of(house, other).state is State.IN_FORCE


def test_the_end_of_a_case_lapses_what_is_open_but_objections(house, cast, clock):
    number = issue(house, cast, finding(measures=ending(clock, 1, DELIST)))
    apply(house, cast, number)
    report, objection = hand_in(house, number), hand_in(house, number, FilingKind.OBJECTION)
    clock.tick(days=2)
    assert recovery.by_time(Context(house)) == 1
    assert filing_of(house, report.number).state is FilingState.SUBMITTED, "until it is lifted on the platform the case is open"
    lift(house, cast, number, DELIST)
    assert case_of(house, number).state is State.RECOVERED
    assert filing_of(house, report.number).state is FilingState.LAPSED
    assert filing_of(house, objection.number).state is FilingState.SUBMITTED


# By time


def test_a_measure_whose_end_has_come_is_lifted_through_the_same_steps(house, cast, clock):
    number = issue(house, cast, finding(measures=(*ending(clock, 1, SEARCH), Planned(measure=DELIST))))
    apply(house, cast, number)
    assert recovery.by_time(Context(house)) == 0
    clock.tick(days=1)
    assert recovery.by_time(Context(house)) == 1
    assert recovery.by_time(Context(house)) == 0
    assert steps_of(house, number) == {"cancel_search": "lifting", "delist": "applied"}
    assert not listing_of(house, "app-1").searchable, "until somebody has lifted it on the platform"
    with pytest.raises(UserMistake, match="应用下架"):
        lift(house, cast, number, SEARCH)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    lift(house, cast, number, DELIST, SEARCH)
    assert case_of(house, number).state is State.RECOVERED
    assert listing_of(house, "app-1") == WHOLE


def test_an_end_that_comes_before_the_measure_was_put_in_place_leaves_nothing_to_do(house, cast, clock):
    number = issue(house, cast, finding(measures=ending(clock, 1, SEARCH)))
    clock.tick(days=1)
    recovery.by_time(Context(house))
    assert (case_of(house, number).state, steps_of(house, number)) == (State.RECOVERED, {"cancel_search": "void"})
    assert titles(house, number) == ["违规处理通知", "恢复通知"]
    assert tasks(house) == []


def test_several_workers_end_a_measure_once(house, elsewhere, cast, clock):
    number = issue(house, cast, finding(measures=ending(clock, 1, SEARCH)))
    apply(house, cast, number)
    clock.tick(days=1)
    assert sorted(map(str, at_once(*(partial(recovery.by_time, Context(h)) for h in (house, elsewhere, house))))) == ["0", "0", "1"]
    assert [row["action"] for row in rows_of(house, "events")].count("measure_lifting") == 1
    assert tasks(house) == ["lift"]


def test_the_end_and_an_acceptance_at_once_lift_it_once(house, elsewhere, cast, clock):
    number = issue(house, cast, finding(measures=ending(clock, 1, DELIST)))
    apply(house, cast, number)
    report = hand_in(house, number)
    reviews.take(Context(house), cast["approver"], report.number)
    clock.tick(days=1)
    done = at_once(
        lambda: recovery.by_time(Context(house)),
        lambda: reviews.decide(Context(elsewhere), cast["approver"], report.number, reviews.Decision(action="accept")),
    )
    assert not [one for one in done if isinstance(one, Exception)]
    assert steps_of(house, number) == {"delist": "lifting"}
    assert [row["action"] for row in rows_of(house, "events")].count("measure_lifting") == 1


def test_a_case_that_was_revoked_has_no_end_by_time(house, cast, clock):
    number = issue(house, cast, finding(measures=ending(clock, 1, SEARCH)))
    apply(house, cast, number)
    cases.revoke(Context(house), cast["approver"], number, "认定有误。")
    clock.tick(days=2)
    assert recovery.by_time(Context(house)) == 0


def test_two_confirmations_of_the_last_step_at_once_tell_once(house, elsewhere, cast):
    number = issue(house, cast, finding(measures=(Planned(measure=DELIST),)))
    apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    done = at_once(*(lambda h=h: cases.move_measure(Context(h), cast["author"], number, DELIST, "lift") for h in (house, elsewhere)))
    assert sorted(isinstance(one, TransitionNotAllowed) for one in done) == [False, True]
    assert titles(house, number).count("恢复通知") == 1


def test_nobody_but_an_operator_confirms_a_step(house, cast):
    number = issue(house, cast)
    recover(house, cast, number)
    for who in ("approver", "auditor"):
        with pytest.raises(UserMistake, match="权限"):
            cases.move_measure(Context(house), cast[who], number, RECOMMENDATION, "lift")
