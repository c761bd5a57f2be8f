"""Backup and restore: database, files and audit heads in one file that is whole or not there, and goes back whole or not at all.

    tables/NAME.jsonl   every row (bot/store/dump)
    files/…             the files folder, as it is
    audit/…             the daily heads kept as files
    backup.json         last: every other member with its SHA-256, the tables' columns and rows, the schema version

SQLite or PostgreSQL: what was backed up from one can be restored into the other. AUDIT_KEY and the other settings are not in it.
"""

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import clock, disk, failpoint, files
from bot.actions import heads
from bot.errors import UserMistake
from bot.model.canonical import canonical, parse
from bot.model.texts import backups as texts
from bot.model.trail import moment
from bot.store import dump, migrate
from bot.store.database import Database
from config.settings import Settings

_KIND, _VERSION, _MANIFEST = "backup", 1, "backup.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20
_PLACE = re.compile(r"(files|audit)(/[A-Za-z0-9][A-Za-z0-9_.\-]{0,200}){1,4}")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, KeyError, OverflowError, EOFError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """missing: files that cases and hand-ins name and the folder had not. waiting: batches that a worker would go on sending."""

    made_at: str
    schema: str
    rows: int
    files: int
    missing: int
    waiting: int


def back_up(database: Database, settings: Settings, target: Path) -> Summary:
    """Write a backup of the database as it is at one moment, and of all files that belong to it. Nobody is held up meanwhile.

    Raises UserMistake for a database of another schema version than this code's, Unavailable for one that can't be read.
    """
    schema = migrate.current(database)
    if schema != migrate.head():
        raise UserMistake(texts.not_at_head(schema, migrate.head()) if schema else texts.NOTHING_TO_BACK_UP)
    made_at = moment(clock.now())
    with disk.replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        packing = _Packing(archive)
        with database.snapshot() as snapshot:
            for table in dump.tables():
                packing.table(table.name, dump.columns(table), dump.lines(snapshot, table))
                failpoint.reach("backup.table")
        # Files are never changed once they are there, so that those the rows speak of are still the same now.
        packing.folder("files", files.folder(settings))
        packing.folder("audit", heads.folder(settings))
        manifest = {
            "kind": _KIND,
            "version": _VERSION,
            "schema": schema,
            "made_at": made_at,
            "tables": packing.tables,
            "members": packing.digests,
            "missing": len(packing.files - set(packing.digests.values())),
            "waiting": packing.waiting,
        }
        archive.writestr(_info(_MANIFEST, zipfile.ZIP_DEFLATED), canonical(manifest))
    return _summary(manifest)


