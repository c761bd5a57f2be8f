"""Cases through their actions: who may, from which state, what is refused and that nothing is then written."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot import clock as product_clock
from bot.actions import cases
from bot.context import Context, House
from bot.errors import NotFound, Stale, TransitionNotAllowed, UserMistake
from bot.model.case import Case, Planned, State, Step
from bot.model.operator import Operator
from bot.store import cases as case_store
from bot.store import notices as notice_store
from bot.store import operator_tasks
from bot.store.tables import cases as case_rows
from bot.store.tables import events, operators
from rules.catalogue import Measure
from tests.actions.conftest import at_once, rows
from tests.cast import Cast, case_of, draft, finding, issue, pending, permanent, reminder

# Every state and every action


def recovering(house: House, cast: Cast) -> str:
    """As the next steps of a case will leave it."""
    number = issue(house, cast)
    with house.database.write() as tx:
        case_store.advance(tx, case_store.by_number(tx, number), "start_recovery")
    return number


def recovered(house: House, cast: Cast) -> str:
    number = recovering(house, cast)
    with house.database.write() as tx:
        case_store.advance(tx, case_store.by_number(tx, number), "finish_recovery", ended_at=product_clock.now())
    return number


def revoked(house: House, cast: Cast) -> str:
    number = issue(house, cast)
    cases.revoke(Context(house), cast["approver"], number, "认定有误。")
    return number


def closed(house: House, cast: Cast) -> str:
    number = issue(house, cast, reminder())
    cases.close(Context(house), cast["author"], number)
    return number


def discarded(house: House, cast: Cast) -> str:
    number = draft(house, cast)
    cases.discard(Context(house), cast["author"], number)
    return number


IN_STATE: dict[State, Callable[[House, Cast], str]] = {
    State.DRAFT: draft,
    State.PENDING_APPROVAL: pending,
    State.IN_FORCE: lambda house, cast: issue(house, cast, reminder()),
    State.RECOVERING: recovering,
    State.RECOVERED: recovered,
    State.REVOKED: revoked,
    State.CLOSED: closed,
    State.DISCARDED: discarded,
}

ACT: dict[str, Callable[[Context, Cast, str], Case]] = {
    "amend": lambda ctx, cast, number: cases.amend(ctx, cast["author"], number, finding()),
    "submit": lambda ctx, cast, number: cases.submit(ctx, cast["author"], number),
    "approve": lambda ctx, cast, number: cases.approve(ctx, cast["approver"], number),
    "send_back": lambda ctx, cast, number: cases.send_back(ctx, cast["approver"], number, "请补充事实。"),
    "discard": lambda ctx, cast, number: cases.discard(ctx, cast["author"], number),
    "revoke": lambda ctx, cast, number: cases.revoke(ctx, cast["approver"], number, "认定有误。"),
    "close": lambda ctx, cast, number: cases.close(ctx, cast["author"], number),
}

ALLOWED = {
    (State.DRAFT, "amend"): State.DRAFT,
    (State.DRAFT, "submit"): State.PENDING_APPROVAL,
    (State.DRAFT, "discard"): State.DISCARDED,
    (State.PENDING_APPROVAL, "approve"): State.IN_FORCE,
    (State.PENDING_APPROVAL, "send_back"): State.DRAFT,
    (State.IN_FORCE, "revoke"): State.REVOKED,
    (State.IN_FORCE, "close"): State.CLOSED,
    (State.RECOVERING, "revoke"): State.REVOKED,
    (State.RECOVERED, "revoke"): State.REVOKED,
}


def test_the_pairs_are_those_of_all_states() -> None:
    assert set(IN_STATE) == set(State)


@pytest.mark.parametrize("action", ACT)
@pytest.mark.parametrize("state", State)
def test_an_action_moves_a_case_as_the_table_says_or_is_refused(house: House, ctx: Context, cast: Cast, state: State, action: str) -> None:
    number = IN_STATE[state](house, cast)
    before, written = case_of(house, number), rows(house)
    assert before.state is state
    if (state, action) in ALLOWED:
        assert ACT[action](ctx, cast, number).state is ALLOWED[state, action]
        assert case_of(house, number).state is ALLOWED[state, action]
        assert rows(house)[-1] > written[-1]  # it stands on the trail
    else:
        with pytest.raises(TransitionNotAllowed):
            ACT[action](ctx, cast, number)
        assert (case_of(house, number), rows(house)) == (before, written)


# Who may


@pytest.mark.parametrize(
    ("action", "who"),
    [
        ("submit", "approver"),
        ("submit", "auditor"),
        ("approve", "author"),
        ("approve", "auditor"),
        ("send_back", "author"),
        ("discard", "approver"),
        ("revoke", "author"),
        ("close", "approver"),
    ],
)
def test_who_has_not_the_role_changes_nothing(house: House, ctx: Context, cast: Cast, action: str, who: str) -> None:
    number = next(IN_STATE[state] for state, possible in ALLOWED if possible == action)(house, cast)
    before, written = case_of(house, number), rows(house)
    roles = {"author": "author", "approver": "approver"}
    everybody_is = dict.fromkeys(roles, cast[who])
    with pytest.raises(UserMistake, match="权限"):
        ACT[action](ctx, {**cast, **everybody_is}, number)
    assert (case_of(house, number), rows(house)) == (before, written)


def disable(house: House, operator: Operator) -> None:
    with house.database.write() as tx:
        tx.execute(operators.update().where(operators.c.id == operator.id).values(state="disabled"))


def test_who_was_disabled_a_moment_ago_may_no_longer_act(house: House, ctx: Context, cast: Cast) -> None:
    number = pending(house, cast)
    disable(house, cast["approver"])
    with pytest.raises(UserMistake, match="已停用"):
        cases.approve(ctx, cast["approver"], number)
    assert case_of(house, number).state is State.PENDING_APPROVAL


def let_author_approve(house: House, cast: Cast) -> None:
    with house.database.write() as tx:
        tx.execute(operators.update().where(operators.c.id == cast["author"].id).values(roles=["operator", "approver"]))


def test_the_author_does_not_approve_their_own_case_even_as_an_approver(house: House, ctx: Context, cast: Cast) -> None:
    number = pending(house, cast)
    let_author_approve(house, cast)
    written = rows(house)
    with pytest.raises(UserMistake, match="起草人不能审批自己的案件"):
        cases.approve(ctx, cast["author"], number)
    assert rows(house) == written


@pytest.mark.parametrize(
    "values",
    [
        {"approver_id": "author"},
        {"approver_id": "approver", "second_approver_id": "approver"},
        {"approver_id": "approver", "second_approver_id": "author"},
        {"second_approver_id": "approver"},
        {"state": "in_force"},
        {"approver_id": "approver", "state": "in_force", "issued_at": "now"},  # 4.4: the second one is missing
    ],
)
def test_the_database_refuses_too(house: House, cast: Cast, values: dict[str, str]) -> None:
    number = pending(house, cast, permanent())
    ids: dict[str, Any] = {login: operator.id for login, operator in cast.items()} | {"now": product_clock.now()}
    with pytest.raises(IntegrityError), house.database.write() as tx:
        tx.execute(case_rows.update().where(case_rows.c.number == number).values({name: ids.get(v, v) for name, v in values.items()}))


def test_permanent_delisting_takes_two_people_besides_the_author(house: House, ctx: Context, cast: Cast) -> None:
    number = pending(house, cast, permanent())
    first = cases.approve(ctx, cast["approver"], number)
    assert (first.state, first.issued_at) == (State.PENDING_APPROVAL, None)
    written = rows(house)
    with pytest.raises(UserMistake, match="另一位审批人"):
        cases.approve(ctx, cast["approver"], number)
    assert rows(house) == written
    second = cases.approve(ctx, cast["approver2"], number)
    assert (second.state, second.approver_id, second.second_approver_id) == (
        State.IN_FORCE,
        cast["approver"].id,
        cast["approver2"].id,
    )
    with house.database.read() as connection:
        assert len(notice_store.of_case(connection, second.id)) == 1


def test_approvals_are_gone_when_a_case_is_sent_back(house: House, ctx: Context, cast: Cast) -> None:
    number = pending(house, cast, permanent())
    cases.approve(ctx, cast["approver"], number)
    assert cases.send_back(ctx, cast["approver2"], number, "请补充事实。").approver_id is None
    cases.submit(ctx, cast["author"], number)
    assert cases.approve(ctx, cast["approver2"], number).state is State.PENDING_APPROVAL


def test_only_the_author_rewrites_a_draft(house: House, ctx: Context, cast: Cast) -> None:
    number = draft(house, cast)
    with house.database.write() as tx:
        tx.execute(operators.update().where(operators.c.id == cast["auditor"].id).values(roles=["operator"]))
    with pytest.raises(UserMistake, match="只有起草人"):
        cases.amend(ctx, cast["auditor"], number, finding(facts="别人写的。"))
    assert case_of(house, number).facts == finding().facts


# At the same time


@pytest.mark.parametrize("round_", range(4))
def test_of_two_approvers_at_once_one_wins_and_the_other_is_told(house: House, elsewhere: House, cast: Cast, round_: int) -> None:
    number = pending(house, cast)
    results = at_once(
        lambda: cases.approve(Context(house), cast["approver"], number),
        lambda: cases.approve(Context(elsewhere), cast["approver2"], number),
    )
    won = [one for one in results if isinstance(one, Case)]
    told = [one for one in results if isinstance(one, (Stale, TransitionNotAllowed))]
    assert (len(won), len(told)) == (1, 1)
    case = case_of(house, number)
    assert (case.state, case.approver_id) == (State.IN_FORCE, won[0].approver_id)
    with house.database.read() as connection:
        assert len(notice_store.of_case(connection, case.id)) == 1
        approvals = select(func.count()).select_from(events).where(events.c.action == "approve")
        assert connection.execute(approvals).scalar_one() == 1


@pytest.mark.parametrize("round_", range(3))
def test_an_approval_and_a_send_back_at_once_leave_one_of_both(house: House, elsewhere: House, cast: Cast, round_: int) -> None:
    number = pending(house, cast)
    results = at_once(
        lambda: cases.approve(Context(house), cast["approver"], number),
        lambda: cases.send_back(Context(elsewhere), cast["approver2"], number, "请补充事实。"),
    )
    assert sum(isinstance(one, Case) for one in results) == 1
    case = case_of(house, number)
    assert (case.state, case.approver_id is None) in {(State.IN_FORCE, False), (State.DRAFT, True)}


@pytest.mark.parametrize("round_", range(3))
def test_one_wish_at_two_places_opens_one_case(house: House, elsewhere: House, cast: Cast, round_: int) -> None:
    results = at_once(*[lambda one=one: cases.open_case(Context(one), cast["author"], finding(), "the same") for one in (house, elsewhere)])
    opened = [one for one in results if isinstance(one, Case)]
    assert {one.number for one in opened} == {"V2026-000001"}
    assert all(isinstance(one, (Case, Stale)) for one in results)
    assert rows(house)[:2] == [1, 1]
    assert cases.open_case(Context(house), cast["author"], finding(), "other").number == "V2026-000002"


def test_who_acts_on_what_was_changed_meanwhile_is_told(house: House, cast: Cast) -> None:
    number = pending(house, cast)
    old = case_of(house, number)
    cases.approve(Context(house), cast["approver"], number)
    with pytest.raises(Stale), house.database.write() as tx:
        case_store.advance(tx, old, "approve", approver_id=cast["approver2"].id)


# What follows


def test_numbers_count_on_and_a_refused_one_is_not_used_up(house: House, ctx: Context, cast: Cast) -> None:
    assert draft(house, cast, key="1") == "V2026-000001"
    with pytest.raises(UserMistake):
        cases.open_case(ctx, cast["author"], finding(facts=""), "2")
    assert draft(house, cast, key="2") == "V2026-000002"
    cases.discard(ctx, cast["author"], "V2026-000002")
    assert draft(house, cast, key="3") == "V2026-000003"


def test_measures_are_owed_from_the_approval_and_confirmed_one_by_one(house: House, ctx: Context, cast: Cast) -> None:
    both = tuple(Planned(measure=one) for one in (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH))
    number = issue(house, cast, finding(measures=both))
    assert {one.state for one in case_of(house, number).measures} == {Step.OWED}
    moved = cases.move_measure(ctx, cast["author"], number, Measure.CANCEL_SEARCH, "apply")
    assert {one.measure: one.state for one in moved.measures} == {
        Measure.CANCEL_RECOMMENDATION: Step.OWED,
        Measure.CANCEL_SEARCH: Step.APPLIED,
    }
    with house.database.read() as connection:
        assert len(operator_tasks.opened(connection, case_id=moved.id)) == 1
    with pytest.raises(NotFound):
        cases.move_measure(ctx, cast["author"], number, Measure.DELIST, "apply")
    for action in ("apply", "lift", "drop", "start_lifting", "owe"):  # the last three are not a person's to confirm
        with pytest.raises(TransitionNotAllowed):
            cases.move_measure(ctx, cast["author"], number, Measure.CANCEL_SEARCH, action)


def test_a_revocation_lifts_what_was_applied_drops_what_was_not_and_owes_no_report(house: House, ctx: Context, cast: Cast) -> None:
    both = tuple(Planned(measure=one) for one in (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH))
    number = issue(house, cast, finding(measures=both))
    cases.move_measure(ctx, cast["author"], number, Measure.CANCEL_SEARCH, "apply")
    case = cases.revoke(ctx, cast["approver"], number, "认定有误。")
    assert {one.measure: one.state for one in case.measures} == {
        Measure.CANCEL_RECOMMENDATION: Step.VOID,
        Measure.CANCEL_SEARCH: Step.LIFTING,
    }
    with house.database.read() as connection:
        assert [task.kind for task in operator_tasks.opened(connection, case_id=case.id)] == ["lift"]
    with pytest.raises(TransitionNotAllowed):
        cases.move_measure(ctx, cast["author"], number, Measure.CANCEL_RECOMMENDATION, "apply")
    lifted = cases.move_measure(ctx, cast["author"], number, Measure.CANCEL_SEARCH, "lift")
    assert lifted.measures[1].state is Step.LIFTED


def test_a_case_is_revoked_whatever_the_rules_say_by_then(house: House, ctx: Context, cast: Cast) -> None:
    number = issue(house, cast)
    with house.database.write() as tx:
        tx.execute(case_rows.update().where(case_rows.c.number == number).values(rule_version="2023-01-01"))
    assert cases.revoke(ctx, cast["approver"], number, "认定有误。").state is State.REVOKED


def test_a_case_written_on_rules_that_are_not_kept_is_not_issued(house: House, ctx: Context, cast: Cast) -> None:
    number = pending(house, cast)
    with house.database.write() as tx:
        tx.execute(case_rows.update().where(case_rows.c.number == number).values(rule_version="2023-01-01"))
    written = rows(house)
    with pytest.raises(UserMistake, match="没有收录"):
        cases.approve(ctx, cast["approver"], number)
    assert rows(house) == written


def test_words_of_people_are_beside_the_chain_and_not_in_it(house: House, ctx: Context, cast: Cast) -> None:
    number = pending(house, cast)
    cases.send_back(ctx, cast["approver"], number, "事实写得不够。")
    with house.database.read() as connection:
        found = {row.action: row for row in connection.execute(select(events))}
    assert "没有任何功能" in str(found["open"].personal)
    assert "没有任何功能" not in str(found["open"].content)
    assert found["send_back"].personal["of"] == {"reason": "事实写得不够。"}
    assert [found[name].actor for name in ("open", "submit", "send_back")] == ["operator:author", "operator:author", "operator:approver"]
