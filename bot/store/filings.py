"""What providers hand in: filings with their items, files and rounds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model.filing import MACHINES, OPEN, PARTS, FiledFile, Filing, FilingKind, FilingState, Item, Round
from bot.store.database import Tx
from bot.store.tables import filing_files, filing_items, filing_rounds
from bot.store.tables import filings as table

_AGAIN = frozenset({FilingState.LAPSED, FilingState.DROPPED})  # nothing came of it


def add(tx: Tx, values: Mapping[str, Any], items: Sequence[Item]) -> Filing:
    """Write a draft. Raises Stale when there is one of its kind already that still counts."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    draft = dialect.insert(table).values(**values, state=FilingState.DRAFT).on_conflict_do_nothing()
    filing_id = tx.execute(draft.returning(table.c.id)).scalar_one_or_none()
    if filing_id is None:
        raise Stale("filing")
    rows = [{"filing_id": filing_id, "clause": item.clause, "position": at, "title": item.title} for at, item in enumerate(items)]
    if rows:
        tx.execute(insert(filing_items), rows)
    return get(tx, filing_id)


def get(connection: Connection, filing_id: int, *, lock: bool = False) -> Filing:
    """Raises NotFound. lock: nobody else changes it until this transaction ends."""
    if lock:  # SQLite writes one transaction at a time anyway
        connection.execute(select(table.c.id).where(table.c.id == filing_id).with_for_update())
    return _one(connection, table.c.id == filing_id)


def by_number(connection: Connection, number: str) -> Filing:
    """By the number that people read out. Raises NotFound."""
    return _one(connection, table.c.number == number)


def of_case(connection: Connection, case_id: int, *, drafts: bool = True, inside: bool = True) -> list[Filing]:
    """All about a case, oldest first. drafts: with those that were never handed in. inside: with their items and files."""
    conditions = [table.c.case_id == case_id, *([] if drafts else [table.c.round > 0])]
    return _many(connection, and_(*conditions), inside=inside)


def of_app(connection: Connection, app_id: int) -> list[Filing]:
    """Withdrawals of an app, and the ways back from them, oldest first."""
    return _many(connection, and_(table.c.app_id == app_id, table.c.case_id.is_(None)))


def of_provider(connection: Connection, provider_id: int, *, only_open: bool = False, inside: bool = True) -> list[Filing]:
    """All of a provider, oldest first. inside: with their items and files."""
    conditions = [table.c.provider_id == provider_id, *([table.c.state.in_(OPEN)] if only_open else [])]
    return _many(connection, and_(*conditions), inside=inside)


def living(
    connection: Connection, kind: FilingKind, *, case_id: int | None = None, measure_id: int | None = None, app_id: int | None = None
) -> Filing | None:
    """The newest of its kind about this very thing that was neither dropped nor lapsed.

    measure_id: of an objection. app_id: of a withdrawal or of the way back from one; then case_id is None.
    """
    conditions: list[ColumnElement[bool]] = [table.c.kind == kind, table.c.state.not_in(_AGAIN)]
    if case_id is None:
        conditions += [table.c.case_id.is_(None), table.c.app_id == app_id]
    else:
        conditions.append(table.c.case_id == case_id)
    if kind is FilingKind.OBJECTION:
        conditions.append(table.c.measure_id == measure_id if measure_id else table.c.measure_id.is_(None))
    found = _many(connection, and_(*conditions))
    return found[-1] if found else None


def listed(
    connection: Connection,
    states: Iterable[FilingState] = (),
    *,
    kinds: Iterable[FilingKind] = (),
    overdue: bool = False,
    after: int = 0,
    limit: int = 50,
) -> list[Filing]:
    """In any of `states` and `kinds` (all where empty), oldest first. after: the id of the last one seen, to page on."""
    conditions: list[ColumnElement[bool]] = [table.c.id > after]
    for column, wanted in ((table.c.state, list(states)), (table.c.kind, list(kinds))):
        if wanted:
            conditions.append(column.in_(wanted))
    if overdue:
        conditions.append(table.c.overdue_at.is_not(None))
    return _many(connection, and_(*conditions), limit)


