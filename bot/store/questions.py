"""What was asked and not answered, kept apart from who asked; and how far the inbox has been read for it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model.question import GROUP, Asked, Group, GroupState, Phrasing, Thumb
from bot.store.database import Tx
from bot.store.tables import counters, inbox, thumbs, ties, unanswered
from bot.store.tables import question_groups as table

_READ = "questions"  # in counters: the inbox row up to which everything is in groups
_REFUSED = "ask_rule refusal"
_TIED = "ask_rule refusal tied"  # answered as an operator said
TEXT_CHARS = 400
_SWAPPED = timedelta(seconds=2)  # after which a tie holds in all processes


# From the inbox


def read_until(connection: Connection) -> int:
    """The last inbox row that is in groups."""
    return connection.execute(select(counters.c.last).where(counters.c.name == _READ)).scalar_one_or_none() or 0


def note_read(tx: Tx, before: int, last: int) -> bool:
    """Everything up to `last` is in groups with this transaction. False where somebody else read on from `before` meanwhile."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    tx.execute(dialect.insert(counters).values(name=_READ, last=0).on_conflict_do_nothing())
    same = counters.c.name == _READ, counters.c.last == before
    return tx.execute(update(counters).where(*same).values(last=last)).rowcount == 1


def refused(connection: Connection, after: int, before: datetime, limit: int, most: int) -> tuple[list[Asked], int]:
    """(at most so many that were refused among the next rows, the last row that was looked at).

    before: younger rows wait: an older one may still come.
    """
    wanted = select(inbox.c.id, inbox.c.kind, inbox.c.fields, inbox.c.outcome, inbox.c.arrived_at).where(inbox.c.id > after)
    rows = connection.execute(wanted.order_by(inbox.c.id).limit(limit)).all()
    found: list[Asked] = []
    last = after
    for row in rows:
        if row.arrived_at >= before or len(found) == most:
            break
        last = row.id
        if row.kind == "text" and row.outcome.startswith(_REFUSED) and row.outcome != _TIED:
            told = row.fields.get("content") if isinstance(row.fields, dict) else None
            found.append(Asked(text=str(told or ""), topic=row.outcome.removeprefix(_REFUSED).strip(), at=row.arrived_at))
    return found, last


# Groups


def key(evened: str) -> str:
    """What names one way of asking."""
    return hashlib.sha256(evened.encode("utf-8", "replace")).hexdigest()


def known(connection: Connection, evened: Sequence[str]) -> set[str]:
    """Of these texts, those that somebody asked before."""
    keys = {key(text): text for text in evened}
    found = connection.execute(select(unanswered.c.key).where(unanswered.c.key.in_(list(keys)))).scalars()
    return {keys[one] for one in found}


def group_of(connection: Connection, evened: str) -> int | None:
    """The group that has this way of asking."""
    return connection.execute(select(unanswered.c.group_id).where(unanswered.c.key == key(evened))).scalar_one_or_none()


def counted(tx: Tx, evened: str, at: datetime, number: int) -> bool:
    """Count a way of asking that is known, and its group. Returns False where it is not, or where its group was answered without it."""
    same = unanswered.c.key == key(evened)
    of = tx.execute(
        update(unanswered)
        .where(same, ~_answered(at))
        .values(count=unanswered.c.count + number, last_at=at)
        .returning(unanswered.c.group_id)
    ).scalar_one_or_none()
    if of is not None:
        tx.execute(update(table).where(table.c.id == of).values(count=table.c.count + number, last_at=at))
    return of is not None


def _answered(at: datetime) -> ColumnElement[bool]:
    """Of `unanswered`: its group had an answer at that time, in all processes, and yet it was refused."""
    return (
        select(ties.c.id)
        .join(table, table.c.id == ties.c.group_id)
        .where(ties.c.group_id == unanswered.c.group_id, table.c.state == GroupState.TIED, ties.c.ended_at.is_(None))
        .where(ties.c.made_at < at - _SWAPPED)
        .exists()
    )


