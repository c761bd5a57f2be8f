"""The control interface under /sandbox/api/: what tests, figures and the chat page steer the stand-in with. JSON in, JSON out."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bot.errors import NotFound, UserMistake
from bot.sandbox.current import the_world
from bot.sandbox.exchanges import Outcome
from bot.sandbox.media import LIMIT_BYTES
from bot.sandbox.members import Member
from bot.sandbox.quotas import Limits
from bot.sandbox.refusals import Refused
from bot.sandbox.world import Handle, World

_WAIT_S = 120
_TUNING = ("latency_ms", "deadline_s", "retry_gap_s")
# What a member sends by default where the caller gives only a msgtype (path/90239)
_SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "voice": {"Format": "amr"},
    "video": {"ThumbMediaId": ""},
    "location": {"Location_X": 23.134521, "Location_Y": 113.358803, "Scale": 16, "Label": "广州市海珠区新港中路397号"},
    "link": {"Title": "一个链接", "Description": "链接的说明", "Url": "http://127.0.0.1/", "PicUrl": ""},
    "file": {"FileName": "整改报告.pdf"},
}
_SAMPLE_MEDIA: Mapping[str, bytes] = {
    "voice": b"#!AMR\n" + bytes(96),
    "video": b"\0\0\0\x18ftypmp42" + bytes(96),
    "file": b"%PDF-1.4\n%%EOF\n",
}

routes = Blueprint("control", __name__, url_prefix="/sandbox/api")


@routes.errorhandler(UserMistake)
def mistake(error: UserMistake) -> tuple[Response, int]:
    return jsonify(error=error.say), 400


@routes.errorhandler(NotFound)
def not_found(_: NotFound) -> tuple[Response, int]:
    return jsonify(error="没有这个成员、卡片或消息"), 404


@routes.errorhandler(Refused)
def refused(error: Refused) -> tuple[Response, int]:
    return jsonify(error="平台不接受这个文件", **error.answer), 400


@routes.get("/state")
def state() -> Response:
    return jsonify(_state(the_world(), request.args.get("userid"), with_messages=request.args.get("messages") != "0"))


@routes.post("/reset")
def reset() -> Response:
    the_world().reset(keep_chat=bool(_body().get("keep_chat")))
    return jsonify(ok=True)


@routes.route("/faults", methods=["GET", "POST"])
def faults() -> Response:
    if request.method == "POST":
        given = request.get_json()
        the_world().set_faults(given.get("rules") if isinstance(given, dict) else given)
    return jsonify(rules=[fault.shown() for fault in the_world().faults])


@routes.route("/settings", methods=["GET", "POST"])
def settings() -> Response:
    if request.method == "POST":
        _tune(the_world(), _body())
    return jsonify(_tuned(the_world()))


@routes.post("/members")
def members() -> Response:
    """One member: {userid, name, provider, …}; or many at once: {userids: […]}."""
    body = _body()
    many = body.get("userids")
    if many is None:
        return jsonify(_set_member(the_world(), body))
    if not isinstance(many, list) or not all(isinstance(userid, str) and userid for userid in many):
        raise UserMistake("userids 须是列表")
    for userid in many:
        the_world().add_member(userid)
    return jsonify(added=len(many))


@routes.post("/say")
def say() -> Response:
    body = _body()
    return _answer(_say(the_world(), body), wait=body.get("wait", True) is not False)


@routes.post("/image")
def image() -> Response:
    file = request.files.get("file")
    if file is None:
        raise UserMistake("没有图片")
    handle = the_world().send_image(request.form.get("userid", ""), file.filename or "image", file.read(LIMIT_BYTES["image"] + 1))
    return _answer(handle, wait=request.form.get("wait") != "false")


@routes.post("/press")
def press() -> Response:
    body = _body()
    selected = body.get("selected") or {}
    if not isinstance(selected, dict) or not all(isinstance(ids, list) for ids in selected.values()):
        raise UserMistake("selected 须是 {问题: [选项]}")
    handle = the_world().press(
        _text(body, "userid"), _text(body, "task_id"), _text(body, "key"), selected, from_menu=bool(body.get("from_menu"))
    )
    return _answer(handle, wait=body.get("wait", True) is not False)


@routes.post("/retry")
def retry() -> Response:
    number = _body().get("item")
    item = the_world().chat.get(number) if isinstance(number, int) else None
    if item is None or item.side != "me" or item.state != "failed":
        raise NotFound("no failed item")
    return _answer(the_world().retry(item), wait=False)


@routes.post("/tokens/expire")
def expire() -> Response:
    with the_world().lock:
        the_world().tokens.expire_all()
    return jsonify(ok=True)


@routes.post("/verify")
def verify() -> Response:
    passed, why = the_world().callback.verify()
    return jsonify(passed=passed, why=why)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=not request.content_length)
    if body is not None and not isinstance(body, dict):
        raise UserMistake("须是 JSON 对象")
    return body or {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UserMistake(f"缺少 {name}")
    return value


def _answer(handle: Handle, *, wait: bool) -> Response:
    if not wait:
        return jsonify(started=True)
    outcome: Outcome = handle.wait(_WAIT_S)
    return jsonify(outcome.shown())


def _say(world: World, body: Mapping[str, Any]) -> Handle:
    """One of: {userid, text}, {userid, msgtype, fields}, {userid, event, event_key, fields}; msgid for the first two."""
    userid = _text(body, "userid")
    extra = body.get("fields") or {}
    if not isinstance(extra, dict):
        raise UserMistake("fields 须是对象")
    msgid = str(body.get("msgid") or "")
    if msgid and not (msgid.isascii() and msgid.isdigit() and int(msgid) < 1 << 63):
        raise UserMistake("msgid 须是 64 位整数")
    if "event" in body:
        return world.act(userid, _text(body, "event"), {"EventKey": str(body.get("event_key", "")), **extra})
    if "msgtype" in body:
        msgtype = _text(body, "msgtype")
        return world.send(userid, msgtype, {**_sample(world, msgtype, extra), **extra}, msgid=msgid)
    return world.say(userid, _text(body, "text"), msgid=msgid)


def _sample(world: World, msgtype: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a kind, with a medium that media/get really serves."""
    fields = dict(_SAMPLES.get(msgtype, {}))
    if msgtype in _SAMPLE_MEDIA and "MediaId" not in given:
        fields["MediaId"] = world.media.add(msgtype, str(fields.get("FileName", msgtype)), _SAMPLE_MEDIA[msgtype]).media_id
    return fields


