"""What all pages of the portal share: who reads, who may send a form, and how a page is made."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, abort, g, make_response, redirect, render_template, request

from bot import clock
from bot.actions import my_pages
from bot.context import Context, House
from bot.errors import NotFound
from bot.model.texts.my_cases import clock_line
from bot.web.sessions import Session, Sessions

TOKEN_CHARS = 200
NAME_CHARS = 128  # of what an address may name: a key, a number, a code


class Desk:
    """One house's portal, for the modules that hold its pages."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.settings = house.settings
        self.sessions = Sessions(house.settings)

    def context(self) -> Context:
        """For one request."""
        return Context(self.house)

    def reader(self) -> Session | None:
        """Who reads, where they may ask for every page; None for whoever has to say first who they are."""
        session = self.sessions.read(request)
        return None if session is None or session.only else session

    def acting(self, token: str | None = None) -> Session:
        """Who sends a form of their own. 403 for whoever has no session that may act, or comes from no page of ours.

        token: of the form, where it does not come in its body: asking for that would read a whole upload.
        """
        session = self.reader()
        if session is None or not session.may_act or not self.is_own_form(session, token):
            abort(403)
        return session

    def is_own_form(self, session: Session, token: str | None = None) -> bool:
        """Whether the form came from a page that this reader was shown."""
        given = request.form.get("token", "") if token is None else token
        return self.sessions.is_own_form(session, given[:TOKEN_CHARS])

    def identify(self, path: str = "") -> Response:
        """To WeCom and back to `path` (here, if not given); without a trusted domain, a page that says how to come by a personal link."""
        if not self.settings.wecom_trusted_domain:
            return self.page("portal/no_reader.html", status=403)
        response = make_response()
        state = self.sessions.leave(response, path or request.path)
        query = {
            "appid": self.settings.wecom_corpid,
            "redirect_uri": f"{self.settings.public_url}/portal/authorized",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": self.settings.wecom_agentid,
        }
        address = f"{self.settings.wecom_oauth_base}/connect/oauth2/authorize?{urlencode(query, quote_via=quote)}#wechat_redirect"
        response.status_code, response.headers["Location"] = 302, address
        return response

    def page(self, template: str, session: Session | None = None, status: int = 200, *, scripts: bool = False, **shown: Any) -> Response:
        """A page; with a session its head says who reads, and its forms carry their token. scripts: it needs ours."""
        if session is not None:
            shown["me"] = my_pages.who(self.context(), session.address)
            shown["token"] = self.sessions.form_token(session)
        g.portal_scripts = scripts
        now = clock.now()
        words = render_template(template, session=session, now=now, until=lambda at: clock_line(at, now), scripts=scripts, **shown)
        return Response(words, status=status, mimetype="text/html")


def go(address: str) -> Response:
    """To a page by GET, so that a reload sends nothing twice."""
    response = redirect(address, 303)
    assert isinstance(response, Response)
    return response


def names(word: str) -> str:
    """What an address names, where a database can be asked for it. Raises NotFound."""
    if not 0 < len(word) <= NAME_CHARS or not word.isprintable():
        raise NotFound("page")
    return word


def way_back(address: str, label: str) -> None:
    """Where a page that refuses something leads back to."""
    g.portal_back = (address, label)
