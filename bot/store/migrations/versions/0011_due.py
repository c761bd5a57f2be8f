"""due times of approvals and tasks, and who looks at what"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "presences",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("operator_id", big, nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_presences_operator_id_operators")),
        sa.PrimaryKeyConstraint("number", "operator_id", name=op.f("pk_presences")),
    )
    op.create_index(op.f("ix_presences_at"), "presences", ["at"])
    op.add_column("cases", sa.Column("approve_by", columns.Moment(timezone=True), nullable=True))
    op.create_index(op.f("ix_cases_ground_id"), "cases", ["ground", "id"])
    op.create_index(op.f("ix_cases_author_id_id"), "cases", ["author_id", "id"])
    op.add_column("operator_tasks", sa.Column("due_at", columns.Moment(timezone=True), nullable=True))
