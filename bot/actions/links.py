"""Addresses that say who somebody is: from chat, for half an hour; from a mail, to read one notice and no more."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot import clock
from bot.context import Context
from bot.errors import NotFound
from bot.model.notice import Notice
from bot.model.provider import Admin
from bot.store import links, notices, providers
from bot.store.database import Tx

GOOD_FOR = timedelta(minutes=30)  # what is sent in chat; a mail's link lives as long as the case
_SECRET_CHARS = 64


@dataclass(frozen=True, slots=True)
class Opened:
    """Who came by a link, how ("link" or "mail"), where it leads, and the one notice that a mail's link reads ("" for all pages)."""

    admin: Admin
    how: str
    path: str
    only: str


def to_page(ctx: Context, tx: Tx, admin: Admin, path: str) -> str:
    """An address that opens `path` and every other page of this person, in one browser, begun within half an hour."""
    return _make(ctx, tx, admin, "link", path)


def to_notice(ctx: Context, tx: Tx, admin: Admin, notice: Notice) -> str:
    """An address for a mail: reads this notice, whoever has it, for as long as this person speaks for the provider."""
    return _make(ctx, tx, admin, "mail", f"/portal/notices/{notice.key}", notice)


def opened(ctx: Context, secret: str, browser: str) -> Opened:
    """Who comes by this link. browser: a random name that this browser keeps; a link from chat belongs to the first one that opens it.

    Raises NotFound for a link that does not hold (any more), and for one that another browser has opened: it was passed on.
    """
    if not 0 < len(secret) <= _SECRET_CHARS:
        raise NotFound("link")
    with ctx.transaction() as tx:
        link = links.get(tx, digest(secret), clock.now())
        admin = providers.admin(tx, link.admin_id)
        if not admin.is_active or (link.how == "link" and not links.bind(tx, link.digest, digest(browser))):
            raise NotFound("link")
        only = notices.get(tx, link.notice_id).key if link.how == "mail" and link.notice_id else ""
        return Opened(admin, link.how, link.path, only)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _make(ctx: Context, tx: Tx, admin: Admin, how: str, path: str, notice: Notice | None = None) -> str:
    secret = secrets.token_urlsafe(32)
    expires_at = clock.now() + GOOD_FOR if how == "link" else None
    notice_id = notice.id if notice else None
    links.add(tx, digest=digest(secret), notice_id=notice_id, path=path, admin_id=admin.id, how=how, expires_at=expires_at)
    return f"{ctx.settings.public_url}/portal/links/{secret}"
