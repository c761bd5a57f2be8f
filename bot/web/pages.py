"""Flask beside the event loop: every page runs in a thread, and no slow client can hold up those that others wait for.

A body that fits into memory is here before a thread is taken. A larger one, an upload, is read by the thread that wants it, as it
comes, in threads that only uploads use: the application may refuse it unread, and spools it to disk while it reads.
"""

import asyncio
import contextvars
import io
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # it is their documented name

from bot.dispatch import where
from bot.errors import BadCallback

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

log = structlog.get_logger()

PAGE_THREADS = 8
UPLOAD_THREADS = 4
BODY_S = 10.0  # a body that is kept in memory must be here by then
STALL_S = 20.0  # an upload that brings nothing for so long is given up
_DRAIN_S = 1.0
_LATE = "late"
_SMALL_BYTES = 64 << 10
REFUSED = "bot.refused"  # in the environ: the application answers with this status and asks nothing else
_BROKEN = (Path(__file__).parent / "templates" / "broken.html").read_text("utf-8")  # for what the application cannot answer itself
_LONGEST_LENGTH = 18  # digits of a Content-Length that are looked at: enough to see that it is too much
_PLAIN = [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"), ("content-security-policy", "default-src 'none'")]


class Pages:
    """RSGI around a WSGI application."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(PAGE_THREADS, "page")
        self._uploads = ThreadPoolExecutor(UPLOAD_THREADS, "upload")

    async def __call__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        loop, length, threads = asyncio.get_running_loop(), length_of(scope), self._threads
        try:
            if "transfer-encoding" in scope.headers or (length or 0) > _SMALL_BYTES:
                body: io.BufferedIOBase = io.BufferedReader(_Upload(protocol, loop), _SMALL_BYTES)
                threads = self._uploads
            else:
                body = io.BytesIO(await body_of(protocol, length) if length else b"")
            run = contextvars.copy_context().run
            answer = await loop.run_in_executor(threads, run, _ask, self._application, environ_of(scope, body))
        except BadCallback as error:
            environ = environ_of(scope, io.BytesIO()) | {REFUSED: error.status}
            answer = await loop.run_in_executor(self._threads, _ask, self._application, environ)
        except Exception as error:  # noqa: BLE001  Flask answers its own; this is for what goes wrong around it
            request_id = secrets.token_hex(8)
            log.error("page_failed", request_id=request_id, error=type(error).__name__, at=where(error))
            protocol.response_bytes(500, [*_PLAIN, ("x-request-id", request_id)], _BROKEN.replace("{{ request_id }}", request_id).encode())
            return
        answer.give(protocol)


def length_of(scope: "Scope") -> int | None:
    """Bytes of the body by Content-Length; None where it doesn't say, or where the body is chunked."""
    said = scope.headers.get("content-length") or ""
    if "transfer-encoding" in scope.headers or not (said.isascii() and said.isdigit()):
        return None
    return int(said[:_LONGEST_LENGTH])


async def body_of(protocol: "HTTPProtocol", length: int) -> bytes:
    """The whole body, of this many bytes. Raises BadCallback: "malformed" (400) when the client hung up, "slow" (408) after BODY_S."""
    task = asyncio.current_task()
    assert task is not None
    late = asyncio.get_running_loop().call_later(BODY_S, task.cancel, _LATE)  # asyncio.timeout takes ten times as long to set
    try:
        body = await protocol()
    except asyncio.CancelledError as error:
        if error.args != (_LATE,):
            raise
        task.uncancel()
        raise BadCallback("slow", 408) from error
    except ProtocolClosed as error:
        raise BadCallback("malformed") from error
    finally:
        late.cancel()
    if len(body) != length:
        raise BadCallback("malformed")
    return body


async def drain(protocol: "HTTPProtocol") -> None:
    """Take in the little that comes of a body nobody wants: a client that is cut off while it sends never reads why."""
    taken = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for chunk in protocol:
                taken += len(chunk)
                if taken > _SMALL_BYTES:
                    return
    except (TimeoutError, ProtocolClosed):
        return


def environ_of(scope: "Scope", body: io.BufferedIOBase) -> "WSGIEnvironment":
    """What PEP 3333 wants to know of a request."""
    name, _, port = scope.server.rpartition(":")
    address, _, client_port = scope.client.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": address.strip("[]"),
        "REMOTE_PORT": client_port,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _File,
    }
    for field, value in scope.headers.items():
        if "_" in field:  # X_Forwarded_For would pass for X-Forwarded-For
            continue
        key = field.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        known = environ.get(key)
        environ[key] = value if known is None else f"{known}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    return environ


class _Answer:
    """What the application said. file: the name of one that is sent as it is, by the server and not through memory."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []
        self.file: Path | None = None

    def start(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return self.body.append

    def give(self, protocol: "HTTPProtocol") -> None:
        if self.file is not None:
            protocol.response_file(self.status, self.headers, str(self.file))
        else:
            protocol.response_bytes(self.status, self.headers, b"".join(self.body))


def _ask(application: "WSGIApplication", environ: "WSGIEnvironment") -> _Answer:
    answer = _Answer()
    chunks = application(environ, answer.start)
    try:
        answer.file = chunks.path if isinstance(chunks, _File) else None
        if answer.file is None:
            answer.body.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return answer


class _File:
    """wsgi.file_wrapper. path: where its bytes stand, if all of them are wanted. The file must stay there until it is sent."""

    def __init__(self, file: BinaryIO, block_bytes: int = 1 << 16) -> None:
        self._file = file
        self._block_bytes = block_bytes

    @property
    def path(self) -> Path | None:
        name = getattr(self._file, "name", None)
        return Path(name).resolve() if isinstance(name, str) and self._file.tell() == 0 else None

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._file.read(self._block_bytes), b"")

    def close(self) -> None:
        self._file.close()


class _Upload(io.RawIOBase):
    """A body as it comes, read from a thread. Raises TimeoutError, an OSError, when the client stalls."""

    def __init__(self, protocol: "HTTPProtocol", loop: asyncio.AbstractEventLoop) -> None:
        self._chunks = aiter(protocol)
        self._loop = loop
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if not self._rest:
            coming = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            try:
                self._rest = memoryview(coming.result(STALL_S))
            except TimeoutError:
                coming.cancel()
                raise
        room = memoryview(buffer).cast("B")
        taken = min(len(room), len(self._rest))
        room[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken

    async def _next(self) -> bytes:
        chunk: bytes = await anext(self._chunks, b"")
        return chunk
