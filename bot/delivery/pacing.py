"""Keeping inside what one member may get: what is over is dropped by the vendor without a word (path/90454)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model.delivery import Batch
from bot.store import outbox
from bot.store.database import Tx

# One app to one member: 30 a minute, 1 000 an hour. A fifth is kept for what is urgent.
PER_MINUTE = 24
PER_HOUR = 800
_URGENT_PER_MINUTE = 30
_URGENT_PER_HOUR = 1_000
_COME_BACK_S = 15.0
# The vendor counts from when it got a message, we from when we began to send it: a second more makes up for slow calls.
_MINUTE, _HOUR = timedelta(seconds=61), timedelta(seconds=3_601)


def ready(tx: Tx, batch: Batch, queued: Sequence[str], now: datetime) -> tuple[list[str], datetime]:
    """Who of `queued` may be sent to now, and when to come back for the others."""
    per_minute, per_hour = (_URGENT_PER_MINUTE, _URGENT_PER_HOUR) if batch.priority == 0 else (PER_MINUTE, PER_HOUR)
    fit = []
    for userid in queued:
        in_minute, in_hour = outbox.sent_since(tx, batch.corpid, batch.agentid, userid, (now - _MINUTE, now - _HOUR))
        if in_minute < per_minute and in_hour < per_hour:
            fit.append(userid)
    return fit, now + timedelta(seconds=_COME_BACK_S)
