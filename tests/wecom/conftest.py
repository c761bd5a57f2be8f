"""The vendor's API on a loopback port: real HTTP, scripted answers."""

import json
import socket
import struct
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from bot import clock
from bot.wecom.client import Client
from bot.wecom.tokens import MemoryTokens

CORPID, AGENTID, SECRET = "ww0123456789abcdef", 1000002, "the-secret-of-the-app-0123456789"


class Call:
    """One request as it arrived."""

    def __init__(self, handler, body):
        parts = urlsplit(handler.path)
        self.path = parts.path
        self.api = parts.path.removeprefix("/cgi-bin/")
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.method = handler.command
        self.headers = handler.headers
        self.raw = body
        self.port = handler.client_address[1]

    @property
    def json(self):
        return json.loads(self.raw)


class Vendor:
    """Answers 0 to everything, after whatever was put in line for that api."""

    def __init__(self, server):
        self.base = f"http://127.0.0.1:{server.server_address[1]}"
        self.calls = []
        self.token = "TOKEN-1-abcdefgh"
        self.expires_in = 7200
        self.lock = threading.Lock()
        self._in_line = defaultdict(list)

    def then(self, api, *answers):
        """Queue answers for `api`: a dict goes out as JSON, a function gets (handler, call)."""
        self._in_line[api].extend(answers)

    def of(self, api):
        return [call for call in self.calls if call.api == api]

    def answer(self, handler, call):
        with self.lock:
            self.calls.append(call)
            line = self._in_line[call.api]
            answer = line.pop(0) if line else self._usual(call)
        if callable(answer):
            answer(handler, call)
        else:
            reply(handler, json.dumps(answer).encode())

    def _usual(self, call):
        if call.api == "gettoken":
            return {"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": self.expires_in}
        if call.query.get("access_token") != self.token:
            return {"errcode": 40014, "errmsg": "invalid access_token"}
        return {"errcode": 0, "errmsg": "ok", "msgid": "m1", "response_code": "rc1", "media_id": "media1", "created_at": "1380000000"}


def reply(handler, body, status=200, kind="application/json; charset=utf-8", **headers):
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def answering(body, status=200, kind="application/json; charset=utf-8", **headers):
    return lambda handler, call: reply(handler, body, status, kind, **headers)


def reset(handler, call):
    """Read the request, then break the connection off."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def hang(handler, call):
    """Read the request and never answer."""
    handler.server.released.wait(20)
    handler.close_connection = True


def cut_short(handler, call):
    """Promise more bytes than come."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"errcode": 0, "errmsg')
    handler.close_connection = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.vendor.answer(self, Call(self, body))

    do_GET = do_POST = _take  # noqa: N815

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.released = threading.Event()
        self.vendor = Vendor(self)

    def handle_error(self, request, client_address):
        pass  # a client that gave up waiting


@pytest.fixture
def vendor():
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.vendor
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def store():
    return MemoryTokens()


@pytest.fixture
def seen():
    """What the client's hook was told: (api, errcode) of every try."""
    return []


@pytest.fixture
def alarms():
    return []


@pytest.fixture
def client(vendor, store, seen, alarms):
    """A client of `vendor` with short time-outs, on a clock that stands still but for its pauses."""
    made = Client(
        vendor.base,
        CORPID,
        AGENTID,
        SECRET,
        store,
        alarm=alarms.append,
        observe=lambda api, errcode, seconds: seen.append((api, errcode)),
        connect_s=0.5,
        read_s=0.5,
        connections=4,
    )
    with clock.freeze(clock.now()):
        yield made
    made.close()
