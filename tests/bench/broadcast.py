"""A broadcast to 100 000 people: queued within ten seconds, stopped within two; its page quick all the while; and workers killed under it.

The house writes and starts it as the console does; a real worker freezes, queues and sends, against the stand-in.
"""

import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bot import clock
from bot.actions import broadcasts, sign_in
from bot.app import App
from bot.context import Context
from bot.errors import Stale, Unavailable
from bot.model.audience import EVERYBODY
from bot.model.broadcast import Broadcast, Content, Form, State
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.store import broadcasts as rows
from bot.store import operators, providers
from bot.web.app import create_app
from bot.web.console import Console
from config.settings import load
from tests.bench import common
from tests.bench.common import Child, Run, emit, note
from tests.bench.outgoing import Scene

_PEOPLE = 100_000
_PROVIDERS = 5_000
QUEUED_S, PAUSE_S, PAGE_MS, PAGE_QUERIES = 10.0, 2.0, 300.0, 20
_LATENCY_MS = 400.0
_KILLS, _KILL_PEOPLE = {False: 50, True: 8}, 2_300
_RATE = 20.0  # of the clock while workers are killed: a lease is over after five seconds, a minute's limit after three
POINTS = (
    *("broadcast.freezing", "broadcast.frozen", "broadcast.queuing"),
    *("sender.claimed", "sender.marked", "sender.sent", "sender.settling", "sender.settled"),
    *("store.before_commit", "store.after_commit"),
)
_OFTEN = {"store.before_commit": 25, "store.after_commit": 25, "broadcast.queuing": 4}
_LIMIT_S = 120.0
_SETTINGS = {
    "WECOM_ACCOUNT_CEILING": "1000000",
    "QUIET_HOURS": "off",
    "BROADCAST_APPROVAL_ABOVE": "1000000",
    "ENV_FILE": os.devnull,
}


def run(run: Run) -> bool:
    """Speed first, then kills, each on a database of its own."""
    fine = _speed(run)
    return _kills(run) and fine


class House:
    """The product in this process, over the scene's database: what the console does."""

    def __init__(self, scene: Scene, people: int) -> None:
        os.environ.update(scene.environment)
        self.app = App(load())
        self.ctx = Context(self.app.house)
        self.me = self._write(scene, people)
        self._number = 0

    def _write(self, scene: Scene, people: int) -> Operator:
        now, here = clock.now(), (scene.corpid, scene.agentid)
        with self.app.database.write() as tx:
            me = operators.add(tx, "author", "Author", "a@example.com", [Role.OPERATOR], None, now)
            ids = list(providers.add(tx, [(f"P{n}", f"公司{n}") for n in range(min(_PROVIDERS, people))], now).values())
        for start in range(0, people, 5_000):
            some = scene.people[start : min(start + 5_000, people)]
            with self.app.database.write() as tx:
                providers.add_admins(tx, [(ids[n % len(ids)], Address(*here, one), one, "") for n, one in enumerate(some)], now)
        return me

    def launch(self, words: str) -> Broadcast:
        """Write one to everybody and let it go."""
        self._number += 1
        content = Content(form=Form.MARKDOWN, title="规则更新", words=words)
        made = broadcasts.draft(self.ctx, self.me, content, EVERYBODY, f"bench-{self._number}")
        return broadcasts.submit(self.ctx, self.me, made.number, made.version)

    def now(self, number: str) -> Broadcast:
        with self.app.database.read() as connection:
            return rows.by_number(connection, number)

    def step(self, number: str, act: Callable[[Context, Operator, str, int], object]) -> None:
        """Press until it takes: the worker may move it in the same moment."""
        while True:
            try:
                act(self.ctx, self.me, number, self.now(number).version)
                return
            except (Stale, Unavailable):
                continue


def _until(is_so: Callable[[], bool], limit_s: float = _LIMIT_S) -> bool:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.02)
    return False


# Speed


