"""Our own staff."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from bot.errors import NotFound, Stale
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.store.database import Tx
from bot.store.tables import operators as table

ACTIVE, DISABLED = "active", "disabled"


def lock(tx: Tx) -> None:
    """Let nobody else change the staff until this transaction ends. SQLite writes one transaction at a time anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("LOCK TABLE operators IN SHARE ROW EXCLUSIVE MODE"))


def get(connection: Connection, operator_id: int) -> Operator:
    """Raises NotFound."""
    row = connection.execute(select(table).where(table.c.id == operator_id)).one_or_none()
    if row is None:
        raise NotFound("operator")
    return operator_of(row)


def by_login(connection: Connection, login: str) -> Operator | None:
    """The operator of this login, disabled or not: a login is never given to somebody else."""
    row = connection.execute(select(table).where(table.c.login == login)).one_or_none()
    return operator_of(row) if row else None


def everyone(connection: Connection) -> list[Operator]:
    """All of them, the disabled too, in the order in which they came."""
    return [operator_of(row) for row in connection.execute(select(table).order_by(table.c.id))]


def active(connection: Connection) -> list[Operator]:
    """Those who may act now."""
    statement = select(table).where(table.c.state == ACTIVE).order_by(table.c.id)
    return [operator_of(row) for row in connection.execute(statement)]


def count(connection: Connection) -> int:
    """How many there are, the disabled too."""
    number: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return number


def add(tx: Tx, login: str, name: str, mail: str, roles: Iterable[Role], address: Address | None, now: datetime) -> Operator:
    """Write somebody new down. Their login must be free."""
    values = {"login": login, **_personal(name, mail, roles, address), "state": ACTIVE, "created_at": now}
    return operator_of(tx.execute(insert(table).values(**values).returning(table)).one())


def change(tx: Tx, known: Operator, name: str, mail: str, roles: Iterable[Role], address: Address | None) -> Operator:
    """Raises Stale."""
    return _changed(tx, known, _personal(name, mail, roles, address))


def move(tx: Tx, known: Operator, *, is_active: bool) -> Operator:
    """Let somebody act, or no longer. Raises Stale."""
    return _changed(tx, known, {"state": ACTIVE if is_active else DISABLED})


def _changed(tx: Tx, known: Operator, values: Mapping[str, Any]) -> Operator:
    same = table.c.id == known.id, table.c.version == known.version
    row = tx.execute(update(table).where(*same).values(**values, version=known.version + 1).returning(table)).one_or_none()
    if row is None:
        raise Stale("operator")
    return operator_of(row)


def _personal(name: str, mail: str, roles: Iterable[Role], address: Address | None) -> dict[str, Any]:
    where = (address.corpid, address.agentid, address.userid) if address else (None, None, None)
    named = dict(zip(("corpid", "agentid", "userid"), where, strict=True))
    return {"name": name, "mail": mail, "roles": sorted(roles), **named}


def operator_of(row: Row[Any]) -> Operator:
    """From a row that has all columns of the table."""
    return Operator(
        id=row.id,
        login=row.login,
        name=row.name,
        mail=row.mail,
        roles=frozenset(Role(role) for role in row.roles),
        address=Address(row.corpid, row.agentid, row.userid) if row.corpid is not None else None,
        is_active=row.state == ACTIVE,
        version=row.version,
    )
