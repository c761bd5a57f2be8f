"""An owner looks after our own staff's accounts at the console."""

import re

import pytest
from sqlalchemy import select

from bot.actions import sign_in
from bot.context import Context
from bot.errors import UserMistake
from bot.model.operator import Role
from bot.model.texts import console_staff as texts
from bot.store import operators
from bot.store.tables import events
from tests.web.console.visitors import HERE, add, press, signed_in, token

PAGE = "/console/settings/staff"
NEW = {"login": "xiaoliu", "name": "小刘", "mail": "liu@example.com", "userid": "LiuYang", "roles": ["operator", "approver"]}


@pytest.fixture
def owner(site, house, cast):
    add(house, "own", [Role.OWNER])
    return signed_in(site, house, "own")


def known(house, login):
    with house.database.read() as connection:
        return operators.by_login(connection, login)


def test_somebody_new_is_added_and_gets_in_by_a_link_that_is_shown_once(site, house, owner):
    assert press(owner, PAGE, **NEW).status_code == 303
    added = known(house, "xiaoliu")
    assert (added.name, added.roles, added.address.userid) == ("小刘", {Role.OPERATOR, Role.APPROVER}, "LiuYang")
    shown = press(owner, f"{PAGE}/of/xiaoliu/link")
    [secret] = re.findall(r"/console/links/([\w-]{30,})", shown.text)
    assert secret not in owner.get(PAGE).text
    browser = site.test_client()
    form = browser.get(f"/console/links/{secret}")
    assert browser.post(f"/console/links/{secret}", data={"token": token(form)}, headers=HERE).status_code == 303
    assert "小刘" in browser.get("/console/").text


@pytest.mark.parametrize(
    "wrong", [{"login": "Xiao"}, {"login": "author"}, {"mail": "nowhere"}, {"name": ""}, {"roles": []}, {"userid": "a b"}]
)
def test_a_mistake_adds_nobody_and_keeps_what_was_typed(house, owner, wrong):
    answer = press(owner, PAGE, **(NEW | wrong))
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "liu@example.com" in answer.text or "mail" in wrong
    with house.database.read() as connection:
        assert operators.count(connection) == 5  # the cast, and the owner


def test_roles_are_changed_and_an_old_page_changes_nothing(house, owner):
    before = known(house, "author")
    fields = {"version": before.version, "name": "新名", "mail": "a@example.com", "roles": ["auditor"]}
    assert press(owner, f"{PAGE}/of/author", **fields).status_code == 303
    assert known(house, "author").roles == {Role.AUDITOR}
    late = press(owner, f"{PAGE}/of/author", **{**fields, "name": "旧页", "roles": ["operator"]})
    assert (late.status_code, known(house, "author").roles) == (409, {Role.AUDITOR})
    assert texts.STALE in late.text
    assert "旧页" in late.text


def test_whoever_is_disabled_is_out_at_once_and_may_come_back(site, house, owner):
    theirs = signed_in(site, house, "author")
    assert press(owner, f"{PAGE}/of/author/state", version=known(house, "author").version, state="disabled").status_code == 303
    assert theirs.get("/console/account").status_code == 302
    assert press(owner, f"{PAGE}/of/author/link").status_code == 409
    assert press(owner, f"{PAGE}/of/author/state", version=known(house, "author").version, state="active").status_code == 303
    assert known(house, "author").is_active


def test_the_last_owner_stays_and_one_of_two_may_step_back(site, house, owner):
    alone = press(owner, f"{PAGE}/of/own/state", version=known(house, "own").version, state="disabled")
    assert (alone.status_code, known(house, "own").is_active) == (409, True)
    add(house, "second", [Role.OWNER])
    fields = {"version": known(house, "own").version, "name": "Own", "mail": "own@example.com", "roles": ["auditor"]}
    done = press(owner, f"{PAGE}/of/own", **fields)
    assert done.headers["Location"] == "/console/settings"
    assert owner.get("/console/settings").status_code == 200


def test_every_step_is_on_the_trail(house, owner):
    press(owner, PAGE, **NEW)
    press(owner, f"{PAGE}/of/xiaoliu/link")
    press(owner, f"{PAGE}/of/xiaoliu/state", version=known(house, "xiaoliu").version, state="disabled")
    with house.database.read() as connection:
        actions = connection.execute(select(events.c.action).order_by(events.c.id)).scalars().all()
    assert actions[-3:] == ["operator_added", "sign_in_link", "operator_disabled"]


def test_nobody_else_makes_a_link(house, cast):
    with pytest.raises(UserMistake):
        sign_in.make_link(Context(house), cast["author"], "approver")
