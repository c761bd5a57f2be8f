"""People who come to the provider's pages, in browsers of their own."""

import re
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from flask import Response

from bot import clock
from bot.actions import links, notices
from bot.context import Context
from bot.model.provider import Address
from bot.store import cases as case_rows
from bot.store import notices as notice_rows
from bot.store import providers
from bot.store.tokens import DatabaseTokens
from bot.web.app import create_app
from bot.web.portal import Portal
from bot.web.sessions import Sessions
from bot.wecom.client import Client
from tests.cast import AGENTID, CORPID

WANG, LI, ZHAO = (Address(CORPID, AGENTID, userid) for userid in ("WangWei", "li.na", "ZhaoMin"))


def make_site(house, wecom, settings):
    """The Flask app with its portal, asking the stand-in who somebody is."""
    wecom.public_url = settings.public_url
    object.__setattr__(settings, "wecom_oauth_base", wecom.own_url)
    secret = settings.wecom_secret.get_secret_value()
    client = Client(wecom.own_url, CORPID, AGENTID, secret, DatabaseTokens(house.database))
    return create_app({}, [], 0, Portal(house, client).blueprint())


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def authorise(browser, userid, location):
    """Go to the stand-in as this member, and come back with what it gives. Returns the answer of the portal."""
    opener = build_opener(_NoRedirect)
    try:
        opener.open(f"{location.partition('#')[0]}&as={userid}")
        raise AssertionError("no redirect")
    except HTTPError as error:
        back = urlsplit(error.headers["Location"])
    return browser.get(f"{back.path}?{back.query}")


def enter(site, userid, path):
    """A browser in which this member has opened `path`."""
    browser = site.test_client()
    first = browser.get(path)
    assert first.status_code == 302
    back = authorise(browser, userid, first.headers["Location"])
    if back.status_code == 302:
        assert back.headers["Location"] == path
    return browser


def open_link(browser, path):
    """Follow a personal link to where it leads; a browser that comes for the first time is given a name on the way."""
    answer = browser.get(path)
    if "/portal/links/" in answer.headers.get("Location", ""):
        answer = browser.get(answer.headers["Location"])
    return answer


def link_of(house, notice, address, how="link"):
    """The path of a personal link to a notice, from chat or from a mail."""
    ctx = Context(house)
    if how == "link":
        return urlsplit(notices.personal_link(ctx, notice.id, address)).path
    with ctx.transaction() as tx:
        admin = providers.admin_at(tx, address)
        assert admin is not None
        return urlsplit(links.to_notice(ctx, tx, admin, notice)).path


def hidden(page, name):
    """The value of the first hidden field of this name."""
    (first, *_) = re.findall(rf'name="{name}" value="([^"]+)"', page.text)
    return first


def token(page):
    return hidden(page, "token")


def path_of(notice):
    return f"/portal/notices/{notice.key}"


def first_notice(house, number):
    with house.database.read() as connection:
        return notice_rows.of_case(connection, case_rows.by_number(connection, number).id)[0]


def depart(house, address):
    """Let somebody speak for their provider no more."""
    with house.database.write() as tx:
        admin = providers.admin_at(tx, address)
        assert admin is not None
        providers.depart(tx, admin.id, clock.now())


def with_session(site, settings, session):
    """A browser that holds this session, as if it had come by it."""
    response = Response()
    Sessions(settings).write(response, session)
    name, _, value = response.headers["Set-Cookie"].partition(";")[0].partition("=")
    browser = site.test_client()
    browser.set_cookie(name, value, domain="localhost")
    return browser
