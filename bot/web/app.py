"""The Flask side of the callback server: health, readiness, metrics, and plain errors."""

import errno
import os
import secrets
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import structlog
from flask import Blueprint, Flask, Response, current_app, g, render_template, request, send_from_directory
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from bot.errors import NoSpace, NotFound, Stale, TransitionNotAllowed, Unavailable, UserMistake
from bot.model.texts import console as console_texts
from bot.model.texts import pages
from bot.web.pages import REFUSED

log = structlog.get_logger()

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_STATIC = Path(__file__).parent / "static"

# Only for pages that show how far an upload has come.
_WITH_SCRIPTS = _HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'"


def create_app(
    checks: dict[str, Callable[[], object]],
    collectors: list[Collector],
    trusted_proxies: int,
    portal: Blueprint | None = None,
    console: Blueprint | None = None,
) -> Flask:
    """The app behind the callback address.

    checks: what /readyz asks, by name; a check that raises is not ready. collectors: what /metrics reads beside the counters.
    portal: the provider's pages. console: the operators'.
    """
    app = Flask("bot.web", static_folder=None)
    app.url_map.converters["int"] = _Id
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = 1 << 20
    if trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, trusted_proxies, trusted_proxies, trusted_proxies)  # type: ignore[method-assign]

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        states = {name: _state(check) for name, check in checks.items()}
        lines = "".join(f"{name}: {state}\n" for name, state in states.items())
        return Response(lines, status=200 if set(states.values()) <= {"ok"} else 503, mimetype="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(_measured(collectors), content_type=CONTENT_TYPE_LATEST)

    @app.get("/favicon.ico")
    def favicon() -> Response:  # asked for by browsers beside files that are no page of ours
        return send_from_directory(_STATIC, "icon.svg", max_age=86_400)

    _guard(app)  # before the others: what they say of their own answers goes first
    for pages_of in filter(None, (portal, console)):
        app.register_blueprint(pages_of)
        app.jinja_env.globals["asset_version"] = _version(_STATIC)
    return app


class _Id(IntegerConverter):
    """A number in an address: no page is there where no database counts so far."""

    def __init__(self, addresses: Map) -> None:
        super().__init__(addresses, max=(1 << 63) - 1)


def _version(folder: Path) -> str:
    """Changes whenever a file of `folder` does: browsers may then keep each version for good."""
    digest = sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _measured(collectors: list[Collector]) -> bytes:
    """The counters of all processes of this machine where they share a folder (config/server), else this one's; then `collectors`."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    for collector in collectors:
        registry.register(collector)
    own = b"" if "PROMETHEUS_MULTIPROC_DIR" in os.environ else generate_latest()
    return own + generate_latest(registry)


def _state(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001  every back end has its own errors; each of them means: not ready
        log.warning("not_ready", error=type(error).__name__)
        return "unavailable"
    return "ok"


def _guard(app: Flask) -> None:
    """Request ids, safe headers, and errors without a word of what went wrong inside."""

    @app.before_request
    def _name_request() -> Response | None:
        g.request_id = secrets.token_hex(8)
        status = request.environ.get(REFUSED)
        return _failure(status, HTTPStatus(status).phrase) if status else None

    @app.after_request
    def _add_headers(response: Response) -> Response:
        is_asset = response.status_code in (200, 304) and (request.endpoint or "").endswith("static")
        for name, value in (_HEADERS | ({"Content-Security-Policy": _WITH_SCRIPTS} if g.get("portal_scripts") else {})).items():
            response.headers.setdefault(name, value)  # a file that is handed out has stricter ones of its own
        if is_asset:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response

    @app.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> Response:
        return _failure(error.code or 500, error.name)

    @app.errorhandler(UserMistake)
    def _mistake(error: UserMistake) -> Response:
        return _failure(409, "Conflict", error.say)

    @app.errorhandler(NotFound)
    def _not_found(_error: NotFound) -> Response:
        return _failure(404, "Not Found")

    @app.errorhandler(Stale)
    @app.errorhandler(TransitionNotAllowed)
    def _changed(_error: Exception) -> Response:
        return _failure(409, "Conflict")

    @app.errorhandler(Unavailable)
    def _unavailable(_error: Unavailable) -> Response:
        return _failure(503, "Service Unavailable")

    @app.errorhandler(NoSpace)
    def _full(_error: NoSpace) -> Response:
        return _failure(507, "Insufficient Storage")

    @app.errorhandler(OSError)
    def _cut_off(error: OSError) -> Response:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # a form's files lie in the system's folder until they are looked at
            return _failure(507, "Insufficient Storage")
        if isinstance(error, TimeoutError):  # the client stopped sending
            return _failure(408, "Request Timeout")
        return _failed(error)

    @app.errorhandler(Exception)
    def _failed(error: Exception) -> Response:
        log.error("request_failed", request_id=g.get("request_id"), endpoint=request.endpoint, error=type(error).__name__)
        return _failure(500, f"Internal Server Error\nrequest {g.get('request_id')}")


def _failure(status: int, name: str, say: str = "") -> Response:
    """A page for people, a line for machines; neither says what went wrong inside."""
    place = _for_people()
    if place == "portal":
        g.portal_scripts = False
        title, words = pages.failure(status)
        told = {"title": pages.REFUSED if say else title, "words": say or words, "back": g.get("portal_back") if status == 409 else None}
    elif place == "console":
        title, words = console_texts.failure(status)
        told = {"title": console_texts.REFUSED if say else title, "words": say or words, "back": g.get("console_back", "/console/")}
    else:
        return Response(f"{status} {name}\n", status=status, mimetype="text/plain")
    page = render_template(f"{place}/error.html", **told, request_id=g.get("request_id", ""))
    return Response(page, status=status, mimetype="text/html")


def _for_people() -> str:
    """Whose page says what did not work: by the address, and beside these by what a browser says that it wants; "" for none."""
    first = request.path.split("/")[1]
    if first in ("portal", "console") and first in current_app.blueprints:
        return first
    is_browser = "text/html" in request.headers.get("Accept", "")
    return next((name for name in ("portal", "console") if is_browser and name in current_app.blueprints), "")
