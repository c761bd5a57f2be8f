"""Flask in threads beside the event loop, behind the real server: bodies, uploads, files, and clients that are slow."""

import asyncio
import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import BadCallback
from bot.web import pages
from tests.flows.processes import ROOT, environment, free_port, is_running
from tests.rsgi import Scope
from tests.web.pages_app import STALL_S

MIB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """tests/web/pages_app.py under granian, as the product runs. Gives (port, id of the one web process)."""
    port, folder = free_port(), tmp_path_factory.mktemp("pages")
    command = [sys.executable, "-m", "tests.web.pages_app", str(port), str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True)
    try:
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                ask(port, "GET", "/hello")
                break
            assert time.monotonic() < until
            time.sleep(0.05)
        (worker,) = [
            int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split() if not is_tracker(pid)
        ]
        yield port, worker
    finally:
        process.terminate()
        assert process.wait(20) == 0


def is_tracker(pid):
    return b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def resident_mib(pid):
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def open_upload(port, path, length, sent=b""):
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + sent)
    return sock


def test_a_request_arrives_as_it_was_sent(server):
    status, body, headers = ask(server[0], "PUT", "/echo/%E4%B8%AD%2Fx?a=1&b=%20", b"form", Content_Type="text/x", X_A="1", Cookie="k=v")
    assert status == 201
    assert body.decode().splitlines() == ["PUT", "/echo/中/x", "a=1&b=%20", "text/x", "4", "1", "k=v", "127.0.0.1", "http", "form"]
    assert headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]


def test_a_header_with_an_underscore_passes_for_no_other(server):
    sock = socket.create_connection(("127.0.0.1", server[0]), timeout=10)
    sock.sendall(b"GET /header HTTP/1.1\r\nHost: x\r\nX_Forwarded_For: 6.6.6.6\r\nConnection: close\r\n\r\n")
    assert sock.makefile("rb").read().endswith(b"\r\n\r\nnone")


@pytest.mark.parametrize("size", [0, 1, 64 << 10, (64 << 10) + 1, 3 * MIB])
def test_a_body_of_any_size_is_read_whole(server, size):
    content = os.urandom(size)
    assert ask(server[0], "POST", "/size", content)[1] == f"{size} {hash_of(content)}".encode()


def hash_of(content):
    from hashlib import sha256

    return sha256(content).hexdigest()


def test_an_upload_goes_to_disk_and_not_into_memory(server):
    port, worker = server
    before = resident_mib(worker)
    boundary = "b" * 20
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n\r\n'.encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    sock = open_upload_form(port, boundary, len(head) + 100 * MIB + len(tail))
    sock.sendall(head)
    most = 0.0
    for _ in range(100):
        sock.sendall(bytes(MIB))
        most = max(most, resident_mib(worker))
    sock.sendall(tail)
    assert sock.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
    assert most - before < 30


def open_upload_form(port, boundary, length):
    sock = socket.create_connection(("127.0.0.1", port), timeout=60)
    head = f"POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {length}\r\n\r\n"
    sock.sendall(head.encode())
    return sock


def test_an_upload_that_the_application_refuses_is_not_read(server):
    with open_upload(server[0], "/refuse", 90 * MIB, b"x" * 1000) as sock:
        began = time.monotonic()
        assert sock.makefile("rb").readline().startswith(b"HTTP/1.1 403")
        assert time.monotonic() - began < 5


def test_stalled_bodies_and_uploads_hold_up_nobody_else_and_end(server):
    port, _ = server
    small = [open_upload(port, "/size", 1_000, b"x") for _ in range(40)]
    large = [open_upload(port, "/size", 10 * MIB, b"x") for _ in range(8)]
    time.sleep(0.3)
    for _ in range(5):
        began = time.monotonic()
        assert ask(port, "GET", "/hello")[0] == 200
        assert ask(port, "POST", "/size", b"abc")[0] == 200
        assert time.monotonic() - began < 2
    assert large[0].makefile("rb").readline().startswith(b"HTTP/1.1 400"), f"given up after {STALL_S} s"
    for sock in (*small, *large):
        sock.close()


def test_a_client_that_hangs_up_in_the_middle_is_an_error_of_its_own(server):
    port, _ = server
    for length in (1_000, 10 * MIB):
        open_upload(port, "/size", length, b"x" * 10).close()
    assert ask(port, "GET", "/hello")[0] == 200


def test_a_file_is_sent_from_where_it_stands(server):
    port, worker = server
    before = resident_mib(worker)
    status, body, headers = ask(port, "GET", "/file")
    assert (status, len(body), headers["Content-Length"]) == (200, 50 * MIB, str(50 * MIB))
    assert resident_mib(worker) - before < 20
    status, body, _ = ask(port, "GET", "/file", Range="bytes=10-19")
    assert (status, len(body)) == (206, 10)
    assert ask(port, "HEAD", "/file")[:2] == (200, b"")


def test_what_goes_wrong_around_flask_is_a_page_with_a_number_and_the_server_lives(server):
    status, body, headers = ask(server[0], "GET", "/broken")
    assert status == 500
    assert "出了点问题" in body.decode()
    assert f"编号 {headers['X-Request-Id']}" in body.decode()
    assert ask(server[0], "GET", "/hello")[0] == 200


class Silent:
    """A client that sends its head and nothing more."""

    def __init__(self):
        self.is_left = False

    async def __call__(self):
        try:
            await asyncio.Event().wait()
        finally:
            self.is_left = True


def test_a_body_that_does_not_come_is_given_up_and_the_task_goes_on(monkeypatch):
    monkeypatch.setattr(pages, "BODY_S", 0.05)
    client = Silent()

    async def answer():
        with pytest.raises(BadCallback) as refused:
            await pages.body_of(client, 5)  # type: ignore[arg-type]
        await asyncio.sleep(0)  # nothing is left that would cancel what follows
        return refused.value.status, client.is_left

    assert asyncio.run(answer()) == (408, True)


def test_a_form_that_does_not_come_is_answered_by_the_application_which_does_nothing(monkeypatch):
    monkeypatch.setattr(pages, "BODY_S", 0.05)
    asked = []

    def application(environ, start):
        asked.append((environ["PATH_INFO"], environ[pages.REFUSED], environ["wsgi.input"].read()))
        start("408 Request Timeout", [])
        return ["连接中断".encode()]

    class Client(Silent):
        def response_bytes(self, status, _headers, body):
            self.said = status, body.decode()

    client = Client()
    scope = Scope("POST", "/console/cases/new", "", {"content-length": "5"})
    asyncio.run(pages.Pages(application)(scope, client))  # type: ignore[arg-type]
    assert asked == [("/console/cases/new", 408, b"")]
    assert client.said == (408, "连接中断")


def test_a_server_that_stops_is_not_taken_for_a_slow_client():
    async def answer():
        task = asyncio.ensure_future(pages.body_of(Silent(), 5))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(answer())


def test_many_at_once_are_all_answered(server):
    gate = threading.Barrier(24)

    def one(_):
        gate.wait()
        return ask(server[0], "GET", "/hello")[1]

    with ThreadPoolExecutor(24) as pool:
        assert set(pool.map(one, range(24))) == {b"hello"}
    assert is_running(server[1])
