from datetime import UTC, datetime, timedelta

import pytest

from bot.model.delivery import State
from bot.store import claims, outbox
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


def states(database):
    return {row.userid: row.state for row in all_of(database, "deliveries")}


def test_a_batch_is_frozen_as_it_was_written(write, database):
    write("wang", "li")
    with database.write() as tx:
        (batch,) = claims.free(tx, NOW, 10)
    assert (batch.corpid, batch.agentid, batch.payload, batch.priority, batch.created_at) == ("ww1", 7, TEXT, 10, NOW)
    assert (batch.via, batch.first_attempt_at, batch.attempts) == ("message", None, 0)


def test_the_age_of_the_queue_is_that_of_its_oldest_open_batch(database, write):
    with database.read() as connection:
        assert outbox.oldest_due(connection) is None
    write(at=NOW - timedelta(minutes=3))
    write(at=NOW)
    with database.read() as connection:
        assert outbox.oldest_due(connection) == NOW - timedelta(minutes=3)


def test_nobody_gets_one_batch_twice(write):
    with pytest.raises(Exception, match=r"(?i)unique"):
        write("wang", "wang")


def test_what_is_queued_can_be_taken_back_and_what_may_be_out_cannot(database, write):
    first, second, other = write("wang", "li"), write("wang"), write("zhao")
    with database.write() as tx:
        people = claims.open_recipients(tx, [first])[first]
        claims.settle(tx, [(one.outcome(State.UNCERTAIN, final=False), NOW) for one in people[:1]])
    with database.write() as tx:
        assert outbox.cancel(tx, [second, first], NOW) == 2
    assert [(row.batch_id, row.userid, row.state) for row in all_of(database, "deliveries")] == [
        (first, "wang", "uncertain"),
        (first, "li", "cancelled"),
        (second, "wang", "cancelled"),
        (other, "zhao", "queued"),
    ]
    assert {row.id: row.state for row in all_of(database, "batches")} == {first: "open", second: "done", other: "open"}
    with database.write() as tx:
        assert outbox.cancel(tx, [first, second], NOW) == 0


def test_a_batch_in_a_workers_hands_is_left_to_it_to_close(database, write):
    batch_id = write("wang")
    with database.write() as tx:
        claims.lease(tx, [batch_id], "worker", NOW + timedelta(minutes=1))
    with database.write() as tx:
        assert outbox.cancel(tx, [batch_id], NOW) == 1
    assert [row.state for row in all_of(database, "batches")] == ["open"]
    with database.write() as tx:
        claims.release(tx, {batch_id: NOW}, {batch_id: "worker"})
    assert [row.state for row in all_of(database, "batches")] == ["done"]


def test_who_is_in_which_state_is_told(database, write):
    batch_id = write("wang", "li", "zhao")
    with database.write() as tx:
        wang, li, _ = claims.open_recipients(tx, [batch_id])[batch_id]
        claims.settle(tx, [(wang.outcome(State.REJECTED, final=True), NOW), (li.outcome(State.UNCERTAIN, final=False), NOW)])
    with database.read() as connection:
        assert outbox.who(connection, batch_id, [State.REJECTED, State.QUEUED]) == ["wang", "zhao"]
        assert outbox.who(connection, batch_id, [State.UNCERTAIN]) == ["li"]
        assert outbox.who(connection, batch_id, [State.UNCERTAIN], final=True) == []


def test_forgetting_takes_the_story_along(database, write):
    batch_id = write("wang")
    with database.write() as tx:
        outcomes = [one.outcome(State.ACCEPTED, final=True) for one in claims.open_recipients(tx, [batch_id])[batch_id]]
        claims.lease(tx, [batch_id], "worker", NOW)
        claims.settle(tx, [(one, NOW) for one in outcomes])
        claims.tell(tx, [(one, NOW, NOW) for one in outcomes])
        claims.release(tx, {batch_id: NOW}, {batch_id: "worker"})
    assert len(all_of(database, "attempts")) == 1
    with database.write() as tx:
        assert outbox.forget(tx, 10, NOW + timedelta(days=90)) == 1
    assert all_of(database, "attempts") == all_of(database, "deliveries") == all_of(database, "batches") == []
