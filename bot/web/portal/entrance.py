"""How somebody comes to be known here: by WeCom's web authorisation, or by a personal link."""

import structlog
from flask import Blueprint, Response, abort, make_response, redirect, request, url_for

from bot.actions import links
from bot.errors import NotFound, WecomError
from bot.model.provider import Address
from bot.model.texts import pages as texts
from bot.web.portal.desk import Desk
from bot.web.sessions import Session, is_prefetch
from bot.wecom.client import Client
from bot.wecom.limits import Fault, fault_of

log = structlog.get_logger()

_SECRET_CHARS = 64


class Entrance:
    """client: asks WeCom who somebody is."""

    def __init__(self, desk: Desk, client: Client) -> None:
        self._desk = desk
        self._sessions = desk.sessions
        self._client = client

    def add_to(self, pages: Blueprint) -> None:
        """Its addresses."""
        pages.add_url_rule("/authorized", view_func=self.authorized, endpoint="authorized")
        pages.add_url_rule("/links/<secret>", view_func=self.link, endpoint="link")

    def authorized(self) -> Response:
        """Back from WeCom with a code: whose it is, WeCom says."""
        response = make_response()
        path = self._sessions.come_back(request, response, request.args.get("state", ""))
        code = request.args.get("code", "")
        if path is None or not code or len(code) > 512:
            abort(403)
        try:
            userid = self._client.auth_getuserinfo(code)
        except WecomError as error:
            log.warning("authorisation_failed", errcode=error.errcode)
            if fault_of(error.errcode) in (Fault.CREDENTIAL, Fault.CONFIG) or error.errcode < 0:
                abort(503)
            abort(403)
        if not userid:  # from outside the corp
            abort(404)
        settings = self._desk.settings
        self._sessions.write(response, Session(Address(settings.wecom_corpid, settings.wecom_agentid, userid), "oauth"))
        if self._sessions.browser(request) is None:
            self._sessions.name_browser(response)
        response.status_code, response.headers["Location"] = 302, path
        return response

    def link(self, secret: str) -> Response:
        """A personal link becomes a session, and leaves the address bar.

        A link from chat belongs to the first browser that opens it: one that comes without a name is given one and comes again, so that
        what keeps no cookies, such as a scanner of messages, takes the link from nobody. Whoever had a session becomes who the link is
        for; but a mail's link, which only reads, takes nothing from a session of the same person.
        """
        if request.method == "HEAD":
            return Response()
        if is_prefetch(request):  # neither shown nor kept by the browser, which asks again when somebody goes there
            return Response(texts.PRELOADED, status=503, mimetype="text/plain")
        if len(secret) > _SECRET_CHARS:
            abort(410)
        browser = self._sessions.browser(request)
        if browser is None:
            return self._named(secret)
        try:
            found = links.opened(self._desk.context(), secret, browser)
        except NotFound:
            abort(410)
        response = redirect(found.path)
        assert isinstance(response, Response)
        known = self._desk.reader()
        if not (found.only and known and known.address == found.admin.address):
            self._sessions.write(response, Session(found.admin.address, found.how, found.only))
        return response

    def _named(self, secret: str) -> Response:
        if "again" in request.args:
            return self._desk.page("portal/no_cookies.html", status=403, words=texts.NO_COOKIES)
        response = redirect(url_for("portal.link", secret=secret, again=1))
        assert isinstance(response, Response)
        self._sessions.name_browser(response)
        return response
