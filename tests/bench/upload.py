"""Uploads through the product's own server on loopback: how fast, in how much memory, and whether others are still answered."""

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bot.files import Files
from tests.bench import common, desk
from tests.bench.common import Run, emit, median, percentile
from tests.bench.desk import Desk
from tests.bench.probes import Probes
from tests.bench.traffic import Keys

_MIB = 1 << 20
_SIZE = {False: 100 * _MIB, True: 30 * _MIB}
_ROUNDS = {False: 5, True: 2}
_AT_ONCE, _EACH = {False: 20, True: 8}, {False: 20 * _MIB, True: 4 * _MIB}
_SPEED, _MEMORY_MIB, _PROBES_MS = 80.0, 64.0, 500.0


class Memory:
    """How much the web processes grew at most while the block lasted, in MiB."""

    def __init__(self, child: common.Child) -> None:
        self._pids = child.children()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self._now()
        self.grown = 0.0

    def _now(self) -> float:
        return sum(common.memory_mib(pid)["rss"] for pid in self._pids)

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.grown = max(self.grown, self._now() - self.before)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def run(run: Run) -> bool:
    """Speed of one, memory, and many at once."""
    with common.work_folder() as folder, desk.opened(folder) as at:
        fine = _one(run, at)
        return _many(run, at) & fine


def _one(run: Run, at: Desk) -> bool:
    size, speeds, grown = _SIZE[run.sample], {"blocks": list[float](), "form": list[float]()}, 0.0
    at.in_blocks(at.start_draft("warm"), "warm.mp4", desk.film(4 * _MIB))
    for number in range(_ROUNDS[run.sample]):
        for way in speeds:
            raw, report = desk.film(size), at.start_draft(f"{way} {number}")
            with Memory(at.child) as memory:
                began = time.perf_counter()
                status = at.in_blocks(report, "film.mp4", raw)[0] if way == "blocks" else at.by_form(report, "film.mp4", raw)
                took_s = time.perf_counter() - began
            assert status in (200, 303), status
            assert at.filing(report).files[0].sha256 == hashlib.sha256(raw).hexdigest()
            speeds[way].append(size / took_s / 1e6)
            grown = max(grown, memory.grown)
    medians = {way: median(found) for way, found in speeds.items()}
    fine = emit(
        "upload_mb_per_s",
        min(medians.values()),
        f">= {_SPEED} MB/s, {size // _MIB} MiB on loopback",
        reached=min(medians.values()) >= _SPEED,
        seed=run.seed,
        ways={way: round(value, 1) for way, value in medians.items()},
        rounds={way: [round(value, 1) for value in found] for way, found in speeds.items()},
    )
    return fine & emit(
        "upload_memory_mib", grown, f"<= {_MEMORY_MIB} MiB more in the web process", reached=grown <= _MEMORY_MIB, seed=run.seed
    )


def _many(run: Run, at: Desk) -> bool:
    number, each, report = _AT_ONCE[run.sample], _EACH[run.sample], at.start_draft("many")
    films = [desk.film(each) for _ in range(number)]
    probes = Probes(at.child.port, Keys.of(at.environment))
    with probes, ThreadPoolExecutor(number) as pool:
        began = time.perf_counter()
        answers = list(pool.map(lambda pair: at.in_blocks(report, f"{pair[0]}.mp4", pair[1])[0], enumerate(films)))
        took_s = time.perf_counter() - began
    meant = {hashlib.sha256(raw).hexdigest() for raw in films}
    rows = {file.sha256 for file in at.filing(report).files}
    files = Files.of(at.house.settings)
    whole = sum(files.exists(sha256) and files.is_whole(sha256) for sha256 in meant & rows)
    fine = emit(
        "upload_whole",
        whole,
        f"= {number} uploads of {each // _MIB} MiB at once, by SHA-256",
        reached=whole == number == answers.count(200),
        seed=run.seed,
        took_s=round(took_s, 2),
    )
    p99 = {name: round(percentile(times, 0.99), 1) for name, times in probes.times_ms.items()}
    return fine & emit(
        "upload_probes_p99_ms",
        max(p99.values()),
        f"<= {_PROBES_MS} ms meanwhile",
        reached=max(p99.values()) <= _PROBES_MS and not probes.faults,
        seed=run.seed,
        p99_ms=p99,
        asked={name: len(times) for name, times in probes.times_ms.items()},
        faults=probes.faults[:5],
    )
