"""Templates of cases. A version is never changed: what is written anew is a version more."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import NotFound, Stale
from bot.model.case_template import CaseTemplate, Version
from bot.store.database import Tx
from bot.store.tables import case_template_versions as versions_table
from bot.store.tables import case_templates as table

_newest = and_(versions_table.c.template_id == table.c.id, versions_table.c.number == table.c.number)


def add(tx: Tx, name: str, fields: Mapping[str, str], author_id: int, now: datetime) -> int:
    """A new one. Returns its id. Raises Stale where the name is taken."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = dialect.insert(table).values(name=name, state="active", number=1).on_conflict_do_nothing(index_elements=["name"])
    template_id: int | None = tx.execute(row.returning(table.c.id)).scalar_one_or_none()
    if template_id is None:
        raise Stale("template")
    _write(tx, template_id, 1, fields, author_id, now)
    return template_id


def renew(tx: Tx, template_id: int, after: int, fields: Mapping[str, str], author_id: int, now: datetime) -> int:
    """A version after that one. Returns its number. Raises Stale where there is a newer one already."""
    same = table.c.id == template_id, table.c.number == after
    if not tx.execute(update(table).where(*same).values(number=after + 1)).rowcount:
        raise Stale("template")
    _write(tx, template_id, after + 1, fields, author_id, now)
    return after + 1


def move(tx: Tx, template_id: int, *, is_active: bool) -> None:
    """Take it off the list to choose from, or put it back. Raises Stale where that was done already."""
    before, after = ("retired", "active") if is_active else ("active", "retired")
    same = table.c.id == template_id, table.c.state == before
    if not tx.execute(update(table).where(*same).values(state=after)).rowcount:
        raise Stale("template")


def everything(connection: Connection) -> list[CaseTemplate]:
    """All of them, by name."""
    both = select(table, versions_table.c.fields).join(versions_table, _newest).order_by(table.c.name)
    return [
        CaseTemplate(id=row.id, name=row.name, is_active=row.state == "active", number=row.number, fields=row.fields)
        for row in connection.execute(both)
    ]


def get(connection: Connection, template_id: int) -> CaseTemplate:
    """Raises NotFound."""
    found = next((one for one in everything(connection) if one.id == template_id), None)
    if found is None:
        raise NotFound("template")
    return found


def versions(connection: Connection, template_id: int) -> list[Version]:
    """Newest first."""
    rows = connection.execute(
        select(versions_table).where(versions_table.c.template_id == template_id).order_by(versions_table.c.number.desc())
    )
    return [Version(number=row.number, fields=row.fields, author_id=row.author_id, made_at=row.made_at) for row in rows]


def _write(tx: Tx, template_id: int, number: int, fields: Mapping[str, str], author_id: int, now: datetime) -> None:
    tx.execute(insert(versions_table).values(template_id=template_id, number=number, fields=dict(fields), author_id=author_id, made_at=now))
