import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from bot import clock as product_clock
from bot.errors import NotFound
from bot.model.trail import GENESIS, HOUSE, SYSTEM, by_operator, verify
from bot.store import trail
from bot.store.tables import events, heads

AUTHOR = by_operator("author")


@pytest.fixture
def read(database):
    def events_of(chain=""):
        with database.snapshot() as snapshot:
            return list(trail.read(snapshot, chain))

    return events_of


@pytest.fixture
def check(database):
    """What verification says, as (chain, seq, kind)."""

    def problems():
        with database.snapshot() as snapshot:
            kept = {chain: {tip.length: {tip.hash: "chains"}} for chain, tip in trail.tips(snapshot).items()}
            found, _ = verify(trail.read(snapshot), kept)
        return [(problem.chain, problem.seq, problem.kind) for problem in found]

    return problems


def test_an_event_is_read_again_as_it_was_written(database, clock, make_case, read):
    case = make_case()
    with database.write() as tx:
        written = trail.record(
            tx, AUTHOR, "open", {"ground": "2.9", "days": 7, "app": None}, case_id=case, personal={"facts": "套壳，见附件"}
        )
    assert read() == [written]
    assert written.chain == "V2026-000001"
    assert (written.seq, written.previous, written.at) == (1, GENESIS, "2026-03-02T01:00:00.000000Z")
    assert written.personal["of"] == {"facts": "套壳，见附件"}
    assert written.is_whole


def test_each_chain_counts_for_itself(database, make_case, read, check):
    first, second = make_case(), make_case()
    for case_id in (first, None, second, first, None, first):
        with database.write() as tx:
            trail.record(tx, SYSTEM, "step", {}, case_id=case_id)
    by_chain = {name: [event.seq for event in read(name)] for name in ("V2026-000001", "V2026-000002", HOUSE)}
    assert by_chain == {"V2026-000001": [1, 2, 3], "V2026-000002": [1], HOUSE: [1, 2]}
    assert len(read()) == 6
    assert check() == []


def test_equal_personal_content_has_another_hash_each_time(database, read):
    with database.write() as tx:
        for _ in range(2):
            trail.record(tx, SYSTEM, "step", {}, personal={"name": "王伟"})
    one, other = read()
    assert one.personal_sha256 != other.personal_sha256


def test_an_event_of_no_case_is_refused(database, read):
    with pytest.raises(NotFound), database.write() as tx:
        trail.record(tx, SYSTEM, "step", {}, case_id=99)
    assert read() == []


@pytest.mark.parametrize("content", [{"share": 0.5}, {"text": "a\x00b"}, {"text": "\ud800"}])
def test_what_has_no_canonical_form_is_refused_before_anything_is_written(database, read, content):
    with database.write() as tx:
        for given in ({"content": content}, {"content": {}, "personal": content}):
            with pytest.raises(ValueError):  # noqa: PT011
                trail.record(tx, SYSTEM, "step", **given)
    assert read() == []


def test_what_is_rolled_back_leaves_no_gap(database, read, check):
    with database.write() as tx:
        trail.record(tx, SYSTEM, "kept", {})

    def write_half():
        with database.write() as tx:
            trail.record(tx, SYSTEM, "undone", {})
            trail.record(tx, SYSTEM, "undone", {}, case_id=99)

    with pytest.raises(NotFound):
        write_half()
    with database.write() as tx:
        trail.record(tx, SYSTEM, "kept", {})
    assert [(event.seq, event.action) for event in read()] == [(1, "kept"), (2, "kept")]
    assert check() == []


def test_writers_that_meet_wait_for_each_other(open_database, make_case, check, read):
    """Eight threads over two databases' connections, as two processes have them."""
    case = make_case()
    homes = [open_database(), open_database()]
    start = threading.Barrier(8)
    failed = []

    def write(number):
        start.wait()
        try:
            for step in range(12):
                with homes[number % 2].write() as tx:
                    trail.record(tx, SYSTEM, "step", {"writer": number, "step": step}, case_id=case if step % 3 else None)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [event.seq for event in read("V2026-000001")] == list(range(1, 65))
    assert [event.seq for event in read(HOUSE)] == list(range(1, 33))
    assert check() == []


