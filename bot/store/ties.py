"""What operators tied questions to."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, insert, select, update

from bot.model.question import Tied
from bot.store.database import Tx
from bot.store.tables import ties as table
from rules import Overlay, Tie

_LIVING = table.c.ended_at.is_(None)


def overlay(connection: Connection, but: int = 0) -> Overlay:
    """The ties that are in force, as the rule book takes them. but: the id of a group to leave out."""
    wanted = select(table.c.text, table.c.lineage, table.c.say).where(_LIVING, table.c.group_id != but).order_by(table.c.id)
    return Overlay(tuple(Tie(row.text, row.lineage, row.say) for row in connection.execute(wanted)))


def add(tx: Tx, group_id: int, texts: Sequence[str], lineage: str | None, say: str, author_id: int, now: datetime) -> None:
    """Tie these ways of asking."""
    same = {"group_id": group_id, "lineage": lineage, "say": say, "author_id": author_id, "made_at": now}
    tx.execute(insert(table), [{"text": text, **same} for text in texts])


def end(tx: Tx, group_id: int, ended_by: int, now: datetime) -> int:
    """No tie of this group holds any more. Returns how many did."""
    same = table.c.group_id == group_id, _LIVING
    return tx.execute(update(table).where(*same).values(ended_by=ended_by, ended_at=now)).rowcount


def of_group(connection: Connection, group_id: int) -> list[Tied]:
    """What a group was tied to, the newest first."""
    rows = connection.execute(select(table).where(table.c.group_id == group_id).order_by(table.c.made_at.desc(), table.c.id))
    found = []
    for _, together in groupby(rows, key=lambda row: (row.made_at, row.lineage, row.say, row.ended_at)):
        of_one = list(together)
        first = of_one[0]
        fields = {name: getattr(first, name) for name in ("lineage", "say", "author_id", "made_at", "ended_by", "ended_at")}
        found.append(Tied(**fields, texts=tuple(row.text for row in of_one)))
    return found
