"""What must rest, rests for all processes, and is tried with one call before all follow."""

import pytest

from bot.model.delivery import Priority
from bot.store import pauses
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def alarms():
    return []


@pytest.fixture
def engine(make_engine, alarms):
    return make_engine(alarm=lambda what, **fields: alarms.append((what, fields.get("errcode"))), ceiling=lambda *_: 1_000)


@pytest.fixture
def crowd(wecom, put):
    """Queue one message each to so many people."""

    def crowd(number, **more):
        for n in range(number):
            wecom.add_member(f"u{n}")
            put(f"u{n}", **more)

    return crowd


@pytest.mark.parametrize("errcode", [60020, 40056, 48002, 50003, 301007])
def test_what_a_person_must_mend_pauses_the_app_for_all_processes_and_alarms_once(
    fault, crowd, engine, make_engine, open_database, calls, states, alarms, clock, errcode
):
    other = make_engine(database=open_database(), ceiling=lambda *_: 1_000)
    crowd(5)
    fault(f"errcode:{errcode}", times=1_000)
    engine.work(limit=1)
    assert calls() == 1
    assert other.work() == engine.work() == 0
    for _ in range(4):
        clock.tick(seconds=301)
        assert other.work() + engine.work() == 1, "one tries, the others wait for what it finds"
    assert calls() == 5
    assert alarms == [("app_paused", errcode)]
    fault("errcode:0", times=0)
    clock.tick(seconds=301)
    while engine.work() + other.work():
        pass
    assert set(states().values()) == {"accepted"}
    assert calls() == 10


def test_a_mended_fault_that_comes_back_alarms_again(fault, put, engine, alarms, clock, wang):
    for _ in range(2):
        fault("errcode:60020")
        put(wang)
        engine.work()
        clock.tick(seconds=301)
        engine.work()
    assert alarms == [("app_paused", 60020)] * 2


def test_a_rate_limit_is_left_alone_longer_when_a_minute_did_not_help(fault, crowd, engine, calls, alarms, clock, database):
    crowd(3)
    fault("errcode:45009", times=3)
    waits = []
    for _ in range(3):
        engine.work(limit=1)
        (pause,) = all_of(database, "pauses")
        waits.append((pause.until_at - pause.since_at).total_seconds())
        clock.tick(seconds=(pause.until_at - pause.since_at).total_seconds() - waits[0] + 65.0 if len(waits) == 1 else waits[-1])
    assert calls() == 3
    assert waits[0] == 65
    assert 3_600 < waits[1] < 4_000
    assert waits[2] > 20_000
    assert alarms == [("api_blocked", 45009)]
    while engine.work():
        pass
    assert all_of(database, "pauses") == []
    assert calls() == 6


def test_calls_that_were_out_when_the_limit_was_hit_make_it_no_worse(fault, wecom, crowd, engine, database):
    crowd(4)
    fault("errcode:45009", times=4)
    engine.work()  # all four were claimed at once
    assert [pause.strikes for pause in all_of(database, "pauses")] == [1]


def test_too_many_at_the_same_time_rests_a_little_without_an_alarm(fault, put, engine, states, alarms, clock, wang):
    fault("errcode:45033")
    put(wang)
    engine.work()
    clock.tick(seconds=4)
    assert engine.work() == 0
    clock.tick(seconds=2)
    engine.work()
    assert states() == {"WangWei": "accepted"}
    assert alarms == []


def test_urgent_messages_rest_too_and_doubtful_ones_are_cleared_up(fault, put, engine, states, clock, wang, li, zhao):
    fault("reset")
    put(wang)
    engine.work()
    fault("errcode:60020")
    put(li)
    engine.work()
    put(zhao, priority=Priority.URGENT)
    clock.tick(seconds=30)
    engine.work()
    assert states() == {"WangWei": "accepted", "li.na": "queued", "ZhaoMin": "queued"}


def test_a_pause_whose_prober_died_is_tried_by_another(fault, crowd, engine, make_engine, states, clock, database):
    from bot import clock as product_clock
    from bot.delivery.claiming import LEASE_S, claim
    from bot.delivery.terms import Terms

    crowd(3)
    fault("errcode:60020")
    engine.work(limit=1)
    clock.tick(seconds=301)
    with database.write() as tx:
        claimed = claim(tx, Terms(), "of one who dies", 10, product_clock.now())
    assert [call.probe for call in claimed.calls] == [True]
    assert engine.work() == 0
    clock.tick(seconds=LEASE_S + 1)
    while engine.work():
        pass
    assert set(states().values()) == {"accepted"}


def test_a_probe_that_reached_nobody_does_not_end_the_pause(wecom, fault, put, crowd, engine, database, clock, li):
    fault("errcode:60020")
    put(li, priority=Priority.URGENT)
    engine.work()
    crowd(2)
    wecom.set_faults([{"api": "message/send", "kind": "reset_before", "times": 1}])
    clock.tick(seconds=301)
    engine.work()
    assert engine.work() == 0
    assert len(all_of(database, "pauses")) == 1


def test_a_pause_is_begun_once(database):
    from datetime import UTC, datetime

    now = datetime(2026, 3, 2, tzinfo=UTC)
    pause = pauses.Pause(name="app ww1 7", errcode=60020, strikes=1, since_at=now, until_at=now)
    with database.write() as tx:
        assert pauses.begin(tx, pause)
        assert not pauses.begin(tx, pause)
        assert pauses.all_of(tx) == {"app ww1 7": pause}
        pauses.end(tx, {"app ww1 7": now})
        assert pauses.all_of(tx), "the call that went well left before it began"
