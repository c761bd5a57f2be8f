"""first tables"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payload", columns.Json(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("after_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("first_attempt_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease", sa.String(length=64), nullable=True),
        sa.Column("lease_until", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_batches_state")),
        sa.ForeignKeyConstraint(["after_id"], ["batches.id"], name=op.f("fk_batches_after_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batches_after_id"), ["after_id"], unique=False)
        batch_op.create_index(
            "ix_batches_due",
            ["priority", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "greetings",
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.UniqueConstraint("corpid", "agentid", "userid", name=op.f("uq_greetings_corpid_agentid_userid")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("fields", columns.Json(), nullable=False),
        sa.Column("arrived_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("handled_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=64), server_default="", nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_state", sa.String(length=16), nullable=False),
        sa.CheckConstraint("reply_state IN ('passive', 'late', 'fetched', 'queued')", name=op.f("ck_inbox_reply_state")),
        sa.CheckConstraint("state IN ('handled', 'failed', 'limited', 'stored')", name=op.f("ck_inbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_key")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_arrived_at"), ["arrived_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inbox_corpid_agentid_userid_arrived_at"), ["corpid", "agentid", "userid", "arrived_at"], unique=False
        )
        batch_op.create_index(
            "ix_inbox_late",
            ["reply_state"],
            unique=False,
            sqlite_where=sa.text("reply_state = 'late'"),
            postgresql_where=sa.text("reply_state = 'late'"),
        )

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "tokens",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tokens")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("errmsg", sa.String(length=200), server_default="", nullable=False),
        sa.Column("msgid", sa.String(length=128), server_default="", nullable=False),
        sa.Column("response_code", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("settled_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('wecom', 'mail', 'portal')", name=op.f("ck_deliveries_channel")),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'uncertain', 'accepted', 'rejected', 'exhausted', 'cancelled')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_deliveries_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("batch_id", "userid", "channel", name=op.f("uq_deliveries_batch_id_userid_channel")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deliveries_corpid_agentid_userid_sent_at"), ["corpid", "agentid", "userid", "sent_at"], unique=False
        )
