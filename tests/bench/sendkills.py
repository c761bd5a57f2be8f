"""kill -9 of workers at every named point of sending, with many sends in flight and faults in a tenth of the platform's calls.

Two workers at a time share one database, each armed to die somewhere; whoever dies is followed by the next. All of it lies inside the
duplicate-check window. In the end a clean worker finishes what was left, and what reached people is compared with what was queued.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from bot.delivery import outbox
from bot.errors import Unavailable
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from tests.bench import common
from tests.bench.common import Child, Run, emit, note
from tests.bench.outgoing import Scene

POINTS = (
    "sender.claimed",
    "sender.marked",
    "sender.sent",
    "sender.settling",
    "sender.settled",
    "store.before_commit",
    "store.after_commit",
)
_LEAST = {False: 210, True: 21}
_RATE = 20.0  # a lease is over after five seconds, the window after eleven minutes
_PEOPLE = 1_500
_OPEN = 300  # batches that wait at any time
_LATENCY_MS = 1_000.0  # of the clock: calls are out for 50 ms
_WAIT_S, _DRAIN_S, _LOOK_EVERY = 60.0, 120.0, 10
# A tenth of all calls: before and after they take effect, with and without an answer.
FAULTS = ("reset", "reset_before", "truncated", "http:502", "timeout", "timeout_before", "html", "errcode:-1", "errcode:45033", "slow:3")


@dataclass
class Told:
    """What was put on its way: who must get which token, once."""

    wanted: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)


def run(run: Run) -> bool:
    """The one figure."""
    dice = random.Random(run.seed)
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=_PEOPLE, rate=_RATE, WECOM_ACCOUNT_CEILING="1000000")
        scene.vendor.tune(account_ceiling=1_000_000, latency_ms=_LATENCY_MS)
        scene.vendor.set_faults(
            *({"api": "message/send", "kind": kind, "share": 0.1 / len(FAULTS), "seed": run.seed + n} for n, kind in enumerate(FAULTS))
        )
        told = Told()
        feeder = threading.Thread(target=_feed, args=(scene, told, random.Random(run.seed + 1)), daemon=True)
        feeder.start()
        try:
            deaths, unmarked, faults = _kill_all(scene, told, dice)
            told.stopping.set()
            feeder.join()
            scene.vendor.set_faults()
            worker = scene.worker()
            drained = scene.wait_until_through(_DRAIN_S)
            if (status := worker.stop()) != 0:
                faults.append(f"the last worker ended with {status} when asked to stop")
            return _report(scene, told, deaths, unmarked, faults, drained=drained)
        finally:
            told.stopping.set()
            feeder.join(5)
            scene.close()


def _feed(scene: Scene, told: Told, dice: random.Random) -> None:
    """Keep batches of one to four people waiting."""
    number = 0
    while not told.stopping.wait(0.05):
        if scene.ask("SELECT count(*) FROM batches WHERE state = 'open'")[0][0] >= _OPEN:
            continue
        fresh = []
        try:
            with scene.database.write() as tx:
                for _ in range(40):
                    number += 1
                    people, token = dice.sample(scene.people, dice.randint(1, 4)), f"T{number}X"
                    priority = dice.choice((Priority.URGENT, Priority.CHAT))
                    outbox.enqueue(tx, scene.corpid, scene.agentid, people, Outgoing("text", {"content": token}), priority)
                    fresh += [(userid, token) for userid in people]
        except Unavailable:
            continue  # rolled back as a whole
        with told.lock:
            told.wanted.update(fresh)


def _kill_all(scene: Scene, told: Told, dice: random.Random) -> tuple[Counter[str], int, list[str]]:
    least = _LEAST[scene.run.sample]
    waiting = [POINTS[n % len(POINTS)] for n in range(least)]
    dice.shuffle(waiting)
    deaths: Counter[str] = Counter()
    faults: list[str] = []
    running: list[tuple[str, Child]] = []
    unmarked = 0
    while (waiting or running) and len(faults) <= 5:
        while waiting and len(running) < 2:
            point = waiting.pop()
            running.append((point, scene.worker(FAILPOINT=f"{point}:{dice.randint(1, 60 if point in _PER_CALL else 15)}")))
        ended = _first_ended([child for _, child in running])
        if ended is None:
            faults += [f"{point} was not reached" for point, _ in running]
            for _, child in running:
                child.kill()
            running = []
            continue
        point = next(point for point, child in running if child is ended)
        running = [(other, child) for other, child in running if child is not ended]
        if ended.popen.returncode != -9:
            faults.append(f"the worker armed at {point} ended with {ended.popen.returncode}")
        deaths[point] += 1
        ended.kill()
        if sum(deaths.values()) % _LOOK_EVERY == 0:
            unmarked += _unmarked(scene)
        if sum(deaths.values()) % 30 == 0:
            note(f"{sum(deaths.values())} of {least} killed, {len(told.wanted)} to reach, {faults}")
    return deaths, unmarked, faults


_PER_CALL = ("sender.marked", "sender.sent")


def _first_ended(children: list[Child]) -> Child | None:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        for child in children:
            if not child.is_running():
                return child
        time.sleep(0.01)
    return None


def _reached(scene: Scene) -> Counter[tuple[str, str]]:
    """How often each token reached each person, as the platform counts it."""
    return Counter((userid, text.partition("\n")[0]) for userid, texts in scene.vendor.all_delivered().items() for text in texts)


def _unmarked(scene: Scene) -> int:
    """Messages that have reached somebody while their row says that they were not even tried."""
    reached = _reached(scene)
    rows = scene.ask("SELECT d.userid, b.payload FROM deliveries d JOIN batches b ON b.id = d.batch_id WHERE d.state = 'queued'")
    return sum((userid, payload.partition('"content":"')[2].partition("\\n")[0]) in reached for userid, payload in rows)


def _report(scene: Scene, told: Told, deaths: Counter[str], unmarked: int, faults: list[str], *, drained: bool) -> bool:
    reached, states = _reached(scene), scene.states()
    lost_calls = scene.ask("SELECT count(*) FROM attempts WHERE answered_at IS NULL")[0][0]
    unsure = scene.ask("SELECT count(*) FROM attempts WHERE state = 'uncertain'")[0][0]
    counts = scene.vendor.counts()
    wrong = {
        "never_reached": len(told.wanted - reached.keys()),
        "reached_twice": sum(number > 1 for number in reached.values()),
        "not_queued": len(reached.keys() - told.wanted),
        "unmarked": unmarked,
        "open": 0 if drained else 1,
        "not_accepted": sum(number for state, number in states.items() if state != "accepted"),
        "rows_missing": len(told.wanted) - sum(states.values()),
        "swallowed_but_not_uncertain": max(0, counts["swallowed"] - unsure),
        "dropped": counts["dropped"],
    }
    number, least = sum(deaths.values()), _LEAST[scene.run.sample]
    return emit(
        "sendkills",
        number,
        f">= {least} kills, each reached exactly once, none forgotten, every uncertain send marked",
        reached=number >= least and not any(wrong.values()) and not faults,
        seed=scene.run.seed,
        wrong=wrong,
        faults=faults[:10],
        messages=len(told.wanted),
        calls=counts["calls"]["message/send"],
        swallowed=counts["swallowed"],
        uncertain=unsure,
        lost_with_their_worker=lost_calls,
        errors=counts["errors"],
        by_point=dict(sorted(deaths.items())),
    )
