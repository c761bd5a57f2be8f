"""Evidence bundles: one case with everything that proves it, in a file that verifies without us (bot/model/bundle)."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import disk
from bot.actions import heads
from bot.actions.rights import by, must
from bot.context import Context
from bot.files import Files
from bot.model import bundle
from bot.model.canonical import canonical, sha256
from bot.model.head import Head
from bot.model.operator import Operator, Role
from bot.model.signing import Key
from bot.model.texts import bundles as texts
from bot.model.trail import Event
from bot.store import cases, dossier, trail
from bot.store import heads as stored
from bot.store.database import Tx

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content makes the same bytes
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters.update(texts.FILTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """events: how many its chain has, the export's own among them. key_id: of the signature, "" without AUDIT_KEY."""

    number: str
    events: int
    bytes: int
    sha256: str
    key_id: str


def export(ctx: Context, actor: Operator, number: str, target: Path) -> Exported:
    """Write the bundle of a case to `target`, and into its trail that this was done. The file is whole or not there.

    Raises NotFound for no such case or a file that is gone, UserMistake for who may not.
    """
    with ctx.transaction() as tx:
        must(tx, actor, *Role)
        case = cases.by_number(tx, number)
        trail.record(tx, by(actor), "export", {}, case_id=case.id)
    key = heads.signing_key(ctx.settings)
    with ctx.house.database.snapshot() as snapshot:
        chain = list(trail.read(snapshot, number))
        told = dossier.read(snapshot, number)
        kept = _covering(snapshot, number)
    with disk.replacing(target) as file:
        _pack(file, told, chain, kept, key, Files.of(ctx.settings))
    raw = target.stat().st_size
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Exported(number=number, events=len(chain), bytes=raw, sha256=digest, key_id=key.id if key else "")


def _covering(snapshot: Tx, number: str) -> list[Head]:
    """Of each length that the chain had at the end of a day, the first head that tells so."""
    found: dict[int, Head] = {}
    for head, _, _ in stored.read(snapshot):
        if head.is_sound():
            for tip in head.tips:
                if tip.chain == number:
                    found.setdefault(tip.length, head)
    return list(found.values())


def _pack(file: BinaryIO, told: Mapping[str, Any], chain: list[Event], kept: Iterable[Head], key: Key | None, files: Files) -> None:
    members = _members(told, chain, kept)
    end = {"length": chain[-1].seq, "hash": chain[-1].hash}
    members[bundle.PAGE] = _page(told, chain, kept, key, members).encode()
    digests: dict[str, str] = {}
    with zipfile.ZipFile(file, "w") as archive:
        for name, raw in sorted(members.items()):
            _put(archive, name, raw)
            digests[name] = sha256(raw)
        for name, digest in _attached(told).items():
            with files.open(digest) as source:
                digests[name] = _copy(archive, name, source)
        manifest = canonical(
            {
                "kind": bundle.KIND,
                "version": bundle.VERSION,
                "number": told["case"]["number"],
                "made_at": chain[-1].at,
                "key": key.public if key else "",
                "chain": end,
                "members": digests,
            }
        )
        _put(archive, bundle.MANIFEST, manifest)
        if key:
            _put(archive, bundle.SIGNATURE, key.sign(manifest).encode())


def _members(told: Mapping[str, Any], chain: Iterable[Event], kept: Iterable[Head]) -> dict[str, bytes]:
    named = {
        bundle.CASE: "case",
        bundle.FILINGS: "filings",
        bundle.DELIVERIES: "deliveries",
        bundle.RECEIPTS: "receipts",
        bundle.VIEWS: "views",
    }
    members = {name: canonical(told[part]) for name, part in named.items()}
    members[bundle.EVENTS] = canonical([bundle.event_fields(event) for event in chain])
    members |= {f"{bundle.NOTICES}{notice['number']}.json": canonical(notice["statement"]) for notice in told["notices"]}
    return members | {f"{bundle.HEADS}{head.day}.json": head.file() for head in kept}


def _attached(told: Mapping[str, Any]) -> dict[str, str]:
    """Files of the store by their name in the bundle, each once. Very large ones of the provider stay out (bot/store/filed_dossier)."""
    found = {bundle.evidence_name(row): row["sha256"] for row in told["case"]["evidence"]}
    filed = (row for filing in told["filings"] for row in filing["files"] if row["is_included"])
    return found | {bundle.filed_name(row): row["sha256"] for row in filed}


def _page(told: Mapping[str, Any], chain: list[Event], kept: Iterable[Head], key: Key | None, members: Mapping[str, bytes]) -> str:
    return _pages.get_template("bundle.html").render(
        **told,
        events=chain,
        heads=list(kept),
        key_id=key.id if key else "",
        public=key.public if key else "",
        texts=texts,
        evidence_name=bundle.evidence_name,
        filed_name=bundle.filed_name,
        data=sorted(members),
    )


def _info(name: str, how: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr, info.compress_type = 3, 0o600 << 16, how
    return info


def _put(archive: zipfile.ZipFile, name: str, raw: bytes) -> None:
    archive.writestr(_info(name, zipfile.ZIP_DEFLATED), raw)


def _copy(archive: zipfile.ZipFile, name: str, source: BinaryIO) -> str:
    """Stored as it is: evidence is pictures and the like, which don't get smaller. Returns its SHA-256."""
    with archive.open(_info(name, zipfile.ZIP_STORED), "w", force_zip64=True) as member:
        reading = _Hashing(source)
        shutil.copyfileobj(reading, member, 1 << 20)
    return reading.digest.hexdigest()


class _Hashing:
    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.source.read(size)
        self.digest.update(chunk)
        return chunk
