"""Who may go where: every route is added here with the roles that it takes, and one that is not is closed to everybody."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import parse_form_data

from bot.actions import sign_in
from bot.model.operator import Role
from bot.model.texts.settings import DEEDS
from bot.web.console.desk import HOME, Desk, own_path

OPEN: frozenset[Role] = frozenset()  # to whoever comes: how one signs in
STAFF = frozenset(Role)
_FORM_BYTES = 1 << 20  # what a form may have beside its files
_KEPT_FIELDS = 5_000  # a form with three fields for each clause of the rules
_SHORT_CHARS = 40
# what pages ask for every few seconds
_BY_ITSELF = frozenset({"console.counts", "console.here", "console.broadcast_progress", "console.rulebook_progress"})
_NEVER_KEPT = {"token", "old", "password", "again"}

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser says "null" where a form of ours comes from
}


class Guard:
    """The console's routes, and who may use each. rights: by endpoint; OPEN means everybody."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pages: Blueprint | None = None
        self.rights: dict[str, frozenset[Role]] = {}
        desk.rights = self.rights
        self._files_bytes: dict[str, int] = {}

    def watch(self, pages: Blueprint) -> None:
        """Stand in front of every page of this blueprint."""
        self._pages = pages
        pages.before_request(self._check)
        pages.after_app_request(self._add_headers)  # where there is no page too

    def add(
        self, rule: str, view: Callable[..., Any], *, may: Iterable[Role], methods: tuple[str, ...] = ("GET",), files_bytes: int = 0
    ) -> None:
        """One route, and who may use it. Its endpoint is the name of `view`. files_bytes: what its form's files may have together."""
        assert self._pages is not None
        name: str = view.__name__
        self.rights[f"console.{name}"] = frozenset(may)
        if files_bytes:
            self._files_bytes[f"console.{name}"] = files_bytes
        self._pages.add_url_rule(rule, endpoint=name, view_func=view, methods=list(methods))

    def _check(self) -> Response | None:
        endpoint = request.endpoint or ""
        if endpoint == "console.static":
            return None
        may = self.rights.get(endpoint)
        if may is None:
            abort(403)
        if request.method == "POST" and not _is_from_here():
            abort(403)
        secret = self._desk.cookies.session(request)
        by_itself = endpoint in _BY_ITSELF
        g.console_visit = sign_in.visit(self._desk.context(), secret, by_itself=by_itself) if secret else None
        if not may:
            return self._check_open_form()
        if g.console_visit is None:
            return self._ask_who()
        if not any(g.console_visit.operator.may(role) for role in may):
            return self._kept(is_barred=True)
        if endpoint in self._files_bytes:  # not before it is known who sends
            request.max_content_length = self._files_bytes[endpoint] + _FORM_BYTES
            request.max_form_memory_size = _FORM_BYTES
        if request.method == "POST" and not self._desk.cookies.is_own_form(secret, request.form.get("token", "")):
            return self._kept()
        return None

    def _check_open_form(self) -> Response | None:
        cookies = self._desk.cookies
        held = cookies.browser(request)
        if request.method == "POST" and not cookies.is_own_form(held, request.form.get("token", "")):
            response = redirect(url_for("console.enter", old=1, next=own_path(request.form.get("next", ""))), 303)
            assert isinstance(response, Response)
            return response
        return None

    def _ask_who(self) -> Response:
        if request.method == "POST":
            return self._kept()
        path = own_path(request.full_path.rstrip("?"))
        response = redirect(url_for("console.enter", next=path))
        assert isinstance(response, Response)
        return response

    def _kept(self, *, is_barred: bool = False) -> Response:
        """Nothing was done, and nothing that was typed is lost: it is shown, to be sent again. is_barred: this account may not.

        Never to a browser that doesn't say where the form came from: a page elsewhere could have its words shown with a token of ours.
        """
        if request.method != "POST" or not any(request.headers.get(name) for name in ("Sec-Fetch-Site", "Origin")):
            abort(403)
        form, had_files = _sent()
        fields = _fields(form)
        has_words = any(_is_typed(value) for _, value in fields)
        if is_barred and not has_words:
            abort(403)
        name, about = (request.endpoint or "").removeprefix("console."), (request.view_args or {}).get("number", "")
        deed = next((deeds[name] for deeds in DEEDS.values() if name in deeds), "")
        shown = {
            "deed": f"{deed} {about}".strip(),
            "fields": fields,
            "is_typed": _is_typed,
            "has_words": has_words,
            "had_files": had_files,
            "is_barred": is_barred,
        }
        return self._desk.page("console/kept.html", status=403, action=request.path, request_id=g.request_id, **shown)

    def _add_headers(self, response: Response) -> Response:
        if not f"{request.path}/".startswith(HOME):
            return response
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if self._desk.cookies.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def _is_from_here() -> bool:
    """What the browser says of where a form comes from: its token is checked besides."""
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    if site:
        return site in ("same-origin", "none")
    return not origin or urlsplit(origin).netloc == request.host


def _sent() -> tuple["MultiDict[str, str]", bool]:
    """(what a form says, whether files came with it). Of one whose files are too large to be read for nobody in particular, what stands
    in its first bytes: there words come before files."""
    most, boundary = request.max_content_length, request.mimetype_params.get("boundary", "")
    if not boundary or most is None or (request.content_length or 0) <= most:
        return request.form, any(request.files)
    begun = request.environ["wsgi.input"].read(most - len(boundary) - 8) + f"\r\n--{boundary}--\r\n".encode()
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ |= {"wsgi.input": BytesIO(begun), "CONTENT_LENGTH": str(len(begun))}
    _, form, files = parse_form_data(environ)
    return form, any(files)


def _fields(form: "MultiDict[str, str]") -> list[tuple[str, str]]:
    """Every value of every field: boxes of one name are several."""
    return [(name, value) for name, value in form.items(multi=True) if name not in _NEVER_KEPT][:_KEPT_FIELDS]


def _is_typed(value: str) -> bool:
    """Whether people wrote it, and would want to see it: what pages put into their forms is short and ASCII."""
    return not value.isascii() or "\n" in value or len(value) > _SHORT_CHARS
