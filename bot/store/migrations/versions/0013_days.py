"""sums of a day"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("summed_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", name=op.f("pk_days")),
    )
    op.create_index(op.f("ix_cases_opened_at"), "cases", ["opened_at"])
    op.create_index(op.f("ix_batches_created_at"), "batches", ["created_at"])
