"""What every figure needs: a line to print, a folder on a real disk, free ports, and processes that surely end."""

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "tests" / "rules" / "dev_questions.jsonl"
SEED = 20240617
_START_S = 120.0
_STOP_S = 15.0


@dataclass(frozen=True)
class Run:
    """One run of one figure. sample: the short form for CI. seed: of everything random in it."""

    sample: bool
    seed: int


def emit(name: str, value: float, bar: str, *, reached: bool | None, seed: int, **details: Any) -> bool:
    """Print one figure as a JSON line. bar: in words. reached None: no bar, for information. Returns whether nothing was missed."""
    verdict = "info" if reached is None else "reached" if reached else "missed"
    shown = round(value, 4) if isinstance(value, float) else value
    line = {"name": name, "value": shown, "bar": bar, "verdict": verdict, "seed": seed, **details}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return reached is not False


def note(words: str) -> None:
    """A line for whoever watches."""
    print(words, file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; 0 when there is nothing to rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder of its own on the disk of the checkout (a memory disk would make durability free), gone afterwards."""
    base = ROOT / "figures"
    base.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
    try:
        yield folder
    finally:
        if "FIGURES_KEEP" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


def filesystem(folder: Path) -> str:
    """The type of the file system under `folder`, such as ext4."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    under = [(mount, kind) for mount, kind in mounts if folder.resolve().is_relative_to(mount)]
    return max(under, key=lambda pair: len(pair[0]), default=("", "unknown"))[1]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has. Asked without SO_REUSEPORT, with which a foreign server's port would look free too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def bot_environment(folder: Path, port: int, api_port: int, **more: str) -> dict[str, str]:
    """The settings of a bot in `folder` that listens on `port` and knows a vendor on `api_port`. Keys are made up each time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WECOM_", "CLOCK_", "PROMETHEUS_"))}
    letters = string.ascii_letters + string.digits
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "WECOM_CORPID": "ww" + secrets.token_hex(8),
        "WECOM_AGENTID": "1000002",
        "WECOM_SECRET": secrets.token_urlsafe(32),
        "WECOM_TOKEN": "".join(secrets.choice(letters) for _ in range(20)),
        "WECOM_AES_KEY": "".join(secrets.choice(letters) for _ in range(43)),
        "WECOM_API_BASE": f"http://127.0.0.1:{api_port}",
        "WECOM_OAUTH_BASE": f"http://127.0.0.1:{api_port}",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BIND": f"127.0.0.1:{port}",
        "SANDBOX_BIND": f"127.0.0.1:{api_port}",
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": "",
        "QUEUE_URL": "",
        "FAILPOINT": "",
        "LOG_LEVEL": "WARNING",
        **more,
    }


@dataclass
class Child:
    """A process of ours with a group of its own, so that it and all it starts can be ended by id."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path
    port: int = 0
    seen: set[int] = field(default_factory=set)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def children(self) -> list[int]:
        """Ids of the processes it started that run now: a server's web processes."""
        try:
            found = [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except OSError:
            return []
        running = [pid for pid in found if not _is_ended(pid)]
        self.seen.update(running)
        return running

    def kill(self) -> None:
        """End the whole group at once, as by kill -9."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()
        _all.pop(self.pid, None)

    def stop(self) -> int:
        """Ask to finish, and wait. Returns the exit status; one that does not end in time is killed and counts as -9."""
        if self.is_running():
            self.popen.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(_STOP_S)
        status = self.popen.poll()
        self.kill()
        return -9 if status is None else status


def _is_ended(pid: int) -> bool:
    """True for a process that is gone, or dead and not yet waited for."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


_all: dict[int, Child] = {}


def start(name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, port: int = 0) -> Child:
    """Start one process in `folder`, its output in a log file there."""
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        popen = subprocess.Popen(
            list(command), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    child = Child(name, popen, log, port)
    _all[child.pid] = child
    return child


def bot(command: str, environment: Mapping[str, str], folder: Path, port: int = 0) -> Child:
    """Start `python -m bot COMMAND`."""
    return start(command, [sys.executable, "-m", "bot", command], environment, folder, port)


def wait_until_up(child: Child, path: str = "/healthz", least_children: int = 0) -> None:
    """Wait until it answers and has that many processes. Raises RuntimeError with the end of its log when it does not."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until and child.is_running():
        if answers(child.port, path) and len(child.children()) >= least_children:
            return
        time.sleep(0.02)
    end = child.log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{child.name} did not start:\n{end}")


def answers(port: int, path: str = "/healthz") -> bool:
    """Whether somebody answers 200 there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def own_pid() -> int:
    return os.getpid()


def memory_mib(pid: int) -> dict[str, float]:
    """{"rss", "pss"} of a process in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    return {"rss": kib["Rss"] / 1024, "pss": kib["Pss"] / 1024}


def cpu_s(pid: int) -> float:
    """Processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_cpu_s() -> float:
    """Processor time that all processes of this machine have used, and what its host took away, in seconds."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def end_all() -> None:
    """End every process started here that still runs."""
    for child in list(_all.values()):
        child.kill()


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def guard() -> None:
    """See to it that nothing outlives this process, however it ends short of kill -9."""
    atexit.register(end_all)
    signal.signal(signal.SIGTERM, _interrupted)