def sought(connection: Connection, kind: FilingKind | None, state: FilingState | None, before: int, limit: int) -> list[Filing]:
    """What was handed in, newest first, without items and files. before: the id of the last one seen, 0 to begin."""
    conditions = [table.c.round > 0, *([table.c.id < before] if before else [])]
    conditions += [column == wanted for column, wanted in ((table.c.kind, kind), (table.c.state, state)) if wanted]
    return _many(connection, and_(*conditions), limit, inside=False, newest_first=True)


def withdrawn(connection: Connection, app_ids: Iterable[int]) -> set[int]:
    """Of these apps, those whose withdrawal was granted and has not ended (4.3)."""
    same = table.c.kind == FilingKind.WITHDRAWAL, table.c.state == FilingState.GRANTED, table.c.ended_at.is_(None)
    return set(connection.execute(select(table.c.app_id).where(table.c.app_id.in_(list(app_ids)), *same)).scalars())


def _one(connection: Connection, condition: ColumnElement[bool]) -> Filing:
    found = _many(connection, condition, 1)
    if not found:
        raise NotFound("filing")
    return found[0]


def _many(
    connection: Connection, condition: ColumnElement[bool], limit: int | None = None, *, inside: bool = True, newest_first: bool = False
) -> list[Filing]:
    order = table.c.id.desc() if newest_first else table.c.id
    rows = connection.execute(select(table).where(condition).order_by(order).limit(limit)).all()
    ids = [row.id for row in rows] if inside else []
    items, files = (_items(connection, ids), _files(connection, ids)) if ids else ({}, {})
    return [
        Filing(
            **{**row._mapping, "kind": FilingKind(row.kind), "state": FilingState(row.state)},
            items=tuple(items.get(row.id, ())),
            files=tuple(files.get(row.id, ())),
        )
        for row in rows
    ]


def _items(connection: Connection, ids: Sequence[int]) -> dict[int, list[Item]]:
    found: dict[int, list[Item]] = {}
    statement = select(filing_items).where(filing_items.c.filing_id.in_(ids)).order_by(filing_items.c.filing_id, filing_items.c.position)
    for row in connection.execute(statement):
        values = {name: getattr(row, name) for name in ("clause", "title", *PARTS, "verdict", "remark")}
        found.setdefault(row.filing_id, []).append(Item(**values))
    return found


def _files(connection: Connection, ids: Sequence[int]) -> dict[int, list[FiledFile]]:
    found: dict[int, list[FiledFile]] = {}
    kept = filing_files.c.filing_id.in_(ids), filing_files.c.removed_at.is_(None)
    for row in connection.execute(select(filing_files).where(*kept).order_by(filing_files.c.id)):
        found.setdefault(row.filing_id, []).append(_file(row))
    return found


def _file(row: Any) -> FiledFile:
    values = {name: value for name, value in row._mapping.items() if name != "removed_at"}
    return FiledFile(**{**values, "flags": tuple(row.flags)})


# Changing


def change(tx: Tx, filing: Filing, action: str = "", **values: Any) -> Filing:
    """Set columns; with `action` take that step of its machine. Raises TransitionNotAllowed, and Stale when somebody was quicker."""
    if action:
        values["state"] = MACHINES[filing.kind].next(filing.state, action).target
    same = table.c.id == filing.id, table.c.state == filing.state, table.c.version == filing.version
    if not tx.execute(update(table).where(*same).values(**values, version=filing.version + 1)).rowcount:
        raise Stale(filing.number)
    return get(tx, filing.id)


def write_items(tx: Tx, filing_id: int, items: Iterable[Item]) -> None:
    """What the provider wrote, and what the reviewer said of it."""
    for item in items:
        same = filing_items.c.filing_id == filing_id, filing_items.c.clause == item.clause
        values = {name: getattr(item, name) for name in (*PARTS, "verdict", "remark")}
        tx.execute(update(filing_items).where(*same).values(values))


def touch(tx: Tx, filing_id: int, now: datetime) -> None:
    """The provider is at it. Files come and go beside the words, so a form that is being filled in does not grow stale by them."""
    tx.execute(update(table).where(table.c.id == filing_id).values(touched_at=now))


# Files


