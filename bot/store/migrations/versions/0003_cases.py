"""who is who, cases with their notices, and the trail"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("first_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("last_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("told_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("cleared_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'cleared')", name=op.f("ck_alarms_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index(
            "uq_alarms_open", ["key"], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "grounds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("measures", columns.Json(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("source_date", sa.String(length=10), nullable=False),
        sa.Column("position", sa.String(length=64), nullable=False),
        sa.Column("checker_one", sa.String(length=64), nullable=False),
        sa.Column("checker_two", sa.String(length=64), nullable=False),
        sa.Column("imported_at", columns.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("checker_one <> checker_two", name=op.f("ck_grounds_two_checkers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grounds")),
        sa.UniqueConstraint("key", name=op.f("uq_grounds_key")),
    )
    op.create_table(
        "heads",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), server_default="", nullable=False),
        sa.Column("key_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_heads")),
    )
    op.create_table(
        "operators",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("roles", columns.Json(), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=True),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("userid", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("password", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_operators_state")),
        sa.CheckConstraint(
            "(corpid IS NULL) = (userid IS NULL) AND (corpid IS NULL) = (agentid IS NULL)", name=op.f("ck_operators_wecom_whole")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("login", name=op.f("uq_operators_login")),
    )
    op.create_table(
        "providers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        sa.UniqueConstraint("code", name=op.f("uq_providers_code")),
    )
    op.create_table(
        "admins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("mail", sa.String(length=254), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", columns.Moment(timezone=True), nullable=False),
        sa.Column("left_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("unreachable", sa.String(length=32), server_default="", nullable=False),
        sa.Column("unreachable_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'departed')", name=op.f("ck_admins_state")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_admins_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admins")),
    )
    with op.batch_alter_table("admins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admins_provider_id"), ["provider_id"], unique=False)
        batch_op.create_index(
            "uq_admins_person",
            ["corpid", "agentid", "userid"],
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "apps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("searchable", sa.Boolean(), nullable=False),
        sa.Column("recommended", sa.Boolean(), nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_apps_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
        sa.UniqueConstraint("code", name=op.f("uq_apps_code")),
    )
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_apps_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("app_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("power", sa.String(length=8), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), server_default="", nullable=False),
        sa.Column("recovery", sa.Text(), server_default="", nullable=False),
        sa.Column("found_on", sa.String(length=10), nullable=False),
        sa.Column("rectify_days", sa.Integer(), nullable=True),
        sa.Column("objection_days", sa.Integer(), nullable=False),
        sa.Column("deem_days", sa.Integer(), nullable=False),
        sa.Column("day_kind", sa.String(length=8), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("rule_version", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("sprang_from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("second_approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("submitted_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("issued_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("served_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("served_how", sa.String(length=16), server_default="", nullable=False),
        sa.Column("object_by", columns.Moment(timezone=True), nullable=True),
        sa.Column("rectify_by", columns.Moment(timezone=True), nullable=True),
        sa.Column("overdue_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("ended_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'reminder') = (power IS NULL)", name=op.f("ck_cases_reminder_has_no_power")),
        sa.CheckConstraint("(served_at IS NULL) = (served_how = '')", name=op.f("ck_cases_served_whole")),
        sa.CheckConstraint(
            "NOT (state IN ('in_force', 'recovering', 'recovered', 'closed')) OR (approver_id IS NOT NULL AND issued_at IS NOT NULL)",
            name=op.f("ck_cases_approved_by_somebody"),
        ),
        sa.CheckConstraint("day_kind IN ('natural', 'working')", name=op.f("ck_cases_day_kind")),
        sa.CheckConstraint("kind IN ('violation', 'reminder')", name=op.f("ck_cases_kind")),
        sa.CheckConstraint(
            "power IS NULL OR power <> '4.4' OR (app_id IS NULL AND (NOT (state IN ('in_force', 'recovering', 'recovered', 'closed')) OR second_approver_id IS NOT NULL))",
            name=op.f("ck_cases_permanent_needs_two"),
        ),
        sa.CheckConstraint("served_how IN ('', 'receipt', 'recorded', 'deemed')", name=op.f("ck_cases_served_how")),
        sa.CheckConstraint(
            "state IN ('draft', 'pending_approval', 'in_force', 'recovering', 'recovered', 'revoked', 'closed', 'discarded')",
            name=op.f("ck_cases_state"),
        ),
        sa.CheckConstraint("approver_id IS NULL OR approver_id <> author_id", name=op.f("ck_cases_approver_is_another")),
        sa.CheckConstraint(
            "objection_days > 0 AND deem_days > 0 AND (rectify_days IS NULL OR rectify_days > 0)", name=op.f("ck_cases_days")
        ),
        sa.CheckConstraint(
            "second_approver_id IS NULL OR (approver_id IS NOT NULL AND second_approver_id <> author_id AND second_approver_id <> approver_id)",
            name=op.f("ck_cases_second_approver_is_another"),
        ),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_cases_app_id")),
        sa.ForeignKeyConstraint(["approver_id"], ["operators.id"], name=op.f("fk_cases_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["operators.id"], name=op.f("fk_cases_author_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_cases_provider_id")),
        sa.ForeignKeyConstraint(["second_approver_id"], ["operators.id"], name=op.f("fk_cases_second_approver_id")),
        sa.ForeignKeyConstraint(["sprang_from_id"], ["cases.id"], name=op.f("fk_cases_sprang_from_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
        sa.UniqueConstraint("request_key", name=op.f("uq_cases_request_key")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_app_id"), ["app_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_provider_id"), ["provider_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_state_served_at"), ["state", "served_at"], unique=False)

    op.create_table(
        "case_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["operators.id"], name=op.f("fk_case_notes_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_notes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.Column("personal", columns.Json(), nullable=True),
        sa.Column("personal_sha256", sa.String(length=64), server_default="", nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_events_case_id_seq")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_at"), ["at"], unique=False)
        batch_op.create_index(
            "uq_events_house", ["seq"], unique=True, sqlite_where=sa.text("case_id IS NULL"), postgresql_where=sa.text("case_id IS NULL")
        )

    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["operators.id"], name=op.f("fk_evidence_added_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_evidence_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("case_id", "sha256", name=op.f("uq_evidence_case_id_sha256")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_case_id"), ["case_id"], unique=False)

    op.create_table(
        "ladder",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("done_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("result", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_ladder_case_id")),
        sa.PrimaryKeyConstraint("case_id", "step", name=op.f("pk_ladder")),
    )
    with op.batch_alter_table("ladder", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ladder_due", ["due_at"], unique=False, sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL")
        )

    op.create_table(
        "measures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("starts_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("ends_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("applied_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("applied_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lifted_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("state IN ('planned', 'owed', 'applied', 'lifting', 'lifted', 'void')", name=op.f("ck_measures_state")),
        sa.CheckConstraint("ends_at IS NULL OR starts_at IS NULL OR ends_at > starts_at", name=op.f("ck_measures_ends_after_start")),
        sa.ForeignKeyConstraint(["applied_by"], ["operators.id"], name=op.f("fk_measures_applied_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_measures_case_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["operators.id"], name=op.f("fk_measures_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
        sa.UniqueConstraint("case_id", "measure", name=op.f("uq_measures_case_id_measure")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("statement", columns.Json(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('decision', 'reminder', 'revoked', 'recovered', 'outcome')", name=op.f("ck_notices_kind")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notices_case_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_notices_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
        sa.UniqueConstraint("number", name=op.f("uq_notices_number")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_case_id_id"), ["case_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "operator_tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("done_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("done_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name=op.f("ck_operator_tasks_state")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_operator_tasks_case_id")),
        sa.ForeignKeyConstraint(["done_by"], ["operators.id"], name=op.f("fk_operator_tasks_done_by")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_operator_tasks_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_operator_tasks_key")),
    )
    with op.batch_alter_table("operator_tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operator_tasks_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_operator_tasks_provider_id"), ["provider_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_operator_tasks_state_id"), ["state", "id"], unique=False)

    op.create_table(
        "links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("admin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("expires_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("opened_by", sa.String(length=64), server_default="", nullable=False),
        sa.Column("voided_at", columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("how <> 'link' OR expires_at IS NOT NULL", name=op.f("ck_links_link_expires")),
        sa.CheckConstraint("how <> 'mail' OR notice_id IS NOT NULL", name=op.f("ck_links_mail_is_about_a_notice")),
        sa.CheckConstraint("how IN ('link', 'mail')", name=op.f("ck_links_how")),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_links_admin_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_links_notice_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_admin_id"), ["admin_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_links_notice_id"), ["notice_id"], unique=False)

    op.create_table(
        "notice_batches",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("task_id", sa.String(length=128), server_default="", nullable=False),
        sa.Column("code_spent_at", columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_notice_batches_batch_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_batches_notice_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_notice_batches")),
    )
    with op.batch_alter_table("notice_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_batches_notice_id"), ["notice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_batches_task_id"), ["task_id"], unique=False)

    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('card', 'portal')", name=op.f("ck_receipts_how")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_receipts_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("notice_id", "corpid", "agentid", "userid", name=op.f("uq_receipts_notice_id_corpid_agentid_userid")),
    )
    op.create_table(
        "views",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corpid", sa.String(length=64), nullable=False),
        sa.Column("agentid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("userid", sa.String(length=128), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("first_at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_views_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
        sa.UniqueConstraint("notice_id", "corpid", "agentid", "userid", name=op.f("uq_views_notice_id_corpid_agentid_userid")),
    )
