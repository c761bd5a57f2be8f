"""Whom the engine asks and tells, what it remembers of each delivery, and when things go."""

import json
from datetime import time, timedelta

import pytest

from bot import clock as product_clock
from bot.delivery.claiming import LEASE_S, claim
from bot.delivery.pacing import Quiet
from bot.delivery.terms import Terms
from bot.model.delivery import Priority
from bot.store import claims
from bot.wecom.limits import Rates
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def requests_to(wecom):
    """Whom each request named, oldest first."""
    return lambda: [json.loads(one.request_body)["touser"] for one in reversed(wecom.exchanges.newest(200)) if one.name == "message/send"]


# Hooks


def test_who_must_not_be_sent_to_any_more_is_taken_out_just_before(put, make_engine, states, requests_to, wang, li):
    put(wang, li)
    put(li)
    make_engine(recheck=lambda _tx, _batch, userids: [userid for userid in userids if userid == "li.na"]).work()
    assert sorted(states().items()) == [("WangWei", "accepted"), ("li.na", "cancelled")]
    assert requests_to() == ["WangWei"]


def test_what_is_final_is_told_inside_the_transaction_that_records_it(wecom, put, fault, make_engine, database, clock, wang, li, zhao):
    told = []

    def settled(tx, batch, outcomes):
        in_hand = claims.open_recipients(tx, [batch.id])[batch.id]
        told.append((batch.id, {one.userid: (one.state, one.errmsg) for one in outcomes}, [one.userid for one in in_hand]))

    engine = make_engine(settled=settled)
    wecom.refuse("li.na")
    wecom.unlicense("ZhaoMin")
    first = put(wang, li, zhao)
    engine.work()
    reasons = {"WangWei": ("accepted", ""), "li.na": ("rejected", "invaliduser"), "ZhaoMin": ("rejected", "unlicenseduser")}
    assert told == [(first, reasons, [])]
    fault("reset")
    second = put(wang)
    engine.work()
    assert len(told) == 1, "it is not final yet"
    clock.tick(hours=4)
    engine.work()
    assert told[1] == (second, {"WangWei": ("uncertain", "")}, [])


@pytest.mark.parametrize("hook", ["recheck", "settled"])
def test_a_hook_that_fails_holds_up_its_own_batch_at_most(put, make_engine, states, reached, logged, database, clock, wang, li, hook):
    alarms = []
    first = put(wang, content="一")
    put(li, content="二")

    def broken(_tx, batch, _):
        if batch.id == first:
            raise ZeroDivisionError
        return []

    engine = make_engine(**{hook: broken}, alarm=lambda what, **_: alarms.append(what))
    engine.work()
    assert states() == {"WangWei": "queued" if hook == "recheck" else "accepted", "li.na": "accepted"}
    assert "hook_failed" in alarms
    clock.tick(minutes=2)
    make_engine().work()
    assert reached(wang) == ["一"]
    assert reached(li) == ["二"]


# The story


def test_each_attempt_is_told_with_its_time_and_answer(fault, put, run_worker, database, clock, wang):
    batch_id = put(wang)
    began = product_clock.now()
    for kind in ("errcode:45009", "reset"):
        fault(kind)
        run_worker()
        clock.tick(minutes=2)
    run_worker()
    with database.read() as connection:
        (story,) = claims.story(connection, [batch_id]).values()
    assert [(line["state"], line["errcode"]) for line in story] == [("queued", 45009), ("uncertain", -2), ("accepted", 0)]
    assert [line["sent_at"] - began for line in story] == [timedelta(minutes=2 * n) for n in range(3)]
    assert story[-1]["msgid"]
    assert story[0]["errmsg"]
    (row,) = all_of(database, "deliveries")
    assert (row.state, row.errcode, row.msgid) == ("accepted", 0, story[-1]["msgid"])


def test_an_attempt_whose_worker_died_is_told_too(database, put, run_worker, clock, wang):
    batch_id = put(wang)
    with database.write() as tx:
        claim(tx, Terms(), "of one who died", 1, product_clock.now(), batch_id)
    clock.tick(seconds=LEASE_S + 1)
    run_worker()
    with database.read() as connection:
        (story,) = claims.story(connection, [batch_id]).values()
    assert [(line["state"], line["answered_at"] is None) for line in story] == [("uncertain", True), ("accepted", False)]


# When things go


NIGHT = Quiet(time(22), time(8))


def test_what_can_wait_keeps_quiet_hours_and_the_rest_does_not(put, make_engine, states, clock, wang, li, zhao):
    engine = make_engine(quiet=NIGHT)
    clock.tick(hours=13)  # ten in the evening in China
    put(wang, priority=Priority.URGENT)
    put(li, priority=Priority.CHAT)
    put(zhao, priority=Priority.BULK)
    engine.work()
    assert states() == {"WangWei": "accepted", "li.na": "accepted", "ZhaoMin": "queued"}
    clock.tick(hours=10)  # eight in the morning, when everybody sends
    assert engine.work() == 0
    clock.tick(minutes=1)
    engine.work()
    assert states()["ZhaoMin"] == "accepted"


def test_a_doubtful_send_is_cleared_up_at_night_too(fault, put, make_engine, states, clock, wang):
    engine = make_engine(quiet=NIGHT)
    clock.tick(hours=12, minutes=59)
    fault("reset")
    put(wang, priority=Priority.BULK)
    engine.work()
    clock.tick(minutes=10)
    engine.work()
    assert states() == {"WangWei": "accepted"}


def test_a_broadcast_is_given_up_after_three_days_though_it_may_not_even_begin(put, make_engine, states, clock, wang):
    put(wang, priority=Priority.BULK)
    clock.tick(days=3, hours=13)
    make_engine(quiet=NIGHT).work()
    assert states() == {"WangWei": "exhausted"}


def test_nothing_goes_before_its_time(put, run_worker, states, clock, wang):
    put(wang, due_at=product_clock.now() + timedelta(hours=1))
    assert run_worker() == 0
    clock.tick(hours=1)
    run_worker()
    assert states() == {"WangWei": "accepted"}


def test_the_days_person_times_are_those_who_got_something(wecom, put, make_engine, database, clock, wang, li, zhao):
    wecom.refuse("li.na")
    engine = make_engine(ceiling=lambda *_: 1, rates=Rates(person_times_a_day=3))
    put(wang, li, zhao, priority=Priority.URGENT)
    engine.work()
    put(wang, zhao, priority=Priority.URGENT)
    engine.work()
    engine.work()
    assert len(wecom.delivered("WangWei")) + len(wecom.delivered("ZhaoMin")) == 3, "one place came back from who could not be reached"
    clock.tick(hours=24, minutes=15)
    engine.work()
    assert len(wecom.delivered("WangWei")) == len(wecom.delivered("ZhaoMin")) == 2


def test_an_unknown_ceiling_is_said_once(put, make_engine, logged, wang, li):
    engine = make_engine()
    for person in (wang, li):
        put(person)
        engine.work()
    assert [line["event"] for line in logged] == ["account_ceiling_unknown"]
