"""The parts put together, in one process."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot import clock as product_clock
from bot.actions import evidence
from bot.actions.alarms import Bell
from bot.actions.evidence import Upload
from bot.app import App, QueueAge
from bot.context import Context
from bot.errors import Unavailable
from bot.files import Files
from bot.store.database import Database
from bot.web.app import create_app
from tests.cast import draft
from tests.platform import Platform, text_of
from tests.store.rows import all_of


@pytest.fixture
def app(make_settings):
    made = App(make_settings())
    yield made
    made.database.dispose()


@pytest.fixture
def platform(app):
    return Platform(app.web(), app.settings)


def test_an_empty_folder_and_the_settings_are_enough_to_answer(platform, app, book, wang):
    answer = platform(text_of(wang, "应用被取消推荐后怎么恢复"))
    assert book.clause("4.2").text in answer.text
    assert len(all_of(app.database, "inbox")) == 1


def test_what_the_callback_does_not_take_goes_to_the_pages(platform):
    assert platform.ask("GET", path="/healthz").body == b"ok\n"
    assert platform.ask("GET", path="/nothing").status == 404


def test_a_console_with_an_address_of_its_own_is_there_alone_and_nowhere_else(make_settings):
    app = App(make_settings(bind="127.0.0.1:8000", console_bind="127.0.0.1:8100", public_url="https://bot.example"))
    own = Platform(SimpleNamespace(__rsgi__=app.console()), app.settings)
    assert own.ask("GET", path="/console/sign-in").status == 200
    assert [own.ask("GET", path=path).status for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    for path in ("/", "/portal/", "/wecom/callback"):
        nothing = own.ask("GET", path=path, accept="text/html")
        assert (nothing.status, "没有找到这个页面" in nothing.body.decode()) == (404, True)
    platform = Platform(app.web(), app.settings)
    for path in ("/console/", "/console/sign-in", "/console/static/console.js"):
        assert platform.ask("GET", path=path).status == 404
    assert [platform.ask("GET", path=path).status for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert app.settings.console == "http://127.0.0.1:8100/console"
    app.database.dispose()


def test_ready_means_migrated_and_with_a_queue(platform, app):
    assert platform.ask("GET", path="/readyz").body == b"database: ok\nqueue: ok\n"
    with app.database.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = platform.ask("GET", path="/readyz")
    assert (answer.status, answer.body) == (503, b"database: unavailable\nqueue: ok\n")


def test_a_wake_of_the_web_process_waits_in_the_queue_for_a_worker(app):
    assert app.queue.waiting() == 0
    app.house.wake(7)
    assert app.queue.waiting() == 1


def test_an_unmigrated_postgresql_is_not_served(make_settings):
    with pytest.raises(Unavailable):
        App(make_settings(database_url="postgresql://nobody@127.0.0.1:9/none")).web()


def test_the_age_of_the_queue_is_measured(database, clock):
    from bot.store import outbox

    page = create_app({}, [QueueAge(database)], 0).test_client()
    assert "bot_queue_age_seconds 0.0" in page.get("/metrics").text
    with database.write() as tx:
        outbox.add_batch(tx, corpid="ww", agentid=1, touser=["a"], payload={}, priority=1, now=product_clock.now() - timedelta(seconds=90))
    assert "bot_queue_age_seconds 90.0" in page.get("/metrics").text


def test_counters_are_told_although_the_database_is_away():
    gone = QueueAge(Database("postgresql+psycopg://nobody@127.0.0.1:9/none"))
    answer = create_app({}, [gone], 0).test_client().get("/metrics")
    assert answer.status_code == 200
    assert "# TYPE bot_callbacks" in answer.text
    assert "bot_queue_age_seconds" not in answer.text


def test_uploads_that_no_case_has_are_swept_and_those_of_cases_stay(make_settings, database_url, cast, clock, house):
    app = App(make_settings(database_url=database_url))
    files, author = Files.of(app.settings), cast["author"]
    orphan = files.put(io.BytesIO(b"orphan"), "a.txt", max_bytes=100)
    upload = Upload("b.txt", io.BytesIO(b"evidence"))
    (kept,) = evidence.add(Context(house), author, draft(house, cast), [upload])
    clock.tick(hours=25)
    assert app.sweep_files() == 1
    assert (files.exists(kept.sha256), files.exists(orphan.sha256)) == (True, False)
    app.database.dispose()


def test_an_alarm_is_counted_and_logged(logged, house):
    Bell(house)("wecom_40001")
    page = create_app({}, [], 0).test_client().get("/metrics").text
    assert 'bot_alarms_total{what="wecom_40001"}' in page
    assert logged[0]["event"] == "alarm"
