"""Who is who: a file is taken in whole or not at all, and whom messages reach is learnt from what becomes of them."""

import threading
from pathlib import Path
from typing import Any

import pytest

from bot import clock as product_clock
from bot.actions import outcomes
from bot.actions import providers as actions
from bot.context import Context
from bot.errors import BotError, UserMistake
from bot.model.delivery import Outcome, State
from bot.model.operator import Role
from bot.model.provider import Address
from bot.store import operator_tasks, operators, providers
from tests.cast import AGENTID, CORPID, finding, issue
from tests.store.rows import all_of

EXAMPLE = Path(__file__).parents[2] / "docs" / "providers.example.csv"
HEAD = "类型,服务商编号,应用编号,成员账号,名称,邮箱,上架,可搜索,推荐,状态\n"
WANG, LI, ZHAO = (Address(CORPID, AGENTID, userid) for userid in ("WangWei", "li.na", "ZhaoMin"))
by_code: Any = providers.by_code
admin_at: Any = providers.admin_at


@pytest.fixture
def wecom(wecom):
    """With a callback address: without one WeCom takes no card that can be pressed (43012)."""
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    return wecom


@pytest.fixture
def send(make_engine):
    """Send all that is due, by an engine that asks and tells as in the product."""
    engine = make_engine(recheck=outcomes.not_to_be_sent, settled=outcomes.settled)

    def run():
        while engine.work():
            pass

    return run


@pytest.fixture
def author(cast):
    return cast["author"]


@pytest.fixture
def take(house, author):
    """Import these rows as an operator."""
    return lambda rows, head=HEAD: actions.import_providers(Context(house), (head + rows).encode(), author)


def state(database):
    """Everything that an import may write."""
    return {table: all_of(database, table) for table in ("providers", "apps", "admins", "events", "operator_tasks", "batches")}


def tasks(database):
    return [(row.kind, row.provider_id, row.state) for row in all_of(database, "operator_tasks")]


def test_the_example_is_taken_in_and_a_second_time_changes_nothing(house, database, clock):
    with database.write() as tx:
        anna = operators.add(tx, "anna", "安娜", "a@example.com", [Role.OPERATOR], None, product_clock.now())
    first = actions.import_providers(Context(house), EXAMPLE.read_bytes(), anna)
    assert (first.added, first.changed, first.departed, first.unchanged, first.notes) == ((2, 3, 3), (0, 0, 0), 0, 0, ())
    assert [one.provider.code for one in first.short] == ["qinghe"]
    before = state(database)
    second = actions.import_providers(Context(house), EXAMPLE.read_bytes(), anna)
    assert (second.added, second.changed, second.departed, second.unchanged) == ((0, 0, 0), (0, 0, 0), 0, 8)
    assert state(database) == before
    with database.read() as connection:
        app: Any = providers.app_by_code(connection, "xinghe-form")
        assert (app.name, app.baseline.searchable, app.baseline.recommended) == ("星河表单", True, False)


def test_a_file_with_one_bad_line_writes_nothing(take, database):
    before = state(database)
    for rows in ("服务商,C,,,丙公司,,,,,\n应用,C,c-1,,应用,,是,是,也许,\n", "服务商,C,,,丙公司,,,,,\n管理员,B,,WangWei,王伟,,,,,\n"):
        with pytest.raises(UserMistake, match="第 3 行"):
            take(rows)
    assert state(database) == before


def test_changes_are_written_and_stand_on_the_trail_without_names(take, database):
    take("服务商,A,,,甲集团,,,,,\n应用,A,app-1,,日程助手,,是,否,否,\n管理员,A,,WangWei,王大伟,wang@example.com,,,,\n")
    with database.read() as connection:
        assert by_code(connection, "A").name == "甲集团"
        assert admin_at(connection, WANG).name == "王大伟"
    event = all_of(database, "events")[-1]
    assert (event.case_id, event.actor, event.action) == (None, "operator:author", "import_providers")
    assert event.content["renamed_providers"] == [["A", "甲公司", "甲集团"]]
    assert event.content["changed_apps"] == [
        {"app": "app-1", "from": ["日程助手", "listed", "searchable", "recommended"], "to": ["日程助手", "listed"]}
    ]
    assert "王" not in str(event.content)
    assert "WangWei" not in str(event.content)
    assert "王大伟" in str(event.personal)


