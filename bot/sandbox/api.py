"""The vendor's API under /cgi-bin/, as plain WSGI: fast enough to be hammered, and close enough to the socket for every fault."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import parse_form_data

from bot import clock
from bot.sandbox import messages
from bot.sandbox.exchanges import Exchange, Stopwatch, cut
from bot.sandbox.faults import Fault
from bot.sandbox.media import ONE_GET_BYTES, cut_range, mimetype
from bot.sandbox.menus import check_menu
from bot.sandbox.quotas import CallQuota
from bot.sandbox.refusals import Refused
from bot.sandbox.world import World

PREFIX = "/cgi-bin/"
BODY_BYTES = 24 << 20
Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
_STATUS = {200: "200 OK", 206: "206 Partial Content", 413: "413 Content Too Large"}
_GATEWAY_PAGE = b"<!doctype html><html><head><title>gateway</title></head><body>The gateway could not answer.</body></html>"


class Line(Protocol):
    """The connection under a request; server.py gives it as environ["sandbox.line"]."""

    def hang(self) -> None: ...

    def reset(self) -> None: ...


@dataclass(frozen=True)
class Call:
    api: str
    query: Mapping[str, str]
    body: bytes = field(repr=False)
    content_type: str
    range: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. errcode None: not JSON, or a page of a gateway."""

    body: bytes = field(repr=False)
    errcode: int | None = 0
    status: int | str = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json; charset=UTF-8"),)
    announced_bytes: int | None = None  # a Content-Length that lies


def _json(answer: Mapping[str, Any]) -> Answer:
    return Answer(json.dumps(answer, ensure_ascii=False).encode(), int(answer.get("errcode", 0)))


class VendorApi:
    """Answers /cgi-bin/… itself and leaves everything else to `rest`."""

    def __init__(self, world: World, rest: Wsgi) -> None:
        self.world = world
        self._rest = rest

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(PREFIX):
            return self._rest(environ, start_response)
        call = _read_call(environ)
        watch = Stopwatch()
        exchange = self._begin(call)
        if self.world.latency_ms:
            clock.sleep(self.world.latency_ms / 1000)
        fault = self.world.strike(call.api)
        if fault and fault.name == "slow":
            clock.sleep(fault.number)
        answer = self._perform(call, environ["REQUEST_METHOD"]) if fault is None or fault.takes_effect else None
        if fault:
            answer = _spoil(fault, answer, environ.get("sandbox.line"), lambda: self._end(exchange, call, answer, watch, fault))
        assert answer is not None
        self._end(exchange, call, answer, watch, fault)
        status = _STATUS.get(answer.status, f"{answer.status} Status") if isinstance(answer.status, int) else answer.status
        start_response(status, [*answer.headers, ("Content-Length", str(answer.announced_bytes or len(answer.body)))])
        return [answer.body]

    def _perform(self, call: Call, method: str) -> Answer:
        try:
            handler = _HANDLERS.get(call.api)
            if handler is None:
                return Answer(b'{"errcode":404,"errmsg":"no such api"}', 404)
            if method != handler.method:
                raise Refused(43001 if handler.method == "GET" else 43002)
            if len(call.body) > BODY_BYTES:
                raise Refused(45001)
            if call.api != "gettoken":
                self.world.tokens.check(call.query.get("access_token", ""))
            self._take_quota(call.api)
            return handler.answer(self.world, call)
        except Refused as refusal:
            return _json(refusal.answer)

    def _take_quota(self, api: str) -> None:
        if api == "message/send" and not self.world.limits.counts_sends:
            return
        limits, now = self.world.limits, clock.timestamp()
        with self.world.lock:
            quota = self.world.api_quotas.setdefault(api, CallQuota())
            if not self.world.ip_quota.take(limits.ip_per_minute, limits.ip_per_hour, now):
                raise Refused(45009, "of this address")
            if not quota.take(limits.api_per_minute, limits.api_per_hour, now):
                raise Refused(45009)

    def _begin(self, call: Call) -> Exchange:
        exchange = self.world.exchanges.begin("api", call.api)
        if call.content_type.startswith("application/json") or call.body[:1] in b"{[":
            exchange.request_body = cut(call.body[:80_000].decode(errors="replace"))
        elif call.body:
            exchange.request_body = f"（{len(call.body)} 字节）"
        return exchange

    def _end(self, exchange: Exchange, call: Call, answer: Answer | None, watch: Stopwatch, fault: Fault | None) -> None:
        exchange.ms = watch.ms
        errcode = answer.errcode if answer else None
        exchange.state = "ok" if answer and answer.status in (200, 206) and not errcode else "failed"
        if answer and call.api == "gettoken" and not errcode:
            exchange.answer_body = '{"errcode": 0, "access_token": "********"}'
        elif answer and answer.headers[0][1].startswith("application/json"):
            exchange.answer_body = cut(answer.body.decode(errors="replace"))
        elif answer:
            exchange.answer_body = f"（{len(answer.body)} 字节）"
        if fault:
            exchange.answer_plain = f"故障 {fault.kind}"
        self.world.exchanges.count_call(call.api, errcode)


