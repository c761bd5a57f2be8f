"""What people hand in: a folder of files, each under the SHA-256 of its bytes, written once and never changed.

Names never reach the disk. A file comes to be here before any row speaks of it, so one that no row speaks of after a while is
swept away; putting the same bytes again makes it young again.
"""

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Self

from bot import clock, disk, failpoint
from bot.errors import BadSetting, NotFound, UserMistake
from bot.file_types import media_type
from bot.model.texts import files as texts
from config.settings import Settings

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that lies in the store. bytes: its length. flags: what to know before opening it (bot/file_types)."""

    sha256: str
    bytes: int
    media_type: str
    flags: tuple[str, ...] = ()


def folder(settings: Settings) -> Path:
    """Where FILES_URL says that files lie. Raises BadSetting."""
    if "://" in settings.files_url:
        raise BadSetting(["FILES_URL: must be a folder"])
    return Path(settings.files_url) if settings.files_url else settings.data_dir / "files"


class Files:
    """The store in one folder. Any number of threads and processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Raises BadSetting."""
        return cls(folder(settings))

    def put(self, stream: BinaryIO, name: str, *, max_bytes: int) -> Stored:
        """Read `stream` to its end and keep it; when this returns it is on the disk for good. The same bytes are kept once.

        name: asked only whether its ending says what the bytes are. Raises UserMistake that names the file where it is empty, longer
        than `max_bytes` or of a type that is not taken; nothing is kept then.
        """
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=self._root, prefix=".incoming-")  # for its owner alone
        try:
            with os.fdopen(descriptor, "w+b") as file:
                stored = _copy(stream, file, name, max_bytes)
                file.flush()
                os.fsync(file.fileno())
            os.utime(temporary, (clock.timestamp(),) * 2)
            failpoint.reach("files.written")
            self._settle(Path(temporary), self._path(stored.sha256))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """A kept file, to be read and closed. Raises NotFound."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound("file") from error

    def exists(self, sha256: str) -> bool:
        """Whether a file is kept."""
        return self._path(sha256).is_file()

    def sweep_orphans(self, kept: Collection[str], older_than: timedelta) -> int:
        """Delete what no row speaks of and was put longer ago than `older_than`; and what uploads left that were cut short.

        kept: the SHA-256 of all that rows speak of. older_than: much longer than what passes between putting a file and committing the
        row about it. Returns how many were deleted.
        """
        before = clock.timestamp() - older_than.total_seconds()
        return sum(self._sweep(path, before) for path in self._all() if path.name not in kept and _is_older(path, before))

    def _sweep(self, path: Path, before: float) -> bool:
        """Delete a file, unless it was put again just now: it is moved away first, and looked at once more where nobody puts anything."""
        aside = self._root / f".swept-{secrets.token_hex(8)}"
        with contextlib.suppress(FileNotFoundError):  # another process sweeps too
            path.replace(aside)
            if not _is_older(aside, before):
                self._settle(aside, path)
                return False
            aside.unlink()
            return True
        return False

    def _all(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        folders = [self._root, *(path for path in self._root.iterdir() if path.is_dir())]
        return [path for one in folders for path in one.iterdir() if path.is_file()]

    def _settle(self, temporary: Path, path: Path) -> None:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        temporary.replace(path)
        disk.sync_folder(path.parent)
        disk.sync_folder(self._root)

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound("file")
        return self._root / sha256[:2] / sha256


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:  # settled or swept by another
        return False


def _copy(stream: BinaryIO, file: BinaryIO, name: str, max_bytes: int) -> Stored:
    """Raises UserMistake."""
    digest, length = hashlib.sha256(), 0
    while chunk := stream.read(min(_CHUNK, max_bytes + 1 - length)):
        length += len(chunk)
        if length > max_bytes:
            raise UserMistake(texts.too_large(name, max_bytes))
        digest.update(chunk)
        file.write(chunk)
    if not length:
        raise UserMistake(texts.empty(name))
    return Stored(sha256=digest.hexdigest(), bytes=length, media_type=media_type(file, name))
