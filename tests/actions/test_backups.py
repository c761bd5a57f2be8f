import hashlib
import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import insert, inspect, make_url, text

from bot import failpoint
from bot.actions import audit, backups, heads
from bot.context import Context
from bot.errors import UserMistake
from bot.model.canonical import canonical
from bot.model.signing import Key, new_key
from bot.model.trail import SYSTEM
from bot.store import dump, migrate, trail
from bot.store.database import Database
from bot.store.tables import tokens
from tests.cast import finding, issue
from tests.conftest import POSTGRES
from tests.flows.processes import environment
from tests.store.rows import all_of

KEY = new_key()
PICTURE = random.Random(5).randbytes(3_000_000)


@pytest.fixture
def settings(make_settings):
    return make_settings(audit_key=KEY)


@pytest.fixture
def filled(house, cast, clock, database):
    """A case that was issued and sent to nobody yet, a closed day, files, and an access token."""
    issue(house, cast, finding())
    clock.tick(days=1)
    heads.make(Context(house))
    folder = house.settings.data_dir / "files" / "ab"
    folder.mkdir(parents=True)
    (folder / hashlib.sha256(PICTURE).hexdigest()).write_bytes(PICTURE)
    (folder / ".half-written.tmp").write_bytes(b"x")
    with database.write() as tx:
        tx.execute(insert(tokens).values(name="access", value="secret-token", expires_at=1.5))
    return house


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def target(request, tmp_path, make_settings):
    """An empty database of either kind with a data folder of its own: (database, settings)."""
    settings = make_settings(data_dir=tmp_path / "restored", audit_key=KEY)
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'restored' / 'bot.db'}")
        yield made, settings
        made.dispose()
        return
    import psycopg

    name = f"{make_url(request.getfixturevalue('postgres_url')).database}_restored"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        made = Database(make_url(POSTGRES).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False))
        try:
            yield made, settings
        finally:
            made.dispose()
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def backup(filled, tmp_path):
    """A backup file."""
    file = tmp_path / "all.backup"
    backups.back_up(filled.database, filled.settings, file)
    return file


def restore(target, file):
    database, settings = target
    return backups.restore(database, settings, file)


def rows(database):
    return {table.name: all_of(database, table.name) for table in dump.tables()}


def test_what_was_backed_up_comes_back_whole_in_either_database(filled, backup, target):
    database, settings = target
    summary = backups.restore(database, settings, backup)
    assert rows(database) == rows(filled.database)
    assert migrate.current(database) == migrate.head()
    assert migrate.drift(database) == []
    assert summary.rows == sum(map(len, rows(database).values())) > 30
    assert (summary.files, summary.missing, summary.waiting) == (2, 0, 1)
    assert (settings.data_dir / "files" / "ab" / hashlib.sha256(PICTURE).hexdigest()).read_bytes() == PICTURE
    found = audit.examine(database, heads.folder(settings), {Key(KEY).public})
    assert (found.problems, found.heads, found.is_signed) == ([], 1, True)


def test_the_restored_database_goes_on_where_the_other_stopped(filled, backup, target):
    database, settings = target
    backups.restore(database, settings, backup)
    restored = replace(filled, settings=settings, database=database)
    with database.write() as tx:
        trail.record(tx, SYSTEM, "step", {}, case_id=1)
    with database.read() as connection:
        staff = {one.login: one for one in backups_staff(connection)}
    assert issue(restored, staff, finding(), key="second") == "V2026-000002"
    assert audit.examine(database, heads.folder(settings), {Key(KEY).public}).problems == []


def backups_staff(connection):
    from bot.store import operators

    return operators.everyone(connection)


