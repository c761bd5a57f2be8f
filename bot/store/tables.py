"""Every table. Ids from WeCom compare in binary: zhangsan, ZhangSan and the zhangsan of another corp are three people."""

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from bot.store.columns import ID, Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _corpid() -> Column[str]:
    return Column("corpid", String(64), nullable=False)


def _userid() -> Column[str]:
    return Column("userid", String(128), nullable=False)


inbox = Table(
    "inbox",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),
    _corpid(),
    Column("agentid", ID, nullable=False),
    _userid(),
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
    _corpid(),
    Column("agentid", ID, nullable=False),
    Column("payload", Json, nullable=False),  # frozen: repeated byte-identically, so that the vendor can swallow the repeat
    Column("priority", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("after_id", ID, ForeignKey("batches.id")),  # goes only when that one is through: parts of one long answer
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("first_attempt_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease", String(64)),
    Column("lease_until", Moment),
    CheckConstraint("state IN ('open', 'done')", name="state"),
    Index(None, "after_id"),
    Index("ix_batches_due", "priority", "due_at", sqlite_where=Column("state") == "open", postgresql_where=Column("state") == "open"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("batch_id", ID, ForeignKey("batches.id"), nullable=False),
    _corpid(),
    Column("agentid", ID, nullable=False),
    _userid(),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("errcode", Integer),
    Column("errmsg", String(200), nullable=False, server_default=""),
    Column("msgid", String(128), nullable=False, server_default=""),
    Column("response_code", Text, nullable=False, server_default=""),
    Column("sent_at", Moment),  # the last time it went to the vendor
    Column("settled_at", Moment),
    CheckConstraint("state IN ('queued', 'sending', 'uncertain', 'accepted', 'rejected', 'exhausted', 'cancelled')", name="state"),
    CheckConstraint("channel IN ('wecom', 'mail', 'portal')", name="channel"),
    UniqueConstraint("batch_id", "userid", "channel"),
    # How much did this person get in the last minute and hour?
    Index(None, "corpid", "agentid", "userid", "sent_at"),
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
    _corpid(),
    Column("agentid", ID, nullable=False),
    _userid(),
    Column("day", String(10), nullable=False),  # in China
    UniqueConstraint("corpid", "agentid", "userid"),
)
