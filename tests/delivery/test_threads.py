"""Engines that run in threads, beside one another, by the clock on the wall."""

import pytest

from bot.delivery import claiming, pacing
from bot.delivery.outbox import enqueue
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from tests.conftest import AGENTID, CORPID
from tests.flows.processes import eventually
from tests.store.rows import all_of


@pytest.fixture(autouse=True)
def any_minute(monkeypatch):
    """These tests run at full hours too."""
    monkeypatch.setattr(pacing, "_PEAKS", ())


@pytest.fixture
def at_work(make_engine):
    """Start an engine of these terms. All are stopped in the end."""
    started = []

    def at_work(**more):
        started.append(make_engine(**more))
        started[-1].start()
        return started[-1]

    yield at_work
    for engine in started:
        engine.stop()


def test_what_is_urgent_overtakes_thousands(wecom, database, at_work, put, wang):
    people = [f"bulk{n}" for n in range(2_000)]
    for userid in people:
        wecom.add_member(userid)
    with database.write() as tx:
        for userid in people:
            enqueue(tx, CORPID, AGENTID, [userid], Outgoing("text", {"content": "群发"}), Priority.BULK)
    wecom.latency_ms = 50
    engine = at_work(threads=2)
    eventually(lambda: wecom.exchanges.calls["message/send"] > 10)
    before = wecom.exchanges.calls["message/send"]
    put(wang, content="加急", priority=Priority.URGENT)
    engine.wake()
    eventually(lambda: wecom.delivered("WangWei"))
    assert wecom.exchanges.calls["message/send"] - before < 20


def test_two_engines_share_the_work_and_never_a_row(wecom, open_database, at_work, database, states):
    people = [f"bulk{n}" for n in range(300)]
    for userid in people:
        wecom.add_member(userid)
    with database.write() as tx:
        for userid in people:
            enqueue(tx, CORPID, AGENTID, [userid], Outgoing("text", {"content": "群发"}), Priority.CHAT)
    wecom.latency_ms = 20
    for _ in range(2):
        at_work(threads=4, database=open_database())
    eventually(lambda: set(states().values()) == {"accepted"})
    assert wecom.exchanges.calls["message/send"] == 300
    assert wecom.exchanges.callbacks["duplicates_swallowed"] == 0
    assert {row.attempts for row in all_of(database, "batches")} == {1}
    leases = {row.delivery_id for row in all_of(database, "attempts")}
    assert len(leases) == len(all_of(database, "attempts")) == 300


def test_a_lease_is_renewed_while_its_call_runs(wecom, put, at_work, states, monkeypatch, wang):
    monkeypatch.setattr(claiming, "LEASE_S", 0.6)
    monkeypatch.setattr(claiming, "_LEAST_LEASE_S", 0.6)
    wecom.latency_ms = 2_500
    put(wang)
    for _ in range(2):
        at_work(threads=2)
    eventually(lambda: states() == {"WangWei": "accepted"})
    assert wecom.exchanges.calls["message/send"] == 1


def test_stopping_finishes_what_runs_and_gives_back_what_has_not_begun(wecom, put, make_engine, states, database, wang, li, zhao):
    wecom.latency_ms = 600
    for person in (wang, li, zhao):
        put(person)
    engine = make_engine(threads=1)
    engine.start()
    eventually(lambda: wecom.exchanges.newest(1))
    eventually(lambda: set(states().values()) == {"sending"})
    engine.stop()
    assert states() == {"WangWei": "accepted", "li.na": "queued", "ZhaoMin": "queued"}
    assert {row.lease for row in all_of(database, "batches")} == {None}
    assert len(all_of(database, "attempts")) == 1
    make_engine().work()
    assert set(states().values()) == {"accepted"}
