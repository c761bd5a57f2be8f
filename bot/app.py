"""The only place where all is put together."""

import gc
from collections.abc import Callable, Iterator
from functools import cached_property

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import rules
from bot import clock, failpoint
from bot.actions import (
    alarms,
    broadcast_work,
    chat_media,
    deadlines,
    heads,
    humans,
    kept_files,
    outcomes,
    overview,
    packaged,
    questions_asked,
    recovery,
    reviews,
    rulebook_fits,
    rulebooks,
    undelivered,
)
from bot.actions.alarms import Bell, WatchedMail
from bot.bookshelf import Bookshelf
from bot.context import Context, House
from bot.delivery.engine import THREADS, Engine
from bot.delivery.gate import Gate
from bot.delivery.pacing import Quiet
from bot.delivery.terms import Terms
from bot.dispatch import Dispatcher
from bot.errors import Unavailable
from bot.mail import Post
from bot.metrics import observe_api
from bot.store import migrate, outbox
from bot.store.database import Database
from bot.store.tokens import DatabaseTokens
from bot.tasks import Job, Queue, Worker
from bot.web.app import create_app
from bot.web.callback import Callback
from bot.web.console import Console
from bot.web.pages import Pages
from bot.web.portal import Portal
from bot.wecom.client import Client
from bot.wecom.crypto import Codec, Pair
from config import logging
from config.settings import Settings, load
from handlers.routes import ROUTES

