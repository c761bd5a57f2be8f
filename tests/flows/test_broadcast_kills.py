"""kill -9 between the draft of a broadcast and its recall: whoever takes it up sends to each person once and forgets nobody."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.actions import broadcast_work
from bot.context import Context
from bot.model import trail as trails
from bot.model.broadcast import State
from bot.store import trail
from tests.broadcasts import of
from tests.flows.broadcaster import NUMBER
from tests.store.rows import all_of

ROOT = Path(__file__).parents[2]
# The first writes of the story: draft, submit, begin, freeze, frozen, a batch, and that it was the last.
POINTS = [
    *("store.before_commit:1", "store.after_commit:1", "store.before_commit:2", "store.before_commit:3", "store.after_commit:3"),
    *("broadcast.freezing:1", "broadcast.frozen:1", "broadcast.queuing:1", "broadcast.queuing:2"),
    *("broadcast.cancelling:1", "broadcast.recalling:1"),
]


@pytest.fixture
def kill(settings, database_url, wecom):
    """Run the story once a point; each must have killed it."""

    def kill(points):
        names = ("wecom_corpid", "wecom_agentid", "public_url", "data_dir")
        known = {name.upper(): getattr(settings, name) for name in names}
        secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
        known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
        known |= {"WECOM_API_BASE": wecom.own_url, "QUIET_HOURS": "off", "ENV_FILE": "/dev/null", "PATH": ""}
        environment = {name: str(value) for name, value in known.items()}
        program = [sys.executable, "-m", "tests.flows.broadcaster", database_url, *points]
        done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
        died = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("died ")]
        return [(point, int(sign)) for point, sign in died], done.stderr

    return kill


def test_nobody_is_reached_twice_and_nobody_forgotten_wherever_it_dies(kill, house, cast, wecom):
    wecom.refuse("WangWei")
    died, words = kill([*POINTS, "nowhere:1"])  # the last one lives
    assert died == [*((point, signal.SIGKILL) for point in POINTS), ("nowhere:1", 0)], words
    assert [len(wecom.delivered(userid)) for userid in ("li.na", "ZhaoMin", "WangWei")] == [1, 1, 0]
    one = of(house, NUMBER)
    assert (one.state, one.round, one.people) == (State.DONE, 3, 3)
    assert len(all_of(house.database, "broadcasts")) == 1
    assert len(all_of(house.database, "broadcast_recipients")) == 3
    assert {row.state for row in all_of(house.database, "batches")} == {"done"}
    assert {row.state for row in all_of(house.database, "broadcast_recalls")} <= {"owed", "recalled"}
    assert broadcast_work.run(Context(house)) == 0
    with house.database.snapshot() as snapshot:
        assert trails.verify(trail.read(snapshot), {})[0] == []
