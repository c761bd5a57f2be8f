"""versions of the rules: their text, states and models, and the generation that every process looks at"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_book_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_state")),
    )
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("dated", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("name_in_text", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("lineages", columns.Json(), nullable=False),
        sa.Column("names", columns.Json(), nullable=False),
        sa.Column("phrases", columns.Json(), nullable=False),
        sa.Column("effective_on", sa.String(length=10), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("base_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("submitted_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("approved_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("in_force_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("ended_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("content", sa.String(length=64), server_default="", nullable=False),
        sa.Column("leased_until", columns.Moment(timezone=True), nullable=True),
        sa.Column("progress", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.String(length=32), server_default="", nullable=False),
        sa.Column("regression", columns.Json(), nullable=True),
        sa.Column("tested", sa.String(length=64), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'fitting', 'ready', 'pending_approval', 'approved', 'in_force', 'superseded', 'discarded')",
            name=op.f("ck_rule_versions_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'in_force', 'superseded') OR author_id IS NULL OR approver_id IS NOT NULL",
            name=op.f("ck_rule_versions_approved"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('pending_approval', 'approved', 'in_force') OR author_id IS NULL OR tested = content",
            name=op.f("ck_rule_versions_tested"),
        ),
        sa.CheckConstraint("author_id <> approver_id", name=op.f("ck_rule_versions_second_person")),
        sa.ForeignKeyConstraint(["approver_id"], ["operators.id"], name=op.f("fk_rule_versions_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["operators.id"], name=op.f("fk_rule_versions_author_id")),
        sa.ForeignKeyConstraint(["base_id"], ["rule_versions.id"], name=op.f("fk_rule_versions_base_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
    )
    with op.batch_alter_table("rule_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_versions_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_rule_versions_dated",
            ["dated"],
            unique=True,
            sqlite_where=sa.text("state != 'discarded'"),
            postgresql_where=sa.text("state != 'discarded'"),
        )
        batch_op.create_index(
            "uq_rule_versions_in_force",
            ["state"],
            unique=True,
            sqlite_where=sa.text("state = 'in_force'"),
            postgresql_where=sa.text("state = 'in_force'"),
        )

    op.create_table(
        "rule_models",
        sa.Column("rule_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["rule_version_id"], ["rule_versions.id"], name=op.f("fk_rule_models_rule_version_id")),
        sa.PrimaryKeyConstraint("rule_version_id", "content", name=op.f("pk_rule_models")),
    )