def _speed(run: Run) -> bool:
    people = _PEOPLE
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=people, **_SETTINGS)
        try:
            scene.vendor.tune(account_ceiling=1_000_000, latency_ms=_LATENCY_MS)
            house = House(scene, people)
            worker = scene.worker()
            scene.warm_up()
            watch = _Watch(house)
            one = house.launch("平台规则有更新，请查看新版全文。")
            began = time.perf_counter()
            watch.begin(one.number)
            queued = _until(lambda: house.now(one.number).queued_at is not None)
            queued_s = time.perf_counter() - began
            _until(lambda: _batches_through(scene) >= 6)  # in full flow
            late, left = _pause(scene, house, one.number)
            house.step(one.number, broadcasts.resume)
            through = _until(lambda: house.now(one.number).state is State.DONE)
            done_s = time.perf_counter() - began
            watch.end()
            members = scene.vendor.members()
            status = worker.stop()
            reached = Counter(members[userid]["delivered"] for userid in scene.people)
            note(f"queued {queued_s:.2f} s, done {done_s:.2f} s, reached {dict(reached)}")
            told = {"people": people, "done_s": round(done_s, 2), "worker": status}
            is_right = reached == {1: people} and through
            fine = emit(
                "broadcast_queued_s",
                queued_s,
                f"<= {QUEUED_S:.0f} s from the press until all are queued, each reached once",
                reached=queued and queued_s <= QUEUED_S and is_right,
                seed=run.seed,
                reached_by_times=dict(reached),
                **told,
            )
            fine &= emit(
                "broadcast_pause_s",
                late,
                f"<= {PAUSE_S:.0f} s after the press no call begins",
                reached=late <= PAUSE_S and left > 0,
                seed=run.seed,
                left=left,
                latency_ms=_LATENCY_MS,
            )
            return _told_of_pages(run, watch) and fine
        finally:
            scene.close()


def _batches_through(scene: Scene) -> int:
    return int(scene.ask("SELECT count(*) FROM batches WHERE state = 'done'")[0][0])


def _pause(scene: Scene, house: House, number: str) -> tuple[float, int]:
    """(seconds after the press when the last call began, people left). A call began so long before its answer as the stand-in takes."""
    house.step(number, broadcasts.pause)
    pressed = clock.now()
    time.sleep(2 * PAUSE_S)
    ((last,),) = scene.moments("SELECT max(settled_at) FROM deliveries WHERE state = 'accepted'")
    at = last if last.tzinfo else last.replace(tzinfo=UTC)
    left = int(scene.ask("SELECT count(*) FROM deliveries WHERE state = 'queued'")[0][0])
    return max(0.0, (at - pressed).total_seconds() - _LATENCY_MS / 1_000), left


