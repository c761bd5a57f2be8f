"""The only place where all is put together."""

import gc
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import rules
from bot import clock, failpoint
from bot.context import House
from bot.delivery.sender import Sender
from bot.dispatch import Dispatcher
from bot.errors import Unavailable
from bot.metrics import ALARMS, observe_api
from bot.store import migrate, outbox
from bot.store.database import Database
from bot.store.tokens import DatabaseTokens
from bot.tasks import Queue, Worker
from bot.web.app import create_app
from bot.web.callback import Callback
from bot.wecom.client import Client
from bot.wecom.crypto import Codec, Pair
from config import logging
from config.settings import Settings, load
from handlers.routes import ROUTES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = structlog.get_logger()

WORKER_THREADS = 8


class App:
    """Everything one process needs, made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if settings.clock_rate != 1.0:
            clock.speed_up(settings.clock_rate, settings.clock_origin)
        failpoint.arm(settings.failpoint)

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database, pool_size=self.settings.web_threads)

    @cached_property
    def queue(self) -> Queue:
        return Queue(self.settings.queue)

    @cached_property
    def book(self) -> rules.Book:
        book = rules.load(encoder="off" if self.settings.rules_encoder == "off" else "auto")
        book.warm()
        return book

    @cached_property
    def house(self) -> House:
        return House(settings=self.settings, database=self.database, book=lambda: self.book, wake=self.queue.wake)

    @cached_property
    def client(self) -> Client:
        """The API client of the self-built app; its tokens are shared by all processes through the database."""
        return Client(
            self.settings.wecom_api_base,
            corpid=self.settings.wecom_corpid,
            agentid=self.settings.wecom_agentid,
            secret=self.settings.wecom_secret.get_secret_value(),
            store=DatabaseTokens(self.database),
            observe=observe_api,
            alarm=alarm,
        )

    @cached_property
    def codec(self) -> Codec:
        settings = self.settings
        pairs = [(settings.wecom_token, settings.wecom_aes_key), (settings.wecom_token_old, settings.wecom_aes_key_old)]
        return Codec([Pair(token.get_secret_value(), key.get_secret_value()) for token, key in pairs if token and key])

    def wsgi(self) -> "WSGIApplication":
        """The web server's application: the callback in front, Flask behind."""
        migrate.ensure(self.database)
        _ = self.book  # loaded before the first message, not by it
        gc.collect()
        gc.freeze()  # the book's 300 000 objects live as long as the process: the collector need not look at them again
        gc.set_threshold(10_000, 20, 20)
        served = frozenset(filter(None, (self.settings.wecom_corpid, self.settings.wecom_suite_id)))
        checks: dict[str, Callable[[], object]] = {"database": self.check_database, "queue": self.queue.waiting}
        flask = create_app(checks, [QueueAge(self.database)], self.settings.trusted_proxies)
        return Callback(flask, self.codec, Dispatcher(self.house, ROUTES), served, self.settings.callback_max_bytes)

    def worker(self) -> Worker:
        """The process that sends."""
        migrate.ensure(self.database)
        return Worker(self.house, Sender(self.database, self.client, self.queue.wake), self.queue, WORKER_THREADS)

    def check_database(self) -> None:
        """Raises Unavailable when the database is away or has another schema than this code."""
        if migrate.current(self.database) != migrate.head():
            raise Unavailable("not migrated")


class QueueAge(Collector):
    """The age of what waits longest to be sent, read when asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        try:
            with self._database.read() as connection:
                oldest = outbox.oldest_due(connection)
        except Unavailable:  # an outage is just when the other figures are wanted; /readyz says that it is one
            return
        age_s = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily("bot_queue_age_seconds", "Age of the oldest message that is due and not yet sent", value=age_s)


def alarm(what: str) -> None:
    """A fault that needs a person: in the log and in the metrics."""
    ALARMS.labels(what).inc()
    log.error("alarm", what=what)


def wsgi() -> "WSGIApplication":
    """What the web server loads in each of its processes."""
    settings = load()
    logging.configure(settings.log_level)
    return App(settings).wsgi()