def add(tx: Tx, evened: str, asked: Asked, number: int, group_id: int | None) -> int:
    """Write a way of asking, in a group of its own where `group_id` is None. Returns its group.

    One that is known leaves its group, which was answered without it: it still waits for an answer.
    """
    text = asked.text[:TEXT_CHARS]
    times = {"first_at": asked.at, "last_at": asked.at}
    if group_id is not None:
        still_asks = table.c.id == group_id, table.c.state != GroupState.TIED
        more = update(table).where(*still_asks).values(count=table.c.count + number, last_at=asked.at)
        if not tx.execute(more).rowcount:  # it was forgotten meanwhile, or answered
            group_id = None
    if group_id is None:
        values = {"text": text, "topic": asked.topic[:32], "count": number, "state": GroupState.OPEN, **times}
        group_id = tx.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = dialect.insert(unanswered).values(key=key(evened), group_id=group_id, text=text, count=number, **times)
    moved = {"group_id": group_id, "count": number, **times}
    tx.execute(row.on_conflict_do_update(index_elements=["key"], set_=moved))
    assert group_id is not None
    return group_id


@dataclass(frozen=True, slots=True)
class Old:
    """Keys of what nobody has asked, or said, for long."""

    phrasings: Sequence[int]
    groups: Sequence[int]
    thumbs: Sequence[str]


def old(connection: Connection, before: datetime, limit: int) -> Old:
    """What nobody has asked since then, and nobody tied: kept no longer than messages are. `limit` of each at most."""
    is_tied = select(ties.c.id).where(ties.c.group_id == unanswered.c.group_id).exists()
    phrasings = connection.execute(select(unanswered.c.id).where(unanswered.c.last_at < before, ~is_tied).limit(limit)).scalars().all()
    is_kept = or_(
        select(ties.c.id).where(ties.c.group_id == table.c.id).exists(),
        select(unanswered.c.id).where(unanswered.c.group_id == table.c.id, unanswered.c.id.not_in(phrasings)).exists(),
    )
    groups = connection.execute(select(table.c.id).where(table.c.last_at < before, ~is_kept).limit(limit)).scalars().all()
    said = connection.execute(select(thumbs.c.key).where(thumbs.c.at < before).limit(limit)).scalars().all()
    return Old(phrasings, groups, said)


def forget(tx: Tx, gone: Old, before: datetime) -> None:
    """Delete it, unless it was asked or tied meanwhile."""
    is_tied = select(ties.c.id).where(ties.c.group_id == unanswered.c.group_id).exists()
    tx.execute(delete(unanswered).where(unanswered.c.id.in_(gone.phrasings), unanswered.c.last_at < before, ~is_tied))
    is_kept = or_(
        select(ties.c.id).where(ties.c.group_id == table.c.id).exists(),
        select(unanswered.c.id).where(unanswered.c.group_id == table.c.id).exists(),
    )
    tx.execute(delete(table).where(table.c.id.in_(gone.groups), ~is_kept))
    tx.execute(delete(thumbs).where(thumbs.c.key.in_(gone.thumbs), thumbs.c.at < before))


def heads(connection: Connection, limit: int) -> list[tuple[int, str]]:
    """(id, text) of the groups that were asked last and have no answer."""
    wanted = (
        select(table.c.id, table.c.text).where(table.c.state != GroupState.TIED).order_by(table.c.last_at.desc(), table.c.id).limit(limit)
    )
    return [(row.id, row.text) for row in connection.execute(wanted)]


