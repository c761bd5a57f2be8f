"""Every table, one module a subject."""

from bot.store.tables.base import metadata
from bot.store.tables.broadcasts import (
    app_categories,
    broadcast_batches,
    broadcast_recalls,
    broadcast_receipts,
    broadcast_recipients,
    broadcast_tallies,
    broadcasts,
)
from bot.store.tables.cases import (
    case_notes,
    cases,
    counters,
    evidence,
    grounds,
    ladder,
    links,
    measures,
    notice_batches,
    notices,
    operator_tasks,
    receipts,
    views,
)
from bot.store.tables.days import days
from bot.store.tables.filings import filing_files, filing_items, filing_rounds, filings, human_requests, media_fetches
from bot.store.tables.messages import attempts, batches, deliveries, greetings, inbox, leases, pauses, quotas, tokens
from bot.store.tables.people import admins, apps, operators, providers
from bot.store.tables.presences import presences, queue_claims
from bot.store.tables.questions import question_groups, thumbs, ties, unanswered
from bot.store.tables.rosters import roster_uploads
from bot.store.tables.rulebooks import book_state, rule_models, rule_versions
from bot.store.tables.sign_ins import sign_in_links, sign_in_tries, sign_ins
from bot.store.tables.templates import case_template_versions, case_templates
from bot.store.tables.trail import alarms, chains, events, heads

__all__ = [
    "admins",
    "alarms",
    "app_categories",
    "apps",
    "attempts",
    "batches",
    "book_state",
    "broadcast_batches",
    "broadcast_recalls",
    "broadcast_receipts",
    "broadcast_recipients",
    "broadcast_tallies",
    "broadcasts",
    "case_notes",
    "case_template_versions",
    "case_templates",
    "cases",
    "chains",
    "counters",
    "days",
    "deliveries",
    "events",
    "evidence",
    "filing_files",
    "filing_items",
    "filing_rounds",
    "filings",
    "greetings",
    "grounds",
    "heads",
    "human_requests",
    "inbox",
    "ladder",
    "leases",
    "links",
    "measures",
    "media_fetches",
    "metadata",
    "notice_batches",
    "notices",
    "operator_tasks",
    "operators",
    "pauses",
    "presences",
    "providers",
    "question_groups",
    "queue_claims",
    "quotas",
    "receipts",
    "roster_uploads",
    "rule_models",
    "rule_versions",
    "sign_in_links",
    "sign_in_tries",
    "sign_ins",
    "thumbs",
    "ties",
    "tokens",
    "unanswered",
    "views",
]
