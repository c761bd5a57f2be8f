"""What was taken of each limit, so that all processes together keep to it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.model.delivery import State
from bot.store.tables import batches, deliveries, quotas

_LONGEST_CALL = timedelta(minutes=5)


def _gone_out(corpid: str, agentid: int, userids: Collection[str], since: datetime) -> Iterable[object]:
    """Messages that these people got since then, or that may be reaching them now.

    The platform counts one between our marking it and our having its answer, so it counts here until that long after the answer.
    """
    return (
        deliveries.c.corpid == corpid,
        deliveries.c.agentid == agentid,
        deliveries.c.userid.in_(userids),
        deliveries.c.channel == "wecom",
        deliveries.c.sent_at > since - _LONGEST_CALL,
        deliveries.c.state.in_((State.SENDING, State.UNCERTAIN, State.ACCEPTED)),
        or_(deliveries.c.settled_at.is_(None), deliveries.c.settled_at > since),
    )


def sent_to(
    connection: Connection, corpid: str, agentid: int, userids: Collection[str], minute_ago: datetime, hour_ago: datetime
) -> dict[str, tuple[int, int]]:
    """How many messages each got in the last minute and the last hour; who got none is left out."""
    in_minute = or_(deliveries.c.settled_at.is_(None), deliveries.c.settled_at > minute_ago)
    counts = func.sum(case((in_minute, 1), else_=0)), func.count()
    statement = select(deliveries.c.userid, *counts).where(and_(*_gone_out(corpid, agentid, userids, hour_ago)))  # type: ignore[arg-type]
    return {userid: (minute, hour) for userid, minute, hour in connection.execute(statement.group_by(deliveries.c.userid))}


def moments(connection: Connection, corpid: str, agentid: int, userid: str, since: datetime, now: datetime) -> list[datetime]:
    """When each of these messages began to count, oldest first; `now` for one that is not answered yet."""
    statement = select(deliveries.c.settled_at).where(and_(*_gone_out(corpid, agentid, [userid], since)))  # type: ignore[arg-type]
    return sorted(settled_at or now for settled_at in connection.execute(statement).scalars())


def waiting(connection: Connection, corpid: str, agentid: int, userid: str, rank: int, now: datetime) -> int:
    """How many messages of this rank or more urgent wait for a later time to go to this person."""
    statement = (
        select(func.count())
        .join(batches, batches.c.id == deliveries.c.batch_id)
        .where(deliveries.c.corpid == corpid, deliveries.c.agentid == agentid, deliveries.c.userid == userid)
        .where(deliveries.c.sent_at.is_(None), deliveries.c.state == State.QUEUED, deliveries.c.channel == "wecom")
        .where(batches.c.due_at > now, batches.c.priority <= rank)
    )
    return connection.execute(statement).scalar_one()


def take(tx: Connection, name: str, slot: int, amount: int) -> None:
    """Count `amount` more (or fewer) in the slot of time that begins at `slot` (epoch seconds)."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    add = dialect.insert(quotas).values(name=name, slot=slot, taken=amount)
    tx.execute(add.on_conflict_do_update(index_elements=["name", "slot"], set_={"taken": quotas.c.taken + add.excluded.taken}))


def taken(connection: Connection, name: str, since: float) -> tuple[int, int | None]:
    """(How much was taken in slots that begin after `since`, the oldest of these)."""
    statement = select(func.coalesce(func.sum(quotas.c.taken), 0), func.min(quotas.c.slot))
    row = connection.execute(statement.where(quotas.c.name == name, quotas.c.slot > since, quotas.c.taken > 0)).one()
    return int(row[0]), row[1]


def forget(tx: Connection, before: float) -> None:
    """Drop slots that no window reaches back to."""
    tx.execute(delete(quotas).where(quotas.c.slot < before))
