"""The cast, the databases, a stopped clock, and the WeCom stand-in: what every test may ask for."""

import os
import secrets
import shutil
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text
from structlog.testing import capture_logs

import rules
from bot import clock as product_clock
from bot.context import House
from bot.delivery.engine import Engine
from bot.delivery.terms import Terms
from bot.dispatch import Dispatcher
from bot.sandbox import Server, World, create_app
from bot.store import migrate
from bot.store.database import Database, Tx
from bot.store.tables import metadata
from bot.store.tokens import DatabaseTokens
from bot.web import app as web_app
from bot.web.callback import Callback
from bot.wecom.client import Client
from bot.wecom.crypto import Codec, Pair
from config.settings import Settings, load
from handlers.routes import ROUTES
from tests import cast as players
from tests.platform import Person, Platform

CORPID, AGENTID = players.CORPID, players.AGENTID
NINE_IN_CHINA = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1/test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """In CI nothing may be skipped: there the servers and the browser are installed, and a test that does not run proves nothing."""
    report: pytest.TestReport = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{item.nodeid}: skipped although CI is true. {reason}"
    return report


def letters(length: int) -> str:
    """Random letters and digits, as the console makes keys of."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


@pytest.fixture
def make_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Settings of the self-built app with keys of its own, untouched by the environment and `.env`; keywords replace."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    kept: dict[str, Any] = {
        "wecom_corpid": CORPID,
        "wecom_agentid": AGENTID,
        "wecom_secret": letters(43),
        "wecom_token": letters(20),
        "wecom_aes_key": letters(43),
        "wecom_api_base": "http://127.0.0.1:9",
        "secret_key": letters(48),
        "public_url": "http://127.0.0.1:9",
        "data_dir": tmp_path,
        "rules_encoder": "off",
    }
    return lambda **more: load(_env_file=None, **{**kept, **more})


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings()


@pytest.fixture(scope="session")
def book() -> rules.Book:
    made = rules.load(encoder="off")
    made.warm()
    return made


@pytest.fixture
def clock() -> Iterator[product_clock.Frozen]:
    """The product's clock, stopped on a Monday at nine in the morning in China; `tick` moves it."""
    with product_clock.freeze(NINE_IN_CHINA) as frozen:
        yield frozen


# The cast


@pytest.fixture
def wang() -> Person:
    """Of provider A. Mixed case, as real userids are."""
    return Person(CORPID, AGENTID, "WangWei")


@pytest.fixture
def li() -> Person:
    """Of provider A too."""
    return Person(CORPID, AGENTID, "li.na")


@pytest.fixture
def zhao() -> Person:
    """Of provider B."""
    return Person(CORPID, AGENTID, "ZhaoMin")


@pytest.fixture
def cast(house: House, clock: product_clock.Frozen) -> players.Cast:
    """Everybody of tests/cast.py is written down; our own staff by login."""
    return players.write(house)


# Databases


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: quicker than migrating for each test."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = Database(f"sqlite:///{file}")
    migrate.migrate(database)
    database.dispose()  # the last connection to close folds the journal into the file
    return file


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A migrated database of this session alone, on the server that TEST_DATABASE_URL names."""
    name = f"bot_test_{secrets.token_hex(6)}"
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL listens where TEST_DATABASE_URL says; `make services` starts one")
    admin.execute(f'CREATE DATABASE "{name}"')
    url = make_url(POSTGRES).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    database = Database(url)
    migrate.migrate(database)
    database.dispose()
    yield url
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        file = tmp_path / "bot.db"
        shutil.copy(request.getfixturevalue("_empty_sqlite"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("postgres_url")
    database = Database(url)
    with database.write() as tx:
        _empty(tx)
    database.dispose()
    return url


def _empty(tx: Tx) -> None:
    """Take every row of the last test away, and count from one again. TRUNCATE would write a new file for each table, full or not."""
    tx.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers: the trail refuses to be deleted
    holding = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in metadata.tables)
    for name in tx.execute(text(holding)).scalars().all():
        tx.execute(text(f"DELETE FROM {name}"))
    counted = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
    tx.execute(text(counted))


@pytest.fixture
def open_database(database_url: str) -> Iterator[Callable[[], Database]]:
    """Open the test's database once more: what another process would hold."""
    opened: list[Database] = []

    def make() -> Database:
        opened.append(Database(database_url))
        return opened[-1]

    yield make
    for database in opened:
        database.dispose()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()


