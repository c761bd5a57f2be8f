"""kill -9 between finding and receipt: whoever takes up the case finds it whole, and every admin gets each message once."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import clock as product_clock
from bot.model import trail as trails
from bot.store import cases as case_rows
from bot.store import trail
from tests.flows.officer import story
from tests.store.rows import all_of

ROOT = Path(__file__).parents[2]
# The writes of the story in their order: open, submit, approve, reminder, receipt. Each is killed before and after its commit.
POINTS = [f"store.{when}_commit:{n}" for n in range(1, 6) for when in ("before", "after")] + ["deadlines.claimed:1"]


@pytest.fixture
def kill(settings, database_url):
    """Run the officer. Each point must have killed it."""

    def kill(points):
        known = {
            name.upper(): getattr(settings, name) for name in ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir")
        }
        secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
        known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
        environment = {name: str(value) for name, value in {**known, "ENV_FILE": "/dev/null", "PATH": ""}.items()}
        program = [sys.executable, "-m", "tests.flows.officer", database_url, *points]
        done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
        lines = [line.split() for line in done.stdout.splitlines()]
        assert {point: int(sign) for _, point, sign in lines} == dict.fromkeys(points, signal.SIGKILL), done.stderr

    return kill


def test_a_case_survives_a_kill_at_any_point_and_is_told_of_once(kill, house, cast, wecom, run_worker):
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    kill(POINTS)
    with product_clock.freeze(datetime.now(UTC)) as clock:  # the officer lives by the clock on the wall
        numbers = [story(house, point) for point in POINTS]
        clock.tick(hours=26)
        for _ in range(4):  # nobody may get more than 30 a minute
            run_worker()
            clock.tick(seconds=65)
    assert len(set(numbers)) == len(POINTS)
    for userid in ("WangWei", "li.na"):
        got = [one.body for one in wecom.delivered(userid)]
        cards = [body["main_title"]["title"] for body in got if body["msgtype"] == "template_card"]
        reminders = [f"请确认收到：违规处理通知 {number}-1" for number in numbers]
        assert sorted(cards) == sorted([*(f"违规处理通知 {number}-1" for number in numbers), *reminders])
    assert len(all_of(house.database, "receipts")) == len(POINTS)
    with house.database.read() as connection:
        assert {case_rows.by_number(connection, number).served_how for number in numbers} == {"receipt"}
    with house.database.snapshot() as snapshot:
        assert trails.verify(trail.read(snapshot), {})[0] == []
