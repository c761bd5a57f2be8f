"""`make demo`, as a newcomer has it: one command, one question, Ctrl-C, and again."""

import json
import signal
import sqlite3
import threading

import pytest

from tests.flows.processes import descendants, environment, fetch, free_port, is_running, running


@pytest.fixture
def demo(tmp_path):
    """Start the demo in an empty folder. Returns (process, address of the bot, address of the stand-in, what it said)."""
    bot, wecom = free_port(), free_port()
    env = environment(BIND=f"127.0.0.1:{bot}", SANDBOX_BIND=f"127.0.0.1:{wecom}", DATABASE_URL="postgresql://wrong@127.0.0.1:9/x")

    def start():
        return running("demo", env=env, cwd=tmp_path)

    return start, f"http://127.0.0.1:{bot}", f"http://127.0.0.1:{wecom}", tmp_path / "data"


def announced(process):
    """What the demo prints until it is ready."""
    said = []
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            return "".join(said)
    raise AssertionError("".join(said))


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_stops_and_runs_again_on_what_it_left(demo, stop, book):
    start, bot, wecom, data = demo
    for run in (1, 2):
        with start() as process:
            said = announced(process)
            assert bot in said
            assert wecom in said
            assert "postgresql" not in said
            assert fetch(f"{bot}/readyz")[0] == 200
            status, answer = fetch(f"{wecom}/sandbox/api/say", {"userid": "WangWei", "text": "应用被取消推荐后怎么恢复"})
            assert status == 200
            assert book.clause("4.2").text in json.loads(answer)["reply"]["content"]
            assert json.loads(fetch(f"{wecom}/sandbox/api/state")[1])["menu"]["button"]
            family = descendants(process.pid)
            assert len(family) >= 4, "sandbox, server with its workers, sender"
            rest = threading.Thread(target=process.stdout.read)
            rest.start()
            process.send_signal(stop)
            assert process.wait(30) == 0
            rest.join()
            assert [pid for pid in family if is_running(pid)] == []
        with sqlite3.connect(data / "bot.db") as connection:
            assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (run,)


def test_a_port_that_is_taken_is_told_and_nothing_is_started(demo):
    start, bot, _, data = demo
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(bot.rpartition(":")[2])))
        taken.listen()
        with start() as process:
            said = process.stdout.read()
            assert process.wait(30) == 1
    assert bot.removeprefix("http://") in said
    assert not (data / "bot.db").exists()


def test_keys_of_the_demo_are_for_its_owner_only(demo):
    start, _, _, data = demo
    with start() as process:
        announced(process)
        assert (data / "demo.json").stat().st_mode & 0o077 == 0
