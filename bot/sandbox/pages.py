"""The chat page, its stream of changes, and the pictures in it."""

import json
from collections.abc import Iterator
from itertools import groupby

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request

from bot import clock
from bot.sandbox.api import APIS
from bot.sandbox.current import the_world
from bot.sandbox.media import mimetype
from bot.sandbox.world import World

_QUIET_S = 15.0
# (value, words) of the demo panel's fault switch; the value is a rule's kind
FAULTS = (
    ("", "没有故障"),
    ("errcode:-1", "系统繁忙（-1）"),
    ("errcode:45009", "超过频率（45009）"),
    ("errcode:42001", "令牌过期（42001）"),
    ("timeout", "收下但不回答"),
    ("reset", "收下后断开连接"),
    ("reset_before", "没收到就断开"),
    ("slow:1.5", "慢 1.5 秒"),
    ("http:502", "网关错误（502）"),
    ("html", "返回网页而非 JSON"),
    ("truncated", "回答只有一半"),
)


routes = Blueprint("pages", __name__)


@routes.get("/")
def page() -> str:
    """The phone, as the member named by ?user=, and what stands beside it."""
    world = the_world()
    members = world.page_members()
    return render_template(
        "chat.html",
        active=next((member for member in members if member.userid == request.args.get("user")), members[0]),
        apis=APIS,
        rev=world.chat.rev,  # before the items are read: what comes in between is sent once more by the stream
        chats=[(member, world.chat.items(member.userid)) for member in members],
        clock_now=clock.timestamp(),
        epoch=world.chat.epoch,
        faults=FAULTS,
        groups=[(provider, list(group)) for provider, group in groupby(members, key=lambda member: member.provider)],
        latency_ms=world.latency_ms,
        menu=world.menu,
    )


@routes.get("/sandbox/stream")
def stream() -> Response:
    """Server-sent events from the rev that the page has seen."""
    given = request.headers.get("Last-Event-ID") or request.args.get("rev", "0")
    rev = int(given) if given.isascii() and given.isdigit() else 0
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return Response(_events(app, the_world(), rev), content_type="text/event-stream")


@routes.get("/sandbox/exchanges")
def exchanges() -> str:
    """The technical view, newest first."""
    return render_template("_exchanges.html", exchanges=the_world().exchanges.newest())


@routes.get("/sandbox/pic/<media_id>")
def picture(media_id: str) -> Response:
    """A picture of the chat; anything else comes as bytes that no browser runs."""
    medium = the_world().media.shown(media_id)
    if medium is None:
        abort(404)
    response = Response(medium.content, content_type=mimetype(medium.content[:16]))
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _events(app: Flask, world: World, rev: int) -> Iterator[bytes]:
    """Server-sent events, each with all that has changed since the last one."""
    while True:
        newest, items = world.chat.since(rev, _QUIET_S)
        if newest == rev:
            yield b": still here\n\n"
            continue
        rev = newest
        with app.app_context():
            change = {
                "epoch": world.chat.epoch,
                "busy": world.busy(),
                "menu": render_template("_menu.html", menu=world.menu),
                "items": [
                    {
                        "id": item.id,
                        "userid": item.userid,
                        "side": item.side,
                        "html": render_template("_item.html", item=item, member=world.members.get(item.userid)),
                    }
                    for item in items
                    if item.userid in world.members and world.members[item.userid].on_page
                ],
            }
        yield f"id: {rev}\ndata: {json.dumps(change, ensure_ascii=False)}\n\n".encode()
