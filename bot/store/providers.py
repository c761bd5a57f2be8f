"""Providers, their apps and admins. Ids compare in binary: zhangsan and ZhangSan are two people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, and_, bindparam, func, insert, or_, select, text, update

from bot.errors import NotFound, Stale
from bot.model.provider import ENOUGH_ADMINS, Address, Admin, App, Listing, Provider, Standing
from bot.store.database import Tx
from bot.store.tables import admins as admins_table
from bot.store.tables import apps as apps_table
from bot.store.tables import providers as table

ACTIVE, DEPARTED = "active", "departed"
_IN_ONE_STATEMENT = 500  # values bound at once
_OF_A_FILE = 5_000  # the same where many files would otherwise ask ten times
_T = TypeVar("_T")

_is_active = admins_table.c.state == ACTIVE


def lock(tx: Tx) -> None:
    """Let nobody else change who is who until this transaction ends. SQLite writes one transaction at a time anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("LOCK TABLE providers IN SHARE ROW EXCLUSIVE MODE"))


def lock_app(tx: Tx, app_id: int) -> None:
    """Let nobody else begin something about an app until this transaction ends."""
    tx.execute(select(apps_table.c.id).where(apps_table.c.id == app_id).with_for_update())


# Reading


def get(connection: Connection, provider_id: int) -> Provider:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.id == provider_id)).one_or_none()
    if row is None:
        raise NotFound("provider")
    return _provider(row)


def by_code(connection: Connection, code: str) -> Provider | None:
    """The provider that operators call by this code."""
    row = connection.execute(select(table).where(table.c.code == code)).one_or_none()
    return _provider(row) if row else None


def app(connection: Connection, app_id: int) -> App:
    """Raises NotFound."""
    row = connection.execute(select(apps_table).where(apps_table.c.id == app_id)).one_or_none()
    if row is None:
        raise NotFound("app")
    return _app(row._mapping)


def app_by_code(connection: Connection, code: str) -> App | None:
    """The app that operators call by this code; codes of apps are unique among all providers."""
    row = connection.execute(select(apps_table).where(apps_table.c.code == code)).one_or_none()
    return _app(row._mapping) if row else None


def named(connection: Connection, provider_ids: Collection[int], app_ids: Collection[int]) -> tuple[dict[int, Provider], dict[int, App]]:
    """(providers, apps of theirs) by id, for a list that names them."""
    of_app = [column.label(f"app_{column.name}") for column in apps_table.c]
    beside = and_(apps_table.c.provider_id == table.c.id, apps_table.c.id.in_(list(app_ids)))
    both = select(table, *of_app).outerjoin_from(table, apps_table, beside).where(table.c.id.in_(list(provider_ids)))
    whose: dict[int, Provider] = {}
    found: dict[int, App] = {}
    for row in connection.execute(both):
        whose[row.id] = _provider(row)
        if row.app_id:
            found[row.app_id] = _app({column.name: row._mapping[f"app_{column.name}"] for column in apps_table.c})
    return whose, found


def apps(connection: Connection, provider_id: int) -> list[App]:
    """All apps of a provider, by code."""
    statement = select(apps_table).where(apps_table.c.provider_id == provider_id).order_by(apps_table.c.code)
    return [_app(row._mapping) for row in connection.execute(statement)]


def sought(connection: Connection, words: str, limit: int) -> list[tuple[Provider, list[App]]]:
    """Providers that are called so, or have an app that is, each with its apps, by code. words: part of a name or code."""
    low = words.lower()
    called = [
        or_(func.lower(of.c.name).contains(low, autoescape=True), func.lower(of.c.code).contains(low, autoescape=True))
        for of in (table, apps_table)
    ]
    with_app = select(apps_table.c.provider_id).where(called[1])
    wanted = select(table).where(or_(called[0], table.c.id.in_(with_app))).order_by(table.c.code).limit(limit)
    found = [_provider(row) for row in connection.execute(wanted)]
    its: dict[int, list[App]] = {one.id: [] for one in found}
    for row in connection.execute(select(apps_table).where(apps_table.c.provider_id.in_(list(its))).order_by(apps_table.c.code)):
        its[row.provider_id].append(_app(row._mapping))
    return [(one, its[one.id]) for one in found]


def admins(connection: Connection, provider_id: int, *, departed: bool = False) -> list[Admin]:
    """Those who speak for a provider now, in the order in which they came; with `departed`, those who once did too."""
    conditions = [admins_table.c.provider_id == provider_id, *([] if departed else [_is_active])]
    return [_admin(row) for row in connection.execute(select(admins_table).where(*conditions).order_by(admins_table.c.id))]


def admin(connection: Connection, admin_id: int) -> Admin:
    """Somebody who speaks for a provider, or once did. Raises NotFound."""
    row = connection.execute(select(admins_table).where(admins_table.c.id == admin_id)).one_or_none()
    if row is None:
        raise NotFound("admin")
    return _admin(row)


