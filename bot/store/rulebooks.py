"""Versions of the rules, the models made for them, and the generation by which processes learn of a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model.case import OPEN as OPEN_CASES
from bot.model.case import State
from bot.model.rulebook import KNOWN, OPEN, RULEBOOK, Rulebook, RuleState
from bot.store.database import Tx
from bot.store.tables import book_state, cases, providers, rule_models
from bot.store.tables import rule_versions as table


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedCase:
    """An open case that rests on a clause which a new version changes."""

    id: int
    number: str
    provider: str
    state: State
    ground: str
    power: str
    rule_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """cases: some of them; of so many in all, at so many providers."""

    cases: Sequence[TouchedCase]
    in_all: int
    providers: int

    @classmethod
    def none(cls) -> "Touched":
        """Nothing was asked for."""
        return cls(cases=(), in_all=0, providers=0)


def touched(connection: Connection, clause_ids: Sequence[str], limit: int, after: int = 0) -> Touched:
    """Open cases whose ground or power is one of these clauses, the newest first. after: the id of the last one seen."""
    open_states = [*OPEN_CASES, State.DRAFT, State.PENDING_APPROVAL]
    same = cases.c.state.in_(open_states), or_(cases.c.ground.in_(clause_ids), cases.c.power.in_(clause_ids))
    counted = connection.execute(select(func.count(), func.count(cases.c.provider_id.distinct())).where(*same)).one()
    own = cases.c.id, cases.c.number, cases.c.state, cases.c.ground, cases.c.power, cases.c.rule_version
    fields = *own, providers.c.name.label("provider")
    joined = select(*fields).join(providers, providers.c.id == cases.c.provider_id).where(*same)
    rows = connection.execute((joined.where(cases.c.id < after) if after else joined).order_by(cases.c.id.desc()).limit(limit))
    found = [TouchedCase(**{**row._mapping, "state": State(row.state), "power": row.power or ""}) for row in rows]
    return Touched(cases=found, in_all=counted[0], providers=counted[1])


def generation(connection: Connection) -> int:
    """How often what the rule book is made of has changed."""
    return connection.execute(select(book_state.c.generation)).scalar_one_or_none() or 0


def bump(tx: Tx) -> None:
    """Have every process build its rule book anew once this transaction is committed."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    first = dialect.insert(book_state).values(id=1, generation=1)
    tx.execute(first.on_conflict_do_update(index_elements=["id"], set_={"generation": book_state.c.generation + 1}))


def lock(tx: Tx) -> None:
    """Let nobody else write a version, or tie a question, until this transaction ends. SQLite writes one transaction at a time anyway.

    The generation first: whoever ties holds it, and then waits for the trail.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(select(book_state.c.id).with_for_update())
        tx.execute(text("LOCK TABLE rule_versions IN SHARE ROW EXCLUSIVE MODE"))


def dates(connection: Connection) -> set[str]:
    """The dates of all versions that were not discarded."""
    return set(connection.execute(select(table.c.dated).where(table.c.state != RuleState.DISCARDED)).scalars())


def add(tx: Tx, values: Mapping[str, Any]) -> Rulebook:
    """Write a version. Raises Stale where one of its date is there already."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row_id = tx.execute(dialect.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)).scalar_one_or_none()
    if row_id is None:
        raise Stale("rulebook")
    return get(tx, row_id)


def get(connection: Connection, rulebook_id: int, *, lock: bool = False) -> Rulebook:
    """Raises NotFound. lock: nobody else changes it until this transaction ends."""
    if lock:  # SQLite writes one transaction at a time anyway
        connection.execute(select(table.c.id).where(table.c.id == rulebook_id).with_for_update())
    return _found(_many(connection, table.c.id == rulebook_id))


def dated(connection: Connection, day: str, *, lock: bool = False) -> Rulebook:
    """The version of this date that was not discarded. Raises NotFound."""
    found = _found(_many(connection, and_(table.c.dated == day, table.c.state != RuleState.DISCARDED)))
    return get(connection, found.id, lock=True) if lock else found


def in_force(connection: Connection, *, lock: bool = False) -> Rulebook | None:
    """The version in force; None in a database that has none yet."""
    found = _many(connection, table.c.state == RuleState.IN_FORCE)
    return get(connection, found[0].id, lock=True) if found and lock else found[0] if found else None


