"""A made-up platform: whole, provable, and only in an empty database."""

from typing import Any

import pytest

from bot import clock
from bot.actions import audit, case_files, queue, seeding
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import State
from bot.model.case_list import Sought
from bot.model.queue import Wanted
from bot.store import operators, providers
from tests import broadcasts, cast
from tests.store.rows import all_of

SMALL = seeding.Size(providers=12, cases=150, deliveries=2_000, questions=100)


@pytest.fixture
def told(house):
    said: list[str] = []
    seeding.fill(Context(house), SMALL, 7, said.append)
    return said


def test_it_is_as_large_as_was_asked_for_and_its_trail_holds(house, told):
    assert len(told) == 4
    assert len(all_of(house.database, "cases")) == 150
    assert len(all_of(house.database, "deliveries")) == 2_000
    assert len(all_of(house.database, "inbox")) == 100
    found = audit.examine(house.database, house.settings.data_dir, ())
    assert found.problems == []
    assert found.events > 150 * 3


def test_people_can_work_with_what_is_there(house, told):
    with house.database.read() as connection:
        me = operators.by_login(connection, "staff1")
    assert me
    page = case_files.page(Context(house), Sought())
    assert {State.RECOVERED, State.IN_FORCE} <= set(page.counts)
    assert all(case_files.read(Context(house), one.case.number).case == one.case for one in page.lines)
    assert queue.page(Context(house), me, Wanted()).lines


def test_new_rows_are_numbered_behind_those_that_were_made(house, told):
    with house.database.write() as tx:
        assert providers.add(tx, [("new", "新公司")], clock.now())["new"] == 13


def test_a_new_broadcast_and_a_new_case_have_numbers_of_their_own(house, told):
    with house.database.read() as connection:
        staff: Any = {login: operators.by_login(connection, f"staff{number}") for login, number in (("author", 1), ("approver", 7))}
        _, [app, *_], _ = providers.everybody(connection)
        of = providers.get(connection, app.provider_id)
    before = [row.number for row in sorted(all_of(house.database, "broadcasts"), key=lambda row: row.made_at)]
    assert before == sorted(before)
    assert broadcasts.draft(house, staff).number not in before
    cast.draft(house, staff, cast.finding(provider=of.code, app=app.code))


def test_a_database_that_holds_anything_is_left_alone(house, cast):
    with pytest.raises(UserMistake, match="空的数据库"):
        seeding.fill(Context(house), SMALL, 7, print)
    assert len(all_of(house.database, "providers")) == 2
