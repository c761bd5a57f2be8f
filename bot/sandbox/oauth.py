"""Web authorisation inside WeCom (path/91022): who opens the page is who stands in the chat."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from bot.sandbox.current import the_world
from bot.sandbox.members import Member
from bot.sandbox.world import World

COOKIE = "sandbox_user"
_STATE = re.compile(r"[0-9A-Za-z]{0,128}")
Page = tuple[str, int] | Redirect | Response


routes = Blueprint("oauth", __name__)


@routes.get("/connect/oauth2/authorize")
def authorize() -> Page:
    """Sends the reader back with a code, asks who they are, or says what is wrong with the request."""
    world = the_world()
    problem = _problem(world)
    if problem:
        return render_template("oauth_error.html", errcode=problem[0], words=problem[1]), 200
    member = _reader(world)
    if member is None or (request.args["scope"] == "snsapi_privateinfo" and "as" not in request.args):
        return render_template("oauth_choose.html", members=world.page_members(), current=member, link=_link), 200
    with world.lock:
        code = world.codes.issue(member.userid)
    return redirect(_back(code), 302)


def _problem(world: World) -> tuple[int, str] | None:
    """(errcode, words) for a request the vendor would stop at its own page."""
    args = request.args
    if args.get("appid") != world.corpid:
        return 40013, "appid 不是这家企业"
    if args.get("response_type") != "code":
        return 40058, "response_type 须为 code"
    if args.get("scope") not in ("snsapi_base", "snsapi_privateinfo"):
        return 40058, "scope 不对"
    if args["scope"] == "snsapi_privateinfo" and args.get("agentid") != str(world.agentid):
        return 40056, "agentid 不对"
    if not _STATE.fullmatch(args.get("state", "")):
        return 40058, "state 只能是 128 个以内的字母或数字"
    target = urlsplit(args.get("redirect_uri", ""))
    # the host must equal the trusted domain exactly, port included (path/91335)
    if target.scheme not in ("http", "https") or not target.netloc or target.netloc != urlsplit(world.public_url).netloc:
        return 50001, "redirect_uri 与可信域名不一致"
    return None


def _reader(world: World) -> Member | None:
    """Who opens the page: `as` from a link or a test, else the one whose chat is open in this browser."""
    return world.members.get(request.args.get("as") or request.cookies.get(COOKIE, ""))


def _link(member: Member) -> str:
    return "?" + urlencode({**request.args.to_dict(), "as": member.userid})


def _back(code: str) -> str:
    parts = urlsplit(request.args["redirect_uri"])
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("code", code), ("state", request.args.get("state", ""))]
    return urlunsplit(parts._replace(query=urlencode(query)))
