"""Signing in by scanning with WeCom."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.model.operator import Role
from bot.model.texts import console as texts
from tests.cast import AGENTID, CORPID, at
from tests.web.console.visitors import add


@pytest.fixture
def settings(make_settings):
    return make_settings(console_wecom=True, console_url="http://localhost")


@pytest.fixture
def browser(site, house, cast):
    add(house, "wang", [Role.OPERATOR], at("WangWei"))
    return site.test_client()


def leave(browser, path="/console/account"):
    """Go to WeCom. Returns the `state` that it brings back."""
    location = urlsplit(browser.get(f"/console/wecom?next={path}").headers["Location"])
    query = {name: value for name, [value] in parse_qs(location.query).items()}
    assert (location.netloc, location.path) == ("login.work.weixin.qq.com", "/wwlogin/sso/login")
    assert (query["login_type"], query["appid"], query["agentid"]) == ("CorpApp", CORPID, str(AGENTID))
    assert query["redirect_uri"] == "http://localhost/console/wecom/back"
    return query["state"]


def code(wecom, userid):
    with wecom.lock:
        return wecom.codes.issue(userid)


def test_an_operator_who_scans_is_signed_in_and_where_they_wanted_to_go(browser, wecom):
    state = leave(browser)
    back = browser.get(f"/console/wecom/back?code={code(wecom, 'WangWei')}&state={state}")
    assert (back.status_code, back.headers["Location"]) == (303, "/console/account")
    assert "企业微信扫码" in browser.get("/console/account").text


def test_a_member_who_is_no_operator_is_told_so(browser, wecom):
    back = browser.get(f"/console/wecom/back?code={code(wecom, 'li.na')}&state={leave(browser)}")
    assert back.status_code == 403
    assert texts.NO_ACCOUNT in back.text


def test_a_code_that_another_browser_brings_signs_nobody_in(site, browser, wecom):
    state, given = leave(browser), code(wecom, "WangWei")
    other = site.test_client()
    leave(other)
    for forged in (state, "", "x" * 999):
        assert other.get(f"/console/wecom/back?code={given}&state={forged}").status_code == 403
    assert other.get("/console/account").status_code == 302


def test_a_state_is_good_once(browser, wecom):
    state = leave(browser)
    assert browser.get(f"/console/wecom/back?code=bad&state={state}").status_code == 403
    assert browser.get(f"/console/wecom/back?code={code(wecom, 'WangWei')}&state={state}").status_code == 403


def test_without_the_setting_there_is_no_such_page(make_settings, house, wecom, cast):
    from bot.web.app import create_app
    from bot.web.console import Console

    object.__setattr__(house, "settings", make_settings())
    site = create_app({}, [], 0, console=Console(house, None).blueprint())  # type: ignore[arg-type]
    assert site.test_client().get("/console/wecom").status_code == 404
    assert "扫码" not in site.test_client().get("/console/sign-in").text