class _Packing:
    """What goes into a backup, noted while it is written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.digests: dict[str, str] = {}
        self.tables: list[dict[str, Any]] = []
        self.files: set[str] = set()
        self.waiting = 0

    def table(self, name: str, columns: dump.Columns, lines: Iterator[bytes]) -> None:
        rows, digest, member = 0, hashlib.sha256(), f"tables/{name}.jsonl"
        names = [each for each, _ in columns]
        with self.archive.open(_info(member, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as out:
            for line in lines:
                rows += 1
                digest.update(line)
                out.write(line)
                if name == "evidence" or (name == "filing_files" and json.loads(line)[names.index("destroyed_at")] is None):
                    self.files.add(json.loads(line)[names.index("sha256")])
                elif name == "batches":
                    self.waiting += json.loads(line)[names.index("state")] == "open"
        self.digests[member] = digest.hexdigest()
        self.tables.append({"name": name, "rows": rows, "columns": [list(column) for column in columns]})

    def folder(self, name: str, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            member = f"{name}/{path.relative_to(folder).as_posix()}"
            if path.is_file() and _PLACE.fullmatch(member):  # what is being written has another kind of name
                self._file(member, path)

    def _file(self, member: str, path: Path) -> None:
        try:
            source = path.open("rb")
        except FileNotFoundError:  # an upload that nothing speaks of, swept away meanwhile
            return
        digest = hashlib.sha256()
        with source, self.archive.open(_info(member, zipfile.ZIP_STORED), "w", force_zip64=True) as out:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
        self.digests[member] = digest.hexdigest()


def restore(database: Database, settings: Settings, source: Path) -> Summary:
    """Put a backup back into an empty database and its files beside it, all of it or nothing.

    A file that is there already must be the same: what an earlier restore left that was cut short. The database is written last, in
    one transaction. Raises UserMistake for a file that is no backup, is damaged or newer than this version, and for a database that
    is not empty.
    """
    try:
        with source.open("rb") as file, zipfile.ZipFile(file) as archive:
            manifest = _checked(archive)
            with database.write() as tx:  # looked at before anything is written
                _must_fit(tx, manifest["schema"])
            _put_files(archive, manifest["members"], {"files": files.folder(settings), "audit": heads.folder(settings)})
            failpoint.reach("restore.files")
            _put_tables(database, archive, manifest)
    except _UNREADABLE as error:
        raise UserMistake(texts.DAMAGED) from error
    return _summary(manifest)


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, once every member was read and found to be what it says. Raises UserMistake, ValueError."""
    names = archive.namelist()
    manifest = parse(archive.read(_MANIFEST)) if _MANIFEST in names else None
    if not isinstance(manifest, dict) or manifest.get("kind") != _KIND:
        raise UserMistake(texts.NO_BACKUP)
    if manifest["version"] != _VERSION or not migrate.knows(manifest["schema"]):
        raise UserMistake(texts.newer(manifest["schema"]))
    if sorted(names) != sorted([*manifest["members"], _MANIFEST]):
        raise UserMistake(texts.DAMAGED)
    for name, digest in manifest["members"].items():
        with archive.open(name) as member:
            if hashlib.file_digest(member, "sha256").hexdigest() != digest:  # type: ignore[arg-type]  # a ZipExtFile reads as files do
                raise UserMistake(texts.DAMAGED)
    return manifest


def _must_fit(tx: Any, schema: str) -> None:
    if not dump.is_empty(tx):
        raise UserMistake(texts.NOT_EMPTY)
    if migrate.version(tx) not in (None, schema):
        raise UserMistake(texts.another_schema(migrate.version(tx), schema))


def _put_files(archive: zipfile.ZipFile, members: Mapping[str, str], folders: Mapping[str, Path]) -> None:
    wanted: list[tuple[str, Path]] = []
    for name, digest in members.items():
        if name.startswith("tables/"):
            continue
        if not _PLACE.fullmatch(name):
            raise UserMistake(texts.DAMAGED)
        kind, _, rest = name.partition("/")
        path = folders[kind] / rest
        if not path.exists():
            wanted.append((name, path))
        elif _digest(path) != digest:
            raise UserMistake(texts.file_differs(str(path)))
    for name, path in wanted:
        with archive.open(name) as member, disk.replacing(path) as file:
            shutil.copyfileobj(member, file, _CHUNK)


def _put_tables(database: Database, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    with database.write() as tx:
        _must_fit(tx, manifest["schema"])
        migrate.upgrade(tx, manifest["schema"])
        dump.clear_packaged(tx)
        for table in manifest["tables"]:
            with archive.open(f"tables/{table['name']}.jsonl") as member:
                counted = dump.load(tx, table["name"], table["columns"], member)
            if counted != table["rows"]:
                raise UserMistake(texts.DAMAGED)
            failpoint.reach("restore.table")
        dump.count_on(tx)
        migrate.upgrade(tx)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _info(name: str, how: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr, info.compress_type = 3, 0o600 << 16, how
    return info


def _summary(manifest: Mapping[str, Any]) -> Summary:
    return Summary(
        made_at=manifest["made_at"],
        schema=manifest["schema"],
        rows=sum(table["rows"] for table in manifest["tables"]),
        files=sum(not name.startswith("tables/") for name in manifest["members"]),
        missing=manifest["missing"],
        waiting=manifest["waiting"],
    )
