"""What must rest for all processes: an app whose settings are wrong, an API that said enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.tables import pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """strikes: how often in a row it did not help to wait."""

    name: str
    errcode: int
    strikes: int
    since_at: datetime
    until_at: datetime


def all_of(connection: Connection) -> dict[str, Pause]:
    """Every pause there is, by name; one that is over stays until a call has gone well again."""
    return {row.name: Pause(**row._mapping) for row in connection.execute(select(pauses))}


def begin(tx: Connection, pause: Pause) -> bool:
    """Returns False when somebody else has begun it meanwhile."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    begun = dialect.insert(pauses).values(_values(pause)).on_conflict_do_nothing().returning(pauses.c.name)
    return tx.execute(begun).one_or_none() is not None


def change(tx: Connection, pause: Pause) -> None:
    """Write what has changed of a pause."""
    tx.execute(update(pauses).where(pauses.c.name == pause.name).values(_values(pause)))


def prolong(tx: Connection, name: str, until: datetime) -> None:
    """Let nobody else try while one call does."""
    tx.execute(update(pauses).where(pauses.c.name == name).values(until_at=until))


def end(tx: Connection, worked: Mapping[str, datetime]) -> None:
    """Drop pauses under which a call has gone well that left after they began: {name: when it left}."""
    for name, left_at in worked.items():
        tx.execute(delete(pauses).where(pauses.c.name == name, pauses.c.since_at < left_at))


def _values(pause: Pause) -> dict[str, object]:
    return {name: getattr(pause, name) for name in ("name", "errcode", "strikes", "since_at", "until_at")}
