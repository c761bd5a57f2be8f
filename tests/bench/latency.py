"""From a committed message to the platform's answer, on a system that has nothing else to do."""

import random
import time

from bot.tasks import Queue
from tests.bench import common
from tests.bench.common import Run, emit, percentile
from tests.bench.outgoing import Scene

BAR_S = 2.0
_MESSAGES = {False: 300, True: 60}
_NETWORK_MS = 30.0


def run(run: Run) -> bool:
    """One message at a time, at odd moments, each told to the queue after its commit as a web process does."""
    dice = random.Random(run.seed)
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=_MESSAGES[run.sample])
        try:
            scene.vendor.tune(latency_ms=_NETWORK_MS)
            scene.worker()
            scene.warm_up()
            queue = Queue(scene.queue_url)
            for userid in scene.people:
                time.sleep(dice.uniform(0.01, 0.25))
                (batch_id,) = scene.put_one_each("您好", people=[userid])
                queue.wake(batch_id)
            through = scene.wait_until_through(30)
            took = [
                (settled - created).total_seconds()
                for created, settled in scene.moments(
                    "SELECT b.created_at, d.settled_at FROM batches b JOIN deliveries d ON d.batch_id = b.id"
                    " WHERE d.state = 'accepted' AND d.userid <> 'WangWei'"
                )
            ]
        finally:
            scene.close()
    p99 = percentile(took, 0.99)
    return emit(
        "latency",
        p99,
        f"p99 < {BAR_S} s",
        reached=through and len(took) >= len(scene.people) and p99 < BAR_S,
        seed=run.seed,
        p50=round(percentile(took, 0.5), 4),
        worst=round(max(took, default=0.0), 4),
        messages=len(took),
        network_ms=_NETWORK_MS,
    )
