"""Who of our own staff looks at what at this moment, and who said that they do something that waits."""

from sqlalchemy import Column, ForeignKey, String, Table

from bot.store.columns import ID, Moment
from bot.store.tables.base import metadata

presences = Table(
    "presences",
    metadata,
    Column("number", String(16), primary_key=True),  # of a case or filing; H and T with the id of a request or task
    Column("operator_id", ID, ForeignKey("operators.id"), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

# Of filings a claim stands with the filing, since it keeps others from deciding; these only tell colleagues.
queue_claims = Table(
    "queue_claims",
    metadata,
    Column("record", String(16), primary_key=True),  # case, human, task, broadcast or rules
    Column("record_id", ID, primary_key=True),
    Column("operator_id", ID, ForeignKey("operators.id"), nullable=False),
    Column("until", Moment, nullable=False),
)