DEADLINES_EVERY_S = 30.0
HEADS_EVERY_S = 600.0
ALARMS_EVERY_S = 30.0
MEDIA_EVERY_S = 1.0
OVERVIEW_EVERY_S = 300.0
QUESTIONS_EVERY_S = 10.0
RULEBOOKS_EVERY_S = 1.0
BROADCASTS_EVERY_S = 0.5
FILES_EVERY_S = 3_600.0


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
    def shelf(self) -> Bookshelf:
        """Holds the rule book of this process, the newest there is."""
        return Bookshelf(self.database, self.settings.rules_encoder)

    @property
    def book(self) -> rules.Book:
        return self.shelf.book

    @cached_property
    def house(self) -> House:
        shelf = self.shelf
        return House(settings=self.settings, database=self.database, book=lambda: shelf.book, wake=self.queue.wake)

    @cached_property
    def bell(self) -> Bell:
        """Tells our own staff of what needs a person."""
        return Bell(self.house)

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
            alarm=self.bell,
            connections=THREADS,
            gate=Gate(self.database, self.settings.wecom_corpid),
        )

    @cached_property
    def engine(self) -> Engine:
        """What sends, on the terms of this house."""
        quiet = self.settings.quiet
        terms = Terms(
            quiet=Quiet(*quiet) if quiet else None,
            ceiling=self.ceiling,
            recheck=outcomes.not_to_be_sent,
            settled=outcomes.Settled(self.settings.broadcast_fail_share, self.settings.broadcast_fail_least),
            alarm=self.bell,
            mail=WatchedMail(Post(self.settings.smtp_url, self.settings.mail_from), self.bell) if self.settings.smtp_url else None,
        )
        return Engine(self.database, self.client, terms)

    def ceiling(self, corpid: str, agentid: int) -> int | None:
        """The account ceiling of the corp, where it is known."""
        own = (corpid, agentid) == (self.settings.wecom_corpid, self.settings.wecom_agentid)
        return self.settings.wecom_account_ceiling if own else None

    @cached_property
    def codec(self) -> Codec:
        settings = self.settings
        pairs = [(settings.wecom_token, settings.wecom_aes_key), (settings.wecom_token_old, settings.wecom_aes_key_old)]
        return Codec([Pair(token.get_secret_value(), key.get_secret_value()) for token, key in pairs if token and key])

    def ready(self) -> None:
        """The database as this version needs it, and the rule book loaded before the first message, not by it. Raises Unavailable."""
        migrate.ensure(self.database)
        packaged.take_in(self.database)
        self.shelf.open()
        self.shelf.start()

    def settle(self) -> None:
        """The book's 300 000 objects live as long as the process: the collector need not look at them again, in the middle of some page."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)

    def web(self) -> Callback:
        """The web server's application: the callback in front, Flask behind."""
        self.ready()
        self.settle()
        served = frozenset(filter(None, (self.settings.wecom_corpid, self.settings.wecom_suite_id)))
        portal = Portal(self.house, self.client).blueprint()
        console = None if self.settings.has_own_console else Console(self.house, self.client, self.queue.waiting).blueprint()
        flask = create_app(self.checks(), [QueueAge(self.database)], self.settings.trusted_proxies, portal, console)
        return Callback(flask, self.codec, Dispatcher(self.house, ROUTES), served, self.settings.callback_max_bytes)

    def console(self) -> Pages:
        """The application of a console that listens elsewhere than the callback: its pages, and nothing else but health."""
        self.ready()
        self.settle()
        pages = Console(self.house, self.client, self.queue.waiting).blueprint()
        return Pages(create_app(self.checks(), [], self.settings.trusted_proxies, console=pages))

    def checks(self) -> dict[str, Callable[[], object]]:
        """What /readyz asks."""
        return {"database": self.check_database, "queue": self.queue.waiting}

    def worker(self) -> Worker:
        """The process that sends."""
        self.ready()
        jobs = (
            Job("deadlines", DEADLINES_EVERY_S, lambda: deadlines.run(Context(self.house))),
            Job("heads", HEADS_EVERY_S, self.close_days),
            Job("files", FILES_EVERY_S, self.sweep_files),
            Job("undelivered", DEADLINES_EVERY_S, lambda: undelivered.look_after(Context(self.house))),
            Job("reviews", DEADLINES_EVERY_S, lambda: reviews.look_after(Context(self.house))),
            Job("recovery", DEADLINES_EVERY_S, lambda: recovery.by_time(Context(self.house))),
            Job("humans", DEADLINES_EVERY_S, lambda: humans.look_after(Context(self.house))),
            Job("media", MEDIA_EVERY_S, lambda: chat_media.run(Context(self.house), self.client)),
            Job("broadcasts", BROADCASTS_EVERY_S, lambda: broadcast_work.run(Context(self.house))),
            Job("recalls", BROADCASTS_EVERY_S, lambda: broadcast_work.recall(Context(self.house), self.client)),
            Job("rules", RULEBOOKS_EVERY_S, lambda: rulebooks.publish_due(Context(self.house))),
            Job("alarms", ALARMS_EVERY_S, lambda: alarms.look_after(Context(self.house))),
        )
        slow = (
            Job("rulebooks", RULEBOOKS_EVERY_S, lambda: rulebook_fits.run(Context(self.house))),
            Job("overview", OVERVIEW_EVERY_S, lambda: overview.sum_days(Context(self.house))),
            Job("questions", QUESTIONS_EVERY_S, lambda: questions_asked.gather(Context(self.house))),
            Job("old_questions", FILES_EVERY_S, lambda: questions_asked.forget(Context(self.house))),
        )
        return Worker(self.house, self.engine, self.queue, jobs, slow)

    def close_days(self) -> None:
        """Make the heads of days that are over, and tell auditors."""
        ctx = Context(self.house)
        heads.make(ctx, lambda head: heads.tell_auditors(ctx, head))

    def sweep_files(self) -> int:
        """Delete uploads that nothing speaks of. Returns how many."""
        return kept_files.sweep(Context(self.house))

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


def web() -> Callback:
    """What the web server loads in each of its processes."""
    settings = load()
    logging.configure(settings.log_level)
    return App(settings).web()


def console() -> Pages:
    """The same for a console with an address of its own."""
    settings = load()
    logging.configure(settings.log_level)
    return App(settings).console()
