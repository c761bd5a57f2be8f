"""What happened, for ever; and what needs a person now."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import metadata

# Append-only; triggers refuse anything else but the destruction of `personal` (migration 0004).
events = Table(
    "events",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("case_id", ID, ForeignKey("cases.id")),  # null: of the house (operators, imports, settings), a chain of its own
    Column("seq", Integer, nullable=False),  # 1, 2, 3 … in its chain
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),  # operator:LOGIN, admin:CORPID/AGENTID/USERID or system
    Column("action", String(64), nullable=False),
    Column("content", Json, nullable=False),
    Column("personal", Json),  # what may have to be destroyed, salted; null once it was
    Column("personal_sha256", String(64), nullable=False, server_default=""),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("case_id", "seq"),
    Index("uq_events_house", "seq", unique=True, sqlite_where=Column("case_id").is_(None), postgresql_where=Column("case_id").is_(None)),
    Index(None, "at"),
)

# Where each chain ends. A writer locks its chain here, and events that vanish from the end are missed here at once. Only grows.
chains = Table(
    "chains",
    metadata,
    Column("name", String(16), primary_key=True),  # a case's number, or house
    Column("length", Integer, nullable=False),  # how many events it has
    Column("hash", String(64), nullable=False),  # of its last event
)

# Append-only, by triggers.
heads = Table(
    "heads",
    metadata,
    Column("day", String(10), primary_key=True),  # in China
    Column("document", Text, nullable=False),  # the canonical bytes that are signed: every chain's length and last hash
    Column("sha256", String(64), nullable=False),
    Column("signature", String(128), nullable=False, server_default=""),  # Ed25519, base64; empty without AUDIT_KEY
    Column("key_id", String(64), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(128), nullable=False),
    Column("what", String(64), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("count", Integer, nullable=False, server_default="1"),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("told_at", Moment),
    Column("cleared_at", Moment),
    CheckConstraint("state IN ('open', 'cleared')", name="state"),
    Index("uq_alarms_open", "key", unique=True, sqlite_where=Column("state") == "open", postgresql_where=Column("state") == "open"),
)
