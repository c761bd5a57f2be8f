from datetime import UTC, datetime, timedelta

import pytest

from bot.model.delivery import Outcome, State
from bot.store import outbox
from tests.store.rows import all_of

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TEXT = {"msgtype": "text", "text": {"content": "您好 😀"}}


@pytest.fixture
def write(database):
    """Write one batch. Returns its id."""

    def write(*touser, at=NOW, **more):
        values = {"corpid": "ww1", "agentid": 7, "payload": TEXT, "priority": 10, **more}
        with database.write() as tx:
            return outbox.add_batch(tx, touser=touser or ["wang"], now=at, **values)

    return write


@pytest.fixture
def claim(database):
    def claim(batch_id, at=NOW, lease_s=60.0):
        with database.write() as tx:
            return outbox.claim(tx, batch_id, at, lease_s)

    return claim


def states(database):
    return {row.userid: row.state for row in all_of(database, "deliveries")}


def due(database, at=NOW):
    with database.read() as connection:
        return outbox.due(connection, at, 100)


def test_a_batch_is_frozen_as_it_was_written(write, claim):
    batch = claim(write("wang", "li"))
    assert (batch.corpid, batch.agentid, batch.payload, batch.priority, batch.created_at) == ("ww1", 7, TEXT, 10, NOW)
    assert (batch.first_attempt_at, batch.attempts) == (None, 0)


def test_one_worker_gets_a_batch(open_database, write):
    batch_id = write()
    first, second = open_database(), open_database()
    with first.write() as tx:
        assert outbox.claim(tx, batch_id, NOW, 60.0)
    with second.write() as tx:
        assert outbox.claim(tx, batch_id, NOW, 60.0) is None


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_may_not_send(database, write, claim):
    batch_id = write()
    slow = claim(batch_id, lease_s=60.0)
    assert claim(batch_id, NOW + timedelta(seconds=59)) is None
    assert due(database, NOW + timedelta(seconds=59)) == []
    later = NOW + timedelta(seconds=61)
    assert due(database, later) == [batch_id]
    quick = claim(batch_id, later)
    with database.write() as tx:
        assert not outbox.mark_sending(tx, slow, ["wang"], later)
    assert states(database) == {"wang": "queued"}
    with database.write() as tx:
        assert outbox.mark_sending(tx, quick, ["wang"], later)
        outbox.release(tx, slow, later + timedelta(hours=1))
    (batch,) = all_of(database, "batches")
    assert batch.lease == quick.lease


def test_a_batch_is_not_due_before_its_time_nor_when_it_is_done(database, write, claim):
    batch_id = write(at=NOW)
    assert due(database, NOW - timedelta(seconds=1)) == []
    batch = claim(batch_id)
    with database.write() as tx:
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.ACCEPTED, final=True)], NOW)
        outbox.release(tx, batch, NOW)
    assert [row.state for row in all_of(database, "batches")] == ["done"]
    assert due(database, NOW + timedelta(days=1)) == []
    assert claim(batch_id, NOW + timedelta(days=1)) is None


def test_a_released_batch_with_somebody_left_comes_back(database, write, claim):
    batch_id = write("wang", "li")
    batch = claim(batch_id)
    with database.write() as tx:
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.REJECTED, final=True, errmsg="x" * 300)], NOW)
        outbox.release(tx, batch, NOW + timedelta(seconds=15))
    assert due(database, NOW + timedelta(seconds=14)) == []
    assert due(database, NOW + timedelta(seconds=15)) == [batch_id]


def test_a_part_waits_for_the_one_before_it(database, write, claim):
    first = write()
    second = write(after_id=first)
    assert due(database) == [first]
    assert claim(second) is None
    batch = claim(first)
    with database.write() as tx:
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.ACCEPTED, final=True)], NOW)
        outbox.release(tx, batch, NOW)
        assert outbox.waiting_for(tx, first) == [second]
    assert due(database) == [second]


def test_a_part_whose_predecessor_reached_nobody_still_goes(database, write, claim):
    first = write()
    second = write(after_id=first)
    batch = claim(first)
    with database.write() as tx:
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.REJECTED, final=True)], NOW)
        outbox.release(tx, batch, NOW)
    assert due(database) == [second]


def test_the_most_urgent_goes_first_and_among_equals_the_oldest(database, write):
    bulk = write(priority=20)
    chat = write(priority=10, at=NOW - timedelta(seconds=1))
    older = write(priority=10, at=NOW - timedelta(seconds=5))
    urgent = write(priority=0)
    assert due(database) == [urgent, older, chat, bulk]


def test_what_is_settled_stays_as_it_is(database, write, claim):
    batch = claim(write("wang", "li"))
    with database.write() as tx:
        outbox.mark_sending(tx, batch, ["wang", "li"], NOW)
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.ACCEPTED, final=True, msgid="m", response_code="rc")], NOW)
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.UNCERTAIN, final=False)], NOW)
        outbox.mark_sending(tx, batch, ["wang", "li"], NOW)
        assert outbox.recipients(tx, batch.id) == {"li": State.SENDING}
    assert states(database) == {"wang": "accepted", "li": "sending"}
    assert [(row.msgid, row.response_code) for row in all_of(database, "deliveries")] == [("m", "rc"), ("", "")]


def test_uncertain_for_good_is_open_no_more(database, write, claim):
    batch = claim(write())
    with database.write() as tx:
        outbox.settle(tx, batch, [Outcome(userid="wang", state=State.UNCERTAIN, final=True)], NOW)
        assert outbox.recipients(tx, batch.id) == {}
        outbox.release(tx, batch, NOW)
    assert states(database) == {"wang": "uncertain"}
    assert due(database, NOW + timedelta(days=2)) == []


def test_sends_are_counted_for_this_person_of_this_corp_and_app_alone(database, write, claim):
    for seconds, corpid, agentid, userid in [(10, "ww1", 7, "wang"), (100, "ww1", 7, "wang"), (1, "ww2", 7, "wang"), (1, "ww1", 8, "wang")]:
        batch = claim(write(userid, corpid=corpid, agentid=agentid))
        with database.write() as tx:
            outbox.mark_sending(tx, batch, [userid], NOW - timedelta(seconds=seconds))
    write("wang")
    with database.read() as connection:
        moments = NOW - timedelta(seconds=60), NOW - timedelta(seconds=3600)
        assert outbox.sent_since(connection, "ww1", 7, "wang", moments) == [1, 2]
        assert outbox.sent_since(connection, "ww1", 7, "WANG", moments) == [0, 0]


def test_the_age_of_the_queue_is_that_of_its_oldest_open_batch(database, write, claim):
    with database.read() as connection:
        assert outbox.oldest_due(connection) is None
    write(at=NOW - timedelta(minutes=3))
    write(at=NOW)
    with database.read() as connection:
        assert outbox.oldest_due(connection) == NOW - timedelta(minutes=3)


def test_nobody_gets_one_batch_twice(write):
    with pytest.raises(Exception, match=r"(?i)unique"):
        write("wang", "wang")