def _read_call(environ: Environ) -> Call:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Call(
        api=environ["PATH_INFO"][len(PREFIX) :],
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        body=environ["wsgi.input"].read(min(length, BODY_BYTES + 1)) if length else b"",
        content_type=environ.get("CONTENT_TYPE") or "",
        range=environ.get("HTTP_RANGE", ""),
    )


def _spoil(fault: Fault, answer: Answer | None, line: Line | None, note: Callable[[], None]) -> Answer | None:
    """What the caller gets under a fault. Some never return: the line is hung, reset or cut, and raises ConnectionError."""
    if fault.name == "errcode":
        return _json(Refused(int(fault.number)).answer)
    if fault.name == "http":
        return Answer(_GATEWAY_PAGE, None, f"{int(fault.number)} Gateway", (("Content-Type", "text/html"),))
    if fault.name == "html":
        return Answer(_GATEWAY_PAGE, None, 200, (("Content-Type", "text/html"),))
    if fault.name == "truncated":
        whole = answer.body if answer else b'{"errcode":0,"errmsg":"ok"}'
        return Answer(whole[: len(whole) // 2], None, announced_bytes=len(whole))
    if fault.name in ("timeout", "reset"):
        note()
        if line is not None:
            (line.hang if fault.name == "timeout" else line.reset)()
        raise ConnectionAbortedError(fault.kind)
    return answer  # slow


def _get_token(world: World, call: Call) -> Answer:
    with world.lock:
        return _json(world.tokens.get(call.query.get("corpid", ""), call.query.get("corpsecret", ""), world.limits))


def _upload(world: World, call: Call) -> Answer:
    environ = {
        "wsgi.input": BytesIO(call.body),
        "CONTENT_LENGTH": str(len(call.body)),
        "CONTENT_TYPE": call.content_type,
        "REQUEST_METHOD": "POST",
    }
    try:
        _, _, files = parse_form_data(environ, max_content_length=BODY_BYTES)
    except HTTPException as cause:
        raise Refused(40058, "multipart") from cause
    part = files.get("media")
    if part is None:
        raise Refused(40058, "media")
    medium = world.media.add(call.query.get("type", ""), part.filename or "", part.read())
    return _json({**messages.OK, "type": medium.kind, "media_id": medium.media_id, "created_at": str(int(medium.created_at))})


def _download(world: World, call: Call) -> Answer:
    medium = world.media.get(call.query.get("media_id", ""))
    span = cut_range(medium.content, call.range)
    if span is None and len(medium.content) > ONE_GET_BYTES:
        raise Refused(830002)
    headers: tuple[tuple[str, str], ...] = (
        ("Content-Type", mimetype(medium.content[:16])),
        ("Content-Disposition", f"attachment; filename=\"{quote(medium.filename)}\"; filename*=UTF-8''{quote(medium.filename)}"),
        ("Accept-Ranges", "bytes"),
    )
    if span is None:
        return Answer(medium.content, 0, 200, headers)
    first, last = span
    headers = (*headers, ("Content-Range", f"bytes {first}-{last}/{len(medium.content)}"))
    return Answer(medium.content[first : last + 1], 0, 206, headers)


def _check_agentid(world: World, call: Call) -> None:
    if call.query.get("agentid") != str(world.agentid):
        raise Refused(40056)


def _menu_create(world: World, call: Call) -> Answer:
    _check_agentid(world, call)
    world.set_menu(check_menu(messages.read_json(call.body)))
    return _json(messages.OK)


def _menu_get(world: World, call: Call) -> Answer:
    _check_agentid(world, call)
    if world.menu is None:
        raise Refused(46003)
    return _json({**messages.OK, **world.menu})


def _user_get(world: World, call: Call) -> Answer:
    member = world.members.get(call.query.get("userid", ""))
    if member is None:
        raise Refused(60111)
    if member.is_refused:
        raise Refused(60011)
    return _json({**messages.OK, "userid": member.userid, "name": member.name, "department": [member.party], "status": 1, "isleader": 0})


def _callback_ip(_: World, __: Call) -> Answer:
    return _json({**messages.OK, "ip_list": ["127.0.0.1"]})


def _user_info(world: World, call: Call) -> Answer:
    with world.lock:
        return _json({**messages.OK, "userid": world.codes.redeem(call.query.get("code", ""))})


@dataclass(frozen=True)
class _Handler:
    method: str
    answer: Callable[[World, Call], Answer]


_HANDLERS: Mapping[str, _Handler] = {
    "gettoken": _Handler("GET", _get_token),
    "getcallbackip": _Handler("GET", _callback_ip),
    "message/send": _Handler("POST", lambda world, call: _json(messages.send(world, call.body))),
    "message/update_template_card": _Handler("POST", lambda world, call: _json(messages.update_template_card(world, call.body))),
    "message/recall": _Handler("POST", lambda world, call: _json(messages.recall(world, call.body))),
    "media/upload": _Handler("POST", _upload),
    "media/get": _Handler("GET", _download),
    "menu/create": _Handler("POST", _menu_create),
    "menu/get": _Handler("GET", _menu_get),
    "user/get": _Handler("GET", _user_get),
    "auth/getuserinfo": _Handler("GET", _user_info),
}
APIS = tuple(_HANDLERS)
