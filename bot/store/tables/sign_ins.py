"""How our own staff come into the console: who is signed in, links that sign in once, and tries that failed."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table

from bot.store.columns import ID, Moment
from bot.store.tables.base import metadata

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),  # of what the cookie holds
    Column("operator_id", ID, ForeignKey("operators.id"), nullable=False, index=True),
    Column("how", String(8), nullable=False),
    Column("device", String(64), nullable=False),
    Column("ip", String(45), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint("how IN ('password', 'wecom', 'link')", name="how"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("operator_id", ID, ForeignKey("operators.id"), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

# A try is counted as failed before its password is looked at, so that many at once are no more tries than many after each other.
sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False),  # a digest: people type passwords where a login belongs
    Column("ip", String(45), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "login", "at"),
    Index(None, "ip", "at"),
)
