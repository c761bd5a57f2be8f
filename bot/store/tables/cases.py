"""Cases, their measures and evidence, the notices that tell of them, and who saw and confirmed what."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import corpid, metadata, userid

_APPROVED = "state IN ('in_force', 'recovering', 'recovered', 'closed')"

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),  # V2026
    Column("last", Integer, nullable=False),
)

# Rows of the table behind clause 3.1, which is published as a picture only: keyed in by people, checked by two.
grounds = Table(
    "grounds",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("wording", Text, nullable=False),
    Column("measures", Json, nullable=False),  # what clause 3.1 gives for it, as in rules.catalogue.Measure
    Column("source", String(500), nullable=False),
    Column("source_date", String(10), nullable=False),
    Column("position", String(64), nullable=False),  # where in the picture
    Column("checker_one", String(64), nullable=False),
    Column("checker_two", String(64), nullable=False),
    Column("imported_at", Moment, nullable=False),
    CheckConstraint("checker_one <> checker_two", name="two_checkers"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("number", String(16), nullable=False, unique=True),  # V2026-000123, never reused
    Column("request_key", String(64), nullable=False, unique=True),  # of the press or command that opened it: twice is once
    Column("kind", String(16), nullable=False),
    Column("provider_id", ID, ForeignKey("providers.id"), nullable=False, index=True),
    Column("app_id", ID, ForeignKey("apps.id"), index=True),  # null: the provider itself is the subject
    Column("ground", String(64), nullable=False),  # a clause id, or "row:" and the key of an imported row
    Column("power", String(8)),  # the clause that gives the measures; null for a reminder
    Column("facts", Text, nullable=False),
    Column("reasons", Text, nullable=False, server_default=""),  # written, where the table behind 3.1 has no imported row
    Column("recovery", Text, nullable=False, server_default=""),
    Column("found_on", String(10), nullable=False),  # the day of the finding, in China
    Column("rectify_days", Integer),
    Column("objection_days", Integer, nullable=False),
    Column("deem_days", Integer, nullable=False),
    Column("day_kind", String(8), nullable=False),
    Column("contact", String(200), nullable=False),
    Column("rule_version", String(10), nullable=False),
    Column("state", String(24), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("sprang_from_id", ID, ForeignKey("cases.id")),  # the case during which the conduct of 4.4 was seen
    Column("author_id", ID, ForeignKey("operators.id"), nullable=False),
    Column("approver_id", ID, ForeignKey("operators.id")),
    Column("second_approver_id", ID, ForeignKey("operators.id")),
    Column("opened_at", Moment, nullable=False),
    Column("submitted_at", Moment),
    Column("approve_by", Moment),  # when our own staff should have decided
    Column("issued_at", Moment),
    Column("served_at", Moment),
    Column("served_how", String(16), nullable=False, server_default=""),
    Column("object_by", Moment),  # both deadlines start when the case is served
    Column("rectify_by", Moment),
    Column("overdue_at", Moment),  # when it was marked so
    Column("ended_at", Moment),
    CheckConstraint("kind IN ('violation', 'reminder')", name="kind"),
    CheckConstraint("day_kind IN ('natural', 'working')", name="day_kind"),
    CheckConstraint("served_how IN ('', 'receipt', 'recorded', 'deemed')", name="served_how"),
    CheckConstraint("(served_at IS NULL) = (served_how = '')", name="served_whole"),
    CheckConstraint(
        "state IN ('draft', 'pending_approval', 'in_force', 'recovering', 'recovered', 'revoked', 'closed', 'discarded')", name="state"
    ),
    CheckConstraint("(kind = 'reminder') = (power IS NULL)", name="reminder_has_no_power"),
    CheckConstraint("approver_id IS NULL OR approver_id <> author_id", name="approver_is_another"),
    CheckConstraint(
        "second_approver_id IS NULL OR (approver_id IS NOT NULL AND second_approver_id <> author_id AND second_approver_id <> approver_id)",
        name="second_approver_is_another",
    ),
    CheckConstraint(f"NOT ({_APPROVED}) OR (approver_id IS NOT NULL AND issued_at IS NOT NULL)", name="approved_by_somebody"),
    CheckConstraint(
        f"power IS NULL OR power <> '4.4' OR (app_id IS NULL AND (NOT ({_APPROVED}) OR second_approver_id IS NOT NULL))",
        name="permanent_needs_two",
    ),
    CheckConstraint("objection_days > 0 AND deem_days > 0 AND (rectify_days IS NULL OR rectify_days > 0)", name="days"),
    Index(None, "state", "served_at"),
    Index(None, "ground", "id"),
    Index(None, "author_id", "id"),
    Index(None, "opened_at"),
)

measures = Table(
    "measures",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("measure", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("starts_at", Moment),  # null in a draft: with the approval
    Column("ends_at", Moment),
    Column("applied_at", Moment),
    Column("applied_by", ID, ForeignKey("operators.id")),
    Column("lifted_at", Moment),
    Column("lifted_by", ID, ForeignKey("operators.id")),
    CheckConstraint("state IN ('planned', 'owed', 'applied', 'lifting', 'lifted', 'void')", name="state"),
    CheckConstraint("ends_at IS NULL OR starts_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
    UniqueConstraint("case_id", "measure"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("bytes", ID, nullable=False),
    Column("sha256", String(64), nullable=False),  # also where it lies (bot/files)
    Column("added_by", ID, ForeignKey("operators.id"), nullable=False),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("case_id", "sha256"),
)

# Never shown to the provider.
case_notes = Table(
    "case_notes",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False, index=True),
    Column("author_id", ID, ForeignKey("operators.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("provider_id", ID, ForeignKey("providers.id"), nullable=False, index=True),  # whose admins it is for
    Column("case_id", ID, ForeignKey("cases.id")),  # null: about a withdrawal
    Column("number", String(24), nullable=False, unique=True),  # V2026-000123-1
    Column("kind", String(24), nullable=False),
    Column("key", String(64), nullable=False, unique=True),  # names the notice in its address; no right comes with it
    Column("statement", Json, nullable=False),  # frozen: every heading and its text, as bot/model/notice.Statement
    Column("sha256", String(64), nullable=False),  # of the statement's canonical bytes
    Column("created_at", Moment, nullable=False),
    CheckConstraint("kind IN ('decision', 'reminder', 'revoked', 'recovered', 'outcome')", name="kind"),
    Index(None, "case_id", "id"),
)

notice_batches = Table(
    "notice_batches",
    metadata,
    Column("batch_id", ID, ForeignKey("batches.id"), primary_key=True),
    Column("notice_id", ID, ForeignKey("notices.id"), nullable=False, index=True),
    Column("step", String(24), nullable=False),  # card, textcard, mail, resend, last_call, update
    Column("task_id", String(128), nullable=False, server_default="", index=True),  # of a card: what a press names
    Column("code_spent_at", Moment),  # the response_code that came with the send changes its card once
)

views = Table(
    "views",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("notice_id", ID, ForeignKey("notices.id"), nullable=False),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("how", String(16), nullable=False),  # oauth, link, mail
    Column("first_at", Moment, nullable=False),
    UniqueConstraint("notice_id", "corpid", "agentid", "userid"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("notice_id", ID, ForeignKey("notices.id"), nullable=False),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("name", String(64), nullable=False),
    Column("how", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("how IN ('card', 'portal')", name="how"),
    UniqueConstraint("notice_id", "corpid", "agentid", "userid"),
)

# Links that say who somebody is: for one notice, read only, from a mail; for the page `path` and all others, half an hour, from chat.
# Only a digest is kept.
links = Table(
    "links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("notice_id", ID, ForeignKey("notices.id"), index=True),
    Column("path", String(200), nullable=False),
    Column("admin_id", ID, ForeignKey("admins.id"), nullable=False, index=True),
    Column("how", String(16), nullable=False),
    Column("expires_at", Moment),
    Column("opened_by", String(64), nullable=False, server_default=""),  # of a link from chat: the browser that was first, as a digest
    Column("voided_at", Moment),
    CheckConstraint("how IN ('link', 'mail')", name="how"),
    CheckConstraint("how <> 'mail' OR notice_id IS NOT NULL", name="mail_is_about_a_notice"),
    CheckConstraint("how <> 'link' OR expires_at IS NOT NULL", name="link_expires"),
)

# What the schedule still has to do until somebody confirms, and the deadlines after that.
ladder = Table(
    "ladder",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id"), primary_key=True),
    Column("step", String(24), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("result", String(64), nullable=False, server_default=""),
    Index("ix_ladder_due", "due_at", sqlite_where=Column("done_at").is_(None), postgresql_where=Column("done_at").is_(None)),
)

operator_tasks = Table(  # what an operator has to do by hand
    "operator_tasks",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(128), nullable=False, unique=True),  # the same task is written once
    Column("case_id", ID, ForeignKey("cases.id"), index=True),
    Column("provider_id", ID, ForeignKey("providers.id"), index=True),
    Column("kind", String(32), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment),  # null: written down before there were due times
    Column("done_at", Moment),
    Column("done_by", ID, ForeignKey("operators.id")),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
    Index(None, "state", "id"),
)