def _set_member(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    userid = _text(body, "userid")
    member = world.add_member(userid, str(body.get("name", "")), str(body.get("provider", "")), on_page=bool(body.get("on_page")))
    if "refused" in body:
        world.refuse(userid, refused=bool(body["refused"]))
    if "unlicensed" in body:
        world.unlicense(userid, unlicensed=bool(body["unlicensed"]))
    return _shown_member(world, member, with_messages=False)


def _tuned(world: World) -> dict[str, Any]:
    return {
        **asdict(world.limits),
        "latency_ms": world.latency_ms,
        "deadline_s": world.callback.deadline_s,
        "retry_gap_s": world.callback.retry_gap_s,
    }


def _tune(world: World, body: Mapping[str, Any]) -> None:
    known = {field.name for field in fields(Limits)}
    for name, value in body.items():
        if name not in known and name not in _TUNING:
            raise UserMistake(f"没有这个设置：{name}")
        if not isinstance(value, (int, float)) or value < 0:
            raise UserMistake(f"{name} 须是不小于 0 的数")
    for name, value in body.items():
        target = world.limits if name in known else world if name == "latency_ms" else world.callback
        setattr(target, name, value)


def _shown_member(world: World, member: Member, *, with_messages: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": member.name,
        "provider": member.provider,
        "delivered": member.delivered_count,
        "dropped": member.dropped,
        "refused": member.is_refused,
        "unlicensed": member.is_unlicensed,
    }
    if with_messages:
        shown["messages"] = [
            {
                "msgid": one.msgid,
                "at": one.at,
                "body": world.outbox.sent[one.msgid].shown_to(member.userid) if one.msgid in world.outbox.sent else one.body,
            }
            for one in member.delivered
        ]
    return shown


def _state(world: World, userid: str | None, *, with_messages: bool) -> dict[str, Any]:
    with world.lock:
        chosen = [world.member(userid)] if userid else list(world.members.values())
        log = world.exchanges
        return {
            "members": {member.userid: _shown_member(world, member, with_messages=with_messages) for member in chosen},
            "calls": dict(log.calls),
            "errors": {f"{api} {errcode}": count for (api, errcode), count in log.errors.items()},
            "callbacks": dict(log.callbacks),
            "menu": world.menu,
        }
