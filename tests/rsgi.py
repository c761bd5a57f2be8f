"""What granian is to the product, in this process: requests for an RSGI application, from any thread, and an event loop to run them on."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

_CHUNK_BYTES = 1 << 16


@cache
def loop() -> asyncio.AbstractEventLoop:
    """The loop that all requests of this process run on, in a thread of its own, as a web process has one."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="loop", daemon=True).start()
    return made


class Scope:
    """One request's head."""

    proto = "http"
    http_version = "1.1"
    rsgi_version = "1.5"
    scheme = "http"
    server = "127.0.0.1:80"
    client = "127.0.0.1:50000"
    authority = None

    def __init__(self, method: str, path: str, query_string: str, headers: Mapping[str, str]) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = dict(headers)


class Protocol:
    """One request's body, and what was answered."""

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    async def __call__(self) -> bytes:
        return self._body.read()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := self._body.read(_CHUNK_BYTES):
            yield chunk

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.response_bytes(status, headers, body.encode())

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        assert not self.status, "answered twice"
        self.status, self.headers, self.body = status, headers, body

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self.response_bytes(status, headers, Path(file).read_bytes())


def ask(application: Any, method: str, path: str, query: str, headers: Mapping[str, str], body: BinaryIO) -> Protocol:
    """The application's answer to one request, which has arrived whole."""
    protocol = Protocol(body)
    scope = Scope(method, path, query, headers)
    asyncio.run_coroutine_threadsafe(application.__rsgi__(scope, protocol), loop()).result(60)
    return protocol


@contextmanager
def served(application: Any) -> Iterator[int]:
    """The application on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = ask(application, "POST", path, query, headers, io.BytesIO(body))
            self.send_response(answer.status)
            for name, value in [*answer.headers, ("content-length", str(len(answer.body)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()
