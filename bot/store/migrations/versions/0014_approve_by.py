"""until when broadcasts and versions of the rules should have been decided on"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("broadcasts", "rule_versions"):
        op.add_column(table, sa.Column("approve_by", columns.Moment(timezone=True), nullable=True))
