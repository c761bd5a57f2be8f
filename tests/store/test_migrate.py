import subprocess
import sys

import pytest
from alembic.script import ScriptDirectory

from bot.errors import Unavailable
from bot.store import migrate
from bot.store.database import Database


def test_a_migrated_database_is_what_the_code_says(database):
    assert migrate.current(database) == migrate.head()
    assert migrate.drift(database) == []


def test_migrating_twice_changes_nothing(database):
    migrate.migrate(database)
    assert migrate.drift(database) == []


def test_an_empty_sqlite_file_is_migrated_on_the_way(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'new.db'}")
    assert migrate.current(database) is None
    migrate.ensure(database)
    assert migrate.current(database) == migrate.head()


@pytest.mark.server
def test_an_unmigrated_postgresql_is_refused_with_what_to_do(postgres_url):
    import psycopg
    from sqlalchemy import make_url

    from tests.conftest import POSTGRES

    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        name = f"{make_url(postgres_url).database}_empty"
        admin.execute(f'CREATE DATABASE "{name}"')
        database = Database(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
        try:
            with pytest.raises(Unavailable, match="python -m bot migrate"):
                migrate.ensure(database)
            assert migrate.current(database) is None
        finally:
            database.dispose()
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_processes_that_start_together_migrate_once(tmp_path):
    program = "import sys; from bot.store import migrate; from bot.store.database import Database; migrate.ensure(Database(sys.argv[1]))"
    url = f"sqlite:///{tmp_path / 'new.db'}"
    started = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert migrate.drift(Database(url)) == []


def test_migrations_go_forward_only():
    for script in ScriptDirectory.from_config(migrate._config()).walk_revisions():
        assert not hasattr(script.module, "downgrade"), script.revision


def test_migrations_stand_in_one_line():
    scripts = ScriptDirectory.from_config(migrate._config())
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1
