"""Signing in and out of the console."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.actions import operators as staff
from bot.actions import passwords, sign_in
from bot.actions.sign_in import Browser
from bot.context import Context
from bot.errors import UserMistake
from bot.model.operator import Role
from bot.model.sign_in import MOST_OF_IP, MOST_OF_LOGIN
from bot.model.texts import console as texts
from bot.store import trail
from tests.cast import at
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, PASSWORD, add, give_password, press, signed_in, token, typed


@pytest.fixture
def owner(house, cast):
    return add(house, "owner", [Role.OWNER])


@pytest.fixture
def author(house, cast):
    give_password(house, cast["author"])
    return cast["author"]


def events(house):
    with house.database.snapshot() as connection:
        return [(one.actor, one.action, one.content) for one in trail.read(connection, "house")]


def actions(house):
    return [action for _, action, _ in events(house)]


def test_the_right_password_opens_the_page_that_was_asked_for(site, house, author):
    browser = site.test_client()
    asked = browser.get("/console/account?x=1")
    assert asked.headers["Location"] == "/console/sign-in?next=/console/account?x%3D1"
    done = typed(browser, " Author ", PASSWORD, next="/console/account?x=1")
    assert (done.status_code, done.headers["Location"]) == (303, "/console/account?x=1")
    page = browser.get("/console/account")
    assert "我的登录" in page.text
    assert "operator:author" in [who for who, action, _ in events(house) if action == "signed_in"]


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example/", "/portal/", "/console/../portal", "/console//evil", ""])
def test_nobody_is_led_elsewhere_after_signing_in(site, author, next_path):
    assert typed(site.test_client(), "author", PASSWORD, next=next_path).headers["Location"] == "/console/"


@pytest.mark.parametrize(
    ("login", "password"), [("author", "not the one"), ("nobody", PASSWORD), ("auditor", PASSWORD), ("", ""), ("x" * 999, "y" * 9999)]
)
def test_who_is_not_known_and_what_is_wrong_look_alike(site, house, author, login, password):
    refused = typed(site.test_client(), login, password)
    assert refused.status_code == 403
    assert texts.WRONG in refused.text
    assert password not in refused.text or not password
    assert "sign_in_failed" in actions(house)


def test_too_many_wrong_passwords_lock_a_login_for_a_while_the_right_one_too(site, house, author, clock):
    browser = site.test_client()
    for _ in range(MOST_OF_LOGIN - 1):
        assert texts.WRONG in typed(browser, "author", "wrong").text
    assert texts.LOCKED in typed(browser, "author", "wrong").text
    assert texts.LOCKED in typed(browser, "author", PASSWORD).text
    assert actions(house).count("sign_in_locked") == 1
    clock.tick(minutes=16)
    assert typed(browser, "author", PASSWORD).status_code == 303


def test_a_login_nobody_has_is_locked_just_the_same(site, cast):
    browser = site.test_client()
    said = [typed(browser, "nobody", "wrong").text for _ in range(MOST_OF_LOGIN + 1)]
    assert [texts.LOCKED in one for one in said] == [False] * (MOST_OF_LOGIN - 1) + [True, True]


def test_the_right_password_forgets_the_wrong_ones_before(site, author):
    browser = site.test_client()
    for _ in range(3):
        for _ in range(MOST_OF_LOGIN - 1):
            typed(browser, "author", "wrong")
        assert typed(browser, "author", PASSWORD).status_code == 303
        browser.delete_cookie("console")


def test_one_address_cannot_try_many_logins(house, author):
    ctx = Context(house)
    for number in range(MOST_OF_IP):
        with pytest.raises(UserMistake):
            sign_in.with_password(ctx, f"login{number}", "wrong", Browser("", "10.0.0.1"))
    with pytest.raises(UserMistake, match=texts.SLOW_DOWN):
        sign_in.with_password(ctx, "author", PASSWORD, Browser("", "10.0.0.1"))
    assert sign_in.with_password(ctx, "author", PASSWORD, Browser("", "10.0.0.2"))


def test_many_tries_at_once_are_no_more_than_after_each_other(house, author):
    def attempt(_):
        try:
            return sign_in.with_password(Context(house), "author", "wrong", Browser("", "10.0.0.1"))
        except UserMistake as error:
            return error.say

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(attempt, range(16)))
    assert said.count(texts.WRONG) == MOST_OF_LOGIN - 1
    assert actions(house).count("sign_in_failed") == MOST_OF_LOGIN


def test_no_password_or_cookie_is_kept_as_it_is(site, house, author):
    browser = site.test_client()
    typed(browser, "author", PASSWORD)
    typed(site.test_client(), PASSWORD, "x")  # a password where the login belongs
    secret = browser.get_cookie("console").value
    kept = str([all_of(house.database, table) for table in ("operators", "sign_ins", "sign_in_links", "sign_in_tries", "events")])
    assert PASSWORD not in kept
    assert secret not in kept


def test_a_link_signs_in_once_and_only_by_a_press(site, house, cast):
    path = f"/console/links/{sign_in.make_link(Context(house), None, 'author')}"
    scanner = site.test_client()
    assert all("以Author的身份登录" in scanner.get(path).text for _ in range(3))
    browser = site.test_client()
    shown = token(browser.get(path))
    assert browser.post(path, data={"token": shown}, headers=HERE).headers["Location"] == "/console/"
    again = site.test_client().get(path)
    assert again.status_code == 410
    assert "已经用过或已过期" in again.text


def test_a_link_holds_an_hour_and_the_newest_alone(site, house, cast, clock):
    ctx = Context(house)
    first, second = (sign_in.make_link(ctx, None, "author") for _ in range(2))
    assert site.test_client().get(f"/console/links/{first}").status_code == 410
    clock.tick(minutes=61)
    assert site.test_client().get(f"/console/links/{second}").status_code == 410


def test_a_session_ends_when_unused_and_after_a_day_of_work(site, house, cast, clock):
    browser = signed_in(site, house, "author")
    for _ in range(5):
        clock.tick(hours=3)
        assert browser.get("/console/account").status_code == 200
    clock.tick(hours=2)
    assert browser.get("/console/account").status_code == 302
    other = signed_in(site, house, "author")
    clock.tick(hours=4, minutes=1)
    assert other.get("/console/account").status_code == 302


def test_somebody_disabled_is_out_at_the_next_request(site, house, cast, owner):
    browser = signed_in(site, house, "author")
    staff.disable(Context(house), owner, "author", cast["author"].version)
    assert browser.get("/console/account").status_code == 302
    with pytest.raises(UserMistake):
        sign_in.make_link(Context(house), owner, "author")


def test_somebody_who_may_act_again_signs_in_anew(site, house, cast, owner):
    browser, link = signed_in(site, house, "author"), sign_in.make_link(Context(house), None, "author")
    gone = staff.disable(Context(house), owner, "author", cast["author"].version)
    staff.enable(Context(house), owner, "author", gone.version)
    assert browser.get("/console/account").status_code == 302
    assert site.test_client().get(f"/console/links/{link}").status_code == 410


def test_a_password_that_is_changed_while_it_is_looked_at_signs_nobody_in(house, author, monkeypatch):
    def changed_meanwhile(kept, password):
        give_password(house, author, NEW)
        return True

    monkeypatch.setattr(passwords, "fits", changed_meanwhile)
    with pytest.raises(UserMistake, match=texts.WRONG):
        sign_in.with_password(Context(house), "author", PASSWORD, Browser("", ""))


def test_whoever_signs_in_anew_in_a_browser_is_no_longer_signed_in_there_as_before(site, house, author):
    browser = signed_in(site, house, "approver")
    path = f"/console/links/{sign_in.make_link(Context(house), None, 'author')}"
    page = browser.get(path)
    assert "现在登录的是Approver，登录后换成Author" in page.text
    assert browser.post(path, data={"token": token(page)}, headers=HERE).headers["Location"] == "/console/"
    assert "author" in browser.get("/console/account").text
    assert len(sign_in.places(Context(house), author)) == 1
    [before] = [row.ended_at for row in all_of(house.database, "sign_ins") if row.operator_id != author.id]
    assert before is not None


def test_a_page_that_was_open_too_long_forgets_nothing_of_where_to_go(site, author):
    old = site.test_client().post("/console/sign-in", data={"token": "old", "next": "/console/cases?state=draft&words=a+b"}, headers=HERE)
    page = site.test_client().get(old.headers["Location"])
    assert 'name="next" value="/console/cases?state=draft&amp;words=a+b"' in page.text
    assert "登录页面打开得太久" in page.text


def test_signing_out_ends_this_place_one_other_or_all(site, house, cast):
    here, there, third = (signed_in(site, house, "author", agent) for agent in ("Chrome Windows", "Firefox Linux", "wxwork Android"))
    page = here.get("/console/account").text
    assert all(name in page for name in ("Chrome · Windows", "Firefox · Linux", "企业微信 · Android"))
    places = {row.device: row.id for row in all_of(house.database, "sign_ins")}
    press(here, "/console/sign-out", place=places["Firefox · Linux"])
    assert [one.get("/console/account").status_code for one in (here, there, third)] == [200, 302, 200]
    press(here, "/console/sign-out-everywhere")
    assert [one.get("/console/account").status_code for one in (here, there, third)] == [302, 302, 302]
    assert "signed_out_everywhere" in actions(house)


def test_nobody_signs_others_out(site, house, cast):
    mine, theirs = signed_in(site, house, "author"), signed_in(site, house, "approver")
    [place] = [row.id for row in all_of(house.database, "sign_ins") if row.operator_id == cast["approver"].id]
    press(mine, "/console/sign-out", place=place)
    assert theirs.get("/console/account").status_code == 200


def test_a_new_password_signs_out_whoever_came_by_the_old_one(site, house, author):
    browser = site.test_client()
    typed(browser, "author", PASSWORD)
    give_password(house, author, "another good password")
    assert browser.get("/console/account").status_code == 302
    assert texts.WRONG in typed(browser, "author", PASSWORD).text


@pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaaaaa", "my author password"])
def test_a_password_that_is_easy_to_guess_is_refused(house, cast, password):
    with pytest.raises(UserMistake):
        sign_in.set_password(Context(house), cast["author"], "author", password)


def test_only_an_owner_sets_the_password_of_somebody_else(house, cast, owner):
    with pytest.raises(UserMistake, match="负责人"):
        sign_in.set_password(Context(house), cast["approver"], "author", PASSWORD)
    assert sign_in.set_password(Context(house), owner, "author", PASSWORD).login == "author"


def test_a_member_of_wecom_is_their_operator_by_corp_app_and_userid(house, cast):
    add(house, "chen", [Role.OPERATOR], at("ChenXi"))
    ctx = Context(house)
    assert sign_in.with_wecom(ctx, at("ChenXi"), Browser("", ""))
    for other in (at("chenxi"), at("WangWei")):
        with pytest.raises(UserMistake, match=texts.NO_ACCOUNT):
            sign_in.with_wecom(ctx, other, Browser("", ""))
    assert "sign_in_failed" in actions(house)


def test_a_forged_cookie_is_nobody(site, house, cast):
    browser = site.test_client()
    for value in ("x", "x" * 4_000, "é", "' OR 1=1"):
        browser.set_cookie("console", value, domain="localhost")
        assert browser.get("/console/account").status_code == 302


def test_the_last_use_is_noted_to_the_minute(site, house, cast, clock):
    browser = signed_in(site, house, "author")
    [before] = [row.seen_at for row in all_of(house.database, "sign_ins")]
    clock.tick(seconds=30)
    browser.get("/console/account")
    assert [row.seen_at for row in all_of(house.database, "sign_ins")] == [before]
    clock.tick(seconds=30)
    browser.get("/console/account")
    assert [row.seen_at for row in all_of(house.database, "sign_ins")] == [before + timedelta(minutes=1)]


def test_a_page_left_open_keeps_nobody_signed_in(site, house, cast, clock):
    browser = signed_in(site, house, "author")
    for _ in range(4):
        clock.tick(minutes=59)
        assert browser.get("/console/counts").status_code == 200
    clock.tick(minutes=5)
    assert browser.get("/console/counts").status_code == 302
    assert browser.get("/console/account").status_code == 302


def change(browser, **fields):
    return press(browser, "/console/account/password", **fields)


NEW = "another horse battery"


def test_a_password_is_changed_by_the_one_before_and_every_other_browser_is_out(site, house, author):
    here, there = site.test_client(), site.test_client()
    for browser in (here, there):
        assert typed(browser, "author", PASSWORD).status_code == 303
    assert change(here, old="not the one", password=NEW, again=NEW).status_code == 409
    assert change(here, old=PASSWORD, password=NEW, again="other").status_code == 409
    assert change(here, old=PASSWORD, password="short", again="short").status_code == 409
    assert there.get("/console/account").status_code == 200
    assert change(here, old=PASSWORD, password=NEW, again=NEW).status_code == 303
    assert texts.CHANGED in here.get("/console/account?said=password").text
    assert there.get("/console/account").status_code == 302
    assert typed(site.test_client(), "author", PASSWORD).status_code == 403
    assert typed(site.test_client(), "author", NEW).status_code == 303
    assert "password_set" in actions(house)


def test_guessing_the_old_password_locks_as_guessing_at_the_door_does(site, house, author):
    browser = site.test_client()
    typed(browser, "author", PASSWORD)
    for _ in range(MOST_OF_LOGIN):
        assert texts.OLD_WRONG in change(browser, old="guess", password=NEW, again=NEW).text
    assert texts.LOCKED in change(browser, old=PASSWORD, password=NEW, again=NEW).text
    assert typed(site.test_client(), "author", PASSWORD).status_code == 403


def test_a_first_password_is_set_soon_after_coming_in_by_a_link_and_not_later(site, house, cast, clock):
    soon = signed_in(site, house, "author")
    late = signed_in(site, house, "approver")
    assert change(soon, password=NEW, again=NEW).status_code == 303
    clock.tick(minutes=16)
    assert texts.PROVE_FIRST in change(late, password=NEW, again=NEW).text
    assert typed(site.test_client(), "approver", NEW).status_code == 403
