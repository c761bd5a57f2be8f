"""The provider's pages: a notice in full, its receipt, and one's own cases.

A notice's address names the notice and no person. Who reads is told by WeCom's web authorisation, or by a personal link, which is
changed for a session at once so that it stays in no address bar. A stranger, somebody who left and another provider's admin get the
same page as for a notice that does not exist.
"""

from typing import Any
from urllib.parse import quote, urlencode

import structlog
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from bot import clock
from bot.actions import links, my_cases, notices
from bot.context import Context, House
from bot.errors import NotFound, WecomError
from bot.model.case import Case
from bot.model.notice import Notice
from bot.model.provider import Address
from bot.model.texts import my_cases as case_texts
from bot.model.texts import notices as texts
from bot.model.texts.cases import MEASURES, STATES
from bot.store import cases
from bot.store import notices as stored
from bot.web.sessions import Session, Sessions, is_prefetch
from bot.wecom.client import Client
from bot.wecom.limits import Fault, fault_of

log = structlog.get_logger()

_KEY_CHARS = 64
_WISHES = {"report": texts.REPORT, "object": texts.OBJECT}


class Portal:
    """The pages, over one house. client: asks WeCom who somebody is."""

    def __init__(self, house: House, client: Client) -> None:
        self._house = house
        self._client = client
        self._settings = house.settings
        self._sessions = Sessions(house.settings)

    def blueprint(self) -> Blueprint:
        """For Flask, under /portal."""
        pages = Blueprint("portal", "bot.web", url_prefix="/portal", template_folder="templates", static_folder="static")
        pages.add_url_rule("/", view_func=self.home, endpoint="home")
        pages.add_url_rule("/notices/<key>", view_func=self.notice, endpoint="notice")
        pages.add_url_rule("/notices/<key>/text", view_func=self.text, endpoint="text")
        pages.add_url_rule("/notices/<key>/receipt", view_func=self.receipt, endpoint="receipt", methods=["POST"])
        pages.add_url_rule("/notices/<key>/<any(report, object):what>", view_func=self.wish, endpoint="wish", methods=["POST"])
        pages.add_url_rule("/authorized", view_func=self.authorized, endpoint="authorized")
        pages.add_url_rule("/links/<secret>", view_func=self.link, endpoint="link")
        pages.add_app_template_filter(texts.moment, "moment")
        return pages

    def home(self) -> Response:
        """The reader's own provider's cases."""
        session = self._sessions.read(request)
        if session is None or session.only:
            return self._identify()
        mine = my_cases.shown_to(Context(self._house), session.address)
        return self._page("portal/home.html", mine=mine, now=clock.now(), words=case_texts, measures=MEASURES, states=STATES)

    def notice(self, key: str) -> Response:
        """One notice, whole."""
        session = self._sessions.read(request)
        if session is None or not session.reaches(key):
            return self._identify()
        ctx = Context(self._house)
        notice, case = self._own(ctx, key, session.address)
        if request.method == "GET" and not is_prefetch(request):
            notices.seen(ctx, notice.id, session.address, session.how)
        with ctx.read() as connection:
            receipts = stored.receipts_of(connection, notice.id)
        return self._page(
            "portal/notice.html",
            notice=notice,
            statement=notice.statement,
            case=case,
            receipts=receipts,
            own=next((receipt for receipt in receipts if receipt.address == session.address), None),
            session=session,
            token=self._sessions.form_token(session),
            said=self._said(request.args.get("said", "")),
            state=STATES[case.state] if case else "",
            clock_line=lambda until: case_texts.clock_line(until, clock.now()),
            has_home=not session.only,
            words=texts,
        )

    def text(self, key: str) -> Response:
        """The same as a text to keep."""
        session = self._sessions.read(request)
        if session is None or not session.reaches(key):
            return self._identify()
        notice, _ = self._own(Context(self._house), key, session.address)
        response = Response(texts.whole(notice.statement) + "\n", mimetype="text/plain")
        response.headers["Content-Disposition"] = f"attachment; filename={notice.number}.txt"
        return response

    def receipt(self, key: str) -> Response:
        """确认收到, by a press: a GET never counts."""
        session = self._acting(key)
        ctx = Context(self._house)
        notice, _ = self._own(ctx, key, session.address)
        given = notices.confirm(ctx, notice.id, session.address, "portal")
        return self._back(key, "confirmed" if given.is_first else "confirmed_before")

    def wish(self, key: str, what: str) -> Response:
        """提交整改报告 or 提出异议: written down for an operator."""
        session = self._acting(key)
        ctx = Context(self._house)
        notice, _ = self._own(ctx, key, session.address)
        return self._back(key, what if notices.wish(ctx, notice.id, session.address, what) else f"{what}_before")

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
        address = Address(self._settings.wecom_corpid, self._settings.wecom_agentid, userid)
        self._sessions.write(response, Session(address, "oauth"))
        response.status_code, response.headers["Location"] = 302, path
        return response

    def link(self, secret: str) -> Response:
        """A personal link becomes a session, and leaves the address bar.

        A link from chat belongs to the first browser that opens it: one that comes without a name is given one and comes again, so that
        what keeps no cookies, such as a scanner of messages, takes the link from nobody.
        """
        if request.method == "HEAD":
            return Response()
        if is_prefetch(request):
            return Response(status=503)  # not shown, not kept: the browser asks again when somebody goes there
        browser = self._sessions.browser(request)
        if browser is None:
            return self._named(secret)
        try:
            found = links.opened(Context(self._house), secret, browser)
        except NotFound:
            abort(410)
        response = redirect(found.path)
        assert isinstance(response, Response)
        self._sessions.write(response, Session(found.admin.address, found.how, found.only))
        return response

    def _named(self, secret: str) -> Response:
        if "again" in request.args or len(secret) > _KEY_CHARS:
            abort(410)
        response = redirect(url_for("portal.link", secret=secret, again=1))
        assert isinstance(response, Response)
        self._sessions.name_browser(response)
        return response

    def _own(self, ctx: Context, key: str, address: Address) -> tuple[Notice, Case | None]:
        """The notice and its case, for an addressee; 404 for all others."""
        try:
            if len(key) > _KEY_CHARS:
                raise NotFound("notice")
            with ctx.read() as connection:
                notice = stored.by_key(connection, key)
                notices.addressee(connection, notice, address)
                return notice, cases.get(connection, notice.case_id) if notice.case_id else None
        except NotFound:
            abort(404)

    def _identify(self) -> Response:
        """To WeCom and back; without a trusted domain, a page that says how to come by a personal link."""
        if not self._settings.wecom_trusted_domain:
            return self._page("portal/no_reader.html", status=403)
        response = make_response()
        state = self._sessions.leave(response, request.path)
        query = {
            "appid": self._settings.wecom_corpid,
            "redirect_uri": f"{self._settings.public_url}/portal/authorized",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": self._settings.wecom_agentid,
        }
        address = f"{self._settings.wecom_oauth_base}/connect/oauth2/authorize?{urlencode(query, quote_via=quote)}#wechat_redirect"
        response.status_code, response.headers["Location"] = 302, address
        return response

    def _acting(self, key: str) -> Session:
        """The reader of a form that they were shown themselves, and that they may send."""
        session = self._sessions.read(request)
        if session is None or not session.reaches(key) or not session.may_act:
            abort(403)
        if not self._sessions.is_own_form(session, request.form.get("token", "")[:200]):
            abort(403)
        return session

    def _back(self, key: str, said: str) -> Response:
        """To the page again, by GET, so that a reload sends nothing twice."""
        response = redirect(url_for("portal.notice", key=key, said=said), 303)
        assert isinstance(response, Response)
        return response

    @staticmethod
    def _said(word: str) -> str:
        what = word.removesuffix("_before")
        if word in ("confirmed", "confirmed_before"):
            return texts.PAGE_CONFIRMED if word == "confirmed" else texts.PAGE_CONFIRMED_BEFORE
        if what in _WISHES:
            return (texts.page_wished_before if word != what else texts.page_wished)(_WISHES[what])
        return ""

    @staticmethod
    def _page(template: str, status: int = 200, **shown: Any) -> Response:
        return Response(render_template(template, **shown), status=status, mimetype="text/html")
