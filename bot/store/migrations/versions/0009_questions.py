"""what was asked and not answered, what it was tied to, and what people said of answers"""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = columns.Moment(timezone=True)
    op.create_table(
        "question_groups",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('open', 'tied', 'passed')", name=op.f("ck_question_groups_state")),
        sa.CheckConstraint("count > 0", name=op.f("ck_question_groups_was_asked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_groups")),
    )
    op.create_index(op.f("ix_question_groups_state_count_id"), "question_groups", ["state", "count", "id"])
    op.create_table(
        "thumbs",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_thumbs")),
    )
    op.create_index(op.f("ix_thumbs_is_good_at"), "thumbs", ["is_good", "at"])
    op.create_table(
        "ties",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("group_id", big, nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("lineage", sa.String(length=64), nullable=True),
        sa.Column("say", sa.Text(), server_default="", nullable=False),
        sa.Column("author_id", big, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ended_by", big, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_ties_ended_by_somebody")),
        sa.CheckConstraint("lineage IS NOT NULL OR say <> ''", name=op.f("ck_ties_says_something")),
        sa.ForeignKeyConstraint(["author_id"], ["operators.id"], name=op.f("fk_ties_author_id_operators")),
        sa.ForeignKeyConstraint(["ended_by"], ["operators.id"], name=op.f("fk_ties_ended_by_operators")),
        sa.ForeignKeyConstraint(["group_id"], ["question_groups.id"], name=op.f("fk_ties_group_id_question_groups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ties")),
    )
    living = sa.text("ended_at IS NULL")
    op.create_index("ix_ties_living", "ties", ["id"], sqlite_where=living, postgresql_where=living)
    op.create_index(op.f("ix_ties_group_id"), "ties", ["group_id"])
    op.create_table(
        "unanswered",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("group_id", big, nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["question_groups.id"], name=op.f("fk_unanswered_group_id_question_groups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered")),
        sa.UniqueConstraint("key", name=op.f("uq_unanswered_key")),
    )
    op.create_index(op.f("ix_unanswered_group_id_count"), "unanswered", ["group_id", "count"])
