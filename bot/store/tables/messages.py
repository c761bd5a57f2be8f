"""What comes in and what goes out."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from bot.store.columns import ID, Json, Moment
from bot.store.tables.base import corpid, metadata, userid

inbox = Table(
    "inbox",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("kind", String(64), nullable=False),  # text, image … or the event's or push's name
    Column("fields", Json, nullable=False),  # what the message said, in the vendor's words
    Column("arrived_at", Moment, nullable=False),
    Column("handled_at", Moment),  # null only inside the transaction that handles it
    Column("state", String(16), nullable=False),
    Column("outcome", String(64), nullable=False, server_default=""),  # route and result, such as "ask_rule 4.2"
    Column("reply", Text, nullable=False, server_default=""),
    Column("reply_state", String(16), nullable=False),
    CheckConstraint("state IN ('handled', 'failed', 'limited', 'stored')", name="state"),
    CheckConstraint("reply_state IN ('passive', 'late', 'fetched', 'queued')", name="reply_state"),
    # Not unique: how many messages did this person send in the last minute?
    Index(None, "corpid", "agentid", "userid", "arrived_at"),
    Index("ix_inbox_late", "reply_state", sqlite_where=Column("reply_state") == "late", postgresql_where=Column("reply_state") == "late"),
    Index(None, "arrived_at"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    corpid(),
    Column("agentid", ID, nullable=False),
    Column("via", String(16), nullable=False, server_default="message"),
    Column("payload", Json, nullable=False),  # frozen: repeated byte-identically, so that the vendor can swallow the repeat
    Column("priority", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("after_id", ID, ForeignKey("batches.id")),  # goes only when that one is through: parts of one long answer
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("give_up_at", Moment),  # null: a day after it was made
    Column("first_attempt_at", Moment),  # of the calls whose outcome is not known; null when there is none
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease", String(64)),
    Column("lease_until", Moment),
    Column("broadcast_id", ID, ForeignKey("broadcasts.id")),  # what it is part of: held back with it
    CheckConstraint("state IN ('open', 'done')", name="state"),
    CheckConstraint("via IN ('message', 'card_update', 'mail')", name="via"),
    Index(None, "after_id"),
    Index(None, "created_at"),
    Index("ix_batches_due", "priority", "due_at", sqlite_where=Column("state") == "open", postgresql_where=Column("state") == "open"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("batch_id", ID, ForeignKey("batches.id"), nullable=False),
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("errcode", Integer),
    Column("errmsg", String(200), nullable=False, server_default=""),
    Column("msgid", String(128), nullable=False, server_default=""),
    Column("response_code", Text, nullable=False, server_default=""),
    Column("sent_at", Moment),  # the last time it went to the vendor
    Column("settled_at", Moment),
    CheckConstraint("state IN ('queued', 'sending', 'uncertain', 'accepted', 'rejected', 'exhausted', 'cancelled')", name="state"),
    CheckConstraint("channel IN ('wecom', 'card', 'mail', 'portal')", name="channel"),  # card: a card in the chat was changed
    UniqueConstraint("batch_id", "userid", "channel"),
    # How much did this person get in the last minute and hour?
    Index(None, "corpid", "agentid", "userid", "sent_at"),
)

# A delivery's story: one row each time it went to the vendor, written with what came of it.
attempts = Table(
    "attempts",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("delivery_id", ID, ForeignKey("deliveries.id"), nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("answered_at", Moment),  # null: the worker died before it knew
    Column("state", String(16), nullable=False),  # what the delivery became by it
    Column("errcode", Integer),
    Column("errmsg", String(200), nullable=False, server_default=""),
    Column("msgid", String(128), nullable=False, server_default=""),
    Index(None, "delivery_id"),
)

# What was taken of a limit, in slots of time: the sum of the last slots is what counts.
quotas = Table(
    "quotas",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),  # epoch seconds at which it began
    Column("taken", Integer, nullable=False),
)

# What must rest for all processes: an API of one corp, or an app.
pauses = Table(
    "pauses",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("errcode", Integer, nullable=False),
    Column("strikes", Integer, nullable=False),  # how often in a row it did not help to wait
    Column("since_at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("value", Text, nullable=False),
    Column("expires_at", Float, nullable=False),  # epoch seconds
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Float, nullable=False),  # epoch seconds
)

greetings = Table(
    "greetings",
    metadata,
    corpid(),
    Column("agentid", ID, nullable=False),
    userid(),
    Column("day", String(10), nullable=False),  # in China
    UniqueConstraint("corpid", "agentid", "userid"),
)