def attach(tx: Tx, filing_id: int, values: Mapping[str, Any]) -> FiledFile | None:
    """Give a filing a file. Returns None where it has these bytes already; one that was removed comes back."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(filing_files).values(filing_id=filing_id, **values)
    again = statement.on_conflict_do_update(
        index_elements=["filing_id", "sha256"],
        set_={"removed_at": None, "destroyed_at": None, "clause": statement.excluded.clause, "name": statement.excluded.name},
        where=filing_files.c.removed_at.is_not(None),
    )
    row = tx.execute(again.returning(*filing_files.c)).one_or_none()
    return None if row is None else _file(row)


def detach(tx: Tx, filing_id: int, file_id: int, now: datetime) -> bool:
    """Take a file off a filing. What was handed in before stays on record. Returns False where there is none."""
    same = filing_files.c.filing_id == filing_id, filing_files.c.id == file_id, filing_files.c.removed_at.is_(None)
    if tx.execute(delete(filing_files).where(*same, filing_files.c.round == 0)).rowcount:
        return True
    return bool(tx.execute(update(filing_files).where(*same).values(removed_at=now)).rowcount)


def handed_in(tx: Tx, filing_id: int, number: int) -> None:
    """Note on files that are new in this round that they are part of it."""
    same = filing_files.c.filing_id == filing_id, filing_files.c.round == 0, filing_files.c.removed_at.is_(None)
    tx.execute(update(filing_files).where(*same).values(round=number))


def file(connection: Connection, filing_id: int, file_id: int) -> FiledFile:
    """One file of a filing, removed ones that were handed in too. Raises NotFound."""
    row = connection.execute(select(filing_files).where(filing_files.c.filing_id == filing_id, filing_files.c.id == file_id)).one_or_none()
    if row is None:
        raise NotFound("file")
    return _file(row)


def filed(connection: Connection, filing_id: int) -> list[FiledFile]:
    """All files that were ever handed in with a filing, those taken off later too, oldest first."""
    same = filing_files.c.filing_id == filing_id, filing_files.c.round > 0
    return [_file(row) for row in connection.execute(select(filing_files).where(*same).order_by(filing_files.c.id))]


# Rounds


def add_round(tx: Tx, filing: Filing, content: Mapping[str, Any], sha256: str, admin_id: int, now: datetime) -> None:
    """Freeze what is handed in."""
    values = {"content": content, "sha256": sha256, "admin_id": admin_id, "submitted_at": now, "remarks": {}}
    tx.execute(insert(filing_rounds).values(filing_id=filing.id, round=filing.round, **values))


def decide_round(tx: Tx, filing: Filing, **values: Any) -> None:
    """Write what came of the last round. Raises Stale where that is written already."""
    same = filing_rounds.c.filing_id == filing.id, filing_rounds.c.round == filing.round, filing_rounds.c.outcome == ""
    if not tx.execute(update(filing_rounds).where(*same).values(**values)).rowcount:
        raise Stale(filing.number)


def rounds(connection: Connection, filing_id: int) -> list[Round]:
    """Oldest first."""
    rows = connection.execute(select(filing_rounds).where(filing_rounds.c.filing_id == filing_id).order_by(filing_rounds.c.round))
    return [Round(**{name: value for name, value in row._mapping.items() if name != "filing_id"}) for row in rows]


# What the calendar asks


def expired_claims(connection: Connection, now: datetime) -> list[int]:
    """Ids of filings whose reviewer's claim is over."""
    same = table.c.state == FilingState.UNDER_REVIEW, table.c.claimed_until <= now
    return list(connection.execute(select(table.c.id).where(*same).order_by(table.c.id)).scalars())


def newly_overdue(connection: Connection, now: datetime) -> list[int]:
    """Ids of filings whose review is late and not marked so."""
    waiting = or_(table.c.state == FilingState.SUBMITTED, table.c.state == FilingState.UNDER_REVIEW)
    same = waiting, table.c.due_at <= now, table.c.overdue_at.is_(None)
    return list(connection.execute(select(table.c.id).where(*same).order_by(table.c.id)).scalars())


def count_files(connection: Connection, filing_id: int) -> int:
    """How many files a filing has now."""
    kept = filing_files.c.filing_id == filing_id, filing_files.c.removed_at.is_(None)
    return connection.execute(select(func.count()).where(*kept)).scalar_one()
