"""What became of a notice's deliveries, to be looked at."""

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.model.delivered import Attempt, Sent
from bot.model.delivery import State, Via
from bot.model.provider import Address
from bot.store.tables import attempts, batches, deliveries, notice_batches

_ATTEMPT = tuple(Attempt.__dataclass_fields__)


def of_notices(connection: Connection, notice_ids: Collection[int]) -> list[tuple[int, Address, Sent]]:
    """(notice's id, to whom, what became of it) in the order of sending. A changed card is no delivery of a notice."""
    of_delivery = [deliveries.c[name] for name in ("id", "corpid", "agentid", "userid", "channel", "state")]
    of_outcome = [deliveries.c[name] for name in ("errcode", "errmsg", "msgid", "sent_at", "settled_at")]
    each_time = [attempts.c[name].label(f"attempt_{name}") for name in ("id", *_ATTEMPT)]
    of_batch = (notice_batches.c.notice_id, notice_batches.c.step, notice_batches.c.task_id, batches.c.created_at)
    statement = (
        select(*of_batch, *of_delivery, *of_outcome, *each_time)
        .join_from(notice_batches, batches, batches.c.id == notice_batches.c.batch_id)
        .join(deliveries, deliveries.c.batch_id == batches.c.id)
        .outerjoin(attempts, attempts.c.delivery_id == deliveries.c.id)
        .where(notice_batches.c.notice_id.in_(notice_ids), batches.c.via != Via.CARD_UPDATE)
        .order_by(batches.c.id, deliveries.c.id, attempts.c.id)
    )
    found = []
    for _, rows in groupby(connection.execute(statement), key=lambda row: row.id):
        of_one = list(rows)
        row = of_one[0]
        found.append((row.notice_id, Address(row.corpid, row.agentid, row.userid), _sent(row, of_one)))
    return found


def _sent(row: Row[Any], rows: Iterable[Row[Any]]) -> Sent:
    """rows: one for each attempt, and one where there was none."""
    attempts = [{name: one._mapping[f"attempt_{name}"] for name in _ATTEMPT} for one in rows if one.attempt_id]
    return Sent(
        step=row.step,
        channel=row.channel,
        is_card=row.task_id != "",
        state=State(row.state),
        queued_at=row.created_at,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        errcode=row.errcode or 0,
        errmsg=row.errmsg,
        msgid=row.msgid,
        attempts=tuple(Attempt(**{**one, "state": State(one["state"]), "errcode": one["errcode"] or 0}) for one in attempts),
    )
