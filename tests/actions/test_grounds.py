"""Rows of the table behind clause 3.1 are taken in whole or not at all, and stay what was checked."""

import pytest

from bot.actions import cases
from bot.actions import grounds as actions
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import Planned
from bot.store import operators
from rules.catalogue import Measure
from tests.cast import finding
from tests.model.test_ground import HEAD, LINE
from tests.store.rows import all_of

ROW = LINE.replace("li,chen", "approver,auditor")


@pytest.fixture
def take(house, cast):
    return lambda rows, login="author": actions.import_grounds(Context(house), (HEAD + rows).encode(), cast[login])


def test_a_row_is_taken_in_with_who_checked_it_and_a_second_time_changes_nothing(take, database):
    done = take(ROW)
    assert ([row.key for row in done.added], done.unchanged) == (["t-01"], 0)
    [kept] = all_of(database, "grounds")
    assert (kept.source_date, kept.checker_one, kept.checker_two) == ("2024-06-17", "approver", "auditor")
    event = all_of(database, "events")[-1]
    assert (event.actor, event.action) == ("operator:author", "import_grounds")
    assert event.content["rows"][0]["wording"] == "测试用的文字"
    again = take(ROW)
    assert (again.added, again.unchanged) == ((), 1)
    assert all_of(database, "grounds") == [kept]
    assert all_of(database, "events")[-1] == event


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (ROW + ROW.replace("t-01", "t-02").replace("auditor", "nobody"), "第 3 行：“核对人二”nobody 不是在用的运营账号"),
        (ROW.replace("auditor", "Auditor"), "Auditor 不是在用的运营账号"),
        (ROW + ROW.replace("t-01", "t-02").replace("取消推荐、取消搜索", "永久下架"), "第 3 行"),
    ],
)
def test_a_file_with_one_bad_line_writes_nothing(take, database, rows, words):
    with pytest.raises(UserMistake, match=words):
        take(rows)
    assert all_of(database, "grounds") == all_of(database, "events") == []


def test_a_disabled_operator_checks_nothing_new_but_what_was_checked_stays(take, cast, database):
    take(ROW)
    with database.write() as tx:
        operators.move(tx, cast["auditor"], is_active=False)
    assert take(ROW).unchanged == 1
    with pytest.raises(UserMistake, match="不是在用的运营账号"):
        take(ROW.replace("t-01", "t-02"))


def test_only_operators_and_owners_take_rows_in(take):
    with pytest.raises(UserMistake, match="权限"):
        take(ROW, "approver")


def test_a_case_rests_on_an_imported_row_within_what_the_row_gives(take, house, cast):
    take(ROW)
    ctx = Context(house)
    case = cases.open_case(ctx, cast["author"], finding(ground="row:t-01", reasons=""), "one")
    assert case.ground == "row:t-01"
    with pytest.raises(UserMistake):
        cases.open_case(ctx, cast["author"], finding(ground="row:t-01", measures=(Planned(measure=Measure.DELIST),)), "two")
    with pytest.raises(UserMistake):
        cases.open_case(ctx, cast["author"], finding(ground="row:t-99"), "three")
