import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Unavailable
from bot.store import inbox
from tests.platform import Person
from tests.store.rows import all_of, received

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_row_comes_back_as_it_was_stored(database, wang):
    row = received("k1", wang, NOW, handled_at=NOW, outcome="ask_rule 4.2", reply="【4.2】\n😀", fields={"content": "恢复", "n": [1.5]})
    with database.write() as tx:
        ids = inbox.insert(tx, [row])
    (stored,) = all_of(database, "inbox")
    assert ids == {"k1": stored.id}
    for name, value in row.values().items():
        assert getattr(stored, name) == value


def test_a_key_that_is_there_already_is_left_as_it_is(database, wang, li):
    with database.write() as tx:
        inbox.insert(tx, [received("k1", wang, NOW, reply="first")])
    with database.write() as tx:
        assert set(inbox.insert(tx, [received("k1", li, NOW, reply="second"), received("k2", li, NOW)])) == {"k2"}
    assert [(row.key, row.userid, row.reply) for row in all_of(database, "inbox")] == [("k1", "WangWei", "first"), ("k2", "li.na", "")]


def test_looking_finds_the_row_and_counts_what_this_person_sent_since(database, wang, li):
    other_corp = Person("wwother", wang.agentid, wang.userid)
    other_case = Person(wang.corpid, wang.agentid, "wangwei")
    with database.write() as tx:
        rows = [received(f"w{n}", wang, NOW - timedelta(seconds=10 * n)) for n in range(10)]
        inbox.insert(tx, [*rows, received("l", li, NOW), received("c", other_corp, NOW), received("u", other_case, NOW)])
    found, sent = inbox.look(database, "w3", (wang.corpid, wang.agentid, wang.userid), NOW - timedelta(minutes=1))
    missing, _ = inbox.look(database, "none", (wang.corpid, wang.agentid, wang.userid), NOW)
    assert found is not None
    assert (found.reply, found.reply_state) == ("", "passive")
    assert sent == 6
    assert missing is None


def test_a_reply_changes_its_state_once(database, wang):
    with database.write() as tx:
        (row_id,) = inbox.insert(tx, [received("k", wang, NOW, reply="r", reply_state="late")]).values()
    with database.write() as tx:
        assert inbox.change_reply(tx, row_id, "late", "fetched")
        assert not inbox.change_reply(tx, row_id, "late", "queued")
        assert inbox.get(tx, row_id).reply_state == "fetched"


def test_only_late_replies_older_than_the_grace_are_listed_oldest_first(database, wang):
    ages = {"a": 60, "b": 50, "young": 5}
    with database.write() as tx:
        late = [received(key, wang, NOW - timedelta(seconds=age), reply=key, reply_state="late") for key, age in ages.items()]
        inbox.insert(tx, [*late, received("given", wang, NOW - timedelta(seconds=99), reply="given")])
    with database.read() as connection:
        assert [late.reply for late in inbox.late_replies(connection, NOW - timedelta(seconds=30), 10)] == ["a", "b"]
        assert [late.reply for late in inbox.late_replies(connection, NOW - timedelta(seconds=30), 1)] == ["a"]


def test_old_rows_are_forgotten_but_never_a_reply_that_nobody_got(database, wang):
    old = NOW - timedelta(days=100)
    with database.write() as tx:
        rows = [received(f"k{n}", wang, old) for n in range(3)]
        inbox.insert(tx, [*rows, received("late", wang, old, reply="r", reply_state="late"), received("new", wang, NOW)])
    with database.write() as tx:
        assert inbox.forget(tx, NOW - timedelta(days=90), limit=2) == 2
        assert inbox.forget(tx, NOW - timedelta(days=90)) == 1
    assert {row.key for row in all_of(database, "inbox")} == {"late", "new"}


def test_many_threads_store_every_row_once(open_database, wang):
    group, other = inbox.GroupInsert(open_database()), inbox.GroupInsert(open_database())
    keys = [f"k{n % 150}" for n in range(450)]

    def add(numbered):
        number, key = numbered
        return (group if number % 2 else other).add(received(key, wang, NOW, reply=f"{number}"))

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(add, enumerate(keys)))
    rows = {row.key: row.reply for row in all_of(open_database(), "inbox")}
    assert len(rows) == 150
    for number, (key, answer) in enumerate(zip(keys, answers, strict=True)):
        assert rows[key] == (str(number) if answer is None else answer.reply)
    assert answers.count(None) == 150


def test_a_row_is_on_disk_when_add_returns(open_database, wang):
    inbox.GroupInsert(open_database()).add(received("k", wang, NOW))
    assert [row.key for row in all_of(open_database(), "inbox")] == ["k"]


POISON = {
    "a state the table does not know": {"state": "nonsense"},
    "a moment without a zone": {"arrived_at": datetime(2026, 3, 2)},
    "half of a character": {"reply": "\ud83d"},
    "a value that is no JSON": {"fields": {"content": object()}},
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_row_the_database_refuses_does_not_take_its_neighbours_with_it(database, wang, poison):
    group = inbox.GroupInsert(database)
    gate = received("gate", wang, NOW)
    rows = [received(f"k{n}", wang, NOW) for n in range(8)]
    rows.insert(4, received("bad", wang, NOW, **poison))
    refused = []

    def add(row):
        try:
            group.add(row)
        except Unavailable:
            refused.append(row.key)

    threads = [threading.Thread(target=add, args=(row,)) for row in [gate, *rows]]
    with database.write() as tx:  # the first writer waits for this, and so all others gather for one commit
        inbox.insert(tx, [gate])
        for thread in threads:
            thread.start()
        until = time.monotonic() + 3
        while len(group._waiting) < len(rows) and time.monotonic() < until:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert refused == ["bad"]
    assert {row.key for row in all_of(database, "inbox")} == {"gate", *(f"k{n}" for n in range(8))}


def test_more_rows_than_one_commit_takes_are_all_stored(database, wang, monkeypatch):
    monkeypatch.setattr(inbox.GroupInsert, "LARGEST", 3)
    group = inbox.GroupInsert(database)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda n: group.add(received(f"k{n}", wang, NOW)), range(40))) == {None}
    assert len(all_of(database, "inbox")) == 40


def test_two_processes_that_store_the_same_rows_in_other_orders_do_not_lock_each_other_out(open_database, wang):
    databases = [open_database(), open_database()]
    start = threading.Barrier(2)

    def store(database, order):
        start.wait()
        with database.write() as tx:
            return len(inbox.insert(tx, [received(key, wang, NOW) for key in order]))

    for attempt in range(6):
        keys = [f"{attempt} {n:03}" for n in range(900)]
        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(store, databases, [keys, keys[::-1]])) == 900
