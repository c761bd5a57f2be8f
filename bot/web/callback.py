"""/wecom/callback: what WeCom posts, answered once it is stored.

Taken on the event loop, in front of Flask, since this is the one address that must be fast. The order of checks is fixed:
size → envelope → signature → decryption → receiveid → (dispatcher) stored? → age → handler → commit → answer.
"""

import asyncio
import itertools
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import structlog

from bot import clock, failpoint
from bot.dispatch import Dispatcher, where
from bot.errors import BadCallback, Unavailable
from bot.metrics import HANDLING, Tally
from bot.model.inbound import SuitePush
from bot.web.pages import Pages, body_of, drain, length_of
from bot.wecom.crypto import Codec, envelope
from bot.wecom.parse import parse, reply_text

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

log = structlog.get_logger()

PATH = "/wecom/callback"
_QUERY_CHARS = 4096  # the vendor's query has about 150 characters, with an echostr 300
_SMALL_BYTES = 16 << 10  # a text of 2048 bytes is posted as 4 KiB, and any number of those may be on their way
_LARGE_AT_ONCE = 16  # larger ones wait for each other: what nobody has signed yet must not fill the memory


class Callback:
    """RSGI: takes the callback address, leaves all else to `other`, which runs in threads."""

    def __init__(self, other: "WSGIApplication", codec: Codec, dispatcher: Dispatcher, receiveids: frozenset[str], max_bytes: int) -> None:
        """receiveids: the corp (and suite) ids served here. max_bytes: the largest body read."""
        self._other = other
        self._pages = Pages(other)
        self._codec = codec
        self._dispatcher = dispatcher
        self._receiveids = receiveids
        self._max_bytes = max_bytes
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._tally = Tally()
        self._name, self._number = secrets.token_hex(4), itertools.count()  # request ids: of this process, and counted

    async def __rsgi__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        if scope.path != PATH:
            await self._pages(scope, protocol)
            return
        started = time.perf_counter()
        request_id = f"{self._name}{next(self._number):08x}"
        structlog.contextvars.bind_contextvars(request_id=request_id)  # of this request alone: each has a task of its own
        try:
            status, body, kind, outcome = 200, *await self._answer(scope, protocol)
        except BadCallback as error:
            status, body, kind, outcome = error.status, b"", "text/plain", error.reason
            log.warning("callback_refused", reason=error.reason, status=status)
        except Unavailable as error:
            status, body, kind, outcome = 503, b"", "text/plain", "unavailable"
            log.error("callback_unavailable", reason=str(error))
        except Exception as error:  # noqa: BLE001  nothing was acknowledged, so the platform brings it again
            status, body, kind, outcome = 503, b"", "text/plain", "failed"
            log.error("callback_failed", error=type(error).__name__, at=where(error))
        seconds = time.perf_counter() - started
        self._tally.note(outcome, asyncio.get_running_loop().call_later)
        HANDLING.observe(seconds)
        protocol.response_bytes(status, [("content-type", kind), ("x-request-id", request_id)], body)

    async def _answer(self, scope: "Scope", protocol: "HTTPProtocol") -> tuple[bytes, str, str]:
        """(body, content type, outcome)."""
        arrived_at = clock.now()
        query = _query(scope.query_string)
        signed = query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        match scope.method:
            case "GET":
                return self._codec.verify(*signed, query.get("echostr", ""), self._receiveids), "text/plain; charset=utf-8", "verified"
            case "POST":
                outer = envelope(await self._read(scope, protocol))
            case _:
                raise BadCallback("method", 405)
        opened = self._codec.open(*signed, outer.encrypt, self._receiveids)
        message = parse(opened.xml, outer.agentid, opened.receiveid)
        failpoint.reach("callback.parsed")
        text = await self._dispatcher.take(message, arrived_at)
        failpoint.reach("callback.handled")
        if isinstance(message, SuitePush):
            return b"success", "text/plain", "stored"
        if not text:
            return b"", "text/plain", "acknowledged"
        now_s = int(clock.timestamp())
        sealed = self._codec.seal(reply_text(message, text, now_s), opened.receiveid, now_s, signed[2], opened.pair)
        return sealed, "text/xml; charset=utf-8", "replied"

    async def _read(self, scope: "Scope", protocol: "HTTPProtocol") -> bytes:
        """The whole body. A chunked one is refused: its length could not be checked before reading."""
        length = length_of(scope)
        if length is None:
            await drain(protocol)
            raise BadCallback("no_length", 411)
        if length > self._max_bytes:
            raise BadCallback("too_large", 413)
        if length <= _SMALL_BYTES:
            return await body_of(protocol, length)
        async with self._large:
            return await body_of(protocol, length)


def _query(raw: str) -> dict[str, str]:
    """The query's fields. A repeated one is refused, as is a query longer than any real one."""
    pairs = [pair.partition("=") for pair in raw.split("&", 16)]
    fields = {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
    if len(raw) > _QUERY_CHARS or len(pairs) > 16 or len(fields) != len(pairs):
        raise BadCallback("malformed")
    return fields
