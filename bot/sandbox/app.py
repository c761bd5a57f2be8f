"""Puts the stand-in's web side together: vendor API, web authorisation, control interface and chat page."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from jinja2 import ChainableUndefined

from bot.sandbox import control, oauth, pages, render
from bot.sandbox.api import VendorApi
from bot.sandbox.current import KEY
from bot.sandbox.world import World
from config.settings import is_loopback


def create_app(world: World) -> Flask:
    """The whole stand-in as a WSGI app. Faults that break the connection need server.Server under it."""
    app = Flask(__name__)
    app.extensions[KEY] = world
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    # a card leaves out most of its parts, and a part most of its fields
    app.jinja_env.undefined = ChainableUndefined
    app.jinja_env.filters.update(render.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["MAX_CONTENT_LENGTH"] = 24 << 20
    app.register_blueprint(control.routes)
    app.register_blueprint(oauth.routes)
    app.register_blueprint(pages.routes)
    app.before_request(_refuse_strangers)
    app.after_request(lambda response: _harden(response, world))
    app.wsgi_app = VendorApi(world, app.wsgi_app)  # type: ignore[method-assign]
    return app


def _refuse_strangers() -> None:
    """Only this machine's own pages and programs may steer: no other site by rebinding its name or by posting a form."""
    if not is_loopback(f"http://{request.host}"):
        abort(403)
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


def _harden(response: Response, world: World) -> Response:
    bot = urlsplit(world.public_url)
    pictures = f" {bot.scheme}://{bot.netloc}" if bot.netloc else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{pictures}; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
