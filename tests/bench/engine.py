"""How fast one worker delivers 5 000 messages that all differ, whether it keeps its size, and what a second worker adds."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta

from bot import clock
from tests.bench import common
from tests.bench.common import Run, emit, median, note
from tests.bench.outgoing import Scene, postgres_answers, postgres_url

BAR = 250.0
NEAR_MS, FAR_MS = 50.0, 1_000.0
NEAR_BAR, FAR_BAR = 0.9, 1.8
GROWTH = 0.05  # of a worker's size after a fifth of its work
_MESSAGES = {False: 5_000, True: 1_000}
_FAR_MESSAGES = {False: 1_920, True: 960}
_ROUNDS = {False: 3, True: 1}
_START_S, _LIMIT_S = 10.0, 240.0


@dataclass(frozen=True)
class Round:
    """per_s: accepted a second, from the first send to the last answer. growth: of the largest worker, as a share."""

    per_s: float
    growth: float
    mib: float
    cpu_ms: float  # of all workers, a message, their start left out
    twice: int


def run(run: Run) -> bool:
    """One worker on SQLite; then one and two on PostgreSQL, near and far."""
    messages = _MESSAGES[run.sample]
    rounds = [_round(run, 1, messages, NEAR_MS) for _ in range(_ROUNDS[run.sample])]
    per_s, growth = median([one.per_s for one in rounds]), max(one.growth for one in rounds)
    right = emit(
        "engine",
        per_s,
        f">= {BAR:.0f} accepted a second, memory flat (<= {GROWTH:.0%})",
        reached=per_s >= BAR and growth <= GROWTH and not any(one.twice for one in rounds),
        seed=run.seed,
        growth=round(growth, 4),
        mib=round(max(one.mib for one in rounds), 1),
        cpu_ms=round(median([one.cpu_ms for one in rounds]), 3),
        messages=messages,
        latency_ms=NEAR_MS,
        rounds=[round(one.per_s) for one in rounds],
    )
    if not postgres_answers():
        note("two workers are measured on PostgreSQL, and none answers")
        return right
    near = _ratio(run, "engine_two_near", messages, NEAR_MS, NEAR_BAR)
    return _ratio(run, "engine_two_far", _FAR_MESSAGES[run.sample], FAR_MS, FAR_BAR) and near and right


def _ratio(run: Run, name: str, messages: int, latency_ms: float, bar: float) -> bool:
    """Two workers against one, turn by turn, so that a busy machine disturbs both."""
    ones, twos = [], []
    for _ in range(_ROUNDS[run.sample]):
        ones.append(_round(run, 1, messages, latency_ms, postgres=True))
        twos.append(_round(run, 2, messages, latency_ms, postgres=True))
    one, two = median([round_.per_s for round_ in ones]), median([round_.per_s for round_ in twos])
    twice = sum(round_.twice for round_ in twos)
    return emit(
        name,
        two / one,
        f">= {bar} times one worker, no row claimed twice",
        reached=two / one >= bar and twice == 0,
        seed=run.seed,
        one_per_s=round(one, 1),
        two_per_s=round(two, 1),
        claimed_twice=twice,
        messages=messages,
        latency_ms=latency_ms,
    )


def _round(run: Run, workers: int, messages: int, latency_ms: float, *, postgres: bool = False) -> Round:
    with common.work_folder() as folder, postgres_url() if postgres else nullcontext("") as url:
        scene = Scene(run, folder, people=messages, database_url=url)
        try:
            children = [scene.worker() for _ in range(workers)]
            scene.warm_up()  # the token is there
            scene.vendor.tune(latency_ms=latency_ms)
            due_at = clock.now() + timedelta(seconds=_START_S)  # by then both are up, and they begin together
            scene.put_one_each("您的应用有一项处理需要您确认", due_at=due_at)
            time.sleep(max(0.0, (due_at - clock.now()).total_seconds()))
            cpu_s = sum(common.cpu_s(child.pid) for child in children)
            sizes: list[float] = []
            until = time.monotonic() + _LIMIT_S
            while (done := scene.accepted() - 1) < messages and time.monotonic() < until:
                if done > messages / 5:
                    sizes.append(max(common.memory_mib(child.pid)["rss"] for child in children))
                time.sleep(0.25)
            cpu_s = sum(common.cpu_s(child.pid) for child in children) - cpu_s
            assert done == messages, f"{done} of {messages} after {_LIMIT_S} s"
            counts = scene.vendor.counts()
            attempts = scene.ask("SELECT count(*) FROM attempts")[0][0]
            return Round(
                per_s=messages / scene.span_s(),
                growth=max(sizes) / sizes[0] - 1 if sizes else 1.0,
                mib=max(sizes, default=0.0),
                cpu_ms=cpu_s / messages * 1_000,
                twice=counts["swallowed"] + attempts - messages - 1 + counts["calls"]["message/send"] - messages - 1,
            )
        finally:
            scene.close()
