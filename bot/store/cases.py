"""Cases and their measures."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model.case import CASE, ISSUED, MEASURE, OPEN, Case, Imposed, Kind, Planned, State, Step
from bot.model.case_list import Sought
from bot.model.days import DayKind
from bot.model.machine import Transition
from bot.store.database import Tx
from bot.store.tables import apps, case_notes, cases, counters, measures, providers
from rules.catalogue import Measure

_CASE_FIELDS = tuple(column for column in cases.c if column.name != "request_key")
_IMPOSED = tuple(Imposed.__dataclass_fields__)
_MEASURE_FIELDS = tuple(measures.c[name].label(f"measure_{name}") for name in _IMPOSED)


def next_number(tx: Tx, prefix: str) -> str:
    """The next case number of a series such as V2026: V2026-000001. Never given twice, as the counter only grows."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    first = dialect.insert(counters).values(name=prefix, last=1)
    counted = first.on_conflict_do_update(index_elements=["name"], set_={"last": counters.c.last + 1}).returning(counters.c.last)
    return f"{prefix}-{tx.execute(counted).scalar_one():06d}"


def add(tx: Tx, values: Mapping[str, Any], planned: Sequence[Planned]) -> Case:
    """Write a draft with its measures. Raises Stale when the same request_key was written meanwhile."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    draft = dialect.insert(cases).values(**values, state=State.DRAFT).on_conflict_do_nothing(index_elements=["request_key"])
    case_id = tx.execute(draft.returning(cases.c.id)).scalar_one_or_none()
    if case_id is None:
        raise Stale("request")
    plan(tx, case_id, planned)
    return get(tx, case_id)


def plan(tx: Tx, case_id: int, planned: Sequence[Planned]) -> None:
    """Write the measures of a draft."""
    same = {"case_id": case_id, "state": Step.PLANNED}
    rows = [{**same, "measure": one.measure, "starts_at": one.starts_at, "ends_at": one.ends_at} for one in planned]
    if rows:
        tx.execute(insert(measures), rows)


def forget_plan(tx: Tx, case_id: int) -> None:
    """Take the measures of a draft away again."""
    tx.execute(measures.delete().where(measures.c.case_id == case_id, measures.c.state == Step.PLANNED))


def by_request(connection: Connection, request_key: str) -> Case | None:
    """The case that this very press or command opened."""
    return _one(connection, cases.c.request_key == request_key)


def get(connection: Connection, case_id: int, *, lock: bool = False) -> Case:
    """Raises NotFound. lock: nobody else changes it until this transaction ends, so that two who come at once wait, and none fails."""
    if lock:  # SQLite writes one transaction at a time anyway
        connection.execute(select(cases.c.id).where(cases.c.id == case_id).with_for_update())
    return _found(_one(connection, cases.c.id == case_id))


def by_number(connection: Connection, number: str) -> Case:
    """By the number that people read out. Raises NotFound."""
    return _found(_one(connection, cases.c.number == number))


def with_others(connection: Connection, number: str) -> tuple[Case, list[Case]]:
    """(a case, all cases of its provider, itself too, newest first) in one statement. Raises NotFound."""
    whose = select(cases.c.provider_id).where(cases.c.number == number).scalar_subquery()
    found = _many(connection, cases.c.provider_id == whose)
    return _found(next((one for one in found if one.number == number), None)), found


def of_provider(connection: Connection, provider_id: int, *, issued: bool = False) -> list[Case]:
    """All cases of a provider, newest first; only what the provider was told of where `issued`."""
    condition = cases.c.provider_id == provider_id
    return _many(connection, and_(condition, cases.c.state.in_(ISSUED)) if issued else condition)


def listed(connection: Connection, states: Iterable[State] = (), *, overdue: bool = False, after: int = 0, limit: int = 50) -> list[Case]:
    """Cases in any of `states` (all where empty), newest first. overdue: only open ones whose deadline has passed.

    after: the id of the last one seen, to page on.
    """
    wanted = list(states)
    conditions: list[ColumnElement[bool]] = [cases.c.state.in_(wanted)] if wanted else []
    if overdue:
        conditions += [cases.c.overdue_at.is_not(None), cases.c.state.in_(OPEN)]
    if after:
        conditions.append(cases.c.id < after)
    return _many(connection, and_(True, *conditions), limit)


def sought(connection: Connection, wanted: Sought, limit: int) -> list[Case]:
    """What somebody looks for, newest first."""
    conditions: list[ColumnElement[bool]] = [cases.c.state == wanted.state] if wanted.state else []
    if wanted.ground:
        conditions.append(cases.c.ground == wanted.ground)
    if wanted.author_id:
        conditions.append(cases.c.author_id == wanted.author_id)
    if wanted.is_overdue:
        conditions += [cases.c.overdue_at.is_not(None), cases.c.state.in_(OPEN)]
    if wanted.after:
        conditions.append(cases.c.id < wanted.after)
    if wanted.words:
        of_provider = select(providers.c.id).where(_named(providers, wanted.words))
        of_app = select(apps.c.id).where(_named(apps, wanted.words))
        conditions.append(or_(cases.c.provider_id.in_(of_provider), cases.c.app_id.in_(of_app)))
    return _many(connection, and_(True, *conditions), limit)


def _named(table: Table, words: str) -> ColumnElement[bool]:
    low = words.lower()
    return or_(func.lower(table.c.name).contains(low, autoescape=True), func.lower(table.c.code).contains(low, autoescape=True))


def counts(connection: Connection) -> dict[State, int]:
    """How many cases are in each state."""
    rows = connection.execute(select(cases.c.state, func.count()).group_by(cases.c.state))
    return {State(state): number for state, number in rows}


def numbers(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Of these cases, by id."""
    return {row.id: row.number for row in connection.execute(select(cases.c.id, cases.c.number).where(cases.c.id.in_(list(ids))))}


