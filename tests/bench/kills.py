"""kill -9 at every named point of handling and sending, with work in flight: nothing acknowledged is lost, nothing happens twice.

People write all the time. Servers and workers follow one another on one database, each armed to die at one point; the next one stands
ready. In the end a clean pair finishes what was left, and the inbox, the outbox and what reached people are compared.
"""

import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import clock
from tests.bench import common, ledger
from tests.bench.common import Child, Run, emit, note
from tests.bench.platform import DEADLINE_S, Platform
from tests.bench.traffic import Keys
from tests.bench.vendor import Vendor

WEB = (
    "callback.parsed",
    "dispatch.before_handler",
    "context.begun",
    "context.row_inserted",
    "dispatch.handled",
    "dispatch.enqueued",
    "dispatch.before_store",
    "inbox.inserted",
    "store.before_commit",
    "store.after_commit",
    "dispatch.stored",
    "callback.handled",
)
SENDER = ("sender.claimed", "sender.marked", "sender.sent", "sender.settled", "store.before_commit", "store.after_commit")
RATE = 10.0  # a lease of three minutes is over after 18 s
_EACH = {False: 12, True: 1}
_LEAST = {False: 200, True: 20}
_WAIT_S = 90.0  # a machine that pauses for half a minute is no fault of the product
_DRAIN_S = 240.0
_MOST_FAULTS = 5  # more than that, and the rest would only wait


@dataclass
class Killed:
    """Deaths by point, and what was wrong right after one."""

    deaths: Counter[str] = field(default_factory=Counter)
    respawned: int = 0
    marked: int = 0
    faults: list[str] = field(default_factory=list)


