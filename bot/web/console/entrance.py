"""How an operator signs in: with a password, with WeCom, or by a link that works once."""

from urllib.parse import quote, urlencode

import structlog
from flask import Response, abort, g, make_response, request, url_for

from bot.actions import sign_in
from bot.errors import NotFound, UserMistake, WecomError
from bot.model.provider import Address
from bot.model.texts import console as texts
from bot.web.console.desk import Desk, go, own_path
from bot.web.console.guard import OPEN, Guard
from bot.wecom.client import Client
from bot.wecom.limits import Fault, fault_of

log = structlog.get_logger()

_SECRET_CHARS, _CODE_CHARS = 64, 512
_SAID = {"out": texts.OUT, "everywhere": texts.OUT_EVERYWHERE}


class Entrance:
    """client: asks WeCom who somebody is."""

    def __init__(self, desk: Desk, client: Client) -> None:
        self._desk = desk
        self._client = client

    def add_to(self, guard: Guard) -> None:
        """Its addresses: the only ones that are open to everybody."""
        guard.add("/sign-in", self.enter, may=OPEN)
        guard.add("/sign-in", self.sign_in, may=OPEN, methods=("POST",))
        guard.add("/links/<secret>", self.link, may=OPEN)
        guard.add("/links/<secret>", self.use_link, may=OPEN, methods=("POST",))
        if self._desk.settings.console_wecom:
            guard.add("/wecom", self.leave, may=OPEN)
            guard.add("/wecom/back", self.come_back, may=OPEN)

    def enter(self) -> Response:
        """The form."""
        if g.console_visit is not None:
            return go(own_path(request.args.get("next", "")))
        said = _SAID.get(request.args.get("said", ""), "")
        return self._form(own_path(request.args.get("next", "")), said=said, is_old="old" in request.args)

    def sign_in(self) -> Response:
        """By password."""
        next_path, login = own_path(request.form.get("next", "")), request.form.get("login", "")[:64]
        try:
            secret = sign_in.with_password(self._desk.context(), login, request.form.get("password", ""), self._desk.browser())
        except UserMistake as error:
            return self._form(next_path, login=login, wrong=error.say, status=403)
        return self._in(secret, next_path)

    def link(self, secret: str) -> Response:
        """Asks before it signs anybody in: what only looks at links, such as a scanner of messages, uses none up."""
        if len(secret) > _SECRET_CHARS:
            abort(410)
        try:
            who = sign_in.whose_link(self._desk.context(), secret)
        except NotFound:
            abort(410)
        now = g.console_visit.operator if g.console_visit else who
        return self._before("console/link.html", who=who, secret=secret, until_now="" if now.id == who.id else now.name)

    def use_link(self, secret: str) -> Response:
        """By the link."""
        try:
            found = sign_in.with_link(self._desk.context(), secret[:_SECRET_CHARS], self._desk.browser())
        except NotFound:
            abort(410)
        return self._in(found, own_path(""))

    def leave(self) -> Response:
        """To WeCom's page with the code to scan (path/98152)."""
        settings, response = self._desk.settings, make_response()
        query = {
            "login_type": "CorpApp",
            "appid": settings.wecom_corpid,
            "agentid": settings.wecom_agentid,
            "redirect_uri": f"{settings.console}/wecom/back",
            "state": self._desk.cookies.leave(response, own_path(request.args.get("next", ""))),
        }
        response.headers["Location"] = f"{settings.wecom_login_base}/wwlogin/sso/login?{urlencode(query, quote_via=quote)}"
        response.status_code = 302
        return response

    def come_back(self) -> Response:
        """From there with a code. Whatever comes of it, the state is used up."""
        used = make_response()
        path = self._desk.cookies.come_back(request, used, request.args.get("state", "")[:128])
        return _with_cookies(self._known_by(path, request.args.get("code", "")), used)

    def _known_by(self, path: str | None, code: str) -> Response:
        """Whose the code is, WeCom says."""
        settings = self._desk.settings
        if path is None or not 0 < len(code) <= _CODE_CHARS:
            return self._form(own_path(""), wrong=texts.NOT_WECOM, status=403)
        try:
            userid = self._client.auth_getuserinfo(code)
            if not userid:  # from outside the corp
                raise UserMistake(texts.NO_ACCOUNT)
            address = Address(settings.wecom_corpid, settings.wecom_agentid, userid)
            secret = sign_in.with_wecom(self._desk.context(), address, self._desk.browser())
        except WecomError as error:
            log.warning("sign_in_failed", errcode=error.errcode)
            is_ours = fault_of(error.errcode) in (Fault.CREDENTIAL, Fault.CONFIG) or error.errcode < 0
            say, status = (texts.NO_WECOM, 503) if is_ours else (texts.NOT_WECOM, 403)
            return self._form(path, wrong=say, status=status)
        except UserMistake as error:
            return self._form(path, wrong=error.say, status=403)
        return self._in(secret, path)

    def _form(
        self, next_path: str, *, login: str = "", wrong: str = "", said: str = "", is_old: bool = False, status: int = 200
    ) -> Response:
        scan = url_for("console.leave", next=next_path) if self._desk.settings.console_wecom else ""
        shown = {"next": next_path, "login": login, "wrong": wrong, "said": said, "is_old": is_old, "scan": scan}
        return self._before("console/sign_in.html", status, **shown)

    def _before(self, template: str, status: int = 200, **shown: object) -> Response:
        """A page with a form of whoever comes, also of somebody who is signed in as another here."""
        held, g.console_visit = make_response(), None
        browser = self._desk.cookies.browser(request, held)
        return _with_cookies(self._desk.page(template, status, **{"token": self._desk.cookies.form_token(browser), **shown}), held)

    def _in(self, secret: str, path: str) -> Response:
        before = g.console_visit
        if before is not None:  # of whoever used this browser until now: nobody holds it any more
            sign_in.sign_out(self._desk.context(), before.operator, before.sign_in.id)
        response = go(path)
        self._desk.cookies.begin(response, secret)
        return response


def _with_cookies(response: Response, held: Response) -> Response:
    for value in held.headers.getlist("Set-Cookie"):
        response.headers.add("Set-Cookie", value)
    return response