# The house


@pytest.fixture
def woken() -> list[int]:
    """Batch ids the engine was told of."""
    return []


@pytest.fixture
def make_house(settings: Settings, book: rules.Book, woken: list[int]) -> Callable[[Database], House]:
    return lambda database: House(settings=settings, database=database, book=lambda: book, wake=woken.append)


@pytest.fixture
def house(make_house: Callable[[Database], House], database: Database) -> House:
    return make_house(database)


@pytest.fixture
def make_callback(settings: Settings) -> Callable[..., Callback]:
    """The application of a web process around any dispatcher."""

    def make(dispatcher: Dispatcher, checks: dict[str, Callable[[], object]] | None = None, **more: Any) -> Callback:
        used: Settings = more.get("settings", settings)
        pairs = [(used.wecom_token, used.wecom_aes_key), (used.wecom_token_old, used.wecom_aes_key_old)]
        codec = Codec([Pair(token.get_secret_value(), key.get_secret_value()) for token, key in pairs if token and key])
        served = frozenset(filter(None, (used.wecom_corpid, used.wecom_suite_id)))
        return Callback(web_app.create_app(checks or {}, [], 0), codec, dispatcher, served, used.callback_max_bytes)

    return make


@pytest.fixture
def callback(make_callback: Callable[..., Callback], house: House) -> Callback:
    return make_callback(Dispatcher(house, ROUTES))


@pytest.fixture
def post(callback: Callback, settings: Settings) -> Platform:
    """Seal fields as WeCom does, post them to the bot, and open its reply."""
    return Platform(callback, settings)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """What was logged, as values."""
    with capture_logs() as lines:
        yield lines


# WeCom


@pytest.fixture
def wecom(settings: Settings) -> Iterator[World]:
    """The stand-in, served on a free port of this machine. Its bot has no callback address until a test gives it one."""
    world = World(
        corpid=CORPID,
        agentid=AGENTID,
        secret=settings.wecom_secret.get_secret_value(),
        token=settings.wecom_token.get_secret_value(),
        aes_key=settings.wecom_aes_key.get_secret_value(),
        public_url="",
        own_url="http://127.0.0.1:1",
    )
    world.callback.retry_gap_s = 0.0
    server = Server(create_app(world), "127.0.0.1", 0).start()
    world.own_url = f"http://127.0.0.1:{server.port}"
    yield world
    server.stop()


@pytest.fixture
def patience_s() -> float:
    """How long a sender waits for an answer. A test about answers that never come makes it less."""
    return 10.0


@pytest.fixture
def make_engine(house: House, wecom: World, settings: Settings, patience_s: float) -> Iterator[Callable[..., Engine]]:
    """A worker's engine, as each worker process has one. Keywords are its terms; `threads` is its own."""
    clients: list[Client] = []

    def make(threads: int = 8, database: Database | None = None, **terms: Any) -> Engine:
        used = database or house.database
        clients.append(
            Client(
                wecom.own_url,
                CORPID,
                AGENTID,
                settings.wecom_secret.get_secret_value(),
                DatabaseTokens(used),
                read_s=patience_s,
                connections=threads,
            )
        )
        return Engine(used, clients[-1], Terms(**terms), threads=threads)

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def run_worker(make_engine: Callable[..., Engine]) -> Callable[[], int]:
    """Send all that is due now, as a worker does. Returns how many batches were worked on."""
    engine = make_engine()

    def run() -> int:
        worked = 0
        while moved := engine.work():
            worked += moved
            assert worked < 5_000, "the outbox does not drain"
        return worked

    return run
