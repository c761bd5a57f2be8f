"""what the engine needs: other ways than messages, the story of each delivery, quotas and pauses"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Said by hand: SQLite can add a checked column in place, and rebuilding a table that others refer to is refused there.
    op.execute(
        "ALTER TABLE batches ADD COLUMN via VARCHAR(16) DEFAULT 'message' NOT NULL"
        " CONSTRAINT ck_batches_via CHECK (via IN ('message', 'card_update', 'mail'))"
    )
    op.add_column("batches", sa.Column("give_up_at", columns.Moment(timezone=True), nullable=True))

    with op.batch_alter_table("deliveries") as batch_op:  # nothing refers to this one yet
        batch_op.drop_constraint(op.f("ck_deliveries_channel"), type_="check")
        batch_op.create_check_constraint(op.f("ck_deliveries_channel"), "channel IN ('wecom', 'card', 'mail', 'portal')")

    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sent_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("answered_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("errmsg", sa.String(length=200), server_default="", nullable=False),
        sa.Column("msgid", sa.String(length=128), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_delivery_id"), "attempts", ["delivery_id"], unique=False)
    op.create_table(
        "quotas",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_quotas")),
    )
    op.create_table(
        "pauses",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("errcode", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("since_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("until_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pauses")),
    )
