"""templates of cases"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "case_templates",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'retired')", name=op.f("ck_case_templates_state")),
        sa.CheckConstraint("number > 0", name=op.f("ck_case_templates_has_a_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_templates")),
        sa.UniqueConstraint("name", name=op.f("uq_case_templates_name")),
    )
    op.create_table(
        "case_template_versions",
        sa.Column("template_id", big, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fields", columns.Json(), nullable=False),
        sa.Column("author_id", big, nullable=False),
        sa.Column("made_at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["operators.id"], name=op.f("fk_case_template_versions_author_id_operators")),
        sa.ForeignKeyConstraint(["template_id"], ["case_templates.id"], name=op.f("fk_case_template_versions_template_id_case_templates")),
        sa.PrimaryKeyConstraint("template_id", "number", name=op.f("pk_case_template_versions")),
    )
