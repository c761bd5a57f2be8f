"""files of providers that wait to be taken in"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "roster_uploads",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("operator_id", big, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("made_at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_roster_uploads_operator_id_operators")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_roster_uploads")),
    )
    op.create_index(op.f("ix_roster_uploads_operator_id"), "roster_uploads", ["operator_id"])
    op.create_index(op.f("ix_roster_uploads_made_at"), "roster_uploads", ["made_at"])