def test_a_backup_holds_no_access_token_and_is_its_owners_alone(filled, backup):
    with zipfile.ZipFile(backup) as archive:
        assert not any(b"secret-token" in archive.read(name) for name in archive.namelist())
    assert backup.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_of_one_moment_while_others_write(filled, database, tmp_path, monkeypatch):
    """Between two tables a case is written that has rows in both: it is in neither."""
    names: list[str] = []

    def write_meanwhile(point):
        if point == "backup.table" and not names:
            names.append(point)
            with database.write() as tx:
                trail.record(tx, SYSTEM, "meanwhile", {})

    before = rows(database)
    monkeypatch.setattr(failpoint, "reach", write_meanwhile)
    backups.back_up(database, filled.settings, tmp_path / "all.backup")
    assert names
    with zipfile.ZipFile(tmp_path / "all.backup") as archive:
        held = {table: archive.read(f"tables/{table}.jsonl").count(b"\n") for table in before}
    assert held == {table: len(found) for table, found in before.items()}


def test_a_database_that_is_not_empty_is_left_alone(filled, backup, database, settings):
    before = rows(database)
    with pytest.raises(UserMistake, match="已有内容"):
        backups.restore(database, settings, backup)
    assert rows(database) == before


def nothing_restored(target):
    database, _ = target
    with database.write() as tx:
        assert dump.is_empty(tx)


def test_damage_anywhere_is_found_before_anything_is_written(backup, target, tmp_path):
    whole, luck = backup.read_bytes(), random.Random(11)
    places = [luck.randrange(len(whole)) for _ in range(12)] + [luck.randrange(len(whole) - 3_000, len(whole)) for _ in range(12)]
    spoilt, refused = tmp_path / "spoilt.backup", 0
    for place in places:
        spoilt.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << luck.randrange(8)]) + whole[place + 1 :])
        with zipfile.ZipFile(backup) as good:
            known = {name: good.read(name) for name in good.namelist()}
        try:
            with zipfile.ZipFile(spoilt) as bad:
                same = {name: bad.read(name) for name in bad.namelist()} == known
        except Exception:  # noqa: BLE001
            same = False
        if not same:
            with pytest.raises(UserMistake):
                restore(target, spoilt)
            refused += 1
    assert refused > 15
    nothing_restored(target)
    assert not (target[1].data_dir / "files").exists()


@pytest.mark.parametrize("part", [0, 1, 1_000, -1, -200])
def test_a_backup_that_was_cut_off_is_refused(backup, target, part):
    backup.write_bytes(backup.read_bytes()[:part])
    with pytest.raises(UserMistake):
        restore(target, backup)
    nothing_restored(target)


def changed(backup, **fields):
    """The backup with another manifest."""
    with zipfile.ZipFile(backup) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["backup.json"] = canonical({**json.loads(members["backup.json"]), **fields})
    with zipfile.ZipFile(backup, "w") as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return backup


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "evidence bundle"}, "不是本系统的备份"),
        ({"version": 2}, "不认识"),
        ({"schema": "9999"}, "不认识"),
        ({"members": {}}, "损坏"),
        ({"tables": [{"name": "cases", "rows": 5, "columns": []}]}, "损坏"),
    ],
)
def test_foreign_and_newer_backups_are_refused(backup, target, fields, words):
    with pytest.raises(UserMistake, match=words):
        restore(target, changed(backup, **fields))
    nothing_restored(target)


def test_a_member_that_points_outside_is_refused(backup, target):
    outside = b"x"
    with zipfile.ZipFile(backup) as archive:
        members = json.loads(archive.read("backup.json"))["members"]
    for name in ("files/../../evil", "/evil", "files/.hidden", "other/evil"):
        changed(backup, members={**members, name: hashlib.sha256(outside).hexdigest()})
        with zipfile.ZipFile(backup, "a") as archive:
            archive.writestr(name, outside)
        with pytest.raises(UserMistake, match="损坏"):
            restore(target, backup)
    nothing_restored(target)


def test_a_file_that_stands_in_the_way_is_kept(backup, target):
    _, settings = target
    there = settings.data_dir / "files" / "ab" / hashlib.sha256(PICTURE).hexdigest()
    there.parent.mkdir(parents=True)
    there.write_bytes(b"mine")
    with pytest.raises(UserMistake, match="已存在"):
        restore(target, backup)
    assert there.read_bytes() == b"mine"
    nothing_restored(target)