def grounds_used(connection: Connection) -> list[str]:
    """Every ground that a case was opened on."""
    return list(connection.execute(select(cases.c.ground).distinct().order_by(cases.c.ground)).scalars())


def similar(connection: Connection, case: Case, limit: int) -> list[Case]:
    """Other cases on the same ground that were issued, the newest first."""
    same = cases.c.ground == case.ground, cases.c.kind == case.kind, cases.c.state.in_(ISSUED), cases.c.id != case.id
    return _many(connection, and_(*same), limit)


def is_barred(connection: Connection, provider_id: int) -> bool:
    """Whether a provider is on the black list (4.4): a permanent delisting of all its apps is in force."""
    same = cases.c.provider_id == provider_id, cases.c.power == "4.4", cases.c.state.in_(OPEN)
    return connection.execute(select(cases.c.id).where(*same).limit(1)).first() is not None


def barred(connection: Connection) -> set[int]:
    """Ids of all providers on the black list (4.4)."""
    same = cases.c.power == "4.4", cases.c.state.in_(OPEN)
    return set(connection.execute(select(cases.c.provider_id).where(*same).distinct()).scalars())


def any_under(connection: Connection, power: str) -> bool:
    """Whether there ever was a case under this power, drafts that were not discarded included."""
    found = select(cases.c.id).where(cases.c.power == power, cases.c.state != State.DISCARDED).limit(1)
    return connection.execute(found).first() is not None


def _one(connection: Connection, condition: Any) -> Case | None:
    found = _many(connection, condition, 1)
    return found[0] if found else None


def _found(case: Case | None) -> Case:
    if case is None:
        raise NotFound("case")
    return case


def _many(connection: Connection, condition: Any, limit: int | None = None) -> list[Case]:
    found = select(*_CASE_FIELDS).where(condition).order_by(cases.c.id.desc()).limit(limit).subquery()
    both = select(*found.c, *_MEASURE_FIELDS).outerjoin_from(found, measures, measures.c.case_id == found.c.id)
    rows = connection.execute(both.order_by(found.c.id.desc(), measures.c.id)).all()
    return [_case(list(of_one)) for _, of_one in groupby(rows, key=lambda row: row.id)]


