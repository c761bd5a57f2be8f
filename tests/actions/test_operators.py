"""Our own staff: who manages it, and that somebody always can."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from bot.actions import operators as actions
from bot.actions.operators import Person
from bot.context import Context
from bot.errors import BotError, Stale, UserMistake
from bot.model.operator import Role
from bot.model.provider import Address
from bot.store import operators
from tests.store.rows import all_of

HERE = Address("ww0123456789abcdef", 1000002, "Anna")
ANNA = Person(name="安娜", mail="anna@example.com", roles=frozenset({Role.OWNER, Role.OPERATOR}), address=HERE)
BEN = Person(name="本", mail="ben@example.com", roles=frozenset({Role.APPROVER}))


@pytest.fixture
def ctx(house, clock):
    return Context(house)


@pytest.fixture
def anna(ctx):
    """The first owner."""
    return actions.add(ctx, None, "anna", ANNA)


def known(database, login) -> Any:
    with database.read() as connection:
        return operators.by_login(connection, login)


def test_the_first_operator_is_an_owner_added_by_nobody(ctx, database):
    with pytest.raises(UserMistake, match="负责人"):
        actions.add(ctx, None, "ben", BEN)
    anna = actions.add(ctx, None, "anna", ANNA)
    assert known(database, "anna") == anna
    event = all_of(database, "events")[-1]
    assert (event.actor, event.action, event.content) == ("system", "operator_added", {"operator": "anna", "roles": ["operator", "owner"]})
    assert "安娜" not in str(event.content)


def test_from_then_on_somebody_has_to_act_and_be_an_owner(ctx, anna, database):
    with pytest.raises(UserMistake, match="--as"):
        actions.add(ctx, None, "ben", BEN)
    ben = actions.add(ctx, anna, "ben", BEN)
    for attempt in (
        lambda: actions.add(ctx, ben, "eve", BEN),
        lambda: actions.disable(ctx, ben, "anna", anna.version),
        lambda: actions.enable(ctx, ben, "ben", ben.version),
        lambda: actions.change(ctx, ben, "ben", ben.version, replace(BEN, roles=frozenset(Role))),
    ):
        with pytest.raises(UserMistake, match="没有“负责人”权限"):
            attempt()
    assert [row.login for row in all_of(database, "operators")] == ["anna", "ben"]
    assert known(database, "ben").roles == {Role.APPROVER}


@pytest.mark.parametrize(
    ("login", "more", "words"),
    [
        ("Ben", {}, "小写字母"),
        ("ben x", {}, "小写字母"),
        ("", {}, "小写字母"),
        ("b" * 65, {}, "小写字母"),
        ("ben", {"name": ""}, "姓名"),
        ("ben", {"name": "本\u202e"}, "姓名"),
        ("ben", {"name": "本" * 65}, "姓名"),
        ("ben", {"mail": "ben"}, "邮箱"),
        ("ben", {"mail": "a@b.cn\nBcc: x@y.cn"}, "邮箱"),
        ("ben", {"roles": frozenset()}, "权限"),
        ("ben", {"address": Address("ww0123456789abcdef", 1000002, "a|b")}, "成员账号"),
    ],
)
def test_what_cannot_be_written_down_is_refused_by_name(ctx, anna, database, login, more, words):
    with pytest.raises(UserMistake, match=words):
        actions.add(ctx, anna, login, replace(BEN, **more))
    assert len(all_of(database, "operators")) == 1


def test_a_login_is_given_once_even_after_it_was_disabled(ctx, anna):
    ben = actions.add(ctx, anna, "ben", BEN)
    actions.disable(ctx, anna, "ben", ben.version)
    with pytest.raises(UserMistake, match="已经存在"):
        actions.add(ctx, anna, "ben", BEN)


def test_one_person_in_wecom_has_one_active_account(ctx, anna):
    with pytest.raises(UserMistake, match="已经对应账号 anna"):
        actions.add(ctx, anna, "anna2", replace(BEN, address=HERE))
    ben = actions.add(ctx, anna, "ben", replace(BEN, address=replace(HERE, userid="anna")))
    with pytest.raises(UserMistake, match="已经对应账号 anna"):
        actions.change(ctx, anna, "ben", ben.version, replace(BEN, address=HERE))


def test_an_account_that_would_double_somebody_is_not_enabled_again(ctx, anna):
    cara = actions.add(ctx, anna, "cara", replace(BEN, address=replace(HERE, userid="Cara")))
    gone = actions.disable(ctx, anna, "cara", cara.version)
    actions.add(ctx, anna, "cara2", replace(BEN, address=replace(HERE, userid="Cara")))
    with pytest.raises(UserMistake, match="已经对应账号 cara2"):
        actions.enable(ctx, anna, "cara", gone.version)


def test_who_is_disabled_may_act_no_more_until_enabled(ctx, anna, database):
    ben = actions.add(ctx, anna, "ben", replace(BEN, roles=frozenset(Role)))
    gone = actions.disable(ctx, anna, "ben", ben.version)
    with pytest.raises(UserMistake, match="已停用"):
        actions.disable(ctx, ben, "anna", anna.version)
    with pytest.raises(UserMistake, match="本来就是停用"):
        actions.disable(ctx, anna, "ben", gone.version)
    back = actions.enable(ctx, anna, "ben", gone.version)
    actions.disable(ctx, back, "anna", anna.version)
    assert [row.action for row in all_of(database, "events")][-3:] == ["operator_disabled", "operator_enabled", "operator_disabled"]


def test_on_old_knowledge_nobody_is_disabled_or_changed(ctx, anna):
    ben = actions.add(ctx, anna, "ben", BEN)
    actions.change(ctx, anna, "ben", ben.version, replace(BEN, mail="new@example.com"))
    with pytest.raises(Stale):
        actions.disable(ctx, anna, "ben", ben.version)
    with pytest.raises(Stale):
        actions.change(ctx, anna, "ben", ben.version, BEN)


def test_the_last_owner_stays(ctx, anna, database):
    ben = actions.add(ctx, anna, "ben", replace(BEN, roles=frozenset({Role.OWNER})))
    actions.disable(ctx, anna, "ben", ben.version)
    for attempt in (
        lambda: actions.disable(ctx, anna, "anna", anna.version),
        lambda: actions.change(ctx, anna, "anna", anna.version, replace(ANNA, roles=frozenset({Role.OPERATOR}))),
    ):
        with pytest.raises(UserMistake, match="最后一个"):
            attempt()
    assert known(database, "anna").may(Role.OWNER)


def at_once(*acts):
    """Do all at the same time. Returns what was raised."""
    raised: list[BotError] = []
    begin = threading.Barrier(len(acts))

    def run(act):
        begin.wait()
        try:
            act()
        except BotError as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_of_two_owners_who_disable_each_other_at_once_one_stays(open_database, make_house, ctx, anna, database):
    ben = actions.add(ctx, anna, "ben", replace(BEN, roles=frozenset({Role.OWNER})))
    one, two = Context(make_house(open_database())), Context(make_house(open_database()))
    raised = at_once(lambda: actions.disable(one, anna, "ben", ben.version), lambda: actions.disable(two, ben, "anna", anna.version))
    assert [type(error) for error in raised] == [UserMistake]
    with database.read() as connection:
        assert len(operators.active(connection)) == 1


def test_of_many_first_owners_at_once_there_is_one(open_database, make_house, clock, database):
    contexts = [Context(make_house(open_database())) for _ in range(4)]
    raised = at_once(
        *(lambda ctx=ctx, n=n: actions.add(ctx, None, f"anna{n}", replace(ANNA, address=None)) for n, ctx in enumerate(contexts))
    )
    assert [type(error) for error in raised] == [UserMistake] * 3
    assert len(all_of(database, "operators")) == 1