def admin_at(connection: Connection, address: Address) -> Admin | None:
    """Who speaks from this address now, for whichever provider."""
    row = connection.execute(select(admins_table).where(*_at(address), _is_active)).one_or_none()
    return _admin(row) if row else None


def provider_at(connection: Connection, address: Address) -> Provider | None:
    """The provider for which this person speaks now."""
    statement = select(table).join(admins_table, admins_table.c.provider_id == table.c.id).where(*_at(address), _is_active)
    row = connection.execute(statement).one_or_none()
    return _provider(row) if row else None


def everybody(connection: Connection) -> tuple[list[Provider], list[App], list[Admin]]:
    """All there are, departed admins too: what a file is compared with."""
    return (
        [_provider(row) for row in connection.execute(select(table).order_by(table.c.id))],
        [_app(row._mapping) for row in connection.execute(select(apps_table).order_by(apps_table.c.id))],
        [_admin(row) for row in connection.execute(select(admins_table).order_by(admins_table.c.id))],
    )


def concerned(
    connection: Connection, codes: Collection[str], app_codes: Collection[str], userids: Collection[str]
) -> tuple[list[Provider], list[App], list[Admin]]:
    """Of `everybody`, those whom a file with these ids can be about: userids in any case, and the providers of all that is found."""
    apps_ = [row for part in _split(sorted(app_codes), _OF_A_FILE) for row in _rows(connection, apps_table, apps_table.c.code.in_(part))]
    lower = sorted({userid.lower() for userid in userids})
    named_ = [
        row for part in _split(lower, _OF_A_FILE) for row in _rows(connection, admins_table, func.lower(admins_table.c.userid).in_(part))
    ]
    owners = sorted({row.provider_id for row in (*apps_, *named_)})
    found = {row.id: row for part in _split(sorted(codes), _OF_A_FILE) for row in _rows(connection, table, table.c.code.in_(part))}
    found |= {row.id: row for part in _split(owners, _OF_A_FILE) for row in _rows(connection, table, table.c.id.in_(part))}
    return (
        [_provider(found[one]) for one in sorted(found)],
        [_app(row._mapping) for row in sorted(apps_, key=lambda row: row.id)],
        [_admin(row) for row in sorted(named_, key=lambda row: row.id)],
    )


def _rows(connection: Connection, of: Any, condition: ColumnElement[bool]) -> Iterable[Row[Any]]:
    return connection.execute(select(of).where(condition))


def standings(
    connection: Connection, corpid: str, agentid: int, *, short: bool = False, of: Collection[int] | None = None
) -> list[Standing]:
    """Providers in numbers, by code; with `short` only those short of admins, with `of` only these ids.

    corpid, agentid: the app that sends; admins elsewhere are not reached by it.
    """
    here = (admins_table.c.corpid == corpid) & (admins_table.c.agentid == agentid)
    speaking = select(admins_table.c.provider_id, func.count().label("number")).where(_is_active)
    people = speaking.group_by(admins_table.c.provider_id).subquery()
    reached = speaking.where(here, admins_table.c.unreachable == "").group_by(admins_table.c.provider_id).subquery()
    owned = select(apps_table.c.provider_id, func.count().label("number")).group_by(apps_table.c.provider_id).subquery()
    counts = [func.coalesce(one.c.number, 0) for one in (owned, people, reached)]
    statement = select(table, *(count.label(name) for count, name in zip(counts, ("apps", "admins", "reachable"), strict=True)))
    for one in (owned, people, reached):
        statement = statement.outerjoin(one, one.c.provider_id == table.c.id)
    if short:
        statement = statement.where(counts[2] < ENOUGH_ADMINS)
    if of is not None and len(of) <= _IN_ONE_STATEMENT:
        statement = statement.where(table.c.id.in_(of))
    rows = [row for row in connection.execute(statement.order_by(table.c.code)) if of is None or row.id in of]
    return [Standing(provider=_provider(row), apps=row.apps, admins=row.admins, reachable=row.reachable) for row in rows]


# Writing


def add(tx: Tx, named: Sequence[tuple[str, str]], now: datetime) -> dict[str, int]:
    """Write new providers, each (code, name). Returns ids by code."""
    _insert(tx, table, [{"code": code, "name": name, "created_at": now} for code, name in named])
    return _ids(tx, table, [code for code, _ in named])


def rename(tx: Tx, provider: Provider, name: str) -> None:
    """Raises Stale."""
    _change(tx, table, provider, {"name": name})


