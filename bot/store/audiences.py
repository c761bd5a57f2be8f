"""Who belongs to an audience now: found by sets, so that a hundred thousand people take no longer than a few look-ups."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from bot.model.audience import AppState, Audience
from bot.model.case import IN_FORCE, ISSUED, OPEN, Imposed, Step, listing
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Address, Listing
from bot.store.tables import admins, app_categories, apps, cases, filings, measures, providers
from rules.catalogue import Measure

_IN_ONE_STATEMENT = 2_000  # values bound at once
_FEW = 500  # exceptions that a statement can name itself
_T = TypeVar("_T")
_is_active = admins.c.state == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Providers whose admins belong to it, all of them where None; or single people, by userid."""

    provider_ids: tuple[int, ...] | None = None
    userids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who would get it. unreachable: what WeCom last said of them, "" if nothing."""

    id: int
    address: Address
    name: str
    provider: str
    unreachable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """An audience, resolved: who of it this app can send to. Made by `resolve`; good for this moment."""

    corpid: str
    agentid: int
    provider_ids: frozenset[int] | None  # None: of all providers
    people: frozenset[str]  # userids who belong to it besides, or alone
    kept_to: frozenset[int] | None  # what filters left of the providers of `people`; None: no filter
    but_providers: frozenset[int]
    but_people: frozenset[str]

    def parts(self) -> Iterable[ColumnElement[bool]]:
        """Conditions on admins; together they are the audience, each small enough for one statement."""
        here = and_(_is_active, admins.c.corpid == self.corpid, admins.c.agentid == self.agentid)
        if self.provider_ids is None:
            yield here
            return
        for ids in _split(sorted(self.provider_ids)):
            yield and_(here, admins.c.provider_id.in_(ids))
        for userids in _split(sorted(self.people)):
            yield and_(here, admins.c.userid.in_(userids))

    @property
    def whole(self) -> ColumnElement[bool] | None:
        """One condition on admins that is the whole audience, where one can be written down; else None."""
        if self.provider_ids is not None or len(self.but_providers) > _FEW or len(self.but_people) > _FEW:
            return None
        (here,) = self.parts()
        return and_(here, admins.c.provider_id.not_in(self.but_providers), admins.c.userid.not_in(self.but_people))

    def takes(self, provider_id: int, userid: str) -> bool:
        """Whether somebody whom a part found belongs to it: exceptions, and filters for those who were named themselves."""
        if provider_id in self.but_providers or userid in self.but_people:
            return False
        if self.provider_ids is None or provider_id in self.provider_ids:
            return True
        return userid in self.people and (self.kept_to is None or provider_id in self.kept_to)


def resolve(connection: Connection, audience: Audience, corpid: str, agentid: int, now: datetime) -> Reach:
    """Who belongs to it now, of those whom the app (corpid, agentid) sends to. Unknown codes name nobody."""
    filtered = _filtered(connection, audience, now)
    named: frozenset[int] | None = filtered if audience.everybody else frozenset(_by_code(connection, audience.providers).values())
    if named is not None and filtered is not None:
        named &= filtered
    but = set(_by_code(connection, audience.but_providers).values())
    if audience.but_open_case:
        but |= _with_open_case(connection)
    return Reach(
        corpid=corpid,
        agentid=agentid,
        provider_ids=named,
        people=frozenset() if audience.everybody else frozenset(audience.people),
        kept_to=filtered,
        but_providers=frozenset(but),
        but_people=frozenset(audience.but_people),
    )


def addressees(connection: Connection, reach: Reach) -> list[tuple[int, str]]:
    """(admin's id, userid) of everybody it takes, each once, in the order in which they came."""
    found: dict[int, str] = {}
    for condition in reach.parts():
        statement = select(admins.c.id, admins.c.provider_id, admins.c.userid).where(condition)
        found.update((row.id, row.userid) for row in connection.execute(statement) if reach.takes(row.provider_id, row.userid))
    return sorted(found.items())


def number(connection: Connection, reach: Reach) -> int:
    """How many it takes."""
    if reach.whole is None:
        return len(addressees(connection, reach))
    counted: int = connection.execute(select(func.count()).select_from(admins).where(reach.whole)).scalar_one()
    return counted


def page(connection: Connection, reach: Reach, after: int, limit: int) -> list[Person]:
    """Some of those it takes, in the order in which they came; after: the id of the last one seen."""
    if reach.whole is None:
        ids = [id_ for id_, _ in addressees(connection, reach) if id_ > after][:limit]
    else:
        statement = select(admins.c.id).where(reach.whole, admins.c.id > after).order_by(admins.c.id).limit(limit)
        ids = list(connection.execute(statement).scalars())
    return people(connection, ids)


def people(connection: Connection, admin_ids: Collection[int]) -> list[Person]:
    """Who these admins are, by id."""
    columns = [admins.c[name] for name in ("id", "corpid", "agentid", "userid", "name", "unreachable")]
    statement = select(*columns, providers.c.name.label("provider")).join(providers, providers.c.id == admins.c.provider_id)
    rows = connection.execute(statement.where(admins.c.id.in_(list(admin_ids))).order_by(admins.c.id))
    return [
        Person(
            id=row.id,
            address=Address(row.corpid, row.agentid, row.userid),
            name=row.name,
            provider=row.provider,
            unreachable=row.unreachable,
        )
        for row in rows
    ]


def refused_before(connection: Connection, reach: Reach) -> int:
    """How many of those it takes WeCom refused when they were last written to."""
    here = _is_active, admins.c.corpid == reach.corpid, admins.c.agentid == reach.agentid, admins.c.unreachable != ""
    rows = connection.execute(select(admins.c.provider_id, admins.c.userid).where(*here))
    return sum(reach.takes(row.provider_id, row.userid) for row in rows)


def out_of_reach(connection: Connection, reach: Reach) -> tuple[list[str], int]:
    """(names of providers it is meant for that have nobody here, how many of their admins are elsewhere)."""
    here = and_(_is_active, admins.c.corpid == reach.corpid, admins.c.agentid == reach.agentid)
    reached = set(connection.execute(select(admins.c.provider_id).where(here).distinct()).scalars())
    rows = connection.execute(select(providers.c.id, providers.c.name).order_by(providers.c.code)).all()
    meant = {row.id: row.name for row in rows if _is_meant(reach, row.id) and row.id not in reached}
    elsewhere = select(admins.c.provider_id, func.count()).where(
        _is_active, or_(admins.c.corpid != reach.corpid, admins.c.agentid != reach.agentid)
    )
    counted = [(row[0], row[1]) for row in connection.execute(elsewhere.group_by(admins.c.provider_id))]
    return list(meant.values()), sum(number for id_, number in counted if _is_meant(reach, id_))


def _is_meant(reach: Reach, provider_id: int) -> bool:
    return (reach.provider_ids is None or provider_id in reach.provider_ids) and provider_id not in reach.but_providers


def known(connection: Connection, corpid: str, agentid: int, words: Collection[str]) -> tuple[dict[str, int], set[str]]:
    """Of these words, which are (codes of providers, with their ids) and (userids of active admins of this app)."""
    codes = _by_code(connection, words)
    userids: set[str] = set()
    for part in _split(sorted(words)):
        here = and_(_is_active, admins.c.corpid == corpid, admins.c.agentid == agentid, admins.c.userid.in_(part))
        userids |= set(connection.execute(select(admins.c.userid).where(here)).scalars())
    return codes, userids


def categories(connection: Connection) -> list[str]:
    """Every category that an app has."""
    return list(connection.execute(select(app_categories.c.category).distinct().order_by(app_categories.c.category)).scalars())


def _by_code(connection: Connection, codes: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _split(sorted(codes)):
        found |= {
            row.code: row.id for row in connection.execute(select(providers.c.code, providers.c.id).where(providers.c.code.in_(part)))
        }
    return found


def _filtered(connection: Connection, audience: Audience, now: datetime) -> frozenset[int] | None:
    """Providers that fit every filter; None where there is none."""
    sets: list[set[int]] = []
    if audience.open_case:
        sets.append(_with_open_case(connection))
    if audience.categories:
        of_category = select(apps.c.provider_id).join(app_categories, app_categories.c.app_id == apps.c.id)
        wanted = of_category.where(app_categories.c.category.in_(audience.categories)).distinct()
        sets.append(set(connection.execute(wanted).scalars()))
    if audience.states:
        sets.append(_with_apps(connection, audience.states, now))
    return frozenset(set.intersection(*sets)) if sets else None


def _with_open_case(connection: Connection) -> set[int]:
    return set(connection.execute(select(cases.c.provider_id).where(cases.c.state.in_(OPEN)).distinct()).scalars())


def _with_apps(connection: Connection, states: Collection[AppState], now: datetime) -> set[int]:
    """Providers with an app that is in one of these states: derived for all apps at once, as `actions.listings` does for one."""
    of_app, of_provider = _in_force(connection)
    same = filings.c.kind == FilingKind.WITHDRAWAL, filings.c.state == FilingState.GRANTED, filings.c.ended_at.is_(None)
    withdrawn = set(connection.execute(select(filings.c.app_id).where(*same)).scalars())
    found: set[int] = set()
    columns = [apps.c[name] for name in ("id", "provider_id", "listed", "searchable", "recommended")]
    for row in connection.execute(select(*columns)):
        if row.provider_id in found:
            continue
        baseline = Listing(listed=row.listed, searchable=row.searchable, recommended=row.recommended)
        imposed = [*of_app.get(row.id, ()), *of_provider.get(row.provider_id, ())]
        is_now = listing(baseline, imposed, now, is_withdrawn=row.id in withdrawn) if imposed or row.id in withdrawn else baseline
        if any(state.holds(baseline, is_now) for state in states):
            found.add(row.provider_id)
    return found


def _in_force(connection: Connection) -> tuple[Mapping[int, list[Imposed]], Mapping[int, list[Imposed]]]:
    """Measures in force, by app, and by provider where they are about the provider as a whole."""
    wanted = [measures.c[name] for name in ("id", "measure", "state", "version", "starts_at", "ends_at", "applied_at", "lifted_at")]
    statement = select(cases.c.app_id, cases.c.provider_id, *wanted).join(cases, cases.c.id == measures.c.case_id)
    of_app: dict[int, list[Imposed]] = defaultdict(list)
    of_provider: dict[int, list[Imposed]] = defaultdict(list)
    for row in connection.execute(statement.where(measures.c.state.in_(IN_FORCE), cases.c.state.in_(ISSUED))):
        values: dict[str, Any] = {name: value for name, value in row._mapping.items() if name not in ("app_id", "provider_id")}
        one = Imposed(**{**values, "measure": Measure(row.measure), "state": Step(row.state)})
        (of_provider[row.provider_id] if row.app_id is None else of_app[row.app_id]).append(one)
    return of_app, of_provider


def _split(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    return (values[start : start + _IN_ONE_STATEMENT] for start in range(0, len(values), _IN_ONE_STATEMENT))
