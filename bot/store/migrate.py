"""Bringing a database to the schema this version needs; forward only.

`serve` and `worker` do it themselves on SQLite. On PostgreSQL a person runs `python -m bot migrate`, once, before starting them.
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.errors import Unavailable
from bot.store.database import Database, Tx
from bot.store.tables import metadata

_LOCK = 0x57EC0D  # any number of our own: two migrations at once wait for each other (PostgreSQL)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The schema version this code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(database: Database) -> str | None:
    """The schema version the database has; None when it has none."""
    with database.read() as connection:
        return version(connection)


def migrate(database: Database) -> None:
    """Bring the database to head. Safe to run in several processes at once: the others wait, then find nothing to do."""
    with database.write() as tx:
        upgrade(tx)


def upgrade(tx: Tx, revision: str = "head") -> None:
    """Bring the database to a schema version, within the caller's transaction."""
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def version(tx: Tx) -> str | None:
    """The schema version, as seen within the caller's transaction."""
    return MigrationContext.configure(tx).get_current_revision()


def knows(revision: str) -> bool:
    """Whether this code has that schema version."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def ensure(database: Database) -> None:
    """Migrate an SQLite database; refuse a PostgreSQL one that is not at head. Raises Unavailable."""
    if current(database) == head():
        return
    if not database.is_sqlite:
        raise Unavailable("数据库还没有升级，请先运行 python -m bot migrate")
    migrate(database)


def drift(database: Database) -> list[object]:
    """Differences between the migrated database and the tables in code. Empty unless a migration was forgotten."""
    with database.read() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))
