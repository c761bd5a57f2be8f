"""What somebody who can write to the database might do to the trail, without asking the triggers."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text

from bot.model.canonical import canonical, sha256
from bot.model.trail import GENESIS, Event, salted
from bot.store import trail
from bot.store.database import Database

COLUMNS = ("id", "case_id", "seq", "at", "actor", "action", "content", "personal", "personal_sha256", "previous", "hash")


@contextmanager
def free_hand(database: Database) -> Iterator[Connection]:
    """A transaction in which no trigger and no foreign key holds."""
    if not database.is_sqlite:
        with database.write() as tx:
            tx.execute(text("SET LOCAL session_replication_role = replica"))
            yield tx
        return
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = list(connection.exec_driver_sql(named))
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        try:
            yield connection
        finally:
            for _, sql in triggers:
                connection.exec_driver_sql(sql)
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def spoil(value: Any, luck: random.Random) -> Any:
    """The value with one letter or digit another."""
    words = value if isinstance(value, str) else str(value)
    if not words:
        return "x"
    place = luck.randrange(len(words))
    other = luck.choice([letter for letter in "0123456789abcdefghijklmnopqrstuvwxyz" if letter != words[place]])
    return words[:place] + other + words[place + 1 :]


def change_event(database: Database, row_id: int, column: str, luck: random.Random) -> None:
    """Change one byte of one column of an event."""
    with free_hand(database) as tx:
        old = tx.execute(text(f"SELECT {column} AS old FROM events WHERE id = :id"), {"id": row_id}).scalar_one()
        new, parameter = _other(column, old, luck, is_sqlite=database.is_sqlite)
        tx.execute(text(f"UPDATE events SET {column} = {parameter} WHERE id = :id"), {"id": row_id, "new": new})


def _other(column: str, old: Any, luck: random.Random, *, is_sqlite: bool) -> tuple[Any, str]:
    if column in ("id", "seq", "case_id"):
        return (old or 0) + luck.randrange(1_000, 2_000), ":new"
    if column == "at" and not is_sqlite:
        return f"{luck.randrange(1, 999_999)} microseconds", "at + CAST(:new AS interval)"
    if column in ("content", "personal") and not is_sqlite:
        new = spoil_value(old, luck) if old and luck.random() < 0.5 else {**(old or {}), "spoilt": 1}
        return json.dumps(new), "CAST(:new AS jsonb)"
    return spoil(old or "", luck), ":new"


def spoil_value(value: Any, luck: random.Random) -> Any:
    """A JSON value with one of its leaves changed."""
    if isinstance(value, dict) and value:
        name = luck.choice(sorted(value))
        return {**value, name: spoil_value(value[name], luck)}
    if isinstance(value, list) and value:
        place = luck.randrange(len(value))
        return [spoil_value(item, luck) if at == place else item for at, item in enumerate(value)]
    return spoil(value, luck) if isinstance(value, str) else 7 if value != 7 else 8


def remove_events(database: Database, chain: str, *, last: int = 1, tip_too: bool = False) -> None:
    """Take the last events of a chain away; with tip_too, also what tells where it ended."""
    with database.snapshot() as snapshot:
        found = list(trail.read(snapshot, chain))
    with free_hand(database) as tx:
        for event in found[-last:]:
            tx.execute(text("DELETE FROM events WHERE id = :id"), {"id": event.id})
        if tip_too:
            left = found[:-last]
            if left:
                tip = {"length": len(left), "hash": left[-1].hash, "name": chain}
                tx.execute(text("UPDATE chains SET length = :length, hash = :hash WHERE name = :name"), tip)
            else:
                tx.execute(text("DELETE FROM chains WHERE name = :name"), {"name": chain})


def remove_case(database: Database, number: str, *, tip_too: bool = False, counter_too: bool = False) -> None:
    """Take a case away with all that hangs on it, and more or less of what tells that it was there."""
    with free_hand(database) as tx:
        case_id = tx.execute(text("SELECT id FROM cases WHERE number = :number"), {"number": number}).scalar_one()
        tx.execute(text("DELETE FROM events WHERE case_id = :id"), {"id": case_id})
        tx.execute(text("DELETE FROM cases WHERE id = :id"), {"id": case_id})
        if tip_too:
            tx.execute(text("DELETE FROM chains WHERE name = :name"), {"name": number})
        if counter_too:
            tx.execute(text("UPDATE counters SET last = last - 1"))


def rewrite(database: Database, chain: str, seq: int, **fields: Any) -> None:
    """Change an event, and make every hash from there on good again: by itself the chain is without fault."""
    with database.snapshot() as snapshot:
        found = list(trail.read(snapshot, chain))
    previous = GENESIS
    with free_hand(database) as tx:
        for event in found:
            forged = replace(event, previous=previous, **(fields if event.seq == seq else {}))
            if "personal" in fields and event.seq == seq:
                kept = salted(fields["personal"])
                forged = replace(forged, personal=kept, personal_sha256=sha256(canonical(kept)))
            forged = replace(forged, hash=forged.digest())
            _put(tx, forged)
            previous = forged.hash
        tx.execute(text("UPDATE chains SET hash = :hash WHERE name = :name"), {"hash": previous, "name": chain})


def _put(tx: Connection, event: Event) -> None:
    jsonb = "CAST({} AS jsonb)" if tx.dialect.name == "postgresql" else "{}"
    columns = {name: f":{name}" for name in ("actor", "action", "personal_sha256", "previous", "hash")}
    columns |= {name: jsonb.format(f":{name}") for name in ("content", "personal")}
    values = {name: getattr(event, name) for name in columns}
    values |= {"content": canonical(event.content).decode(), "id": event.id}
    values["personal"] = None if event.personal is None else canonical(event.personal).decode()
    tx.execute(text(f"UPDATE events SET {', '.join(f'{name} = {new}' for name, new in columns.items())} WHERE id = :id"), values)
