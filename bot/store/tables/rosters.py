"""Files of providers that somebody looks through before they are taken in."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from bot.store.columns import ID, Moment
from bot.store.tables.base import metadata

roster_uploads = Table(
    "roster_uploads",
    metadata,
    Column("key", String(64), primary_key=True),  # names it in its address
    Column("operator_id", ID, ForeignKey("operators.id"), nullable=False, index=True),
    Column("raw", LargeBinary, nullable=False),
    Column("plan", String(64), nullable=False),  # SHA-256 of what was shown that it would change
    Column("made_at", Moment, nullable=False, index=True),
)
