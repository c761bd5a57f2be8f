"""What tests of actions share: a WeCom that takes cards with buttons, and the work of a shell or a page."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Table, func, select

from bot import clock as product_clock
from bot.context import Context, House
from bot.errors import BotError
from bot.sandbox import World
from bot.store import inbox
from bot.store.database import Database
from bot.store.tables import batches, case_notes, cases, counters, events, measures, notices
from tests.cast import at

_WRITTEN: tuple[Table, ...] = (cases, counters, measures, case_notes, notices, batches, events)


def rows(house: House) -> list[int]:
    """How many rows each table has that an action on a case might write to; the trail comes last."""
    with house.database.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in _WRITTEN]


@pytest.fixture
def ctx(house: House) -> Context:
    return Context(house)


@pytest.fixture
def wecom(wecom: World) -> World:
    """With a callback address: without one WeCom takes no card that can be pressed (43012)."""
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    return wecom


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all at the same moment. Returns what came of each, errors as values."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(n: int) -> None:
        gate.wait()
        try:
            results[n] = acts[n]()
        except BotError as error:
            results[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture
def elsewhere(house: House, open_database: Callable[[], Database]) -> House:
    """What another process has: connections of its own to the same database."""
    return replace(house, database=open_database())


@pytest.fixture
def asked(house, clock):
    """Somebody asks; a minute later it can be gathered."""
    number = 0

    def ask(*questions, outcome="ask_rule refusal deadline", userid="WangWei"):
        nonlocal number
        address, now = at(userid), product_clock.now()
        rows = []
        for question in questions:
            number += 1
            rows.append(
                inbox.Received(
                    key=f"k{number}",
                    corpid=address.corpid,
                    agentid=address.agentid,
                    userid=userid,
                    kind="text",
                    fields={"content": question},
                    arrived_at=now,
                    handled_at=now,
                    state="handled",
                    outcome=outcome,
                    reply="……",
                    reply_state="passive",
                )
            )
        with house.database.write() as tx:
            inbox.insert(tx, rows)
        clock.tick(minutes=1)

    return ask