def test_somebody_who_is_left_out_of_a_later_file_stays(take, database):
    take("服务商,A,,,甲公司,,,,,\n管理员,A,,li.na,李娜,,,,,\n")
    with database.read() as connection:
        assert admin_at(connection, WANG).is_active


def test_only_operators_and_owners_take_files_in(house, cast, database):
    before = state(database)
    for login in ("approver", "auditor"):
        with pytest.raises(UserMistake):
            actions.import_providers(Context(house), EXAMPLE.read_bytes(), cast[login])
    with database.write() as tx:
        operators.move(tx, cast["author"], is_active=False)
    with pytest.raises(UserMistake, match="已停用"):
        actions.import_providers(Context(house), EXAMPLE.read_bytes(), cast["author"])
    assert state(database) == before


def test_an_open_notice_goes_to_who_comes_and_no_longer_to_who_leaves(house, cast, take, wecom, send):
    wecom.add_member("chenmo", "陈默")
    issue(house, cast, finding())
    take("管理员,A,,li.na,,,,,,离任\n管理员,A,,chenmo,陈默,,,,,\n")
    send()
    assert [len(wecom.delivered(userid)) for userid in ("WangWei", "li.na", "chenmo", "ZhaoMin")] == [1, 0, 1, 0]


def test_another_mail_address_voids_what_went_to_the_old_one(house, cast, take, database):
    issue(house, cast, finding())
    carried = len(all_of(database, "notice_batches"))
    take("管理员,A,,WangWei,王伟,new@example.com,,,,\n")
    anew = all_of(database, "notice_batches")[carried:]
    assert [row.step for row in anew] == ["reserve"]
    take("管理员,A,,WangWei,王大伟,new@example.com,,,,\n")
    assert len(all_of(database, "notice_batches")) == carried + 1, "another name is no reason to write again"


def test_who_moves_to_another_provider_hears_of_its_cases_only(house, cast, take, wecom, send):
    issue(house, cast, finding())
    take("管理员,A,,WangWei,,,,,,离任\n管理员,B,,WangWei,王伟,,,,,\n")
    send()
    assert [len(wecom.delivered(userid)) for userid in ("WangWei", "li.na")] == [0, 1]


def test_a_departure_is_one_command_and_happens_once(house, cast, author, database):
    summary = actions.depart(Context(house), author, "A", LI)
    assert (summary.departed, [one.provider.code for one in summary.short]) == (1, ["A", "B"])
    event = all_of(database, "events")[-1]
    assert (event.action, event.content) == ("admin_departed", {"provider": "A"})
    before = state(database)
    for code, address in (("A", LI), ("B", WANG), ("A", Address(CORPID, AGENTID, "wangwei")), ("X", WANG)):
        with pytest.raises(UserMistake):
            actions.depart(Context(house), author, code, address)
    assert state(database) == before


