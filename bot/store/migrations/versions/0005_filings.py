"""what providers hand in, and whom they ask for in person"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "human_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_with", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("asked_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("overdue_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'answered', 'dropped')", name=op.f("ck_human_requests_state")),
        sa.ForeignKeyConstraint(["answered_by"], ["operators.id"], name=op.f("fk_human_requests_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_human_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_human_requests_key")),
    )
    with op.batch_alter_table("human_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_human_requests_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(
            "uq_human_requests_open",
            ["corpid", "agentid", "userid"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "filings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("app_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("measure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("is_late", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("started_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("touched_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("submitted_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("overdue_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claimed_until", columns.Moment(timezone=True), nullable=True),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("applied_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("applied_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("case_author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_second_approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'under_review') = (claimed_by IS NOT NULL)", name=op.f("ck_filings_reviewed_by_somebody")),
        sa.CheckConstraint(
            "kind <> 'objection' OR (case_author_id IS NOT NULL AND case_approver_id IS NOT NULL)",
            name=op.f("ck_filings_objection_knows_its_case"),
        ),
        sa.CheckConstraint(
            "kind <> 'objection' OR reviewer_id IS NULL OR (reviewer_id <> case_author_id AND reviewer_id <> case_approver_id AND (case_second_approver_id IS NULL OR reviewer_id <> case_second_approver_id))",
            name=op.f("ck_filings_reviewer_is_another"),
        ),
        sa.CheckConstraint(
            "kind <> 'reapplication' OR (case_id IS NULL) <> (parent_id IS NULL)", name=op.f("ck_filings_way_back_from_one")
        ),
        sa.CheckConstraint(
            "kind <> 'withdrawal' OR (app_id IS NOT NULL AND case_id IS NULL)", name=op.f("ck_filings_withdrawal_is_of_an_app")
        ),
        sa.CheckConstraint("kind IN ('report', 'objection', 'reapplication', 'withdrawal')", name=op.f("ck_filings_kind")),
        sa.CheckConstraint("kind NOT IN ('report', 'objection') OR case_id IS NOT NULL", name=op.f("ck_filings_about_a_case")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'under_review', 'needs_more', 'returned', 'accepted', 'refused', 'upheld', 'dismissed', 'granted', 'lapsed', 'dropped')",
            name=op.f("ck_filings_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('upheld', 'dismissed', 'granted', 'accepted', 'refused') OR reviewer_id IS NOT NULL",
            name=op.f("ck_filings_decided"),
        ),
        sa.CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name=op.f("ck_filings_claim_whole")),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_filings_admin_id")),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_filings_app_id")),
        sa.ForeignKeyConstraint(["applied_by"], ["operators.id"], name=op.f("fk_filings_applied_by")),
        sa.ForeignKeyConstraint(["case_approver_id"], ["operators.id"], name=op.f("fk_filings_case_approver_id")),
        sa.ForeignKeyConstraint(["case_author_id"], ["operators.id"], name=op.f("fk_filings_case_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_filings_case_id")),
        sa.ForeignKeyConstraint(["case_second_approver_id"], ["operators.id"], name=op.f("fk_filings_case_second_approver_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["operators.id"], name=op.f("fk_filings_claimed_by")),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name=op.f("fk_filings_measure_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["filings.id"], name=op.f("fk_filings_parent_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_filings_provider_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["operators.id"], name=op.f("fk_filings_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filings")),
        sa.UniqueConstraint("number", name=op.f("uq_filings_number")),
    )
    with op.batch_alter_table("filings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filings_app_id"), ["app_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_filings_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_filings_provider_id"), ["provider_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_filings_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(
            "uq_filings_objection",
            ["measure_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'objection' AND state NOT IN ('lapsed', 'dropped')"),
            postgresql_where=sa.text("kind = 'objection' AND state NOT IN ('lapsed', 'dropped')"),
        )
        batch_op.create_index(
            "uq_filings_objection_to_reminder",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'objection' AND measure_id IS NULL AND state NOT IN ('lapsed', 'dropped')"),
            postgresql_where=sa.text("kind = 'objection' AND measure_id IS NULL AND state NOT IN ('lapsed', 'dropped')"),
        )
        batch_op.create_index(
            "uq_filings_reapplication",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'reapplication' AND state NOT IN ('refused', 'lapsed', 'dropped')"),
            postgresql_where=sa.text("kind = 'reapplication' AND state NOT IN ('refused', 'lapsed', 'dropped')"),
        )
        batch_op.create_index(
            "uq_filings_report",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'report' AND state NOT IN ('lapsed', 'dropped')"),
            postgresql_where=sa.text("kind = 'report' AND state NOT IN ('lapsed', 'dropped')"),
        )
        batch_op.create_index(
            "uq_filings_return",
            ["parent_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'reapplication' AND state NOT IN ('refused', 'lapsed', 'dropped')"),
            postgresql_where=sa.text("kind = 'reapplication' AND state NOT IN ('refused', 'lapsed', 'dropped')"),
        )
        batch_op.create_index(
            "uq_filings_withdrawal",
            ["app_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'withdrawal' AND state NOT IN ('refused', 'lapsed', 'dropped') AND ended_at IS NULL"),
            postgresql_where=sa.text("kind = 'withdrawal' AND state NOT IN ('refused', 'lapsed', 'dropped') AND ended_at IS NULL"),
        )

    op.create_table(
        "filing_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clause", sa.String(length=72), server_default="", nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("flags", columns.Json(), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("added_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("destroyed_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("how IN ('portal', 'chat')", name=op.f("ck_filing_files_how")),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_filing_files_has_bytes")),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_filing_files_admin_id")),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_filing_files_filing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_files")),
        sa.UniqueConstraint("filing_id", "sha256", name=op.f("uq_filing_files_filing_id_sha256")),
    )
    with op.batch_alter_table("filing_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filing_files_sha256"), ["sha256"], unique=False)

    op.create_table(
        "filing_items",
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clause", sa.String(length=72), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("root_cause", sa.Text(), server_default="", nullable=False),
        sa.Column("done", sa.Text(), server_default="", nullable=False),
        sa.Column("prevention", sa.Text(), server_default="", nullable=False),
        sa.Column("verdict", sa.String(length=8), server_default="", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("verdict IN ('', 'good', 'wanting')", name=op.f("ck_filing_items_verdict")),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_filing_items_filing_id")),
        sa.PrimaryKeyConstraint("filing_id", "clause", name=op.f("pk_filing_items")),
    )
    op.create_table(
        "filing_rounds",
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submitted_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), server_default="", nullable=False),
        sa.Column("reasons", sa.Text(), server_default="", nullable=False),
        sa.Column("remarks", columns.Json(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(outcome = '') = (decided_at IS NULL)", name=op.f("ck_filing_rounds_decided_whole")),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_filing_rounds_admin_id")),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_filing_rounds_filing_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_filing_rounds_notice_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["operators.id"], name=op.f("fk_filing_rounds_reviewer_id")),
        sa.PrimaryKeyConstraint("filing_id", "round", name=op.f("pk_filing_rounds")),
    )
    op.create_table(
        "media_fetches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("media_id", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("failure", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'joined', 'failed')", name=op.f("ck_media_fetches_state")),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_media_fetches_admin_id")),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_media_fetches_filing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_fetches")),
        sa.UniqueConstraint("media_id", name=op.f("uq_media_fetches_media_id")),
    )
    with op.batch_alter_table("media_fetches", schema=None) as batch_op:
        batch_op.create_index(
            "ix_media_fetches_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(batch_op.f("ix_media_fetches_filing_id"), ["filing_id"], unique=False)
