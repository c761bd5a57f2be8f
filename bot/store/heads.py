"""The daily heads of the trail."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.model.head import Head
from bot.model.trail import HOUSE, Tip
from bot.store import raw
from bot.store.database import Tx
from bot.store.tables import cases, events, heads

_AS_MADE = (heads.c.day, heads.c.document, heads.c.signature)


def add(tx: Tx, head: Head, now: datetime) -> bool:
    """Keep the head of a day. False when that day has one."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = {"day": head.day, "document": head.document, "sha256": head.sha256, "signature": head.signature}
    kept = dialect.insert(heads).values(**row, key_id=head.key_id, created_at=now).on_conflict_do_nothing()
    return tx.execute(kept.returning(heads.c.day)).one_or_none() is not None


def latest(connection: Connection) -> Head | None:
    """That of the last day."""
    row = connection.execute(select(*_AS_MADE).order_by(heads.c.day.desc()).limit(1)).one_or_none()
    return None if row is None else Head(*row)


def get(connection: Connection, day: str) -> Head:
    """That of a day which has one."""
    return Head(*connection.execute(select(*_AS_MADE).where(heads.c.day == day)).one())


def days(connection: Connection) -> list[str]:
    """Which days have one, oldest first."""
    return list(connection.execute(select(heads.c.day).order_by(heads.c.day)).scalars())


def read(snapshot: Connection) -> Iterator[tuple[Head, str, str]]:
    """All heads, oldest first, each with the sha256 and key_id kept beside it; as they lie there, whatever was done to them."""
    wanted = raw.columns(snapshot, *_AS_MADE, heads.c.sha256, heads.c.key_id)
    for row in snapshot.execute(select(*wanted).order_by(heads.c.day).execution_options(yield_per=10)):
        day, document, signature, sha256, key_id = map(raw.text, row)
        yield Head(day, document, signature), sha256, key_id


def first_event_at(connection: Connection) -> datetime | None:
    """When the trail begins."""
    first: datetime | None = connection.execute(select(func.min(events.c.at))).scalar_one()
    return first


def tips_before(connection: Connection, moment: datetime) -> list[Tip]:
    """Where each chain ended at a moment in the past."""
    last = select(func.max(events.c.id)).where(events.c.at < moment).group_by(events.c.case_id)
    chain = func.coalesce(cases.c.number, HOUSE)
    ended = select(chain.label("chain"), events.c.seq, events.c.hash).select_from(events.outerjoin(cases, cases.c.id == events.c.case_id))
    return [Tip(chain=row.chain, length=row.seq, hash=row.hash) for row in connection.execute(ended.where(events.c.id.in_(last)))]
