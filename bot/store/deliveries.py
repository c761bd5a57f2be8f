"""What became of a notice's deliveries, to be looked at."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.model.delivered import Attempt, Sent
from bot.model.delivery import State, Via
from bot.model.provider import Address
from bot.store import claims
from bot.store.tables import batches, deliveries, notice_batches


def of_notices(connection: Connection, notice_ids: Collection[int]) -> list[tuple[int, Address, Sent]]:
    """(notice's id, to whom, what became of it) in the order of sending. A changed card is no delivery of a notice."""
    of_delivery = [deliveries.c[name] for name in ("id", "corpid", "agentid", "userid", "channel", "state")]
    of_outcome = [deliveries.c[name] for name in ("errcode", "errmsg", "msgid", "sent_at", "settled_at")]
    statement = (
        select(notice_batches.c.notice_id, notice_batches.c.step, notice_batches.c.task_id, batches.c.created_at, *of_delivery, *of_outcome)
        .join_from(notice_batches, batches, batches.c.id == notice_batches.c.batch_id)
        .join(deliveries, deliveries.c.batch_id == batches.c.id)
        .where(notice_batches.c.notice_id.in_(notice_ids), batches.c.via != Via.CARD_UPDATE)
        .order_by(batches.c.id, deliveries.c.id)
    )
    rows = connection.execute(statement.add_columns(batches.c.id.label("batch_id"))).all()
    story = claims.story(connection, {row.batch_id for row in rows})
    return [(row.notice_id, Address(row.corpid, row.agentid, row.userid), _sent(row, story.get(row.id, []))) for row in rows]


def _sent(row: Row[Any], attempts: list[dict[str, Any]]) -> Sent:
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
