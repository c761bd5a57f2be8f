"""kill -9 anywhere between a report and the recovered app, or between a withdrawal and the way back: whoever takes it up ends in one
state, with one round, one decision and one notice of each kind."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.actions import audit, heads
from bot.files import Files
from bot.model.case import State
from bot.model.filing import FilingState
from bot.model.provider import Listing
from tests.cast import case_of
from tests.way_back import filing_of, listing_of, rows_of, titles

ROOT = Path(__file__).parents[2]
WHOLE = Listing(listed=True, searchable=True, recommended=True)
# Writes of the story from 4 on (open, submit, approve before them): apply, start, attach, submit, take, decide, lift; and within them.
STORY = [f"story/store.{when}_commit:{n}" for n in range(4, 11) for when in ("before", "after")]
STORY += [f"story/{point}" for point in ("files.written:1", "trail.written:8", "trail.written:10", "trail.written:13")]
# start, submit, take, decide, confirm; and the same on the way back.
WITHDRAWAL = [f"withdrawal/store.{when}_commit:{n}" for when in ("before", "after") for n in range(1, 11)]


@pytest.fixture
def kill(settings, database_url):
    """Run the reviewer. Each point must have killed it, and who took up what it left must have finished. Returns their words by point."""

    def kill(points):
        names = ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir")
        known = {name.upper(): getattr(settings, name) for name in names}
        secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
        known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
        environment = {name: str(value) for name, value in {**known, "ENV_FILE": "/dev/null", "PATH": ""}.items()}
        program = [sys.executable, "-m", "tests.flows.reviewer", database_url, *points]
        done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
        lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("died ", "finished "))]
        assert {point: int(words[0]) for what, point, *words in lines if what == "died"} == dict.fromkeys(points, signal.SIGKILL), (
            done.stderr
        )
        finished = {point: words for what, point, *words in lines if what == "finished"}
        assert list(finished) == points, done.stderr
        return finished

    return kill


def verified(house):
    opened = Files.of(house.settings).open
    return audit.examine(house.database, heads.folder(house.settings), (), opened=opened).problems


def test_a_report_survives_a_kill_at_any_point_and_is_decided_and_told_once(kill, house, cast):
    numbers = [number for (number,) in kill(STORY).values()]
    assert len(set(numbers)) == len(STORY)
    for number in numbers:
        case = case_of(house, number)
        assert case.state is State.RECOVERED
        assert titles(house, number) == ["违规处理通知", "整改报告通过通知", "恢复通知"]
        (report,) = [row for row in rows_of(house, "filings") if row["case_id"] == case.id]
        assert (report["state"], report["round"]) == (FilingState.ACCEPTED, 1)
        actions = Counter(row["action"] for row in rows_of(house, "events") if row["case_id"] == case.id)
        once = ("filed", "decided", "start_recovery", "finish_recovery", "measure_apply", "measure_lifting", "measure_lift")
        assert [actions[name] for name in once] == [1] * len(once)
    assert Counter(row["outcome"] for row in rows_of(house, "filing_rounds")) == {"accept": len(STORY)}
    assert {row["state"] for row in rows_of(house, "operator_tasks") if row["kind"] in ("apply", "lift")} == {"done"}
    assert listing_of(house, "app-1") == WHOLE
    assert verified(house) == []


def test_a_withdrawal_and_the_way_back_survive_a_kill_at_any_point(kill, house, cast):
    for out, back in kill(WITHDRAWAL).values():
        assert filing_of(house, out).ended_at is not None
        assert titles(house, out) == ["撤出推荐同意通知", "撤出推荐完成通知"]
        assert titles(house, back) == ["重新申请通过通知", "恢复推荐、搜索通知"]
    assert listing_of(house, "app-b") == WHOLE
    filings = rows_of(house, "filings")
    assert {row["round"] for row in filings} == {1}
    assert len(rows_of(house, "filing_rounds")) == len(filings) >= 2 * len(WITHDRAWAL)
    assert {row["state"] for row in rows_of(house, "operator_tasks") if row["kind"] in ("withdraw", "return")} == {"done"}
    assert verified(house) == []
