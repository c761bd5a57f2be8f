"""Templates of cases that operators keep, with every version that a template ever had."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import metadata

case_templates = Table(
    "case_templates",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("state", String(8), nullable=False),
    Column("number", Integer, nullable=False),  # of its newest version
    CheckConstraint("state IN ('active', 'retired')", name="state"),
    CheckConstraint("number > 0", name="has_a_version"),
)

case_template_versions = Table(
    "case_template_versions",
    metadata,
    Column("template_id", ID, ForeignKey("case_templates.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("fields", Json, nullable=False),  # of the form, as bot/model/case_template keeps them
    Column("author_id", ID, ForeignKey("operators.id"), nullable=False),
    Column("made_at", Moment, nullable=False),
)
