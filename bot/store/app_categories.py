"""What sort of app each is (类目), where our own staff have said so."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.database import Tx
from bot.store.tables import app_categories as table
from bot.store.tables import apps

_IN_ONE_STATEMENT = 2_000


def ids(connection: Connection, codes: Collection[str]) -> dict[str, int]:
    """Ids of the apps that have these codes."""
    found: dict[str, int] = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), _IN_ONE_STATEMENT):
        some = wanted[start : start + _IN_ONE_STATEMENT]
        found |= {row.code: row.id for row in connection.execute(select(apps.c.code, apps.c.id).where(apps.c.code.in_(some)))}
    return found


def put(tx: Tx, of: Mapping[int, str]) -> None:
    """Write the category of apps, by id, in place of what was known; "" takes it away."""
    gone = [app_id for app_id, category in of.items() if not category]
    for start in range(0, len(gone), _IN_ONE_STATEMENT):
        tx.execute(delete(table).where(table.c.app_id.in_(gone[start : start + _IN_ONE_STATEMENT])))
    rows = [{"app_id": app_id, "category": category} for app_id, category in sorted(of.items()) if category]
    if rows:
        dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
        new = dialect.insert(table)
        tx.execute(new.on_conflict_do_update(index_elements=["app_id"], set_={"category": new.excluded.category}), rows)


def counts(connection: Connection) -> list[tuple[str, int]]:
    """How many apps are of each category; "" for those of none, where there are such."""
    kinds = func.coalesce(table.c.category, "")
    statement = select(kinds, func.count()).select_from(apps.outerjoin(table, table.c.app_id == apps.c.id))
    return [(row[0], row[1]) for row in connection.execute(statement.group_by(kinds).order_by(kinds))]
