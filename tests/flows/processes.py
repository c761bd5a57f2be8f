"""Starting the product's processes, and seeing that they are gone."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """The surroundings of a process: where Python is, and these settings alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "RULES_ENCODER": "off", **more}


@contextlib.contextmanager
def running(*command: str, env: Mapping[str, str], cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    """`python -m bot COMMAND` until the block ends; then it and its children are ended, whatever happened."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *command],
        env=dict(env),
        cwd=cwd,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        family = [process.pid, *descendants(process.pid)]
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                if is_running(pid):
                    os.kill(pid, signal.SIGKILL)
        process.wait(10)
        assert process.stdout
        process.stdout.close()


def descendants(pid: int) -> list[int]:
    """Process ids below `pid`, at this moment."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def fetch(url: str, body: Any = None) -> tuple[int, str]:
    """(status, text) of a GET, or of a POST of JSON."""
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, raw, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def wait_for(url: str, process: "subprocess.Popen[str]") -> None:
    """Until `url` answers 200. Fails when the process ends before."""
    until = time.monotonic() + START_S
    while fetch(url)[0] != 200:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < until, f"{url} does not answer"
        time.sleep(0.05)


def eventually(true: Any, within_s: float = 20) -> None:
    """Until `true()` holds."""
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)