def add_apps(tx: Tx, new: Sequence[tuple[int, str, str, Listing]], now: datetime) -> None:
    """Write new apps, each (provider's id, code, name, baseline)."""
    _insert(
        tx,
        apps_table,
        [{"provider_id": owner, "code": code, "name": name, **_flags(baseline), "created_at": now} for owner, code, name, baseline in new],
    )


def change_app(tx: Tx, known: App, name: str, baseline: Listing) -> None:
    """Raises Stale."""
    _change(tx, apps_table, known, {"name": name, **_flags(baseline)})


def add_admins(tx: Tx, new: Sequence[tuple[int, Address, str, str]], now: datetime) -> None:
    """Write who speaks for a provider from now on, each (provider's id, address, name, mail)."""
    same = {"state": ACTIVE, "since": now}
    _insert(tx, admins_table, [{"provider_id": owner, **_parts(to), "name": name, "mail": mail, **same} for owner, to, name, mail in new])


def change_admin(tx: Tx, known: Admin, name: str, mail: str) -> None:
    """Raises Stale when they left meanwhile."""
    _must(tx, update(admins_table).where(admins_table.c.id == known.id, _is_active).values(name=name, mail=mail))


def depart(tx: Tx, admin_id: int, now: datetime) -> None:
    """Somebody no longer speaks for a provider. Raises Stale when they had left already."""
    _must(tx, update(admins_table).where(admins_table.c.id == admin_id, _is_active).values(state=DEPARTED, left_at=now))


# Made once: the engine asks this of every batch it has sent.
_SPEAKING = select(admins_table).where(
    admins_table.c.corpid == bindparam("corpid"),
    admins_table.c.agentid == bindparam("agentid"),
    admins_table.c.userid.in_(bindparam("userids", expanding=True)),
    _is_active,
)


def speaking(tx: Tx, corpid: str, agentid: int, userids: Collection[str]) -> list[Admin]:
    """Of people of one app, those who speak for a provider now."""
    asked = ({"corpid": corpid, "agentid": agentid, "userids": part} for part in _split(sorted(userids)))
    return [_admin(row) for values in asked for row in tx.execute(_SPEAKING, values)]


def mark_unreachable(tx: Tx, reasons: Mapping[int, str], now: datetime) -> None:
    """Note why messages do not reach these admins, by id; "" when they do again."""
    for part in _split(sorted(reasons)):  # in one order, so that two who mark the same people wait and do not block each other
        tx.execute(select(admins_table.c.id).where(admins_table.c.id.in_(part)).order_by(admins_table.c.id).with_for_update())
    for reason in sorted(set(reasons.values())):
        values = {"unreachable": reason, "unreachable_at": now if reason else None}
        for part in _split(sorted(admin_id for admin_id, given in reasons.items() if given == reason)):
            tx.execute(update(admins_table).where(admins_table.c.id.in_(part)).values(**values))


def _change(tx: Tx, of: Any, known: Provider | App, values: Mapping[str, Any]) -> None:
    same = of.c.id == known.id, of.c.version == known.version
    _must(tx, update(of).where(*same).values(**values, version=known.version + 1))


def _must(tx: Tx, statement: Any) -> None:
    if not tx.execute(statement).rowcount:
        raise Stale("changed meanwhile")


def _insert(tx: Tx, into: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        tx.execute(insert(into), rows)


def _ids(tx: Tx, of: Any, codes: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _split(codes):
        found |= {row.code: row.id for row in tx.execute(select(of.c.code, of.c.id).where(of.c.code.in_(part)))}
    return found


def _split(values: Sequence[_T], most: int = _IN_ONE_STATEMENT) -> Iterable[Sequence[_T]]:
    return (values[start : start + most] for start in range(0, len(values), most))


def _at(address: Address) -> list[ColumnElement[bool]]:
    return [admins_table.c[name] == value for name, value in _parts(address).items()]


def _parts(address: Address) -> dict[str, Any]:
    return {"corpid": address.corpid, "agentid": address.agentid, "userid": address.userid}


def _flags(baseline: Listing) -> dict[str, bool]:
    return {"listed": baseline.listed, "searchable": baseline.searchable, "recommended": baseline.recommended}


def _provider(row: Row[Any]) -> Provider:
    return Provider(id=row.id, code=row.code, name=row.name, version=row.version)


def _app(row: RowMapping | Mapping[str, Any]) -> App:
    given = {name: row[name] for name in ("id", "provider_id", "code", "name", "version")}
    return App(**given, baseline=Listing(listed=row["listed"], searchable=row["searchable"], recommended=row["recommended"]))


def _admin(row: Row[Any]) -> Admin:
    return Admin(
        id=row.id,
        provider_id=row.provider_id,
        address=Address(row.corpid, row.agentid, row.userid),
        name=row.name,
        mail=row.mail,
        is_active=row.state == ACTIVE,
        unreachable=row.unreachable,
        unreachable_at=row.unreachable_at,
    )
