"""/wecom/callback: what WeCom posts, answered once it is stored.

A plain WSGI function in front of Flask, since this is the one address that must be fast. The order of checks is fixed:
size → envelope → signature → decryption → receiveid → (dispatcher) stored? → age → handler → commit → answer.
"""

import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import structlog

from bot import clock, failpoint
from bot.dispatch import Dispatcher, where
from bot.errors import BadCallback, Unavailable
from bot.metrics import CALLBACKS, HANDLING
from bot.model.inbound import SuitePush
from bot.wecom.crypto import Codec, envelope
from bot.wecom.parse import parse, reply_text

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

PATH = "/wecom/callback"
_QUERY_CHARS = 4096  # the vendor's query has about 150 characters, with an echostr 300
_STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    405: "405 Method Not Allowed",
    411: "411 Length Required",
    413: "413 Content Too Large",
    503: "503 Service Unavailable",
}


class Callback:
    """WSGI: takes the callback address, leaves all else to `other`."""

    def __init__(self, other: "WSGIApplication", codec: Codec, dispatcher: Dispatcher, receiveids: frozenset[str], max_bytes: int) -> None:
        """receiveids: the corp (and suite) ids served here. max_bytes: the largest body read."""
        self._other = other
        self._codec = codec
        self._dispatcher = dispatcher
        self._receiveids = receiveids
        self._max_bytes = max_bytes

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._other(environ, start_response)
        started = time.perf_counter()
        request_id = secrets.token_hex(8)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            status, body, kind, outcome = 200, *self._answer(environ)
        except BadCallback as error:
            status, body, kind, outcome = error.status, b"", "text/plain", error.reason
            log.warning("callback_refused", reason=error.reason, status=status)
        except Unavailable as error:
            status, body, kind, outcome = 503, b"", "text/plain", "unavailable"
            log.error("callback_unavailable", reason=str(error))
        except Exception as error:  # noqa: BLE001  nothing was acknowledged, so the platform brings it again
            status, body, kind, outcome = 503, b"", "text/plain", "failed"
            log.error("callback_failed", error=type(error).__name__, at=where(error))
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        seconds = time.perf_counter() - started
        CALLBACKS.labels(outcome).inc()
        HANDLING.observe(seconds)
        start_response(_STATUS[status], [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Request-Id", request_id)])
        return [body]

    def _answer(self, environ: "WSGIEnvironment") -> tuple[bytes, str, str]:
        """(body, content type, outcome)."""
        arrived_at = clock.now()
        query = _query(environ)
        signed = query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        match environ["REQUEST_METHOD"]:
            case "GET":
                return self._codec.verify(*signed, query.get("echostr", ""), self._receiveids), "text/plain; charset=utf-8", "verified"
            case "POST":
                outer = envelope(self._read(environ))
            case _:
                raise BadCallback("method", 405)
        opened = self._codec.open(*signed, outer.encrypt, self._receiveids)
        message = parse(opened.xml, outer.agentid, opened.receiveid)
        failpoint.reach("callback.parsed")
        text = self._dispatcher.handle(message, arrived_at)
        failpoint.reach("callback.handled")
        if isinstance(message, SuitePush):
            return b"success", "text/plain", "stored"
        if not text:
            return b"", "text/plain", "acknowledged"
        now_s = int(clock.timestamp())
        sealed = self._codec.seal(reply_text(message, text, now_s), opened.receiveid, now_s, signed[2], opened.pair)
        return sealed, "text/xml; charset=utf-8", "replied"

    def _read(self, environ: "WSGIEnvironment") -> bytes:
        """The whole body. A chunked one is refused: its length could not be checked before reading."""
        length = environ.get("CONTENT_LENGTH") or ""
        if not (length.isascii() and length.isdigit()):
            raise BadCallback("no_length", 411)
        if len(length) > 9 or int(length) > self._max_bytes:
            raise BadCallback("too_large", 413)
        body: bytes = environ["wsgi.input"].read(int(length))
        if len(body) != int(length):  # the client hung up in the middle
            raise BadCallback("malformed")
        return body


def _query(environ: "WSGIEnvironment") -> dict[str, str]:
    """The query's fields. A repeated one is refused, as is a query longer than any real one."""
    raw = environ.get("QUERY_STRING", "")
    pairs = [pair.partition("=") for pair in raw.split("&", 16)]
    fields = {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
    if len(raw) > _QUERY_CHARS or len(pairs) > 16 or len(fields) != len(pairs):
        raise BadCallback("malformed")
    return fields
