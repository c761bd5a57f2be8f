from datetime import UTC, datetime, timedelta

import pytest

from bot.model.delivery import Call, State, Via
from bot.store import claims, outbox
from bot.store.claims import Hold
from tests.store.rows import all_of

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)


@pytest.fixture
def write(database):
    """Write one batch. Returns its id."""

    def write(*touser, at=NOW, **more):
        values = {"corpid": "ww1", "agentid": 7, "payload": {}, "priority": 10, **more}
        with database.write() as tx:
            return outbox.add_batch(tx, touser=touser or ["wang"], now=at, **values)

    return write


@pytest.fixture
def take(database):
    """Lease all that is free and mark its people as being sent to. Returns the calls."""

    def take(lease="worker", at=NOW, limit=100, lease_s=60.0, repeat=False, **more):
        with database.write() as tx:
            claims.take_turn(tx)
            found = claims.free(tx, at, limit, **more)
            people = claims.open_recipients(tx, [batch.id for batch in found])
            calls = [
                Call(batch=batch, to=tuple(people[batch.id]), lease=lease, sent_at=at, rest_due_at=at, repeat=repeat) for batch in found
            ]
            claims.lease(tx, [batch.id for batch in found], lease, at + timedelta(seconds=lease_s))
            claims.mark_sending(tx, calls, at)
        return calls

    return take


@pytest.fixture
def finish(database):
    """Settle all of a call and give its batch back."""

    def finish(call, state=State.ACCEPTED, final=True, due_at=NOW):
        with database.write() as tx:
            claims.settle(tx, [(one.outcome(state, final=final), NOW) for one in call.to])
            claims.release(tx, {call.batch.id: due_at}, {call.batch.id: call.lease})

    return finish


@pytest.fixture
def free(database):
    """Ids of what could be taken."""

    def free(at=NOW, **more):
        with database.write() as tx:
            return [batch.id for batch in claims.free(tx, at, 100, **more)]

    return free


def states(database):
    return {row.userid: row.state for row in all_of(database, "deliveries")}


def test_one_worker_gets_a_batch(write, take):
    batch_id = write()
    assert [call.batch.id for call in take("first")] == [batch_id]
    assert take("second") == []


def test_a_batch_that_is_just_being_taken_is_passed_by_without_waiting(open_database, write):
    first, second = write(), write()
    one, other = open_database(), open_database()
    with one.write() as tx:
        assert [batch.id for batch in claims.free(tx, NOW, 1)] == [first]
        if not one.is_sqlite:  # there a writing transaction is alone anyway
            with other.write() as beside:
                assert [batch.id for batch in claims.free(beside, NOW, 10)] == [second]


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_cannot_give_it_back(database, write, take, free):
    batch_id = write()
    take("slow")
    assert free(NOW + timedelta(seconds=59)) == []
    assert free(LATER) == [batch_id]
    take("quick", LATER, repeat=True)
    with database.write() as tx:
        assert claims.held(tx, {batch_id: "slow"}) == set()
        assert claims.held(tx, {batch_id: "quick"}) == {batch_id}
        claims.release(tx, {batch_id: LATER + timedelta(hours=1)}, {batch_id: "slow"})
    (batch,) = all_of(database, "batches")
    assert batch.lease == "quick"
    assert (batch.attempts, batch.first_attempt_at) == (2, NOW)


def test_a_renewed_lease_is_not_taken_over(database, write, take, free):
    write()
    take("worker")
    with database.write() as tx:
        claims.renew(tx, ["worker", "another"], LATER + timedelta(seconds=60))
    assert free(LATER) == []


def test_a_batch_is_not_free_before_its_time_nor_when_it_is_done(write, take, finish, free):
    batch_id = write(due_at=NOW + timedelta(hours=1))
    assert free() == []
    assert free(NOW + timedelta(hours=1)) == [batch_id]
    (call,) = take(at=NOW + timedelta(hours=1))
    finish(call)
    assert free(NOW + timedelta(days=1)) == []


def test_a_released_batch_with_somebody_left_comes_back(database, write, take, free):
    batch_id = write("wang", "li")
    (call,) = take()
    with database.write() as tx:
        claims.settle(tx, [(call.to[0].outcome(State.REJECTED, final=True, errmsg="x" * 300), NOW)])
        claims.release(tx, {batch_id: NOW + timedelta(seconds=15)}, {batch_id: "worker"})
    assert free(NOW + timedelta(seconds=14)) == []
    assert free(NOW + timedelta(seconds=15)) == [batch_id]


