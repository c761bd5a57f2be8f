"""What the schedule still has to do for each case."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.database import Tx
from bot.store.tables import cases, ladder


def add(tx: Tx, case_id: int, steps: Mapping[str, datetime]) -> None:
    """Write steps with the moment when each is due. One that stands there already stays as it is."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    rows = [{"case_id": case_id, "step": step, "due_at": due_at} for step, due_at in steps.items()]
    if rows:
        tx.execute(dialect.insert(ladder).on_conflict_do_nothing(), rows)


def finish(tx: Tx, case_id: int, step: str, result: str, now: datetime) -> bool:
    """Mark a step as done. Returns False when it was done before: then whoever asks must not act."""
    same = ladder.c.case_id == case_id, ladder.c.step == step, ladder.c.done_at.is_(None)
    return bool(tx.execute(update(ladder).where(*same).values(done_at=now, result=result)).rowcount)


def tell(tx: Tx, case_id: int, step: str, result: str) -> None:
    """Write what came of a step that was just done."""
    tx.execute(update(ladder).where(ladder.c.case_id == case_id, ladder.c.step == step).values(result=result[:64]))


def stop(tx: Tx, case_id: int, result: str, now: datetime, keep: Iterable[str] = ()) -> None:
    """Mark all steps that are left as done, but for those to keep."""
    left = ladder.c.case_id == case_id, ladder.c.done_at.is_(None), ladder.c.step.not_in(list(keep))
    tx.execute(update(ladder).where(*left).values(done_at=now, result=result))


def hasten(tx: Tx, case_id: int, step: str, now: datetime) -> bool:
    """Make a step due now that was due later. Returns False when there is nothing to hasten."""
    later = ladder.c.case_id == case_id, ladder.c.step == step, ladder.c.done_at.is_(None), ladder.c.due_at > now
    return bool(tx.execute(update(ladder).where(*later).values(due_at=now)).rowcount)


def due(connection: Connection, now: datetime, limit: int) -> list[tuple[int, str]]:
    """(case id, step) of what is due, the longest overdue first."""
    statement = select(ladder.c.case_id, ladder.c.step).where(ladder.c.done_at.is_(None), ladder.c.due_at <= now)
    return [(row.case_id, row.step) for row in connection.execute(statement.order_by(ladder.c.due_at, ladder.c.case_id).limit(limit))]


def steps(connection: Connection, case_id: int) -> list[tuple[str, datetime, datetime | None, str]]:
    """(step, due, done, result) of a case, in the order in which they are due."""
    rows = connection.execute(select(ladder).where(ladder.c.case_id == case_id).order_by(ladder.c.due_at))
    return [(row.step, row.due_at, row.done_at, row.result) for row in rows]


def unserved(connection: Connection, after: int, limit: int) -> list[int]:
    """Ids of open cases that are not served yet and have no `deem` step, from the one after `after` on."""
    has_step = select(ladder.c.case_id).where(ladder.c.case_id == cases.c.id, ladder.c.step == "deem").exists()
    statement = select(cases.c.id).where(cases.c.state.in_(("in_force", "recovering")), cases.c.served_at.is_(None), ~has_step)
    return list(connection.execute(statement.where(cases.c.id > after).order_by(cases.c.id).limit(limit)).scalars())
