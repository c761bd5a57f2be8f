"""Who of our own staff looks at what at this moment."""

from sqlalchemy import Column, ForeignKey, String, Table

from bot.store.columns import ID, Moment
from bot.store.tables.base import metadata

presences = Table(
    "presences",
    metadata,
    Column("number", String(16), primary_key=True),  # of a case or filing
    Column("operator_id", ID, ForeignKey("operators.id"), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)
