"""The stand-in's own HTTP server: threads, keep-alive, and a hand on the socket, so that a fault can be a real one.

Werkzeug's server closes each connection and waits 10 ms after it; this one keeps them and reads each body whole before the app runs.
"""

import contextlib
import logging
import select
import signal
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from bot import clock
from bot.errors import BadSetting
from bot.sandbox.api import Wsgi
from bot.sandbox.app import create_app
from bot.sandbox.world import World
from config.settings import Settings, is_loopback, split_bind

_log = logging.getLogger(__name__)
_BODY_BYTES = 64 << 20
_IDLE_S = 75
_HANG_S = 600


class _Line:
    """The connection under one request."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def hang(self) -> None:
        """Say nothing until the caller goes away."""
        select.select([self._connection], [], [], _HANG_S)

    def reset(self) -> None:
        """End with a TCP reset: a linger time of zero makes close throw away what is unsent and send RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self._connection.detach())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = _IDLE_S
    server: "Server"

    def _run(self) -> None:
        length = self._length()
        if length is None:
            return
        environ = self._environ(self.rfile.read(length), length)
        status, headers = "500 Internal Server Error", [("Content-Length", "0")]

        def start_response(new_status: str, new_headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status, headers
            status, headers = new_status, new_headers
            return self.wfile.write

        try:
            chunks = self.server.app(environ, start_response)
            try:
                self._answer(status, headers, chunks)
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self, status: str, headers: list[tuple[str, str]], chunks: Any) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), None)
        for name, value in headers:
            self.send_header(name, value)
        if length is None:  # a stream: its end is the end of the connection
            self.send_header("Connection", "close")
        self.end_headers()
        if length is None:
            self.wfile.flush()
        sent_bytes = 0
        for chunk in chunks:
            self.wfile.write(chunk)
            sent_bytes += len(chunk)
            if length is None:
                self.wfile.flush()
        if length is not None and sent_bytes < length and self.command != "HEAD":
            self.close_connection = True  # a truncated answer ends here

    def _length(self) -> int | None:
        """Content-Length, or None after the request was refused."""
        text = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not text.isascii() or not text.isdigit():
            self.send_error(411)
        elif int(text) > _BODY_BYTES:
            self.send_error(413)
        else:
            return int(text)
        self.close_connection = True
        return None

    def _environ(self, body: bytes, length: int) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "sandbox.line": _Line(self.connection),
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_LENGTH": str(length),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
        }
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def handle(self) -> None:
        # OSError: the socket was closed by a reset of ours, or the other side is gone
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Nothing: a request line carries access tokens."""

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = _run  # noqa: N815 - the standard library's names


class Server(ThreadingHTTPServer):
    """One process, a thread a connection. Raises BadSetting for an address that others could reach."""

    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def __init__(self, app: Wsgi, host: str, port: int) -> None:
        if not is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}"):
            raise BadSetting([f"SANDBOX_BIND: the sandbox only listens on this machine (127.0.0.1, ::1 or localhost), not {host}"])
        self.app = app
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except OSError as cause:
            raise BadSetting([f"SANDBOX_BIND: cannot listen on {host}:{port} ({cause.strerror})"]) from cause

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> "Server":
        """Serve from a thread of its own; for tests."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True).start()
        return self

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def server_bind(self) -> None:
        # HTTPServer asks the resolver for the host's full name here, which can take seconds
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.exception("sandbox: a request failed")


def serve(settings: Settings) -> None:
    """Run the stand-in until SIGTERM or SIGINT. Raises BadSetting for an address that is not this machine, or taken."""
    if settings.clock_rate != 1.0:
        clock.speed_up(settings.clock_rate, settings.clock_origin)
    server = Server(create_app(World.from_settings(settings)), *split_bind(settings.sandbox_bind))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server.start()
    stopping.wait()
    server.stop()
