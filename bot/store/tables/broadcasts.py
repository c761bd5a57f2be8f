"""Broadcasts: what is said, who gets it, what became of it, and what was taken back."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import corpid, metadata, userid

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("number", String(16), nullable=False, unique=True),  # B2026-000001
    Column("request_key", String(64), nullable=False, unique=True),  # of the press that made it: twice is once
    Column("form", String(16), nullable=False),
    Column("title", String(128), nullable=False),
    Column("words", Text, nullable=False),
    Column("url", Text, nullable=False, server_default=""),
    Column("url_label", String(64), nullable=False, server_default=""),
    Column("asks_receipt", Boolean, nullable=False),
    Column("audience", Json, nullable=False),  # as bot/model/audience keeps it
    Column("source_kind", String(16), nullable=False, server_default=""),
    Column("source_key", String(64), nullable=False, server_default=""),
    Column("state", String(24), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("author_id", ID, ForeignKey("operators.id"), nullable=False),
    Column("approver_id", ID, ForeignKey("operators.id")),
    Column("needs_approval", Boolean, nullable=False),
    Column("send_at", Moment),
    Column("made_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("approve_by", Moment),
    Column("approved_at", Moment),
    Column("started_at", Moment),
    Column("frozen_at", Moment),
    Column("queued_at", Moment),
    Column("ended_at", Moment),
    # Nothing of it may begin: it is paused, or cancelled and not yet taken back whole. Asked at each claim.
    Column("is_held", Boolean, nullable=False),
    Column("pause_reason", String(16), nullable=False, server_default=""),
    Column("paused_at", Moment),
    Column("told_at", Moment),  # staff were told of the pause that it came to by itself
    Column("round", Integer, nullable=False, server_default="1"),
    Column("people", Integer, nullable=False, server_default="0"),
    Column("gone", Integer, nullable=False, server_default="0"),  # of this round, as recorded: what a pause by itself goes by
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("recalled_at", Moment),
    Column("last_reason", Text, nullable=False, server_default=""),  # why it was sent back
    CheckConstraint("state IN ('draft', 'pending_approval', 'scheduled', 'sending', 'paused', 'done', 'cancelled')", name="state"),
    CheckConstraint("form IN ('markdown', 'card')", name="form"),
    CheckConstraint("asks_receipt = false OR form = 'card'", name="receipt_by_card"),
    CheckConstraint("approver_id IS NULL OR approver_id <> author_id", name="approver_is_another"),
    CheckConstraint(
        "needs_approval = false OR approver_id IS NOT NULL OR state IN ('draft', 'pending_approval', 'cancelled')",
        name="approved_by_somebody",
    ),
    CheckConstraint("frozen_at IS NOT NULL OR state <> 'done'", name="done_when_frozen"),
    CheckConstraint("pause_reason IN ('', 'operator', 'failures')", name="pause_reason"),
    CheckConstraint("state <> 'paused' OR is_held = true", name="paused_is_held"),
    Index("ix_broadcasts_held", "id", sqlite_where=text("is_held"), postgresql_where=text("is_held")),
    Index(None, "state", "send_at"),
    Index(None, "source_kind", "source_key"),
)

# Who gets it: frozen when it starts. One row a person, whatever is pressed; batch_id: of their newest delivery.
broadcast_recipients = Table(
    "broadcast_recipients",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("broadcast_id", ID, ForeignKey("broadcasts.id"), nullable=False),
    Column("admin_id", ID, ForeignKey("admins.id"), nullable=False),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("batch_id", ID, ForeignKey("broadcast_batches.batch_id")),  # null: to be queued
    UniqueConstraint("broadcast_id", "corpid", "agentid", "userid"),
    Index(None, "broadcast_id", "batch_id", "id"),
)

broadcast_batches = Table(
    "broadcast_batches",
    metadata,
    Column("batch_id", ID, ForeignKey("batches.id"), primary_key=True),
    Column("broadcast_id", ID, ForeignKey("broadcasts.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("tallied_at", Moment),  # its people are counted in broadcast_tallies, and will not change
    Index(None, "broadcast_id", "tallied_at"),
)

broadcast_tallies = Table(
    "broadcast_tallies",
    metadata,
    Column("batch_id", ID, ForeignKey("broadcast_batches.batch_id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("broadcast_id", ID, ForeignKey("broadcasts.id"), nullable=False, index=True),
    Column("at", Moment),  # to the second
    Column("state", String(16), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("number", Integer, nullable=False),
)

broadcast_receipts = Table(
    "broadcast_receipts",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("broadcast_id", ID, ForeignKey("broadcasts.id"), nullable=False),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("name", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("broadcast_id", "corpid", "agentid", "userid"),
)

# A message is taken back as a whole: by the id that the platform gave it.
broadcast_recalls = Table(
    "broadcast_recalls",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("broadcast_id", ID, ForeignKey("broadcasts.id"), nullable=False, index=True),
    Column("msgid", String(128), nullable=False),
    Column("people", Integer, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("errcode", Integer),
    Column("due_at", Moment, nullable=False),
    Column("settled_at", Moment),
    CheckConstraint("state IN ('owed', 'recalled', 'refused', 'late')", name="state"),
    UniqueConstraint("broadcast_id", "msgid"),
    Index("ix_broadcast_recalls_due", "due_at", sqlite_where=Column("state") == "owed", postgresql_where=Column("state") == "owed"),
)

# What sort of app it is (类目), where operators have said so.
app_categories = Table(
    "app_categories",
    metadata,
    Column("app_id", ID, ForeignKey("apps.id"), primary_key=True),
    Column("category", String(64), nullable=False, index=True),
)
