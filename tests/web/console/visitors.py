"""Operators at the console, in browsers of their own."""

import re

from bot import clock
from bot.actions import sign_in
from bot.context import Context
from bot.store import operators

PASSWORD = "correct horse battery"
HERE = {"Sec-Fetch-Site": "same-origin"}


def add(house, login, roles, address=None):
    with house.database.write() as tx:
        return operators.add(tx, login, login.title(), f"{login}@example.com", roles, address, clock.now())


def give_password(house, operator, password=PASSWORD):
    sign_in.set_password(Context(house), operator, operator.login, password)


def token(page):
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found[1]


def typed(browser, login, password, **more):
    """Fill the sign-in form in and send it."""
    form = browser.get("/console/sign-in")
    return browser.post("/console/sign-in", data={"token": token(form), "login": login, "password": password, **more}, headers=HERE)


def signed_in(site, house, login, agent="Mozilla/5.0 (Windows NT 10.0) Chrome/140"):
    """A browser in which this operator is signed in, by a link."""
    browser = site.test_client()
    browser.environ_base["HTTP_USER_AGENT"] = agent
    path = f"/console/links/{sign_in.make_link(Context(house), None, login)}"
    done = browser.post(path, data={"token": token(browser.get(path))}, headers=HERE)
    assert done.status_code == 303, done.text
    return browser


def press(browser, path, **fields):
    """Send a form as the page of this browser would."""
    return browser.post(path, data={"token": token(browser.get("/console/account")), **fields}, headers=HERE)