class Scene:
    """One database, one vendor, one platform; servers and workers come and go."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.folder = folder
        self.run = run
        self._api_port = common.free_port()
        rate = {"CLOCK_RATE": str(RATE), "CLOCK_ORIGIN": str(time.time()), "RULES_ENCODER": "off", "SENDER_LIMIT_PER_MINUTE": "1000"}
        self._environment = common.bot_environment(folder, common.free_port(), self._api_port, **rate)
        clock.speed_up(RATE, float(rate["CLOCK_ORIGIN"]))
        self._sandbox = common.bot("sandbox", self._environment, folder, self._api_port)
        self.platform = Platform(Keys.of(self._environment), run.seed, threads=6, pause_s=0.15)
        self.vendor = Vendor(self._api_port)
        self.killed = Killed()

    def open(self) -> None:
        """A migrated database, a vendor that knows everybody."""
        common.wait_until_up(self._sandbox, "/sandbox/api/state")
        self.vendor.add(self.platform.people)
        migrated = common.bot("migrate", self._environment, self.folder).popen.wait(60)
        assert migrated == 0, "the database was not migrated"

    def server(self, failpoint: str = "", processes: int = 2) -> Child:
        port = common.free_port()
        environment = self._environment | {"BIND": f"127.0.0.1:{port}", "FAILPOINT": failpoint, "WEB_WORKERS": str(processes)}
        return common.start("serve", [sys.executable, "-m", "tests.bench.house"], environment, self.folder, port)

    def worker(self, failpoint: str = "") -> Child:
        return common.bot("worker", self._environment | {"FAILPOINT": failpoint}, self.folder)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'data' / 'bot.db'}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(question).fetchall()


def run(run: Run) -> bool:
    """The one figure."""
    with common.work_folder() as folder:
        scene = Scene(run, folder)
        scene.open()
        try:
            _kill_all(scene)
            drained = _drain(scene)
        finally:
            scene.platform.stop()
        return _report(scene, drained)


def _kill_all(scene: Scene) -> None:
    """Both chains at once, until every point had its turns."""
    dice = random.Random(scene.run.seed)
    each = _EACH[scene.run.sample]
    web, sender = list(WEB) * each, list(SENDER) * each
    while len(web) + len(sender) < _LEAST[scene.run.sample]:
        web.append(dice.choice(WEB))
    dice.shuffle(web)
    dice.shuffle(sender)
    senders = threading.Thread(target=_guarded, args=(scene, _kill_senders, sender, random.Random(scene.run.seed + 1)), daemon=True)
    senders.start()
    _guarded(scene, _kill_servers, web, random.Random(scene.run.seed + 2))
    senders.join()


def _guarded(scene: Scene, kill: Any, points: list[str], dice: random.Random) -> None:
    try:
        kill(scene, points, dice)
    except (RuntimeError, OSError, AssertionError, sqlite3.Error) as error:
        scene.killed.faults.append(f"{type(error).__name__}: {error}"[:500])


def _kill_servers(scene: Scene, points: list[str], dice: random.Random) -> None:
    """One server after another dies once its armed process did; one of two processes is seen to come back first."""
    upcoming = scene.server(_armed(points[0], dice, 6), _processes(0))
    for number, point in enumerate(points):
        if len(scene.killed.faults) > _MOST_FAULTS:
            break
        server = upcoming
        common.wait_until_up(server, least_children=_processes(number))
        pids = set(server.children())  # before the first message: one of them may die of it
        scene.platform.serve_at(server.port)
        if number == 0:
            scene.platform.start()
        upcoming = scene.server(_armed(points[(number + 1) % len(points)], dice, 6), _processes(number + 1))
        _let_die(scene, server, pids, point, number)
        scene.platform.nowhere()
        server.kill()
        _check_inbox(scene, f"after web {point}")
        if number % 20 == 19:
            note(f"{number + 1} of {len(points)} servers killed, {len(scene.platform.said)} messages, {scene.killed.faults}")
    upcoming.kill()


def _processes(number: int) -> int:
    """Every third server has two, as in life; the others one, since they are sooner up."""
    return 1 if number % 3 else 2


def _let_die(scene: Scene, server: Child, pids: set[int], point: str, number: int) -> None:
    if number % 4 == 1:
        _stall(min(pids))
    if _until(lambda: not pids <= set(server.children()), _WAIT_S):
        scene.killed.deaths[f"web {point}"] += 1
    else:
        scene.killed.faults.append(f"web {point} was not reached")
    if _processes(number) == 2:
        scene.killed.respawned += _until(lambda: bool(set(server.children()) - pids), 10)


def _kill_senders(scene: Scene, points: list[str], dice: random.Random) -> None:
    """Two workers at a time, each armed; whichever dies is followed by the next."""
    waiting = list(points)
    running: list[tuple[str, Child]] = []
    while (waiting or running) and len(scene.killed.faults) <= _MOST_FAULTS:
        while waiting and len(running) < 2:
            point = waiting.pop()
            running.append((point, scene.worker(_armed(point, dice, 20 if point.startswith("store") else 3))))
        ended = _first_ended([child for _, child in running], _WAIT_S)
        if ended is None:
            scene.killed.faults += [f"sender {point} was not reached" for point, _ in running]
            for _, child in running:
                child.kill()
            running = []
            continue
        point = next(point for point, child in running if child is ended)
        running = [(other, child) for other, child in running if child is not ended]
        if ended.popen.returncode != -9:
            scene.killed.faults.append(f"the worker armed at {point} ended with {ended.popen.returncode}")
        scene.killed.deaths[f"sender {point}"] += 1
        if point in ("sender.marked", "sender.sent"):
            scene.killed.marked += bool(scene.ask("SELECT 1 FROM deliveries WHERE state = 'sending' LIMIT 1"))
        ended.kill()


def _stall(pid: int) -> None:
    """Hold one process until the platform hangs up on what it has in hand: those replies come late."""
    try:
        os.kill(pid, signal.SIGSTOP)
        clock.sleep(DEADLINE_S * 1.2)
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return  # it died at its point meanwhile


def _armed(point: str, dice: random.Random, most: int) -> str:
    return f"{point}:{dice.randint(1, most)}"


def _until(reached: Any, limit_s: float) -> bool:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if reached():
            return True
        time.sleep(0.01)
    return False


def _first_ended(children: list[Child], limit_s: float) -> Child | None:
    _until(lambda: any(not child.is_running() for child in children), limit_s)
    return next((child for child in children if not child.is_running()), None)


def _check_inbox(scene: Scene, when: str) -> None:
    """Whatever was acknowledged until now has its row."""
    tokens = {said.token for said in scene.platform.acknowledged()}
    lost = tokens - ledger.tokens(scene.ask("SELECT fields FROM inbox"))
    if lost:
        scene.killed.faults.append(f"{when}: {len(lost)} acknowledged and not stored")


def _drain(scene: Scene) -> bool:
    """A clean server and worker finish what is left. Whether nothing is open in the end."""
    server = scene.server()
    common.wait_until_up(server, least_children=2)
    scene.platform.serve_at(server.port)
    time.sleep(1)
    scene.platform.stop()
    worker = scene.worker()
    left = "SELECT (SELECT count(*) FROM batches WHERE state = 'open') + (SELECT count(*) FROM inbox WHERE reply_state = 'late')"
    drained = _until(lambda: scene.ask(left)[0][0] == 0, _DRAIN_S)
    for child in (server, worker):
        if (status := child.stop()) != 0:
            scene.killed.faults.append(f"{child.name} ended with {status} when asked to stop")
    return drained


def _report(scene: Scene, drained: bool) -> bool:
    killed, rows = scene.killed, scene.ask(ledger.INBOX)
    found = ledger.examine(scene.platform, rows, {userid: scene.vendor.delivered(userid) for userid in scene.platform.people})
    found["open_after_drain"] = 0 if drained else 1
    found["unmarked_sends"] = sum(killed.deaths[f"sender {point}"] for point in ("sender.marked", "sender.sent")) - killed.marked
    counts, number = scene.vendor.counts(), sum(killed.deaths.values())
    least = 1 if scene.run.sample else 5
    thin = [point for point in [f"web {name}" for name in WEB] + [f"sender {name}" for name in SENDER] if killed.deaths[point] < least]
    enough = number >= _LEAST[scene.run.sample] and not thin
    replies = dict(scene.ask("SELECT reply_state, count(*) FROM inbox GROUP BY reply_state"))
    settled = dict(scene.ask("SELECT state, count(*) FROM deliveries GROUP BY state"))
    return emit(
        "kills",
        number,
        f">= {_LEAST[scene.run.sample]} kills, {'every point' if scene.run.sample else 'each point >= 5 times'}, nothing lost or doubled",
        reached=enough and not any(found.values()) and not killed.faults and counts["dropped"] == 0,
        seed=scene.run.seed,
        wrong=found,
        faults=killed.faults[:10],
        messages=len(scene.platform.said),
        acknowledged=len(scene.platform.acknowledged()),
        rows=len(rows),
        replies=replies,
        deliveries=settled,
        respawned=killed.respawned,
        swallowed=counts["swallowed"],
        errors=counts["errors"],
        by_point=dict(sorted(killed.deaths.items())),
    )
