"""What an operator has to do by hand."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound
from bot.model.duty import task_due
from bot.store.database import Tx
from bot.store.tables import cases
from bot.store.tables import operator_tasks as table

_IN_ONE_STATEMENT = 500  # values bound at once


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorTask:
    """kind: apply or lift (a measure on the platform), serve (by hand), overdue, admins, withdraw or return (an app on the platform)."""

    id: int
    key: str
    case_id: int | None
    provider_id: int | None
    kind: str
    detail: str
    state: str
    created_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    done_by: int | None
    note: str


def add(tx: Tx, key: str, kind: str, detail: str, now: datetime, *, case_id: int | None = None, provider_id: int | None = None) -> bool:
    """Write a task down. Returns False when the same key was written before, done or not."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    about = {"case_id": case_id, "provider_id": provider_id}
    row = {"key": key, "kind": kind, "detail": detail, "state": "open", "created_at": now, "due_at": task_due(kind, now), **about}
    written = tx.execute(dialect.insert(table).values(row).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id))
    return written.first() is not None


def finish(tx: Tx, key: str, done_by: int | None, now: datetime, note: str = "") -> bool:
    """Tick an open task off. Returns False when it was not open."""
    same = table.c.key == key, table.c.state == "open"
    return bool(tx.execute(update(table).where(*same).values(state="done", done_at=now, done_by=done_by, note=note)).rowcount)


def reopen(tx: Tx, key: str, now: datetime) -> bool:
    """Put a task back on the list: what ended it was undone. Returns False where there is none."""
    values = {"state": "open", "done_at": None, "done_by": None, "note": ""}
    found = tx.execute(
        update(table).where(table.c.key == key, table.c.state != "open").values(**values).returning(table.c.id, table.c.kind)
    )
    row = found.one_or_none()
    if row is not None:
        tx.execute(update(table).where(table.c.id == row.id).values(due_at=task_due(row.kind, now)))
    return row is not None


def drop(tx: Tx, case_id: int, kinds: Iterable[str], now: datetime) -> int:
    """Take open tasks of a case off the list: there is no longer a reason for them."""
    same = table.c.case_id == case_id, table.c.kind.in_(list(kinds)), table.c.state == "open"
    return tx.execute(update(table).where(*same).values(state="dropped", done_at=now)).rowcount


def get(connection: Connection, task_id: int) -> OperatorTask:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound("operator task")
    return OperatorTask(**row._mapping)


def opened(connection: Connection, *, case_id: int | None = None, after: int = 0, limit: int = 100) -> list[OperatorTask]:
    """Open tasks, oldest first; of one case where given. after: the id of the last one seen, to page on."""
    statement = select(table).where(table.c.state == "open", table.c.id > after).order_by(table.c.id).limit(limit)
    if case_id is not None:
        statement = statement.where(table.c.case_id == case_id)
    return [OperatorTask(**row._mapping) for row in connection.execute(statement)]


def of_provider(connection: Connection, provider_id: int) -> list[OperatorTask]:
    """Open tasks about a provider, or about any of its cases, oldest first."""
    its_cases = select(cases.c.id).where(cases.c.provider_id == provider_id)
    about_it = or_(table.c.provider_id == provider_id, table.c.case_id.in_(its_cases))
    rows = connection.execute(select(table).where(table.c.state == "open", about_it).order_by(table.c.id))
    return [OperatorTask(**row._mapping) for row in rows]


def about(connection: Connection, kind: str, provider_ids: Collection[int]) -> list[OperatorTask]:
    """All tasks of one kind about these providers, done or not, oldest first."""
    ids = sorted(provider_ids)
    found: list[OperatorTask] = []
    for start in range(0, len(ids), _IN_ONE_STATEMENT):
        part = table.c.kind == kind, table.c.provider_id.in_(ids[start : start + _IN_ONE_STATEMENT])
        found += [OperatorTask(**row._mapping) for row in connection.execute(select(table).where(*part))]
    return sorted(found, key=lambda task: task.id)
