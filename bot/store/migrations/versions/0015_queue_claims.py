"""who said that they do something that waits"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_claims",
        sa.Column("record", sa.String(length=16), nullable=False),
        sa.Column("record_id", columns.ID, nullable=False),
        sa.Column("operator_id", columns.ID, nullable=False),
        sa.Column("until", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_queue_claims_operator_id_operators")),
        sa.PrimaryKeyConstraint("record", "record_id", name=op.f("pk_queue_claims")),
    )
