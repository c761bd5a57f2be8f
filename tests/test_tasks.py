"""The engine: what it is told, and what it finds by itself."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot import clock as product_clock
from bot import tasks
from bot.context import House
from bot.delivery import engine as engine_module
from bot.delivery import outbox
from bot.dispatch import LATE_GRACE_S
from bot.model.delivery import Priority
from bot.model.reply import Outgoing, Reply
from bot.store.tables import batches
from bot.tasks import Queue, Worker, make_huey
from tests.conftest import AGENTID, CORPID
from tests.flows.processes import eventually, free_port
from tests.messages import handle, probe, text
from tests.store.rows import all_of, received


@pytest.fixture
def queue(tmp_path):
    """A queue whose tasks run as soon as they are asked for."""
    made = Queue(f"sqlite:///{tmp_path / 'queue.db'}")
    made.huey.immediate = True
    return made


@pytest.fixture
def engine(make_engine):
    return make_engine()


@pytest.fixture
def at_work(engine):
    """The engine at work in the background."""
    engine.start()
    yield
    engine.stop()


@pytest.fixture
def worker(house, engine, queue):
    return Worker(house, engine, queue)


@pytest.fixture
def put(database):
    def put(content="通知"):
        with database.write() as tx:
            return outbox.enqueue(tx, CORPID, AGENTID, ["WangWei"], Outgoing("text", {"content": content}), Priority.CHAT)

    return put


def test_a_wake_gets_the_engine_to_work_at_once(worker, queue, put, engine, wecom, monkeypatch):
    monkeypatch.setattr(engine_module, "POLL_S", 3_600.0)
    engine.start()
    try:
        time.sleep(0.2)  # it has found nothing, and looks again in an hour
        batch_id = put()
        time.sleep(0.2)
        assert wecom.delivered("WangWei") == []
        queue.wake(batch_id)
        eventually(lambda: len(wecom.delivered("WangWei")) == 1)
    finally:
        engine.stop()


@pytest.mark.usefixtures("at_work")
def test_what_nobody_was_woken_for_is_found(put, wecom, database):
    put()
    eventually(lambda: [batch.state for batch in all_of(database, "batches")] == ["done"])
    assert len(wecom.delivered("WangWei")) == 1


@pytest.mark.usefixtures("at_work")
def test_a_wake_for_what_is_done_or_never_was_does_nothing(worker, queue, put, wecom, database):
    batch_id = put()
    for unknown in (batch_id, batch_id, batch_id + 1_000):
        queue.wake(unknown)
    eventually(lambda: [batch.state for batch in all_of(database, "batches")] == ["done"])
    queue.wake(batch_id)
    assert len(wecom.delivered("WangWei")) == 1


def test_the_sweep_sends_late_replies(worker, house, wecom, clock, wang, run_worker):
    def slow(_message, _ctx):
        clock.tick(seconds=6)
        return Reply("迟到的答复")

    handle(probe(house, slow), text(wang))
    worker.sweep()
    assert wecom.delivered("WangWei") == []
    clock.tick(seconds=LATE_GRACE_S)
    worker.sweep()
    run_worker()
    assert [one.body["content"].rpartition("\n")[0] for one in wecom.delivered("WangWei")] == ["迟到的答复"]


def test_the_sweep_forgets_messages_after_their_days(worker, house, database, settings, clock, wang):
    from bot.store import inbox

    with database.write() as tx:
        old = product_clock.now() - timedelta(days=settings.inbox_keep_days, seconds=1)
        inbox.insert(tx, [received("old", wang, old), received("new", wang)])
    worker.sweep()
    assert [row.key for row in all_of(database, "inbox")] == ["new"]


def test_the_sweep_forgets_old_answers_but_never_notices_or_what_still_waits(worker, run_worker, database, settings, clock, wang):
    def put(priority, after_id=None):
        with database.write() as tx:
            return outbox.enqueue(tx, CORPID, AGENTID, ["WangWei"], Outgoing("text", {"content": "话"}), priority, after_id=after_id)

    first = put(Priority.CHAT)
    put(Priority.CHAT, after_id=first)
    notice = put(Priority.URGENT)
    run_worker()
    clock.tick(days=settings.inbox_keep_days, seconds=1)
    waiting = put(Priority.CHAT)
    with database.write() as tx:
        tx.execute(update(batches).where(batches.c.id == waiting).values(due_at=product_clock.now() + timedelta(days=1)))
    worker.sweep()
    assert [batch.id for batch in all_of(database, "batches")] == [notice, waiting]
    assert {row.batch_id for row in all_of(database, "deliveries")} == {notice, waiting}


def test_a_queue_that_is_away_costs_only_time(make_house, house, logged, put):
    away = Queue(f"redis://127.0.0.1:{free_port()}/0")
    away.wake(put())
    assert [line["event"] for line in logged] == ["queue_unreachable"]
    with pytest.raises(Exception, match=r"(?i)connect"):
        away.waiting()


def test_the_sweep_goes_on_though_the_queue_is_away(house, engine, put, database, clock, wang, monkeypatch):
    monkeypatch.setattr(tasks, "SWEEP_EVERY_S", 0.02)
    worker = Worker(house, engine, Queue(f"redis://127.0.0.1:{free_port()}/0"))
    put()
    thread = threading.Thread(target=worker._work_for_ever, args=(worker._jobs,))
    thread.start()
    try:

        def slow(_message, _ctx):
            clock.tick(seconds=6)
            return Reply("迟到的答复")

        handle(probe(house, slow), text(wang))
        clock.tick(seconds=LATE_GRACE_S)
        eventually(lambda: len(all_of(database, "batches")) == 2)
    finally:
        worker._stopping.set()
        thread.join()


def test_waiting_tasks_are_counted(tmp_path):
    queue = Queue(f"sqlite:///{tmp_path / 'queue.db'}")
    assert queue.waiting() == 0
    for batch_id in range(3):
        queue.wake(batch_id)
    assert Queue(f"sqlite:///{tmp_path / 'queue.db'}").waiting() == 3


@pytest.mark.parametrize(
    ("url", "kind"),
    [("sqlite:////tmp/q.db", "SqliteHuey"), ("redis://127.0.0.1/0", "PriorityRedisHuey"), ("rediss://127.0.0.1/0", "PriorityRedisHuey")],
)
def test_only_the_address_chooses_the_engine(url, kind, tmp_path):
    assert type(make_huey(url.replace("/tmp", str(tmp_path)))).__name__ == kind


@pytest.mark.server
def test_postgresql_can_carry_the_queue(postgres_url):
    queue = Queue(postgres_url.replace("+psycopg", ""))
    before = queue.waiting()
    queue.wake(7)
    assert queue.waiting() == before + 1


def test_a_web_process_never_delivers(tmp_path, database, house):
    assert isinstance(house, House)
    queue = Queue(f"sqlite:///{tmp_path / 'queue.db'}")
    assert queue.act is None
    queue.wake(1)
    assert queue.waiting() == 1
