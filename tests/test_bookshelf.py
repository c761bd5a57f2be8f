"""The rule book of a process follows what the database says, without anybody waiting for it."""

import dataclasses
import time

import pytest
from sqlalchemy import text

from bot import bookshelf
from bot.actions import packaged
from bot.bookshelf import Bookshelf
from bot.errors import Stale, Unavailable
from bot.model.rulebook import RuleState
from bot.store import rulebooks, ties
from bot.store.database import Database
from rules import Overlay, Tie, documents
from rules.documents import Edition, latest
from tests.rulebooks import approved, read

NEWER = latest().source.replace("2024/06/17", "2026/03/01").replace("交易流水:", "交易流水（含税）:")


def put_in_force(database, source=NEWER, dated="2026-03-01"):
    """A version as if it had gone its way."""
    with database.write() as tx:
        packaged.seed(tx)
        current = rulebooks.in_force(tx)
        assert current
        rulebooks.advance(tx, current, "supersede", ended_at=current.opened_at)
        values = {name: getattr(current, name) for name in ("title", "name_in_text", "url", "lineages", "names", "phrases", "opened_at")}
        dates = {"dated": dated, "effective_on": dated}
        made = rulebooks.add(tx, {**values, **dates, "source": source, "sha256": "0" * 64, "state": RuleState.IN_FORCE})
        rulebooks.bump(tx)
        return made


@pytest.fixture
def shelf(database):
    packaged.take_in(database)
    shelf = Bookshelf(database, "off")
    shelf.open()
    yield shelf
    shelf.stop()


def wait_for(truth, seconds=5.0):
    until = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_came_with_the_program_is_in_force_in_a_new_database(shelf, database):
    assert shelf.book.version == latest().version
    with database.read() as connection:
        assert [(one.dated, one.state) for one in rulebooks.known(connection)] == [(latest().version, RuleState.IN_FORCE)]
    assert packaged.take_in(database) is False


def test_a_version_that_comes_into_force_is_answered_from_within_a_second(shelf, database):
    shelf.start()
    old = shelf.book
    put_in_force(database)
    begun = time.monotonic()
    wait_for(lambda: shelf.book.version == "2026-03-01")
    assert time.monotonic() - begun < 1.0
    assert shelf.book.ask("交易流水").clause.text.startswith("交易流水（含税）")
    assert shelf.book.of_version("2024-06-17").clause("2.4") == old.clause("2.4")
    assert old.version == "2024-06-17", "who still holds the old book goes on reading it"


def test_an_unchanged_generation_builds_nothing(shelf):
    book = shelf.book
    assert shelf.look() is False
    assert shelf.book is book


def test_a_tie_is_heard_of_at_the_next_look(shelf, database, monkeypatch):
    monkeypatch.setattr(ties, "overlay", lambda _tx: Overlay((Tie("广告费能退吗", None, "没有写到。"),)))
    assert not shelf.book.ask("广告费能退吗").tied
    with database.write() as tx:
        rulebooks.bump(tx)
    assert shelf.look() is True
    assert shelf.book.ask("广告费能退吗").say == "没有写到。"


def test_while_the_database_is_away_the_old_book_stays(database, monkeypatch):
    away = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    shelf = Bookshelf(away, "off")
    shelf.open()
    assert shelf.book.version == latest().version
    with pytest.raises(Unavailable):
        shelf.look()
    assert shelf.book.ask("应用下架").clause


def test_a_text_that_cannot_be_read_leaves_the_old_book_and_is_told(shelf, database, logged, monkeypatch):
    monkeypatch.setattr(bookshelf, "LOOK_EVERY_S", 0.01)
    put_in_force(database)
    with database.write() as tx:
        tx.execute(text("UPDATE rule_versions SET source = 'torn' WHERE dated = '2026-03-01'"))
        rulebooks.bump(tx)
    old = shelf.book
    shelf.start()
    wait_for(lambda: any(line["event"] == "rulebook_unusable" for line in logged))
    assert shelf.book is old


def test_a_newer_packaged_version_takes_the_place_of_an_older_one_and_an_older_one_is_history(database, monkeypatch):
    put_in_force(database, dated="2025-01-01", source=latest().source.replace("2024/06/17", "2025/01/01"))
    newer = dataclasses.replace(latest(), version="2026-06-01", source=latest().source.replace("2024/06/17", "2026/06/01"))
    older = dataclasses.replace(latest(), version="2023-01-01", source=latest().source.replace("2024/06/17", "2023/01/01"))
    editions = tuple(Edition(document, document.version) for document in (older, newer))
    monkeypatch.setattr(documents, "packaged", lambda: editions)
    assert packaged.take_in(database) is True
    with database.read() as connection:
        assert [one.dated for one in rulebooks.known(connection)] == ["2023-01-01", "2024-06-17", "2025-01-01", "2026-06-01"]
    assert packaged.take_in(database) is False


def test_the_database_holds_one_version_in_force(database):
    put_in_force(database)
    with database.write() as tx:
        old = rulebooks.dated(tx, "2024-06-17")
        values = {name: getattr(old, name) for name in ("title", "name_in_text", "url", "source", "sha256", "lineages", "opened_at")}
        with pytest.raises(Stale):
            rulebooks.add(tx, {**values, "names": {}, "phrases": {}, "dated": "2026-05-05", "state": RuleState.IN_FORCE})


def test_a_newer_packaged_version_takes_those_under_way_back_to_their_drafts(house, cast, monkeypatch):
    waiting = approved(house, cast, effective_on="2026-03-05")
    newer = dataclasses.replace(latest(), version="2026-04-01", sha256="1" * 64)
    monkeypatch.setattr(documents, "packaged", lambda: [Edition(latest(), latest().version), Edition(newer, newer.version)])
    packaged.take_in(house.database)
    with house.database.read() as connection:
        current = rulebooks.in_force(connection)
    assert current
    assert current.dated == "2026-04-01"
    back = read(house)
    assert (back.state, back.failure, back.approver_id, back.base_id) == (RuleState.DRAFT, "base_changed", None, current.id)
    assert back.version > waiting.version


def test_a_tie_alone_builds_no_book_and_is_answered_in_this_one(shelf, database, monkeypatch):
    monkeypatch.setattr(ties, "overlay", lambda _tx: Overlay((Tie("广告费能退吗", None, "没有写到。"),)))
    monkeypatch.setattr(shelf, "_build", lambda *_given: pytest.fail("built for a tie"))
    before = shelf.book
    with database.write() as tx:
        rulebooks.bump(tx)
    assert shelf.look() is True
    assert shelf.book.ask("广告费能退吗").say == "没有写到。"
    assert before.ask("广告费能退吗").say == ""
    assert shelf.book.document is before.document