WRITER = """
import sys
from bot import failpoint
from bot.model.trail import SYSTEM
from bot.store import trail
from bot.store.database import Database

failpoint.arm(sys.argv[2])
database = Database(sys.argv[1])
for step in range(int(sys.argv[3])):
    with database.write() as tx:
        trail.record(tx, SYSTEM, "step", {"step": step})
"""


def test_processes_that_write_to_one_chain_do_not_fork_it(database_url, read, check):
    started = [subprocess.Popen([sys.executable, "-c", WRITER, database_url, "", "40"]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert [event.seq for event in read()] == list(range(1, 121))
    assert check() == []


@pytest.mark.parametrize("point", ["trail.written", "store.before_commit", "store.after_commit"])
def test_a_writer_killed_on_the_way_leaves_a_whole_chain(database, database_url, point, read, check):
    killed = subprocess.run([sys.executable, "-c", WRITER, database_url, f"{point}:3", "9"], check=False, timeout=60)
    assert killed.returncode == -9
    with database.write() as tx:
        trail.record(tx, SYSTEM, "after", {})
    assert [event.seq for event in read()] == list(range(1, 5 if point == "store.after_commit" else 4))
    assert check() == []


def test_personal_content_can_be_destroyed_and_the_chain_still_verifies(database, make_case, read, check):
    case = make_case()
    with database.write() as tx:
        event = trail.record(tx, AUTHOR, "open", {}, case_id=case, personal={"facts": "王伟的手机号"})
        trail.record(tx, AUTHOR, "submit", {}, case_id=case)
    with database.write() as tx:
        trail.destroy_personal(tx, AUTHOR, event, "R-7", case_id=case)
    assert [(one.action, one.personal) for one in read()] == [("open", None), ("submit", None), ("destroy_personal", None)]
    assert check() == []
    with pytest.raises(NotFound), database.write() as tx:
        trail.destroy_personal(tx, AUTHOR, event, "R-7", case_id=case)


def test_personal_content_that_went_without_a_word_is_missed(database, check):
    with database.write() as tx:
        trail.record(tx, AUTHOR, "open", {}, personal={"name": "王伟"})
        tx.execute(events.update().values(personal=None))
    assert check() == [(HOUSE, 1, "personal_gone")]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM events",
        "UPDATE events SET actor = 'system2'",
        "UPDATE events SET personal = NULL, action = 'other'",
        "UPDATE events SET personal = '{}'",
        "DELETE FROM heads",
        "UPDATE heads SET signature = 'x'",
        "DELETE FROM chains",
        "UPDATE chains SET length = 0",
        "UPDATE chains SET name = 'other'",
    ],
)
def test_the_database_refuses_to_change_what_was_written(database, clock, change):
    with database.write() as tx:
        trail.record(tx, AUTHOR, "open", {}, personal={"name": "王伟"})
        tx.execute(insert(heads).values(day="2026-03-02", document="{}", sha256="", created_at=product_clock.now()))
    with pytest.raises(DBAPIError, match="append-only"), database.write() as tx:
        tx.execute(text(change))


def test_an_event_is_changed_in_no_field_unseen(database, make_case, read):
    case = make_case()
    with database.write() as tx:
        event = trail.record(tx, AUTHOR, "open", {"ground": "2.9"}, case_id=case, personal={"facts": "x"})
    other: dict[str, Any] = {
        "id": 7,
        "seq": 2,
        "at": "2026-03-02T01:00:00.000001Z",
        "content": {"ground": "2.10"},
        "personal": {"of": {}, "salt": ""},
    }
    for name in event.__slots__:
        assert not replace(event, **{name: other.get(name, "x")}).is_whole, name
