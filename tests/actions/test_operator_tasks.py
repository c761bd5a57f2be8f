"""What our own staff have to do by hand, and ticking it off."""

import pytest
from sqlalchemy import select

from bot import clock as product_clock
from bot.actions import cases, operator_tasks, queue
from bot.context import Context, House
from bot.errors import NotFound, UserMistake
from bot.store import operator_tasks as rows
from bot.store.tables import events
from rules.catalogue import Measure
from tests.cast import Cast, case_of, issue


@pytest.fixture
def issued(house: House, cast: Cast) -> str:
    return issue(house, cast)


@pytest.fixture
def errand(ctx: Context, house: House, issued: str) -> int:
    """The id of a task that its operator ticks off."""
    with house.database.write() as tx:
        rows.add(tx, "overdue:test", "overdue", "整改期限已过，请核查", product_clock.now(), case_id=case_of(house, issued).id)
    return next(one.id for one in queue.tasks(ctx) if one.kind == "overdue")


def test_the_list_names_the_case_and_begins_with_the_oldest(ctx: Context, house: House, cast: Cast, issued: str, errand: int) -> None:
    with house.database.write() as tx:
        rows.add(tx, "admins:1", "admins", "请补充管理员", product_clock.now(), provider_id=1)
    assert [(one.kind, one.case) for one in queue.tasks(ctx)] == [("apply", issued), ("overdue", issued), ("admins", "")]


def test_a_list_longer_than_a_page_is_whole(ctx: Context, house: House, cast: Cast) -> None:
    with house.database.write() as tx:
        for n in range(230):
            rows.add(tx, f"admins:{n}", "admins", "请补充管理员", product_clock.now(), provider_id=1)
    assert len({one.id for one in queue.tasks(ctx)}) == 230


def test_a_task_is_done_once_by_somebody_with_a_note(ctx: Context, house: House, cast: Cast, errand: int) -> None:
    done = operator_tasks.finish(ctx, cast["approver"], errand, " 已电话答复 ")
    assert (done.state, done.done_by, done.note) == ("done", cast["approver"].id, "已电话答复")
    with pytest.raises(UserMistake, match="没有再记一次"):
        operator_tasks.finish(ctx, cast["author"], errand, "又一次")
    with house.database.read() as connection:
        [event] = connection.execute(select(events).where(events.c.action == "task_done")).all()
    assert (event.actor, event.content, event.personal["of"]) == (
        "operator:approver",
        {"task": errand, "kind": "overdue"},
        {"note": "已电话答复"},
    )


@pytest.mark.parametrize("kind", ["apply", "lift", "serve"])
def test_what_another_action_ends_is_not_ticked_off(ctx: Context, house: House, cast: Cast, issued: str, kind: str) -> None:
    with house.database.write() as tx:
        rows.add(tx, f"{kind}:test", kind, "做一件事", product_clock.now(), case_id=case_of(house, issued).id)
    task = next(one for one in reversed(queue.tasks(ctx)) if one.kind == kind)
    with pytest.raises(UserMistake, match="不能单独办结"):
        operator_tasks.finish(ctx, cast["author"], task.id, "好了")
    assert task in queue.tasks(ctx)


def test_the_action_that_ends_it_does(ctx: Context, cast: Cast, issued: str) -> None:
    cases.move_measure(ctx, cast["author"], issued, Measure.CANCEL_RECOMMENDATION, "apply")
    assert queue.tasks(ctx) == []


@pytest.mark.parametrize("note", ["", " ", "a\x00b", "x" * 4_001])
def test_a_note_is_words(ctx: Context, cast: Cast, errand: int, note: str) -> None:
    with pytest.raises(UserMistake, match="办理结果"):
        operator_tasks.finish(ctx, cast["author"], errand, note)


def test_an_auditor_ticks_nothing_off_and_an_unknown_task_is_not_found(ctx: Context, cast: Cast, errand: int) -> None:
    with pytest.raises(UserMistake, match="权限"):
        operator_tasks.finish(ctx, cast["auditor"], errand, "好了")
    with pytest.raises(NotFound):
        operator_tasks.finish(ctx, cast["author"], 404, "好了")
    assert errand in [one.id for one in queue.tasks(ctx)]
