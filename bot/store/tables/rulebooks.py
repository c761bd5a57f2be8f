"""Versions of the rules: their text, what comes of them, and the model that answers from each."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import metadata

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("dated", String(10), nullable=False),  # the text's own date, YYYY-MM-DD: what answers and cases cite
    Column("title", String(120), nullable=False),
    Column("name_in_text", String(120), nullable=False),
    Column("url", String(500), nullable=False),
    Column("source", Text, nullable=False),  # as published, byte for byte
    Column("sha256", String(64), nullable=False),
    Column("lineages", Json, nullable=False),  # lineage by clause id
    Column("names", Json, nullable=False),  # what operators called new lineages
    Column("phrases", Json, nullable=False),  # ways to ask, by lineage: of those that the packaged bank doesn't know
    Column("effective_on", String(10), nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("state", String(20), nullable=False, index=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("base_id", ID, ForeignKey("rule_versions.id")),  # the version in force that it was compared with
    Column("author_id", ID, ForeignKey("operators.id")),  # null: it came with the program
    Column("approver_id", ID, ForeignKey("operators.id")),
    Column("opened_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("approve_by", Moment),
    Column("approved_at", Moment),
    Column("in_force_at", Moment),
    Column("ended_at", Moment),
    # The worker's part: claimed with a lease, done once for each content (content: digest of all that the model and the answers hang on).
    Column("content", String(64), nullable=False, server_default=""),
    Column("leased_until", Moment),
    Column("progress", Integer, nullable=False, server_default="0"),  # hundredths
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("failure", String(32), nullable=False, server_default=""),
    Column("regression", Json),  # what answers would change, for `tested`
    Column("tested", String(64), nullable=False, server_default=""),
    CheckConstraint("author_id <> approver_id", name="second_person"),
    CheckConstraint(
        "state IN ('draft', 'fitting', 'ready', 'pending_approval', 'approved', 'in_force', 'superseded', 'discarded')", name="state"
    ),
    CheckConstraint("state NOT IN ('approved', 'in_force', 'superseded') OR author_id IS NULL OR approver_id IS NOT NULL", name="approved"),
    CheckConstraint("state NOT IN ('pending_approval', 'approved', 'in_force') OR author_id IS NULL OR tested = content", name="tested"),
    Index(
        "uq_rule_versions_in_force",
        "state",
        unique=True,
        sqlite_where=Column("state") == "in_force",
        postgresql_where=Column("state") == "in_force",
    ),
    Index(
        "uq_rule_versions_dated",
        "dated",
        unique=True,
        sqlite_where=Column("state") != "discarded",
        postgresql_where=Column("state") != "discarded",
    ),
)

rule_models = Table(
    "rule_models",
    metadata,
    Column("rule_version_id", ID, ForeignKey("rule_versions.id"), primary_key=True),
    Column("content", String(64), primary_key=True),
    Column("model", LargeBinary, nullable=False),
)

# What every process looks at to learn that its rule book is an old one.
book_state = Table(
    "book_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
