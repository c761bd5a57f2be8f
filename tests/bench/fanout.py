"""One broadcast to 10 000 people of one corp: queued within a second, ten calls, done within five."""

import time

from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.tasks import Queue
from tests.bench import common
from tests.bench.common import Run, emit
from tests.bench.outgoing import Scene

PEOPLE, CALLS = 10_000, 10
QUEUED_S, DONE_S = 1.0, 5.0
_ROUNDS = {False: 3, True: 1}


def run(run: Run) -> bool:
    """The one figure: the middle of several rounds, each on a database of its own with a worker that stands idle before."""
    rounds = [_round(run) for _ in range(_ROUNDS[run.sample])]
    queued_s, done_s = (common.median([found[name] for found in rounds]) for name in ("queued_s", "done_s"))
    right = all(found["calls"] == CALLS and found["once_each"] for found in rounds)
    return emit(
        "fanout",
        done_s,
        f"<= {DONE_S} s done, <= {QUEUED_S} s queued, {CALLS} calls, each reached once",
        reached=right and queued_s < QUEUED_S and done_s < DONE_S,
        seed=run.seed,
        queued_s=round(queued_s, 3),
        people=PEOPLE,
        rounds=rounds,
    )


def _round(run: Run) -> dict[str, float | bool]:
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=PEOPLE)
        try:
            worker = scene.worker()
            scene.warm_up()
            before = scene.vendor.counts()["calls"]["message/send"]
            began = time.perf_counter()
            with scene.database.write() as tx:
                outgoing = Outgoing("text", {"content": "平台规则有更新，请查看新版全文。"})
                batch_ids = outbox.enqueue_many(tx, scene.corpid, scene.agentid, scene.people, outgoing, Priority.CHAT)
            queued_s = time.perf_counter() - began
            Queue(scene.queue_url).wake(batch_ids[0])
            while scene.ask("SELECT 1 FROM batches WHERE state = 'open' LIMIT 1") and time.perf_counter() - began < 60:
                time.sleep(0.02)
            done_s = time.perf_counter() - began
            members = scene.vendor.members()
            worker.stop()
            return {
                "queued_s": round(queued_s, 3),
                "done_s": round(done_s, 3),
                "calls": scene.vendor.counts()["calls"]["message/send"] - before,
                "once_each": all(members[userid]["delivered"] == 1 for userid in scene.people),
            }
        finally:
            scene.close()
