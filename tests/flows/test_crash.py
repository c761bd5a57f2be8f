"""kill -9 in the middle: nothing that was acknowledged is lost, nothing happens twice. A sample; the large run is a figure."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot import clock as product_clock
from bot.delivery import outbox as putting
from bot.delivery.claiming import LEASE_S
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from tests.conftest import AGENTID, CORPID
from tests.flows.victim import handler, keys
from tests.messages import handle, probe, text
from tests.platform import Person
from tests.store.rows import all_of

ROOT = Path(__file__).parents[2]
INBOUND = [
    "dispatch.before_handler:2",
    "context.begun:2",
    "context.row_inserted:2",
    "dispatch.handled:3",
    "dispatch.enqueued:2",
    "dispatch.before_store:3",
    "inbox.inserted:2",
    "store.before_commit:1",
    "store.before_commit:4",
    "store.after_commit:1",
    "store.after_commit:4",
    "dispatch.stored:3",
]
SENDER = [
    "sender.claimed:1",
    "sender.marked:1",
    "sender.sent:1",
    "sender.settling:1",
    "sender.settled:1",
    "sender.marked:2",
    "sender.sent:2",
]


@pytest.fixture
def kill(settings, database_url):
    """Run a victim. Returns what each point had answered before it killed."""

    def kill(work, points, **environment):
        known = {name.upper(): getattr(settings, name) for name in ("wecom_corpid", "wecom_agentid", "public_url", "data_dir")}
        secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
        known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
        environment = {name: str(value) for name, value in {**known, "ENV_FILE": "/dev/null", "PATH": "", **environment}.items()}
        program = [sys.executable, "-m", "tests.flows.victim", work, database_url, *points]
        done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
        lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("done ", "died "))]  # the rest is the log
        assert {point: int(sign) for word, point, sign in lines if word == "died"} == dict.fromkeys(points, signal.SIGKILL), done.stderr
        return {point: [key for word, at, key in lines if word == "done" and at == point] for point in points}

    return kill


def test_an_answered_message_survives_and_an_unanswered_one_happens_once(kill, house, open_database):
    answered = kill("inbound", INBOUND)
    after_the_kills = {row.key for row in all_of(open_database(), "inbox")}
    for keys_told in answered.values():
        assert after_the_kills.issuperset(keys_told)
    assert any(answered.values())
    dispatcher = probe(house, handler)
    everything = [key for point in INBOUND for key in keys(point)]
    for key in everything:  # the platform repeats what it got no answer to, and sometimes what it did
        handle(dispatcher, text(Person("ww1", 7, key), key=key))
    database = open_database()
    with_effects = {key for key in everything if int(key.rpartition("/")[2]) % 2}
    assert sorted(row.key for row in all_of(database, "inbox")) == sorted(everything)
    assert sorted(row.name for row in all_of(database, "leases")) == sorted(f"effect of {key}" for key in with_effects)
    assert sorted(row.userid for row in all_of(database, "deliveries")) == sorted(with_effects)
    assert {row.state for row in all_of(database, "inbox")} == {"handled"}


def test_a_worker_killed_anywhere_reaches_everybody_once(kill, wecom, database, run_worker, wang, li):
    people = [wang, li]
    for point in SENDER:
        with database.write() as tx:
            for person in people:
                outgoing = Outgoing("text", {"content": f"{point} 通知"})
                putting.enqueue(tx, CORPID, AGENTID, [person.userid], outgoing, Priority.CHAT)
    kill("sender", SENDER, WECOM_API_BASE=wecom.own_url)
    with product_clock.freeze(product_clock.now()) as clock:
        for _ in range(4):
            clock.tick(seconds=LEASE_S + 1)
            run_worker()
    assert {row.state for row in all_of(database, "deliveries")} == {"accepted"}
    for person in people:
        contents = [one.body["content"] for one in wecom.delivered(person.userid)]
        assert len(contents) == len(set(contents)) == len(SENDER)
