"""What a provider hands in (reports, objections, re-applications, withdrawals), and whom it asked for in person."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import corpid, metadata, userid


def _only_one(name: str, column: str, where: str) -> Index:
    """Of those that still count."""
    return Index(f"uq_filings_{name}", column, unique=True, sqlite_where=text(where), postgresql_where=text(where))


filings = Table(
    "filings",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("number", String(16), nullable=False, unique=True),  # R2026-000001; O, A and W for the other kinds
    Column("kind", String(16), nullable=False),
    Column("provider_id", ID, ForeignKey("providers.id"), nullable=False, index=True),
    Column("case_id", ID, ForeignKey("cases.id"), index=True),  # null: a withdrawal, and the way back from one
    Column("app_id", ID, ForeignKey("apps.id"), index=True),  # null: about a case against the provider itself
    Column("measure_id", ID, ForeignKey("measures.id")),  # of an objection; null against a 提醒
    Column("parent_id", ID, ForeignKey("filings.id")),  # of a re-application: the withdrawal that it comes back from
    Column("admin_id", ID, ForeignKey("admins.id"), nullable=False),  # who began it
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("round", Integer, nullable=False, server_default="0"),  # how often it was handed in
    Column("words", Text, nullable=False, server_default=""),  # reasons of an objection, of a withdrawal; a re-application's own words
    Column("is_late", Boolean, nullable=False, server_default="0"),  # after the operator's window: accepted all the same
    Column("started_at", Moment, nullable=False),
    Column("touched_at", Moment, nullable=False),  # by the provider: pictures sent in chat join what was touched last
    Column("submitted_at", Moment),  # the first time
    Column("due_at", Moment),  # the review's
    Column("overdue_at", Moment),  # when it was marked so
    Column("claimed_by", ID, ForeignKey("operators.id")),
    Column("claimed_until", Moment),
    Column("reviewer_id", ID, ForeignKey("operators.id")),  # who decided last
    Column("decided_at", Moment),
    Column("applied_at", Moment),  # of a granted withdrawal: done on the platform; of the way back from one: listed again there
    Column("applied_by", ID, ForeignKey("operators.id")),
    Column("ended_at", Moment),  # of a granted withdrawal: recommended and searchable again
    # Of the case, so that the database can hold an objection's reviewer against them.
    Column("case_author_id", ID, ForeignKey("operators.id")),
    Column("case_approver_id", ID, ForeignKey("operators.id")),
    Column("case_second_approver_id", ID, ForeignKey("operators.id")),
    CheckConstraint("kind IN ('report', 'objection', 'reapplication', 'withdrawal')", name="kind"),
    CheckConstraint(
        "state IN ('draft', 'submitted', 'under_review', 'needs_more', 'returned', 'accepted', 'refused', 'upheld', 'dismissed', 'granted',"
        " 'lapsed', 'dropped')",
        name="state",
    ),
    CheckConstraint("kind NOT IN ('report', 'objection') OR case_id IS NOT NULL", name="about_a_case"),
    CheckConstraint("kind <> 'withdrawal' OR (app_id IS NOT NULL AND case_id IS NULL)", name="withdrawal_is_of_an_app"),
    CheckConstraint("kind <> 'reapplication' OR (case_id IS NULL) <> (parent_id IS NULL)", name="way_back_from_one"),
    CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="claim_whole"),
    CheckConstraint("(state = 'under_review') = (claimed_by IS NOT NULL)", name="reviewed_by_somebody"),
    CheckConstraint("state NOT IN ('upheld', 'dismissed', 'granted', 'accepted', 'refused') OR reviewer_id IS NOT NULL", name="decided"),
    CheckConstraint(
        "kind <> 'objection' OR reviewer_id IS NULL OR (reviewer_id <> case_author_id AND reviewer_id <> case_approver_id"
        " AND (case_second_approver_id IS NULL OR reviewer_id <> case_second_approver_id))",
        name="reviewer_is_another",
    ),
    CheckConstraint(
        "kind <> 'objection' OR (case_author_id IS NOT NULL AND case_approver_id IS NOT NULL)", name="objection_knows_its_case"
    ),
    _only_one("report", "case_id", "kind = 'report' AND state NOT IN ('lapsed', 'dropped')"),
    _only_one("objection", "measure_id", "kind = 'objection' AND state NOT IN ('lapsed', 'dropped')"),
    _only_one("objection_to_reminder", "case_id", "kind = 'objection' AND measure_id IS NULL AND state NOT IN ('lapsed', 'dropped')"),
    _only_one("reapplication", "case_id", "kind = 'reapplication' AND state NOT IN ('refused', 'lapsed', 'dropped')"),
    _only_one("return", "parent_id", "kind = 'reapplication' AND state NOT IN ('refused', 'lapsed', 'dropped')"),
    _only_one("withdrawal", "app_id", "kind = 'withdrawal' AND state NOT IN ('refused', 'lapsed', 'dropped') AND ended_at IS NULL"),
    Index(None, "state", "due_at"),
)

# A report's parts, one a clause that was violated.
filing_items = Table(
    "filing_items",
    metadata,
    Column("filing_id", ID, ForeignKey("filings.id"), primary_key=True),
    Column("clause", String(72), primary_key=True),  # as the case's ground: a clause id, or "row:" and a key
    Column("position", Integer, nullable=False),
    Column("title", String(200), nullable=False),
    Column("root_cause", Text, nullable=False, server_default=""),
    Column("done", Text, nullable=False, server_default=""),
    Column("prevention", Text, nullable=False, server_default=""),
    Column("verdict", String(8), nullable=False, server_default=""),  # of the last review
    Column("remark", Text, nullable=False, server_default=""),
    CheckConstraint("verdict IN ('', 'good', 'wanting')", name="verdict"),
)

filing_files = Table(
    "filing_files",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("filing_id", ID, ForeignKey("filings.id"), nullable=False),
    Column("clause", String(72), nullable=False, server_default=""),  # the part it is evidence for; "" for the whole
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("bytes", ID, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),  # also where it lies (bot/files)
    Column("flags", Json, nullable=False),  # what a reviewer must know before opening it: bombs, locks, macros
    Column("admin_id", ID, ForeignKey("admins.id"), nullable=False),
    Column("how", String(8), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("round", Integer, nullable=False, server_default="0"),  # the first that it was handed in with; 0: not yet
    Column("removed_at", Moment),  # from a later round; one that was never handed in is deleted
    Column("destroyed_at", Moment),  # its bytes are gone, by the setting for how long they are kept
    CheckConstraint("how IN ('portal', 'chat')", name="how"),
    CheckConstraint("bytes > 0", name="has_bytes"),
    UniqueConstraint("filing_id", "sha256"),
)

# What was handed in each time, frozen, and what came of it.
filing_rounds = Table(
    "filing_rounds",
    metadata,
    Column("filing_id", ID, ForeignKey("filings.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("content", Json, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the content's canonical bytes
    Column("admin_id", ID, ForeignKey("admins.id"), nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("outcome", String(16), nullable=False, server_default=""),  # the action of the review
    Column("reasons", Text, nullable=False, server_default=""),
    Column("remarks", Json, nullable=False),  # by clause
    Column("reviewer_id", ID, ForeignKey("operators.id")),
    Column("decided_at", Moment),
    Column("notice_id", ID, ForeignKey("notices.id")),
    CheckConstraint("(outcome = '') = (decided_at IS NULL)", name="decided_whole"),
)

# Pictures and files sent in chat: their media ids die in three days (path/90239), so they are fetched at once.
media_fetches = Table(
    "media_fetches",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("filing_id", ID, ForeignKey("filings.id"), nullable=False, index=True),
    Column("admin_id", ID, ForeignKey("admins.id"), nullable=False),
    Column("media_id", String(256), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("failure", String(200), nullable=False, server_default=""),
    CheckConstraint("state IN ('waiting', 'joined', 'failed')", name="state"),
    Index("ix_media_fetches_due", "due_at", sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")),
)

# 申请人工: somebody wants a person to look at what the bot answered.
human_requests = Table(
    "human_requests",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False, unique=True),  # of the message that asked: twice is once
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("about", Text, nullable=False, server_default=""),  # what the person had asked
    Column("answered_with", Text, nullable=False, server_default=""),  # what the bot had said
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("overdue_at", Moment),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_by", ID, ForeignKey("operators.id")),
    Column("answered_at", Moment),
    CheckConstraint("state IN ('open', 'answered', 'dropped')", name="state"),
    Index(
        "uq_human_requests_open",
        "corpid",
        "agentid",
        "userid",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(None, "state", "due_at"),
)
