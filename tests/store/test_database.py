import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.errors import Unavailable
from bot.store import database as database_module
from bot.store import inbox
from bot.store.database import Database
from bot.store.tables import greetings, leases
from tests.store.rows import all_of, received


def test_a_write_that_raises_leaves_nothing(database):
    def write_and_fail():
        with database.write() as tx:
            tx.execute(insert(leases).values(name="a", holder="h", until=1.0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert all_of(database, "leases") == []


def test_a_read_does_not_see_what_is_not_committed_and_does_not_wait_for_it(open_database):
    writer, reader = open_database(), open_database()
    with writer.write() as tx:
        tx.execute(insert(leases).values(name="a", holder="h", until=1.0))
        assert all_of(reader, "leases") == []
    assert len(all_of(reader, "leases")) == 1


def test_each_statement_of_a_read_sees_the_last_commit(open_database):
    writer, reader = open_database(), open_database()
    with reader.read() as connection:
        assert connection.execute(select(leases.c.name)).all() == []
        with writer.write() as tx:
            tx.execute(insert(leases).values(name="a", holder="h", until=1.0))
        assert connection.execute(select(leases.c.name)).scalars().all() == ["a"]


def test_two_writing_processes_both_get_their_turn(open_database, wang):
    """SQLite's own waiting let a second writer do nothing for seconds while a first one was busy."""
    done = {"one": 0, "two": 0}
    enough = threading.Event()

    def write(name, database):
        while not enough.is_set():
            with database.write() as tx:
                inbox.insert(tx, [received(f"{name}{done[name]}", wang)])
            done[name] += 1
            if min(done.values()) >= 25 or max(done.values()) >= 4_000:
                enough.set()

    threads = [threading.Thread(target=write, args=(name, open_database())) for name in done]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(done.values()) >= 25, done


def test_threads_of_one_process_share_the_turn(database, wang):
    def write(number):
        for n in range(20):
            with database.write() as tx:
                inbox.insert(tx, [received(f"{number}.{n}", wang)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(all_of(database, "inbox")) == 240


def test_a_database_that_another_program_keeps_locked_is_unavailable(tmp_path, monkeypatch):
    monkeypatch.setattr(database_module, "WAIT_S", 0.2)
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    with database.write() as tx:
        tx.execute(text("CREATE TABLE t (n INTEGER)"))
    other = create_engine(f"sqlite:///{tmp_path / 'bot.db'}")
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable), database.write():
            pass
        connection.exec_driver_sql("ROLLBACK")
    with database.write() as tx:
        tx.execute(text("INSERT INTO t VALUES (1)"))


def test_a_thread_that_gets_no_turn_gives_up(tmp_path, monkeypatch):
    monkeypatch.setattr(database_module, "WAIT_S", 0.2)
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    failures = []

    def write():
        try:
            with database.write():
                pass
        except Unavailable as error:
            failures.append(error)

    with database.write():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(failures) == 1


@pytest.mark.parametrize("url", ["postgresql+psycopg://nobody@127.0.0.1:9/none", "sqlite:////proc/version/bot.db"])
def test_a_database_that_is_not_there_is_unavailable(url):
    if url.startswith("sqlite"):
        with pytest.raises((OSError, Unavailable)):
            Database(url)
        return
    with pytest.raises(Unavailable), Database(url).read():
        pass


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "bot.db").write_bytes(b"not a database at all" * 100)
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    with pytest.raises(Unavailable), database.read() as connection:
        connection.execute(text("SELECT 1 FROM sqlite_master"))


def test_a_commit_survives_a_power_cut(tmp_path):
    with Database(f"sqlite:///{tmp_path / 'bot.db'}").read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.server
def test_a_postgresql_commit_survives_a_power_cut(postgres_url):
    with Database(postgres_url).read() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_an_error_does_not_list_the_values_of_its_statement(database, wang):
    """PostgreSQL itself repeats a refused row; that is why no text of such an error is ever logged (tests/web/test_callback.py)."""
    with pytest.raises(IntegrityError) as raised, database.write() as tx:
        inbox.insert(tx, [received("k", wang, reply="secret words", state="nonsense")])
    assert "secret words" not in str(raised.value).partition("[SQL")[2]


def test_moments_come_back_as_utc_and_need_a_zone(database, wang):
    china = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    with database.write() as tx:
        inbox.insert(tx, [received("k", wang, china)])
    (row,) = all_of(database, "inbox")
    assert (row.arrived_at, row.arrived_at.tzinfo) == (china, UTC)
    with pytest.raises(StatementError, match="time zone"), database.write() as tx:
        inbox.insert(tx, [received("k2", wang, datetime(2026, 3, 2))])


def test_ids_compare_in_binary(database):
    rows = [("ww1", 1, "zhangsan"), ("ww1", 1, "ZhangSan"), ("ww2", 1, "zhangsan"), ("ww1", 2, "zhangsan")]
    with database.write() as tx:
        for corpid, agentid, userid in rows:
            tx.execute(insert(greetings).values(corpid=corpid, agentid=agentid, userid=userid, day="2026-03-02"))
        found = tx.execute(select(greetings.c.userid).where(greetings.c.userid == "zhangsan")).all()
    assert len(found) == 3