def test_when_the_first_of_several_doubtful_calls_was_is_kept_until_the_doubt_is_over(database, write, take, finish):
    write()
    (call,) = take()
    finish(call, State.UNCERTAIN, final=False)
    (call,) = take(at=LATER, repeat=True)
    assert [row.first_attempt_at for row in all_of(database, "batches")] == [NOW]
    finish(call, State.QUEUED, final=False)
    assert [row.first_attempt_at for row in all_of(database, "batches")] == [None]


def test_a_part_waits_for_the_one_before_it_and_goes_though_that_reached_nobody(write, take, finish, free):
    first = write()
    second = write(after_id=first)
    assert free() == [first]
    (call,) = take()
    assert free() == []
    finish(call, State.REJECTED)
    assert free() == [second]


def test_the_most_urgent_goes_first_and_among_equals_the_oldest(write, free):
    bulk = write(priority=20)
    chat = write(priority=10, at=NOW - timedelta(seconds=1))
    older = write(priority=10, at=NOW - timedelta(seconds=5))
    urgent = write(priority=0)
    assert free() == [urgent, older, chat, bulk]


def test_what_is_held_may_not_begin_and_what_has_begun_goes_on(write, take, finish, free):
    begun = write(priority=20)
    (call,) = take()
    finish(call, State.UNCERTAIN, final=False)
    bulk, card, elsewhere = write(priority=20), write(via=Via.CARD_UPDATE), write(corpid="ww2")
    late = write(priority=20, give_up_at=NOW)
    assert free(holds=[Hold(least_rank=20)]) == [card, elsewhere, begun, late]
    assert free(holds=[Hold(corpid="ww1", agentid=7, via=Via.MESSAGE)]) == [card, elsewhere, begun, late]
    assert free(holds=[Hold(corpid="ww1", via=Via.CARD_UPDATE), Hold(corpid="ww2")]) == [begun, bulk, late]


def test_what_is_settled_stays_as_it_is(database, write, take):
    write("wang", "li")
    (call,) = take()
    wang = call.to[0]
    with database.write() as tx:
        claims.settle(tx, [(wang.outcome(State.ACCEPTED, final=True, msgid="m", response_code="rc"), NOW)])
        claims.settle(tx, [(wang.outcome(State.UNCERTAIN, final=False), LATER)])
        assert [one.userid for one in claims.open_recipients(tx, [call.batch.id])[call.batch.id]] == ["li"]
    assert states(database) == {"wang": "accepted", "li": "sending"}
    assert [(row.msgid, row.response_code, row.settled_at) for row in all_of(database, "deliveries")] == [("m", "rc", NOW), ("", "", None)]


def test_uncertain_for_good_is_open_no_more(database, write, take, finish, free):
    write()
    (call,) = take()
    finish(call, State.UNCERTAIN)
    assert states(database) == {"wang": "uncertain"}
    assert free(NOW + timedelta(days=2)) == []


def test_it_is_known_when_the_next_batch_becomes_due(database, write):
    def next_due():
        with database.read() as connection:
            return claims.next_due(connection, NOW)

    assert next_due() is None
    write()
    write(due_at=LATER)
    write(due_at=LATER + timedelta(hours=1))
    assert next_due() == LATER


def test_the_story_of_a_delivery_is_told_in_order(database, write, take):
    write("wang", "li")
    (call,) = take()
    wang, li = call.to
    with database.write() as tx:
        claims.tell(tx, [(wang.outcome(State.UNCERTAIN, final=False), NOW, None)])
        claims.tell(
            tx, [(wang.outcome(State.ACCEPTED, final=True, msgid="m"), LATER, LATER), (li.outcome(State.REJECTED, final=True), NOW, NOW)]
        )
    with database.read() as connection:
        told = claims.story(connection, [call.batch.id])
    assert [(line["state"], line["sent_at"], line["answered_at"], line["msgid"]) for line in told[wang.id]] == [
        ("uncertain", NOW, None, ""),
        ("accepted", LATER, LATER, "m"),
    ]
    assert [line["state"] for line in told[li.id]] == ["rejected"]
