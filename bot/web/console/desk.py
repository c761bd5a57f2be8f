"""What all pages of the console share: who reads, and how a page is made."""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import Response, g, redirect, render_template, request

from bot import clock
from bot.actions import queue
from bot.actions.sign_in import Browser
from bot.context import Context, House
from bot.errors import NotFound
from bot.model.operator import Operator, Role
from bot.model.sign_in import Visit
from bot.model.texts import console as texts
from bot.web.console import menu
from bot.web.console.cookies import Cookies

_OWN_PATH = re.compile(r"/console/[\w\-/.?=&%+~:,!*'()]{0,1000}", re.ASCII)
_NAME_CHARS, _DIGITS = 64, 18
HOME = "/console/"


class Desk:
    """One house's console, for the modules that hold its pages."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.settings = house.settings
        self.cookies = Cookies(house.settings)
        self.rights: Mapping[str, frozenset[Role]] = {}  # by endpoint; the guard's

    def context(self) -> Context:
        """For one request."""
        return Context(self.house)

    def visit(self) -> Visit:
        """Who is signed in here; asked for only where the guard lets nobody else in."""
        visit: Visit = g.console_visit
        return visit

    def me(self) -> Operator:
        """The operator who reads, as the database had them when this request came."""
        return self.visit().operator

    def browser(self) -> Browser:
        """From where this request comes, as far as it says."""
        return Browser(texts.device(request.user_agent.string[:512]), network(request.remote_addr or ""))

    def page(self, template: str, status: int = 200, **shown: Any) -> Response:
        """A page; for whoever is signed in, its head says who, and its forms carry their token and its menu says how much waits."""
        visit = g.get("console_visit")
        if visit is not None:
            shown["me"] = visit.operator
            shown["menu"] = menu.entries(self.rights, visit.operator)
            shown["token"] = self.cookies.form_token(self.cookies.session(request))
            if "counts" not in shown:
                shown["counts"] = queue.counts(self.context(), visit.operator)
        words = render_template(template, now=clock.now(), **shown)
        return Response(words, status=status, mimetype="text/html")


def go(address: str) -> Response:
    """To a page by GET, so that a reload sends nothing twice."""
    response = redirect(address, 303)
    assert isinstance(response, Response)
    return response


def own_path(path: str) -> str:
    """Where to go on to, if it is a page of the console; else its first one."""
    return path if _OWN_PATH.fullmatch(path) and ".." not in path and "//" not in path else HOME


def network(address: str) -> str:
    """An address as tries are counted by: of version 6, whose holders have many, the network."""
    try:
        one = ip_address(address)
    except ValueError:
        return ""
    if isinstance(one, IPv6Address):
        return str(one.ipv4_mapped) if one.ipv4_mapped else str(ip_network((one, 64), strict=False))
    return str(one)


def names(word: str) -> str:
    """What an address names, where a database can be asked for it. Raises NotFound."""
    if not 0 < len(word) <= _NAME_CHARS or not word.isprintable():
        raise NotFound("page")
    return word


def number_of(text: str) -> int:
    """A whole number that a form gives; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


def way_back(address: str) -> None:
    """Where a page that refuses something leads back to."""
    g.console_back = address