def known(connection: Connection) -> list[Rulebook]:
    """Every version that is or was in force, in the order in which they took effect; the one in force last."""
    is_last = table.c.state == RuleState.IN_FORCE
    return _many(connection, table.c.state.in_(KNOWN), is_last, table.c.effective_on, table.c.dated)


def listed(connection: Connection, limit: int = 200) -> list[Rulebook]:
    """All that were not discarded, the newest first, without their texts being looked at."""
    return _many(connection, table.c.state != RuleState.DISCARDED, table.c.dated.desc(), table.c.id.desc())[:limit]


def under_way(connection: Connection) -> list[Rulebook]:
    """Those that are neither in force, nor were, nor are discarded."""
    return _many(connection, table.c.state.in_(OPEN))


def due(connection: Connection, today: str) -> list[int]:
    """Ids of approved versions whose day has come, in the order of their days."""
    wanted = select(table.c.id).where(table.c.state == RuleState.APPROVED, table.c.effective_on <= today)
    return list(connection.execute(wanted.order_by(table.c.effective_on, table.c.dated)).scalars())


def advance(tx: Tx, book: Rulebook, action: str, **changes: Any) -> Rulebook:
    """Take the step `action` from the state in which `book` was read. Raises TransitionNotAllowed, Stale."""
    step = RULEBOOK.next(book.state, action)
    return _changed(tx, book, {**changes, "state": step.target})


def rewrite(tx: Tx, book: Rulebook, **changes: Any) -> Rulebook:
    """Change what stands in a version, not its state. Raises Stale."""
    return _changed(tx, book, changes)


def _changed(tx: Tx, book: Rulebook, values: Mapping[str, Any]) -> Rulebook:
    same = table.c.id == book.id, table.c.version == book.version, table.c.state == book.state
    done = tx.execute(update(table).where(*same).values(**values, version=table.c.version + 1))
    if done.rowcount != 1:
        raise Stale("rulebook")
    return get(tx, book.id)


def waits_for_model(connection: Connection, now: datetime) -> bool:
    """Whether there is anything to claim."""
    free = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
    wanted = select(table.c.id).where(table.c.state == RuleState.FITTING, free).limit(1)
    return connection.execute(wanted).first() is not None


def claim(tx: Tx, now: datetime, until: datetime) -> Rulebook | None:
    """A version whose model is to be made, for whoever asks: nobody else gets it until the lease ends. Not a new version of the row."""
    free = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
    wanted = select(table.c.id).where(table.c.state == RuleState.FITTING, free).order_by(table.c.id).limit(1).scalar_subquery()
    taken = update(table).where(table.c.id == wanted, table.c.state == RuleState.FITTING, free)
    values = {"leased_until": until, "tries": table.c.tries + 1, "progress": 0}
    row_id = tx.execute(taken.values(**values).returning(table.c.id)).scalar_one_or_none()
    return get(tx, row_id) if row_id is not None else None


def hold(tx: Tx, book: Rulebook, progress: int, until: datetime) -> bool:
    """Note how far it got, and go on holding it. False where it is wanted no more: it was changed, discarded, or given to somebody else."""
    same = table.c.id == book.id, table.c.version == book.version, table.c.state == RuleState.FITTING, table.c.tries == book.tries
    return tx.execute(update(table).where(*same).values(leased_until=until, progress=progress)).rowcount == 1


def keep_model(tx: Tx, book: Rulebook, model: bytes) -> None:
    """Keep the model made for this content; those made for others are not wanted any more."""
    tx.execute(delete(rule_models).where(rule_models.c.rule_version_id == book.id))
    tx.execute(insert(rule_models).values(rule_version_id=book.id, content=book.content, model=model))


def model(connection: Connection, rulebook_id: int) -> bytes | None:
    """The model of a version; None: the packaged one."""
    found: bytes | None = connection.execute(
        select(rule_models.c.model).where(rule_models.c.rule_version_id == rulebook_id)
    ).scalar_one_or_none()
    return found


def _found(rows: Sequence[Rulebook]) -> Rulebook:
    if not rows:
        raise NotFound("rulebook")
    return rows[0]


def _many(connection: Connection, condition: ColumnElement[bool], *order: ColumnElement[Any]) -> list[Rulebook]:
    rows = connection.execute(select(table).where(condition).order_by(*order, table.c.id))
    return [Rulebook(**{**row._mapping, "state": RuleState(row.state)}) for row in rows]
