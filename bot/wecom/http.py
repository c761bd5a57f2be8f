"""Calls over HTTP: what left, what came back, and nothing of it believed or printed.

The access token and the secret travel in the query (path/91039), so no address, and no exception that could hold one, gets out of here.
"""

import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, EmptyPoolError, HTTPError, NewConnectionError

from bot import clock
from bot.errors import Uncertain, WecomError
from bot.wecom.limits import NO_ANSWER, Fault, fault_of, is_permanent

TRIES = 3  # for -1 the platform asks for no more (path/90313)
JSON_BYTES = 4 << 20  # no answer of a call used here comes near
_BACKOFF_S = 0.5
_LEAST_TIMEOUT_S = 0.25  # real seconds: what a call on one machine may take when the clock runs fast
_ERRMSG_CHARS = 200
_CHUNK_BYTES = 1 << 16
_NOT_SENT = (NewConnectionError, ConnectTimeoutError, EmptyPoolError)

# urllib3 logs whole addresses: at DEBUG each request, at WARNING one whose answer has odd headers.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

Observe = Callable[[str, int, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. api: its path under /cgi-bin/, also its name in metrics. repeatable: two of it do no more than one.

    query holds secrets. body: bytes as they go out, the same for each try. most_bytes: the longest answer taken.
    told: errcodes that are an answer to the caller, not a failure. tries: how often at most, two for what others wait for.
    """

    api: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    most_bytes: int = JSON_BYTES
    told: frozenset[int] = frozenset({0})
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came: status, headers (names in any case) and at most most_bytes of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class _Lost(Exception):
    """No usable answer. left: whether the request may have reached the platform. Never gets out of this module."""

    def __init__(self, why: str, *, left: bool) -> None:
        super().__init__(why)
        self.why = why
        self.left = left


class Http:
    """A bounded pool of connections to one API base."""

    def __init__(self, base: str, observe: Observe, *, connect_s: float, read_s: float, connections: int) -> None:
        """base: with or without /cgi-bin/. connect_s, read_s: by the product's clock; an answer has read_s in all to come in.

        observe: told (api, errcode, seconds) of every try; errcode is -2 when nothing was understood.
        """
        self._base = base.rstrip("/").removesuffix("/cgi-bin") + "/cgi-bin/"
        self._observe = observe
        self._connect_s = connect_s
        self._read_s = read_s
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=connections, block=True, retries=False)

    def close(self) -> None:
        self._pool.clear()

    def json(self, request: Request) -> dict[str, Any]:
        """The answer of a call that succeeded: a JSON object with an errcode among `told`.

        Tries again, `tries` times in all at most and after a random pause, when the platform is busy (-1), when the request did not leave,
        and when its answer was lost if it is repeatable. Raises WecomError; Uncertain if a request that is not repeatable left.
        """
        return self._tries(request, _object)[1]

    def raw(self, request: Request, is_content: Callable[[Raw], bool]) -> Raw:
        """The answer of a call that gives bytes, or a JSON error with status 200 (path/90254). Tries and raises as `json`."""
        return self._tries(request, lambda raw: {"errcode": 0} if is_content(raw) else _object(raw))[0]

    def _tries(self, request: Request, understand: Callable[[Raw], dict[str, Any]]) -> tuple[Raw, dict[str, Any]]:
        for left_over in reversed(range(request.tries)):
            lost: _Lost | None = None
            try:
                raw, answer = self._once(request, understand)
                if answer["errcode"] in request.told:
                    return raw, answer
                if fault_of(answer["errcode"]) is not Fault.BUSY or not left_over:
                    raise _refusal(answer, request)
            except _Lost as error:
                lost = error
            if lost and lost.left and not request.repeatable:
                raise Uncertain(NO_ANSWER, f"{request.api}: {lost.why}")
            if lost and not left_over:
                raise WecomError(NO_ANSWER, f"{request.api}: {lost.why}")
            clock.sleep(_BACKOFF_S * 2 ** (request.tries - 1 - left_over) * random.uniform(0.5, 1.5))
        raise AssertionError("the last try returns or raises")

    def _once(self, request: Request, understand: Callable[[Raw], dict[str, Any]]) -> tuple[Raw, dict[str, Any]]:
        started = time.perf_counter()
        errcode = NO_ANSWER
        try:
            raw = self._exchange(request)
            answer = understand(raw)
            errcode = answer["errcode"]
            return raw, answer
        finally:
            self._observe(request.api, errcode, time.perf_counter() - started)

    def _exchange(self, request: Request) -> Raw:
        """Raises _Lost, which says why in words of its own: urllib3's may hold the address."""
        connect_s, read_s = (max(_LEAST_TIMEOUT_S, clock.real_s(seconds)) for seconds in (self._connect_s, self._read_s))
        until = time.monotonic() + connect_s + read_s
        try:
            response = self._pool.request(
                request.method,
                f"{self._base}{request.api}?{urlencode(request.query)}",
                body=request.body,
                headers={"Accept-Encoding": "identity", **request.headers},
                timeout=urllib3.Timeout(connect=connect_s, read=read_s),
                pool_timeout=connect_s,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except _NOT_SENT as error:
            raise _Lost(type(error).__name__, left=False) from None
        except (HTTPError, OSError, ValueError) as error:
            is_stranger = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)
            raise _Lost("CertificateError" if is_stranger else type(error).__name__, left=not is_stranger) from None
        try:
            return Raw(response.status, dict(response.headers.items()), _body(response, request.most_bytes, until))
        finally:
            # Read to its end, an answer has given its connection back already. Else: close it, and give its place in the pool back.
            response.close()
            response.release_conn()


def _body(response: urllib3.BaseHTTPResponse, most_bytes: int, until: float) -> bytes:
    """All of the body, and on time. Raises _Lost; also for one shorter than it was said to be, which urllib3 notices."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise _Lost("an encoding that was not asked for", left=True)
    chunks, size = [], 0
    try:
        while chunk := response.read1(_CHUNK_BYTES, decode_content=False):
            chunks.append(chunk)
            size += len(chunk)
            if size > most_bytes:
                raise _Lost("too long an answer", left=True)
            if time.monotonic() > until:
                raise _Lost("too slow an answer", left=True)
    except (HTTPError, OSError, ValueError) as error:
        raise _Lost(type(error).__name__, left=True) from None
    return b"".join(chunks)


def _object(raw: Raw) -> dict[str, Any]:
    """The JSON object of an answer, with an int errcode. Raises _Lost."""
    if not 200 <= raw.status < 300:
        # A refusal before the platform (3xx, 4xx) took no effect; a gateway's 5xx may hide one.
        raise _Lost(f"HTTP {raw.status}", left=raw.status >= 500)
    try:
        answer = json.loads(raw.body)
    except (ValueError, RecursionError):
        raise _Lost("not JSON", left=True) from None
    if not isinstance(answer, dict) or type(answer.get("errcode")) is not int:
        raise _Lost("no errcode", left=True)
    return answer


def _refusal(answer: Mapping[str, Any], request: Request) -> WecomError:
    """What the platform said, made fit for a log line: short, printable, and without anything that went out in the query."""
    errcode: int = answer["errcode"]
    errmsg = str(answer.get("errmsg", ""))
    for sent in request.query.values():
        errmsg = errmsg.replace(sent, "…") if len(sent) > 8 else errmsg
    errmsg = "".join(character if character.isprintable() else " " for character in errmsg[:_ERRMSG_CHARS])
    return WecomError(errcode, errmsg, permanent=is_permanent(errcode))