def test_of_two_files_at_once_each_is_taken_in_whole(open_database, make_house, cast):
    files = [HEAD + f"服务商,C,,,丙公司,,,,,\n管理员,C,,x{number},某人,,,,,\n管理员,C,,shared,共用,,,,,\n" for number in range(4)]
    houses = [make_house(open_database()) for _ in files]
    failures: list[BotError] = []
    begin = threading.Barrier(len(files))

    def run(one, text):
        begin.wait()
        try:
            actions.import_providers(Context(one), text.encode(), cast["author"])
        except BotError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(houses, files, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with houses[0].database.read() as connection:
        people = providers.admins(connection, by_code(connection, "C").id)
    assert sorted(admin.address.userid for admin in people) == ["shared", "x0", "x1", "x2", "x3"]


def outcome(userid, state=State.REJECTED, *, final=True, **more):
    return Outcome(id=1, userid=userid, state=state, final=final, **more)


def flag(database, *outcomes):
    with database.write() as tx:
        actions.flag_reachability(tx, CORPID, AGENTID, outcomes)
    with database.read() as connection:
        return {admin.address.userid: admin.unreachable for admin in providers.everybody(connection)[2]}


@pytest.mark.parametrize(
    ("refused", "mark"),
    [
        ({"errmsg": "invaliduser"}, "invaliduser"),
        ({"errmsg": "unlicenseduser"}, "unlicenseduser"),
        ({"errcode": 60011, "errmsg": "no privilege to access/modify contact/party/agent"}, "60011"),
        ({"errcode": 81013, "errmsg": "invaliduser"}, "81013"),
        ({"errcode": 81013, "errmsg": "unlicenseduser"}, "unlicenseduser"),
        ({"errcode": 40001, "errmsg": "invalid credential"}, ""),
        ({"errcode": 45033, "errmsg": "api concurrent out of limit"}, ""),
    ],
)
def test_a_refusal_of_the_person_marks_and_one_of_the_call_does_not(cast, database, refused, mark):
    assert flag(database, outcome("WangWei", **refused)) == {"WangWei": mark, "li.na": "", "ZhaoMin": ""}


def test_an_accepted_send_clears_the_mark(cast, database):
    flag(database, outcome("WangWei", errmsg="invaliduser"))
    assert flag(database, outcome("WangWei", State.ACCEPTED))["WangWei"] == ""


@pytest.mark.parametrize("unknown", [State.UNCERTAIN, State.CANCELLED, State.EXHAUSTED, State.QUEUED])
def test_what_says_nothing_of_the_person_leaves_the_mark_as_it_is(cast, database, unknown):
    flag(database, outcome("WangWei", errmsg="invaliduser"))
    assert flag(database, outcome("WangWei", unknown, errmsg="x"), outcome("li.na", errmsg="invaliduser", final=False)) == {
        "WangWei": "invaliduser",
        "li.na": "",
        "ZhaoMin": "",
    }


def test_another_case_or_a_stranger_marks_nobody(cast, database):
    assert set(flag(database, outcome("wangwei", errmsg="invaliduser"), outcome("nobody", errmsg="invaliduser")).values()) == {""}


def test_a_provider_that_comes_to_be_short_is_a_task_until_it_no_longer_is(cast, database):
    with database.read() as connection:
        a = by_code(connection, "A").id
    flag(database, outcome("WangWei", errmsg="invaliduser"))
    flag(database, outcome("WangWei", errmsg="invaliduser"), outcome("li.na", errmsg="unlicenseduser"))
    assert tasks(database) == [("admins", a, "open")]
    flag(database, outcome("WangWei", State.ACCEPTED))
    assert tasks(database) == [("admins", a, "open")]
    flag(database, outcome("li.na", State.ACCEPTED))
    assert tasks(database) == [("admins", a, "done")]
    flag(database, outcome("li.na", errmsg="invaliduser"))
    assert tasks(database) == [("admins", a, "done"), ("admins", a, "open")]


def test_a_second_admin_ticks_the_task_off(cast, take, author, house, database):
    actions.depart(Context(house), author, "A", LI)
    take("管理员,A,,chenmo,陈默,,,,,\n")
    assert [state for _, _, state in tasks(database)] == ["done"]
    with database.read() as connection:
        assert operator_tasks.opened(connection) == []


def test_what_wecom_refuses_in_a_real_send_reaches_the_list_of_who_is_short(house, cast, wecom, send, database):
    wecom.refuse("li.na")
    issue(house, cast, finding())
    send()
    with database.read() as connection:
        assert admin_at(connection, LI).unreachable == "invaliduser"
        short = [one.provider.code for one in actions.short_of_admins(Context(house), connection)]
    assert short == ["A", "B"]