def get(connection: Connection, group_id: int, *, lock: bool = False) -> Group:
    """Raises NotFound. lock: nobody else changes it until this transaction ends."""
    wanted = select(table).where(table.c.id == group_id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound("question")
    return _group(row)


def listed(connection: Connection, state: GroupState, after: tuple[int, int] | None, limit: int) -> list[Group]:
    """Those asked most often first. after: (count, id) of the last one seen."""
    wanted = select(table).where(table.c.state == state)
    if after:
        count, last = after
        wanted = wanted.where((table.c.count < count) | ((table.c.count == count) & (table.c.id < last)))
    return [_group(row) for row in connection.execute(wanted.order_by(table.c.count.desc(), table.c.id.desc()).limit(limit))]


def totals(connection: Connection) -> dict[GroupState, int]:
    """How many groups are in each state."""
    return {GroupState(row[0]): row[1] for row in connection.execute(select(table.c.state, func.count()).group_by(table.c.state))}


def phrasings(connection: Connection, group_id: int, limit: int) -> list[Phrasing]:
    """The ways in which it was asked, the most frequent first."""
    wanted = select(unanswered).where(unanswered.c.group_id == group_id).order_by(unanswered.c.count.desc(), unanswered.c.id).limit(limit)
    return [Phrasing(**{name: row._mapping[name] for name in Phrasing.__dataclass_fields__}) for row in connection.execute(wanted)]


def texts(connection: Connection, group_id: int, ids: Iterable[int]) -> list[str]:
    """Of these ways of asking, those that are of this group."""
    wanted = select(unanswered.c.text).where(unanswered.c.group_id == group_id, unanswered.c.id.in_(list(ids)))
    return list(connection.execute(wanted.order_by(unanswered.c.id)).scalars())


def advance(tx: Tx, group: Group, action: str) -> Group:
    """Take one step of its machine. Raises TransitionNotAllowed, and Stale when somebody was quicker."""
    step = GROUP.next(group.state, action)
    same = table.c.id == group.id, table.c.version == group.version
    if not tx.execute(update(table).where(*same).values(state=step.target, version=group.version + 1)).rowcount:
        raise Stale("question")
    return get(tx, group.id)


def _group(row: Row[Any]) -> Group:
    return Group(**{**row._mapping, "state": GroupState(row.state)})


# Thumbs


def outcome_of(connection: Connection, message_key: str) -> str:
    """What came of the message with this key."""
    return connection.execute(select(inbox.c.outcome).where(inbox.c.key == message_key)).scalar_one_or_none() or ""


def thumb(tx: Tx, message_key: str, text: str, outcome: str, now: datetime, *, is_good: bool) -> bool:
    """Keep what somebody said of an answer; the last word counts. Returns whether it is the first time."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    values = {"key": message_key, "text": text[:TEXT_CHARS], "outcome": outcome, "is_good": is_good, "at": now}
    known = tx.execute(select(thumbs.c.key).where(thumbs.c.key == message_key)).first() is not None
    said = dialect.insert(thumbs).values(**values)
    tx.execute(said.on_conflict_do_update(index_elements=["key"], set_={"is_good": is_good, "at": now}))
    return not known


def thumbs_down(connection: Connection, after: tuple[datetime, str] | None, limit: int) -> Sequence[Thumb]:
    """Answers that did not help, the newest first. after: (at, key) of the last one seen."""
    wanted = select(thumbs).where(thumbs.c.is_good.is_(False))
    if after:
        at, key_ = after
        wanted = wanted.where(or_(thumbs.c.at < at, and_(thumbs.c.at == at, thumbs.c.key < key_)))
    return [_thumb(row) for row in connection.execute(wanted.order_by(thumbs.c.at.desc(), thumbs.c.key.desc()).limit(limit))]


def thumb_of(connection: Connection, message_key: str) -> Thumb:
    """What somebody said of the answer to this message. Raises NotFound."""
    row = connection.execute(select(thumbs).where(thumbs.c.key == message_key)).one_or_none()
    if row is None:
        raise NotFound("thumb")
    return _thumb(row)


def _thumb(row: Row[Any]) -> Thumb:
    return Thumb(key=row.key, text=row.text, outcome=row.outcome, is_good=row.is_good, at=row.at)


def thumb_counts(connection: Connection) -> tuple[int, int]:
    """(how many answers helped, how many did not)."""
    counted_ = {row[0]: row[1] for row in connection.execute(select(thumbs.c.is_good, func.count()).group_by(thumbs.c.is_good))}
    return counted_.get(True, 0), counted_.get(False, 0)