@dataclass
class _Watch:
    """Somebody who looks at the page, and the page itself that asks for its progress, all the while."""

    house: House
    took_ms: dict[str, list[float]] = field(default_factory=dict)
    queries: int = 0
    bytes: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self, number: str) -> None:
        site = create_app({}, [], 0, console=Console(self.house.app.house, self.house.app.client).blueprint())
        self._thread = threading.Thread(target=self._look, args=(site, number), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        assert self._thread
        self._thread.join(30)

    def _look(self, site: Flask, number: str) -> None:
        browser = _signed_in(site, self.house.app)
        asked: list[str] = []
        mine = threading.get_ident()

        def note_query(*given: Any) -> None:
            if threading.get_ident() == mine:
                asked.append(given[2])

        event.listen(self.house.app.database.engine, "before_cursor_execute", note_query)
        while not self._over.is_set():
            for page in ("", "/progress", "/people", "/people?which=missed"):
                asked.clear()
                before = time.perf_counter()
                answer = browser.get(f"/console/broadcasts/{number}{page}")
                self.took_ms.setdefault(page or "/", []).append((time.perf_counter() - before) * 1_000)
                assert answer.status_code == 200, answer.status_code
                self.queries, self.bytes = max(self.queries, len(asked)), max(self.bytes, len(answer.data))
            self._over.wait(0.2)
        event.remove(self.house.app.database.engine, "before_cursor_execute", note_query)


def _signed_in(site: Flask, app: App) -> FlaskClient:
    browser = site.test_client()
    path = f"/console/links/{sign_in.make_link(Context(app.house), None, 'author')}"
    (token,) = re.findall(r'name="token" value="([0-9a-f]{64})"', browser.get(path).text)
    done = browser.post(path, data={"token": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert done.status_code == 303, done.status_code
    return browser


def _told_of_pages(run: Run, watch: _Watch) -> bool:
    p95 = {page: round(common.percentile(took, 0.95), 1) for page, took in watch.took_ms.items()}
    return emit(
        "broadcast_progress_ms",
        max(p95.values()),
        f"p95 <= {PAGE_MS:.0f} ms while it is sent, <= {PAGE_QUERIES} questions to the database",
        reached=max(p95.values()) <= PAGE_MS and watch.queries <= PAGE_QUERIES,
        seed=run.seed,
        pages=p95,
        views=sum(map(len, watch.took_ms.values())),
        queries=watch.queries,
        bytes=watch.bytes,
    )


# Kills


def _kills(run: Run) -> bool:
    dice = random.Random(run.seed)
    least = _KILLS[run.sample]
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=_KILL_PEOPLE, rate=_RATE, **_SETTINGS)
        try:
            scene.vendor.tune(account_ceiling=1_000_000, latency_ms=1_000.0)
            house = House(scene, _KILL_PEOPLE)
            numbers, deaths, faults = _kill_all(scene, house, dice, least)
            worker = scene.worker()
            drained = _until(lambda: all(house.now(number).state is State.DONE for number in numbers))
            if (status := worker.stop()) != 0:
                faults.append(f"the last worker ended with {status} when asked to stop")
            return _report(scene, numbers, deaths, faults, least, drained=drained)
        finally:
            scene.close()


def _kill_all(scene: Scene, house: House, dice: random.Random, least: int) -> tuple[list[str], Counter[str], list[str]]:
    waiting = [POINTS[n % len(POINTS)] for n in range(least)]
    dice.shuffle(waiting)
    numbers: list[str] = []
    deaths: Counter[str] = Counter()
    faults: list[str] = []
    while waiting and len(faults) <= 5:
        point = waiting.pop()
        child = scene.worker(FAILPOINT=f"{point}:{dice.randint(1, _OFTEN.get(point, 3 if point.startswith('sender') else 1))}")
        if _dies(house, child, numbers):
            deaths[point] += 1
        else:
            faults.append(f"{point} was not reached")
        if child.popen.poll() not in (None, -9):
            faults.append(f"the worker armed at {point} ended with {child.popen.returncode}")
        child.kill()
        note(f"{sum(deaths.values())} of {least} killed, {len(numbers)} broadcasts, {faults}")
    return numbers, deaths, faults


def _dies(house: House, child: Child, numbers: list[str]) -> bool:
    """Give it something to do until it does."""
    until = time.monotonic() + _LIMIT_S
    while time.monotonic() < until:
        if not child.is_running():
            return True
        if not numbers or house.now(numbers[-1]).state is State.DONE:
            numbers.append(house.launch(f"T{len(numbers)}X").number)
        time.sleep(0.05)
    return False


def _report(scene: Scene, numbers: list[str], deaths: Counter[str], faults: list[str], least: int, *, drained: bool) -> bool:
    delivered = scene.vendor.all_delivered()
    wanted = {f"T{n}X" for n in range(len(numbers))}
    reached = Counter((userid, token) for userid, texts in delivered.items() for text in texts for token in re.findall(r"T\d+X", text))
    states = scene.states()
    wrong = {
        "never_reached": len(wanted) * len(scene.people) - len(reached),
        "reached_twice": sum(times > 1 for times in reached.values()),
        "rows_twice": scene.ask("SELECT count(*) - count(DISTINCT broadcast_id || userid) FROM broadcast_recipients")[0][0],
        "not_accepted": sum(number for state, number in states.items() if state != "accepted"),
        "not_done": 0 if drained else 1,
        "dropped": scene.vendor.counts()["dropped"],
    }
    number = sum(deaths.values())
    return emit(
        "broadcast_kills",
        number,
        f">= {least} kills with sends in flight, nobody twice, nobody forgotten",
        reached=number >= least and not any(wrong.values()) and not faults,
        seed=scene.run.seed,
        wrong=wrong,
        faults=faults[:10],
        broadcasts=len(numbers),
        people=len(scene.people),
        lost_with_their_worker=scene.ask("SELECT count(*) FROM attempts WHERE answered_at IS NULL")[0][0],
        swallowed=scene.vendor.counts()["swallowed"],
        by_point=dict(sorted(deaths.items())),
    )
