"""broadcasts"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("url_label", sa.String(length=64), server_default="", nullable=False),
        sa.Column("asks_receipt", sa.Boolean(), nullable=False),
        sa.Column("audience", columns.Json(), nullable=False),
        sa.Column("source_kind", sa.String(length=16), server_default="", nullable=False),
        sa.Column("source_key", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("send_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("made_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("submitted_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("approved_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("started_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("frozen_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("queued_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("ended_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("pause_reason", sa.String(length=16), server_default="", nullable=False),
        sa.Column("paused_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("told_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("people", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gone", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recalled_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("last_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("asks_receipt = false OR form = 'card'", name=op.f("ck_broadcasts_receipt_by_card")),
        sa.CheckConstraint("form IN ('markdown', 'card')", name=op.f("ck_broadcasts_form")),
        sa.CheckConstraint("frozen_at IS NOT NULL OR state <> 'done'", name=op.f("ck_broadcasts_done_when_frozen")),
        sa.CheckConstraint(
            "needs_approval = false OR approver_id IS NOT NULL OR state IN ('draft', 'pending_approval', 'cancelled')",
            name=op.f("ck_broadcasts_approved_by_somebody"),
        ),
        sa.CheckConstraint("pause_reason IN ('', 'operator', 'failures')", name=op.f("ck_broadcasts_pause_reason")),
        sa.CheckConstraint("state <> 'paused' OR is_held = true", name=op.f("ck_broadcasts_paused_is_held")),
        sa.CheckConstraint(
            "state IN ('draft', 'pending_approval', 'scheduled', 'sending', 'paused', 'done', 'cancelled')",
            name=op.f("ck_broadcasts_state"),
        ),
        sa.CheckConstraint("approver_id IS NULL OR approver_id <> author_id", name=op.f("ck_broadcasts_approver_is_another")),
        sa.ForeignKeyConstraint(["approver_id"], ["operators.id"], name=op.f("fk_broadcasts_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["operators.id"], name=op.f("fk_broadcasts_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("number", name=op.f("uq_broadcasts_number")),
        sa.UniqueConstraint("request_key", name=op.f("uq_broadcasts_request_key")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_broadcasts_held", ["id"], unique=False, sqlite_where=sa.text("is_held"), postgresql_where=sa.text("is_held")
        )
        batch_op.create_index(batch_op.f("ix_broadcasts_source_kind_source_key"), ["source_kind", "source_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_broadcasts_state_send_at"), ["state", "send_at"], unique=False)

    op.create_table(
        "app_categories",
        sa.Column("app_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_app_categories_app_id")),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_app_categories")),
    )
    with op.batch_alter_table("app_categories", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_categories_category"), ["category"], unique=False)

    op.create_table(
        "broadcast_recalls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("msgid", sa.String(length=128), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("sent_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("settled_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('owed', 'recalled', 'refused', 'late')", name=op.f("ck_broadcast_recalls_state")),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_recalls_broadcast_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_recalls")),
        sa.UniqueConstraint("broadcast_id", "msgid", name=op.f("uq_broadcast_recalls_broadcast_id_msgid")),
    )
    with op.batch_alter_table("broadcast_recalls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcast_recalls_broadcast_id"), ["broadcast_id"], unique=False)
        batch_op.create_index(
            "ix_broadcast_recalls_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'owed'"),
            postgresql_where=sa.text("state = 'owed'"),
        )

    op.create_table(
        "broadcast_receipts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_receipts_broadcast_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_receipts")),
        sa.UniqueConstraint(
            "broadcast_id", "corpid", "agentid", "userid", name=op.f("uq_broadcast_receipts_broadcast_id_corpid_agentid_userid")
        ),
    )
    op.create_table(
        "broadcast_batches",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("tallied_at", columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_broadcast_batches_batch_id")),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_batches_broadcast_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_broadcast_batches")),
    )
    with op.batch_alter_table("broadcast_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcast_batches_broadcast_id_tallied_at"), ["broadcast_id", "tallied_at"], unique=False)

    op.create_table(
        "broadcast_recipients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_broadcast_recipients_admin_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["broadcast_batches.batch_id"], name=op.f("fk_broadcast_recipients_batch_id")),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_recipients_broadcast_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_recipients")),
        sa.UniqueConstraint(
            "broadcast_id", "corpid", "agentid", "userid", name=op.f("uq_broadcast_recipients_broadcast_id_corpid_agentid_userid")
        ),
    )
    with op.batch_alter_table("broadcast_recipients", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_broadcast_recipients_broadcast_id_batch_id_id"), ["broadcast_id", "batch_id", "id"], unique=False
        )

    op.create_table(
        "broadcast_tallies",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["broadcast_batches.batch_id"], name=op.f("fk_broadcast_tallies_batch_id")),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_tallies_broadcast_id")),
        sa.PrimaryKeyConstraint("batch_id", "n", name=op.f("pk_broadcast_tallies")),
    )
    with op.batch_alter_table("broadcast_tallies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcast_tallies_broadcast_id"), ["broadcast_id"], unique=False)

    # Added in place: a copy of the table, which SQLite would need for more, takes long where much was sent.
    of = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE batches ADD COLUMN broadcast_id {of} CONSTRAINT fk_batches_broadcast_id REFERENCES broadcasts (id)")
