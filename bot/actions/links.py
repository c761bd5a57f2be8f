"""Addresses that carry one person's right to read one notice."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from bot.context import Context
from bot.model.notice import Notice
from bot.model.provider import Admin
from bot.store import notices
from bot.store.database import Tx

GOOD_FOR = timedelta(minutes=30)  # what is sent in chat; a mail's link lives as long as the case


def make(ctx: Context, tx: Tx, notice: Notice, admin: Admin, how: Literal["link", "mail"], expires_at: datetime | None) -> str:
    """A new address for this person alone. how: "link", or "mail", which may read and no more. Only a digest of its secret is kept."""
    secret = secrets.token_urlsafe(32)
    notices.add_link(tx, digest(secret), notice.id, admin.id, how, expires_at)
    return f"{ctx.settings.public_url}/portal/links/{secret}"


def digest(secret: str) -> str:
    """What is kept of a link's secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
