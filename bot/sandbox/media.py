"""Temporary media (path/90253, 90254): three days, kinds with limits of their own, ranged reads."""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot import clock
from bot.sandbox.refusals import Refused

MEDIA_LIFE_S = 3 * 86_400
ONE_GET_BYTES = 20 << 20
LIMIT_BYTES = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
_LEAST_BYTES = 6
_KEPT_BYTES = 256 << 20
_KEPT_FILES = 200
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_MEDIA_ID = re.compile(r"[0-9A-Za-z_\-]{16,128}")

MAGIC: dict[str, Callable[[bytes], bool]] = {
    "image": lambda head: head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")),
    "voice": lambda head: head.startswith(b"#!AMR"),
    "video": lambda head: head[4:8] == b"ftyp",
    "file": lambda _: True,
}


def mimetype(head: bytes) -> str:
    """What a browser may be told the bytes are; never anything it would run."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG"):
        return "image/png"
    return "audio/amr" if head.startswith(b"#!AMR") else "video/mp4" if head[4:8] == b"ftyp" else "application/octet-stream"


@dataclass(frozen=True)
class Medium:
    media_id: str
    kind: str
    filename: str
    content: bytes = field(repr=False)
    created_at: float

    @property
    def is_alive(self) -> bool:
        return clock.timestamp() - self.created_at < MEDIA_LIFE_S


class MediaStore:
    """All media of the corp, in memory; with a folder the newest are kept there for the next start."""

    def __init__(self, folder: Path | None) -> None:
        self._known: dict[str, Medium] = {}
        self._bytes = 0
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._load(folder)

    def add(self, kind: str, filename: str, content: bytes) -> Medium:
        """Keep an upload. Raises Refused: 40004 kind or content, 40006 five bytes or fewer, 45001 over the kind's limit."""
        if kind not in LIMIT_BYTES:
            raise Refused(40004)
        if len(content) < _LEAST_BYTES:
            raise Refused(40006)
        if len(content) > LIMIT_BYTES[kind]:
            raise Refused(45001)
        if not MAGIC[kind](content[:16]):
            raise Refused(40004, "content does not match the type")
        medium = Medium(secrets.token_urlsafe(48), kind, filename[-255:] or "file", content, clock.timestamp())
        self._keep(medium)
        self._save(medium)
        return medium

    def add_large(self, filename: str, content: bytes) -> Medium:
        """A file over what an upload may have, as a member can send one: it must be fetched in ranges."""
        medium = Medium(secrets.token_urlsafe(48), "file", filename, content, clock.timestamp())
        self._keep(medium)
        return medium

    def get(self, media_id: str, kinds: tuple[str, ...] = ()) -> Medium:
        """A medium that still lives. Raises Refused 40007, also when it is of another kind than asked for."""
        medium = self._known.get(media_id)
        if medium is None or not medium.is_alive or (kinds and medium.kind not in kinds):
            raise Refused(40007)
        return medium

    def shown(self, media_id: str) -> Medium | None:
        """A medium for the chat page, whatever its age."""
        return self._known.get(media_id)

    def clear(self) -> None:
        self._known.clear()
        self._bytes = 0
        if self._folder is not None:
            for path in self._folder.glob("*.media"):
                path.unlink(missing_ok=True)

    def _keep(self, medium: Medium) -> None:
        self._known[medium.media_id] = medium
        self._bytes += len(medium.content)
        while self._bytes > _KEPT_BYTES and len(self._known) > 1:
            self._bytes -= len(self._known.pop(next(iter(self._known))).content)

    def _save(self, medium: Medium) -> None:
        if self._folder is None:
            return
        head = {"kind": medium.kind, "filename": medium.filename, "created_at": medium.created_at}
        (self._folder / f"{medium.media_id}.media").write_bytes(json.dumps(head).encode() + b"\n" + medium.content)
        kept = sorted(self._folder.glob("*.media"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEPT_FILES]:
            path.unlink(missing_ok=True)

    def _load(self, folder: Path) -> None:
        for path in sorted(folder.glob("*.media"), key=lambda path: path.stat().st_mtime):
            head, _, content = path.read_bytes().partition(b"\n")
            try:
                about = json.loads(head)
                medium = Medium(path.stem, str(about["kind"]), str(about["filename"]), content, float(about["created_at"]))
            except (ValueError, KeyError, TypeError):
                continue  # half a file of an earlier end: the picture is lost, the chat is not
            if _MEDIA_ID.fullmatch(medium.media_id):
                self._keep(medium)


def cut_range(content: bytes, header: str) -> tuple[int, int] | None:
    """(first, last) of a single `Range: bytes=a-b`, or None when none is asked. Raises Refused 40058 when it lies outside."""
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first = int(match[1])
    last = min(int(match[2]) if match[2] else len(content) - 1, len(content) - 1)
    if first > last:
        raise Refused(40058, "range")
    return first, last
