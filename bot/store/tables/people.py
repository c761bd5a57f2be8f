"""Providers with their apps and admins, and our own operators."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import corpid, metadata, userid

providers = Table(
    "providers",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("code", String(64), nullable=False, unique=True),  # what operators call it in CSV files and on the command line
    Column("name", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

apps = Table(
    "apps",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("provider_id", ID, ForeignKey("providers.id"), nullable=False, index=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    # The baseline: how the platform lists it when no measure is in force. What holds now is derived (bot/model/case.listing).
    Column("listed", Boolean, nullable=False),
    Column("searchable", Boolean, nullable=False),
    Column("recommended", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

admins = Table(
    "admins",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("provider_id", ID, ForeignKey("providers.id"), nullable=False, index=True),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("name", String(64), nullable=False),
    Column("mail", String(254), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("since", Moment, nullable=False),
    Column("left_at", Moment),
    # What WeCom last said of this person when it refused: invaliduser, unlicenseduser, 60011 or 81013. Empty: reachable as far as known.
    Column("unreachable", String(32), nullable=False, server_default=""),
    Column("unreachable_at", Moment),
    CheckConstraint("state IN ('active', 'departed')", name="state"),
    # A person speaks for one provider at a time; who left may come back, here or elsewhere, as a new row.
    Index(
        "uq_admins_person",
        "corpid",
        "agentid",
        "userid",
        unique=True,
        sqlite_where=Column("state") == "active",
        postgresql_where=Column("state") == "active",
    ),
)

operators = Table(
    "operators",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("mail", String(254), nullable=False),
    Column("roles", Json, nullable=False),  # of operator, approver, auditor, owner
    Column("corpid", String(64)),  # with agentid and userid: where alarms reach this person in WeCom
    Column("agentid", ID),
    Column("userid", String(128)),
    Column("state", String(16), nullable=False),
    Column("password", Text, nullable=False, server_default=""),  # an argon2 hash; empty: no way in through the console
    Column("created_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("state IN ('active', 'disabled')", name="state"),
    CheckConstraint("(corpid IS NULL) = (userid IS NULL) AND (corpid IS NULL) = (agentid IS NULL)", name="wecom_whole"),
)
