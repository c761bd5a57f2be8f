"""Links that say who somebody is. Only the digest of a link's secret is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.errors import NotFound
from bot.store.database import Tx
from bot.store.tables import links


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """how: "link" from chat, "mail" from a mail. path: the page it leads to. opened_by: the browser that was first, as a digest."""

    digest: str
    notice_id: int | None
    path: str
    admin_id: int
    how: str
    expires_at: datetime | None
    opened_by: str


def add(tx: Tx, **values: Any) -> None:
    """Write a link: the fields of Link but opened_by."""
    tx.execute(insert(links).values(values))


def get(connection: Connection, digest: str, now: datetime) -> Link:
    """A link that holds now. Raises NotFound."""
    row = connection.execute(select(links).where(links.c.digest == digest, links.c.voided_at.is_(None))).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise NotFound("link")
    return Link(**{name: getattr(row, name) for name in Link.__dataclass_fields__})


def bind(tx: Tx, digest: str, browser: str) -> bool:
    """Let a link belong to the browser that opens it first. Returns False when another was."""
    same = links.c.digest == digest, links.c.opened_by.in_(("", browser))
    return bool(tx.execute(update(links).where(*same).values(opened_by=browser)).rowcount)


def void(tx: Tx, admin_id: int, now: datetime) -> int:
    """Make all links of a person worthless. Returns how many there were."""
    return tx.execute(update(links).where(links.c.admin_id == admin_id, links.c.voided_at.is_(None)).values(voided_at=now)).rowcount