def as_of(backup, schema, scratch):
    """The backup as the version with that schema would have written it."""
    with scratch.write() as tx:
        migrate.upgrade(tx, schema)
        known = {name: {column["name"] for column in inspect(tx).get_columns(name)} for name in inspect(tx).get_table_names()}
    with zipfile.ZipFile(backup) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("backup.json"))
    for table in list(manifest["tables"]):
        name, columns = f"tables/{table['name']}.jsonl", known.get(table["name"], set())
        places = [place for place, (column, _) in enumerate(table["columns"]) if column in columns]
        table["columns"] = [table["columns"][place] for place in places]
        lines = [json.loads(line) for line in members[name].splitlines()]
        members[name] = b"".join(canonical([line[place] for place in places]) + b"\n" for line in lines)
        if not columns:
            manifest["tables"].remove(table)
            del members[name]
    manifest["members"] = {name: hashlib.sha256(raw).hexdigest() for name, raw in members.items()}
    with zipfile.ZipFile(backup, "w") as archive:
        for name, raw in {**members, "backup.json": canonical({**manifest, "schema": schema})}.items():
            archive.writestr(name, raw)


def test_a_backup_of_an_older_schema_is_restored_and_then_migrated(filled, backup, target, tmp_path):
    as_of(backup, "0003", Database(f"sqlite:///{tmp_path / 'scratch.db'}"))
    restore(target, backup)
    assert migrate.current(target[0]) == migrate.head()
    assert [row.number for row in rows(target[0])["cases"]] == ["V2026-000001"]
    assert [row.hash for row in rows(target[0])["events"]] == [row.hash for row in rows(filled.database)["events"]]


def test_an_empty_database_of_another_schema_is_refused(backup, target):
    database, _ = target
    with database.write() as tx:
        migrate.upgrade(tx, "0003")
    with pytest.raises(UserMistake, match="0003"):
        restore(target, backup)


def test_a_database_without_a_schema_is_not_backed_up(tmp_path, settings):
    with pytest.raises(UserMistake, match="还没有建立"):
        backups.back_up(Database(f"sqlite:///{tmp_path / 'new.db'}"), settings, tmp_path / "all.backup")
    assert not (tmp_path / "all.backup").exists()


def command(settings, database, *words, point=""):
    shown = {
        name.upper(): str(getattr(settings, name)) for name in ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir")
    }
    hidden = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known = {name.upper(): getattr(settings, name).get_secret_value() for name in hidden}
    url = database.url.render_as_string(hide_password=False)
    env = environment(**shown, **known, DATABASE_URL=url, FAILPOINT=point, ENV_FILE="/dev/null")
    program = "import sys; from bot import failpoint; from bot.cli import main; failpoint.arm(sys.argv[1]); sys.exit(main(sys.argv[2:]))"
    return subprocess.run([sys.executable, "-c", program, point, *words], env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("point", ["restore.files:1", "restore.table:1", "restore.table:12", "store.before_commit:2"])
def test_a_restore_that_is_killed_leaves_an_empty_database_and_can_be_run_again(filled, backup, target, point):
    database, settings = target
    assert command(settings, database, "restore", str(backup), point=point).returncode == -9
    nothing_restored(target)
    done = command(settings, database, "restore", str(backup))
    assert (done.returncode, done.stderr) == (0, "")
    assert "已从" in done.stdout
    assert "audit verify" in done.stdout
    assert rows(database) == rows(filled.database)


def test_a_backup_that_is_killed_leaves_the_one_before(filled, backup, database):
    before = backup.read_bytes()
    assert command(filled.settings, database, "backup", str(backup), point="backup.table:5").returncode == -9
    assert backup.read_bytes() == before
    done = command(filled.settings, database, "backup", str(backup))
    assert (done.returncode, done.stderr) == (0, "")
    assert "已备份到" in done.stdout


def test_lost_evidence_is_counted(filled, database, tmp_path):
    with database.write() as tx:
        row = "INSERT INTO evidence (case_id, name, media_type, bytes, sha256, added_by, added_at) VALUES (1, 'a', 'x', 1, 'gone', 1, :at)"
        tx.execute(text(row), {"at": "2026-03-02 00:00:00.000000"})
    assert backups.back_up(database, filled.settings, tmp_path / "all.backup").missing == 1
