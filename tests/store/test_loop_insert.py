"""Rows on their way from an event loop to the disk."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Unavailable
from bot.store import database as database_module
from bot.store import loop_insert
from bot.store.database import Database
from bot.store.loop_insert import Limit, LoopInsert
from tests.store.rows import all_of, received
from tests.store.test_inbox import POISON

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def open_file(tmp_path, _empty_sqlite):
    """Open the test's file once more: what another process would hold."""
    file = tmp_path / "bot.db"
    file.write_bytes(_empty_sqlite.read_bytes())
    opened = []

    def make():
        opened.append(Database(f"sqlite:///{file}"))
        return opened[-1]

    yield make
    for database in opened:
        database.dispose()


def add_all(rows, *writers):
    """Add all rows at the same moment, to the writers in turn. Returns what each found there already, or raised."""

    async def run():
        adding = [writers[number % len(writers)].add(row) for number, row in enumerate(rows)]
        return await asyncio.gather(*adding, return_exceptions=True)

    return [added[0] if isinstance(added, tuple) else added for added in asyncio.run(run())]


def test_a_row_is_on_disk_when_add_returns(open_file, wang):
    assert add_all([received("k", wang, NOW, reply="r")], LoopInsert(open_file())) == [None]
    assert [(row.key, row.reply) for row in all_of(open_file(), "inbox")] == [("k", "r")]


def test_rows_of_two_processes_with_the_same_keys_are_stored_once(open_file, wang):
    keys = [f"k{number % 150}" for number in range(450)]
    rows = [received(key, wang, NOW, reply=f"{number}") for number, key in enumerate(keys)]
    answers = add_all(rows, LoopInsert(open_file()), LoopInsert(open_file()))
    stored = {row.key: row.reply for row in all_of(open_file(), "inbox")}
    assert len(stored) == answers.count(None) == 150
    for number, (key, answer) in enumerate(zip(keys, answers, strict=True)):
        assert stored[key] == (str(number) if answer is None else answer.reply)


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_row_the_database_refuses_does_not_take_its_neighbours_with_it(open_file, wang, poison):
    rows = [received(f"k{number}", wang, NOW) for number in range(8)]
    answers = add_all([*rows[:4], received("bad", wang, NOW, **poison), *rows[4:]], LoopInsert(open_file()))
    assert isinstance(answers.pop(4), Unavailable)
    assert answers == [None] * 8
    assert {row.key for row in all_of(open_file(), "inbox")} == {f"k{number}" for number in range(8)}


def test_more_rows_than_one_commit_takes_are_all_stored(open_file, wang, monkeypatch):
    monkeypatch.setattr(loop_insert, "LARGEST", 3)
    assert add_all([received(f"k{number}", wang, NOW) for number in range(40)], LoopInsert(open_file())) == [None] * 40
    assert len(all_of(open_file(), "inbox")) == 40


def test_the_loop_goes_on_while_another_process_writes_and_the_rows_follow(open_file, wang):
    mine, other = open_file(), open_file()

    async def run():
        writer = LoopInsert(mine)
        with other.write():
            adding = asyncio.ensure_future(writer.add(received("k", wang, NOW)))
            turns = 0
            until = asyncio.get_running_loop().time() + 0.2
            while asyncio.get_running_loop().time() < until:
                await asyncio.sleep(0.001)
                turns += 1
            assert turns > 20, "the loop was held up"
            assert not adding.done()
        return await adding

    assert asyncio.run(run())[0] is None
    assert [row.key for row in all_of(other, "inbox")] == ["k"]


def test_rows_over_a_persons_limit_are_kept_as_they_are_to_be(open_file, wang, li):
    database = open_file()
    writer = LoopInsert(database)
    hers = received("hers", li, NOW)

    def limited(row):
        return Limit(2, NOW - timedelta(minutes=1), lambda over: replace(row, state="limited", reply=f"over by {over}", outcome=""))

    async def run():
        rows = [received(f"k{number}", wang, NOW, reply="r", outcome="o") for number in range(4)]
        adding = [writer.add(row, limited(row)) for row in (*rows, hers)]
        added = await asyncio.gather(*adding)
        again = await writer.add(rows[3], limited(rows[3]))
        return [(before, row.reply) for before, row in (*added, again)]

    *first, again = asyncio.run(run())
    assert first == [(None, "r"), (None, "r"), (None, "over by 0"), (None, "over by 1"), (None, "")]
    assert again[0].reply == "over by 1", "a repeat is given what is stored, and not counted again"
    stored = {row.key: (row.state, row.reply, row.outcome) for row in all_of(database, "inbox")}
    assert stored["k1"] == ("handled", "r", "o")
    assert stored["k3"] == ("limited", "over by 1", "")
    assert stored["hers"][0] == "handled"


def test_a_lock_that_is_never_given_up_fails_the_row_and_not_the_next(open_file, wang, monkeypatch):
    monkeypatch.setattr(loop_insert, "WAIT_S", 0.05)
    mine, other = open_file(), open_file()
    writer = LoopInsert(mine)
    with other.write():
        (failure,) = add_all([received("k", wang, NOW)], writer)
    assert isinstance(failure, Unavailable)
    assert all_of(other, "inbox") == []
    assert add_all([received("k", wang, NOW)], writer) == [None]


def test_a_thread_of_the_same_process_that_writes_is_waited_for(open_file, wang):
    mine = open_file()

    async def run():
        with mine.write():
            adding = asyncio.ensure_future(LoopInsert(mine).add(received("k", wang, NOW)))
            await asyncio.sleep(0.02)
            assert not adding.done()
        return await adding

    assert asyncio.run(run())[0] is None


def test_a_commit_that_fails_keeps_nothing_and_says_so_to_all(open_file, wang, monkeypatch):
    mine, other = open_file(), open_file()
    writer = LoopInsert(mine)
    begin = mine.begin_at_once

    def begin_and_fill_up():
        connection = begin()
        connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")
        return connection

    monkeypatch.setattr(mine, "begin_at_once", begin_and_fill_up)
    answers = add_all([received(f"k{number}", wang, NOW, reply="r" * 2_000) for number in range(100)], writer)
    assert any(isinstance(answer, Unavailable) for answer in answers)
    stored = {row.key for row in all_of(other, "inbox")}
    assert stored == {f"k{number}" for number, answer in enumerate(answers) if answer is None}


def test_a_database_that_is_away_fails_at_once(tmp_path, wang):
    away = Database(f"sqlite:///{tmp_path}/folder/bot.db")
    (tmp_path / "folder" / "bot.db").mkdir()
    (failure,) = add_all([received("k", wang, NOW)], LoopInsert(away))
    assert isinstance(failure, Unavailable)


def test_the_wait_is_that_of_every_writer():
    assert vars(loop_insert)["WAIT_S"] == database_module.WAIT_S
