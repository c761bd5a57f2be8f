"""The program itself: where it listens, how it stops."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from bot.errors import BadSetting
from bot.sandbox import Server, create_app
from tests.sandbox.bot import AES_KEY, AGENTID, CORPID, SECRET, TOKEN
from tests.sandbox.conftest import make_world

ROOT = Path(__file__).parents[2]
RUN = "from bot.sandbox import serve; from config.settings import load; serve(load())"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.9", "example.com"])
def test_the_sandbox_listens_for_this_machine_only(host):
    with pytest.raises(BadSetting, match="SANDBOX_BIND"):
        Server(create_app(make_world("")), host, 0)


def test_a_taken_port_is_said_plainly(server: Server):
    with pytest.raises(BadSetting, match="cannot listen"):
        Server(create_app(make_world("")), "127.0.0.1", server.port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_comes_up_and_stops_cleanly(tmp_path, number):
    port = free_port()
    settings = {
        "WECOM_CORPID": CORPID,
        "WECOM_AGENTID": str(AGENTID),
        "WECOM_SECRET": SECRET,
        "WECOM_TOKEN": TOKEN,
        "WECOM_AES_KEY": AES_KEY,
        "WECOM_API_BASE": f"http://127.0.0.1:{port}",
        "SECRET_KEY": "k" * 40,
        "PUBLIC_URL": "http://127.0.0.1:9",
        "SANDBOX_BIND": f"127.0.0.1:{port}",
        "DATA_DIR": str(tmp_path),
        "CLOCK_RATE": "60",
        "CLOCK_ORIGIN": str(time.time()),
    }
    program = subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        url = f"http://127.0.0.1:{port}/cgi-bin/gettoken?corpid={CORPID}&corpsecret={SECRET}"
        for _ in range(200):
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    assert b"access_token" in answer.read()
                break
            except OSError:
                time.sleep(0.05)
        stream = urllib.request.urlopen(f"http://127.0.0.1:{port}/sandbox/stream?rev=0", timeout=30)  # an open page
        program.send_signal(number)
        assert program.wait(10) == 0
        stream.close()
        assert program.stdout is not None
        assert program.stdout.read() == b""
        assert (tmp_path / "sandbox").is_dir()
    finally:
        program.kill()
        program.wait()


def test_a_body_without_a_length_or_over_the_cap_is_refused(server: Server):
    for head, status in (
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: 99999999999", b"413"),
        (b"Content-Length: -1", b"411"),
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(b"POST /cgi-bin/message/send HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n\r\n")
            assert connection.recv(4096).split()[1] == status


def test_an_unknown_api_is_told_as_such(client):
    assert client.get("/cgi-bin/teleport").get_json()["errcode"] == 404
