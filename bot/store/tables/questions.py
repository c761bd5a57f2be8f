"""What was asked and not answered, what operators tied it to, and what people said of answers."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text

from bot.store.columns import ID, Moment
from bot.store.tables.base import metadata

# Questions that are alike. Nothing in it says who asked.
question_groups = Table(
    "question_groups",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("text", String(400), nullable=False),  # as it was first asked
    Column("topic", String(32), nullable=False),  # what the rule book thought that it was about, "" for nothing
    Column("count", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("state", String(8), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("state IN ('open', 'tied', 'passed')", name="state"),
    CheckConstraint("count > 0", name="was_asked"),
    Index(None, "state", "count", "id"),
)

# One row for each way in which it was asked.
unanswered = Table(
    "unanswered",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),  # SHA-256 of the text, evened out
    Column("group_id", ID, ForeignKey("question_groups.id"), nullable=False),
    Column("text", String(400), nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Index(None, "group_id", "count"),
)

ties = Table(
    "ties",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("group_id", ID, ForeignKey("question_groups.id"), nullable=False, index=True),
    Column("text", String(400), nullable=False),
    Column("lineage", String(64)),  # null: the rules don't cover it
    Column("say", Text, nullable=False, server_default=""),
    Column("author_id", ID, ForeignKey("operators.id"), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("ended_by", ID, ForeignKey("operators.id")),
    Column("ended_at", Moment),
    CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    CheckConstraint("lineage IS NOT NULL OR say <> ''", name="says_something"),
    Index("ix_ties_living", "id", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
)

# 有用 and 没用, once for each answer.
thumbs = Table(
    "thumbs",
    metadata,
    Column("key", String(64), primary_key=True),  # of the message that asked
    Column("text", String(400), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("is_good", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "is_good", "at"),
)