def _case(rows: Sequence[Row[Any]]) -> Case:
    """rows: one for each measure, and one for a case without any."""
    row = rows[0]
    kinds = {"kind": Kind(row.kind), "state": State(row.state), "day_kind": DayKind(row.day_kind)}
    values = {column.name: row._mapping[column.name] for column in _CASE_FIELDS}
    return Case(**{**values, **kinds}, measures=tuple(_one_imposed(one) for one in rows if one.measure_id))


def _one_imposed(row: Row[Any]) -> Imposed:
    values = {name: row._mapping[f"measure_{name}"] for name in _IMPOSED}
    return Imposed(**{**values, "measure": Measure(row.measure_measure), "state": Step(row.measure_state)})


def imposed_on(connection: Connection, provider_id: int, app_id: int) -> list[Imposed]:
    """All measures of issued cases about this app, or about its provider as a whole."""
    of_these = and_(cases.c.provider_id == provider_id, or_(cases.c.app_id == app_id, cases.c.app_id.is_(None)), cases.c.state.in_(ISSUED))
    return [one for case in _many(connection, of_these) for one in case.measures]


def imposed_by_case(connection: Connection, provider_id: int, app_id: int, *, but: int) -> list[tuple[str, Imposed]]:
    """(number of a case, a measure of it) about this app, or about its provider as a whole; `but` is the id of a case to leave out."""
    of_these = and_(cases.c.provider_id == provider_id, or_(cases.c.app_id == app_id, cases.c.app_id.is_(None)), cases.c.state.in_(ISSUED))
    return [(case.number, one) for case in _many(connection, and_(of_these, cases.c.id != but)) for one in case.measures]


def with_ended_measures(connection: Connection, now: datetime) -> list[int]:
    """Ids of open cases with a measure in place whose end has come, oldest first."""
    over = select(measures.c.case_id).where(measures.c.ends_at <= now, measures.c.state.in_((Step.OWED, Step.APPLIED)))
    return list(connection.execute(select(cases.c.id).where(cases.c.id.in_(over), cases.c.state.in_(OPEN)).order_by(cases.c.id)).scalars())


def rewrite(tx: Tx, case: Case, values: Mapping[str, Any]) -> Case:
    """Change a draft's own words. Raises Stale when somebody was quicker."""
    return _swap(tx, case, dict(values))


def advance(tx: Tx, case: Case, action: str, **values: Any) -> Case:
    """Take one step of the case's machine, with what it sets. Raises TransitionNotAllowed, and Stale when somebody was quicker."""
    step: Transition = CASE.next(case.state, action)
    return _swap(tx, case, {**values, "state": step.target})


def note(tx: Tx, case: Case, **values: Any) -> Case:
    """Set what changes without a step: service, deadlines, being overdue. Raises Stale."""
    return _swap(tx, case, values)


def _swap(tx: Tx, case: Case, values: Mapping[str, Any]) -> Case:
    same = cases.c.id == case.id, cases.c.state == case.state, cases.c.version == case.version
    if not tx.execute(update(cases).where(*same).values(**values, version=case.version + 1)).rowcount:
        raise Stale(case.number)
    return get(tx, case.id)


def move(tx: Tx, one: Imposed, action: str, **values: Any) -> None:
    """Take one step of a measure's machine. Raises TransitionNotAllowed, Stale."""
    step = MEASURE.next(one.state, action)
    same = measures.c.id == one.id, measures.c.state == one.state, measures.c.version == one.version
    if not tx.execute(update(measures).where(*same).values(**values, state=step.target, version=one.version + 1)).rowcount:
        raise Stale(f"measure {one.id}")


def add_note(tx: Tx, case_id: int, author_id: int, text: str, now: datetime) -> None:
    """A private note, for operators only."""
    tx.execute(insert(case_notes).values(case_id=case_id, author_id=author_id, text=text, at=now))


def notes(connection: Connection, case_id: int) -> list[tuple[int, datetime, str]]:
    """Private notes as (author's id, when, text), oldest first."""
    statement = select(case_notes.c.author_id, case_notes.c.at, case_notes.c.text).where(case_notes.c.case_id == case_id)
    return [(row.author_id, row.at, row.text) for row in connection.execute(statement.order_by(case_notes.c.id))]
