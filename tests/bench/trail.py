"""The audit trail: random tamperings with a database, each of which verification must find.

A byte of any column of any event changed, the last events removed, a case removed, a chain written anew with every hash good: with
less or more of what else tells of it changed too. Each is done to a copy of a database that was whole.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot import clock
from bot.actions import audit
from bot.model import head as heads
from bot.model.head import Head
from bot.model.signing import Key, new_key
from bot.model.trail import HOUSE, SYSTEM, by_operator
from bot.store import heads as stored
from bot.store import migrate, trail
from bot.store.database import Database
from tests import tampering
from tests.bench import common
from tests.bench.common import Run, emit, note
from tests.drafts import add_case

_TAMPERINGS = {False: 400, True: 100}
_BAR = 100
_CASES, _DAYS, _EVENTS = 12, 4, 160
_LONG = 10_000


def run(run: Run) -> bool:
    """One figure: how many of a hundred tamperings are found; for information, how fast a trail is read."""
    luck = random.Random(run.seed)
    with common.work_folder() as folder:
        whole = folder / "whole.db"
        key = Key(new_key())
        given = _fill(whole, luck, key)
        assert _problems(whole, folder, key, given) == 0, "an untouched trail is found fault with"
        number = _TAMPERINGS[run.sample]
        found: Counter[str] = Counter()
        missed: list[str] = []
        for step in range(number):
            name, tamper = _KINDS[step % len(_KINDS)]
            copy = folder / "copy.db"
            shutil.copy(whole, copy)
            told = _tamper(copy, tamper, luck)
            if _problems(copy, folder, key, given):
                found[name] += 1
            else:
                missed.append(f"{name}: {told}")
        speed = _speed(whole, folder, key, given)
    share = sum(found.values()) / number * _BAR
    for one in missed:
        note(f"not found: {one}")
    return emit(
        "trail",
        share,
        f"{_BAR} of {_BAR} tamperings found",
        reached=share == _BAR,
        seed=run.seed,
        tamperings=number,
        kinds=dict(found),
        missed=missed[:10],
        events_a_second=round(speed),
    )


def _fill(file: Path, luck: random.Random, key: Key) -> list[Head]:
    """A database with cases over some days, each day closed by a head. Returns the heads as an auditor keeps them."""
    database = Database(f"sqlite:///{file}")
    migrate.migrate(database)
    made: list[Head] = []
    with clock.freeze(clock.now() - timedelta(days=_DAYS + 1)) as now:
        ids = [None, *(add_case(database) for _ in range(_CASES))]
        for day in range(_DAYS):
            for turn in range(_EVENTS // _DAYS):
                case_id = ids[turn] if day == 0 and turn < len(ids) else luck.choice(ids)
                with database.write() as tx:
                    personal = {"facts": "套壳应用", "to": ["王伟"]} if luck.random() < 0.5 else None
                    content = {"ground": "2.9", "days": luck.randrange(30), "measures": ["cancel_search"]}
                    trail.record(tx, luck.choice([SYSTEM, by_operator("author")]), "step", content, case_id=case_id, personal=personal)
                now.tick(seconds=1)
            closed = heads.day_of(clock.now())
            now.tick(days=1)
            with database.write() as tx:
                tips = stored.tips_before(tx, heads.ends_at(closed))
                made.append(heads.make(closed, tips, made[-1] if made else None, key, clock.now()))
                stored.add(tx, made[-1], clock.now())
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return made


def _problems(file: Path, folder: Path, key: Key, given: list[Head]) -> int:
    database = Database(f"sqlite:///{file}")
    try:
        return len(audit.examine(database, folder / "no files", {key.public}, given=given).problems)
    finally:
        database.dispose()


def _tamper(file: Path, tamper: Callable[[Database, random.Random], str], luck: random.Random) -> str:
    database = Database(f"sqlite:///{file}")
    try:
        return tamper(database, luck)
    finally:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()


def _speed(file: Path, folder: Path, key: Key, given: list[Head]) -> float:
    """Events read and checked a second of processor time, in a long trail."""
    database = Database(f"sqlite:///{file}")
    with database.write() as tx:
        for step in range(_LONG):
            trail.record(tx, SYSTEM, "step", {"ground": "2.9", "step": step}, case_id=step % _CASES + 1, personal={"facts": "套壳应用"})
    database.dispose()
    before = time.process_time()
    assert _problems(file, folder, key, given) == 0
    return _LONG / (time.process_time() - before)


def _chain(luck: random.Random) -> str:
    return luck.choice([HOUSE, *(f"V2026-{number:06d}" for number in range(1, _CASES + 1))])


def _changed_byte(database: Database, luck: random.Random) -> str:
    row, column = luck.randrange(1, _EVENTS + 1), luck.choice(tampering.COLUMNS)
    tampering.change_event(database, row, column, luck)
    return f"{column} of {row}"


def _removed_last(database: Database, luck: random.Random) -> str:
    chain = _chain(luck)
    tampering.remove_events(database, chain, last=luck.randrange(1, 3), tip_too=luck.random() < 0.5)
    return chain


def _removed_case(database: Database, luck: random.Random) -> str:
    number = f"V2026-{luck.randrange(1, _CASES + 1):06d}"
    tampering.remove_case(database, number, tip_too=luck.random() < 0.7, counter_too=luck.random() < 0.5)
    return number


def _rewritten(database: Database, luck: random.Random) -> str:
    chain = _chain(luck)
    change = luck.choice([{"action": "other"}, {"actor": "operator:other"}, {"content": {"ground": "2.10"}}, {"personal": {"facts": "x"}}])
    tampering.rewrite(database, chain, 1, **change)
    return f"{chain} {change}"


_KINDS: list[tuple[str, Callable[[Database, random.Random], str]]] = [
    ("changed byte", _changed_byte),
    ("removed last event", _removed_last),
    ("removed case", _removed_case),
    ("full rehash", _rewritten),
]
