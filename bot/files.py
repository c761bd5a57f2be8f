"""What people hand in: a folder of files, each under the SHA-256 of its bytes, written once and never changed.

Names never reach the disk. A file comes to be here before any row speaks of it, so one that no row speaks of after a while is
swept away; putting the same bytes again makes it young again.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO, Self

from bot import clock, disk, failpoint
from bot.errors import BadSetting, NoSpace, NotFound, UserMistake
from bot.file_looks import look
from bot.file_types import media_type
from bot.model.texts import files as texts
from config.settings import Settings

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[0-9a-f]{32}")
_ASIDE = ".swept-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that lies in the store. bytes: its length. flags: what to know before opening it (texts.FLAGS). name: as it may be called."""

    sha256: str
    bytes: int
    media_type: str
    flags: tuple[str, ...] = ()
    name: str = ""


Judge = Callable[[BinaryIO, str], tuple[str, str, tuple[str, ...]]]  # (file, name) → (how it may be called, media type, flags)


def strictly(file: BinaryIO, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Evidence of our own: what may be dangerous is refused. Raises UserMistake."""
    return name, media_type(file, name), ()


def leniently(file: BinaryIO, name: str) -> tuple[str, str, tuple[str, ...]]:
    """What a provider hands in: what may be dangerous is flagged. Raises UserMistake."""
    looked = look(file, name)
    return looked.name, looked.media_type, looked.flags


class OutOfStep(Exception):
    """A block does not follow on what is here. received: how much is; -1 where somebody else is just adding to it."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


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

    def put(self, stream: BinaryIO, name: str, *, max_bytes: int, judge: Judge = strictly) -> Stored:
        """Read `stream` to its end and keep it; when this returns it is on the disk for good. The same bytes are kept once.

        name: what whoever brings it calls it. judge: says what it is. Raises UserMistake that names the file where it is empty, longer
        than `max_bytes` or of a type that is not taken, NoSpace; nothing is kept then.
        """
        with _room():
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=self._root, prefix=".incoming-")  # for its owner alone
            try:
                with os.fdopen(descriptor, "w+b") as file:
                    sha256, length = _copy(stream, file, name, max_bytes)
                    return self._keep(file, Path(temporary), name, sha256, length, judge)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

    def _keep(self, file: BinaryIO, temporary: Path, name: str, sha256: str, length: int, judge: Judge) -> Stored:
        """Judge a whole file, and move it to where it lies for good."""
        called, media_type, flags = judge(file, name)
        file.flush()
        os.fsync(file.fileno())
        os.utime(temporary, (clock.timestamp(),) * 2)
        failpoint.reach("files.written")
        self._settle(temporary, self._path(sha256))
        return Stored(sha256=sha256, bytes=length, media_type=media_type, flags=flags, name=called)

    # In blocks

    def begin(self) -> str:
        """Room for a file that comes in blocks. Returns the name of its part."""
        part = secrets.token_hex(16)
        with _room():
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._part(part), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return part

    def received(self, part: str) -> int:
        """How much of it is here. Raises NotFound."""
        try:
            return self._part(part).stat().st_size
        except FileNotFoundError as error:
            raise NotFound("upload") from error

    def append(self, part: str, offset: int, stream: BinaryIO, max_bytes: int) -> int:
        """Add what `stream` brings, at most `max_bytes`, after `offset` bytes that are here. Returns how much is here now.

        What came before a connection broke stays. Raises OutOfStep where another number is here, or somebody else is at it, NotFound,
        NoSpace.
        """
        with _room(), self._own_part(part) as file:
            if file.seek(0, 2) != offset:
                raise OutOfStep(file.tell())
            left = max_bytes
            try:
                while left and (chunk := stream.read(min(_CHUNK, left))):
                    file.write(chunk)
                    left -= len(chunk)
                return file.tell()
            finally:
                file.flush()
                os.utime(file.fileno(), (clock.timestamp(),) * 2)  # young again: a rest of a day ends it

    def finish(self, part: str, name: str, *, size: int, judge: Judge) -> Stored:
        """Keep a file whose blocks are all here. Raises OutOfStep where they are not, UserMistake for what is not taken, NotFound."""
        with _room(), self._own_part(part) as file:
            if file.seek(0, 2) != size:
                raise OutOfStep(file.tell())
            if not size:
                raise UserMistake(texts.empty(name))
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return self._keep(file, self._part(part), name, sha256, size, judge)

    def abandon(self, part: str) -> None:
        """Forget a file of which no more will come."""
        self._part(part).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _own_part(self, part: str) -> Iterator[BufferedRandom]:
        """To be written by one at a time: a phone that comes back may find its last request still here."""
        try:
            file = self._part(part).open("r+b")
        except FileNotFoundError as error:
            raise NotFound("upload") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise OutOfStep(-1) from error
            yield file

    def _part(self, part: str) -> Path:
        if not _PART.fullmatch(part):
            raise NotFound("upload")
        return self._root / f".part-{part}"

    def open(self, sha256: str) -> BinaryIO:
        """A kept file, to be read and closed. Raises NotFound."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound("file") from error

    def exists(self, sha256: str) -> bool:
        """Whether a file is kept."""
        return self._path(sha256).is_file()

    def lengths(self) -> dict[str, int]:
        """Length in bytes of every kept file, by SHA-256."""
        return {path.name: path.stat().st_size for path in self._all() if _SHA256.fullmatch(path.name)}

    def is_whole(self, sha256: str) -> bool:
        """Whether the bytes are those that the name says."""
        with self._path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def sweep_orphans(self, kept: Collection[str], older_than: timedelta) -> int:
        """Delete what no row speaks of and was put longer ago than `older_than`; and what uploads left that were cut short.

        kept: the SHA-256 of all that rows speak of. older_than: much longer than what passes between putting a file and committing the
        row about it. Returns how many were deleted.
        """
        self._put_back(kept)
        before = clock.timestamp() - older_than.total_seconds()
        return sum(self._sweep(path, before) for path in self._all() if path.name not in kept and _is_older(path, before))

    def _sweep(self, path: Path, before: float) -> bool:
        """Delete a file, unless it was put again just now: it is moved away first, and looked at once more where nobody puts anything."""
        aside = self._root / f"{_ASIDE}{path.name if _SHA256.fullmatch(path.name) else ''}-{secrets.token_hex(8)}"
        with contextlib.suppress(FileNotFoundError):  # another process sweeps too
            path.replace(aside)
            failpoint.reach("files.aside")
            if not _is_older(aside, before):
                self._settle(aside, path)
                return False
            aside.unlink()
            return True
        return False

    def _put_back(self, kept: Collection[str]) -> None:
        """What a sweep had moved away when it was killed, and a row speaks of by now."""
        for aside in self._root.glob(f"{_ASIDE}*"):
            sha256 = aside.name.removeprefix(_ASIDE).partition("-")[0]
            if sha256 in kept and not self.exists(sha256):
                with contextlib.suppress(FileNotFoundError):
                    self._settle(aside, self._path(sha256))

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


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Raises NoSpace where the disk, or our share of it, is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoSpace from error


def _copy(stream: BinaryIO, file: BinaryIO, name: str, max_bytes: int) -> tuple[str, int]:
    """(SHA-256, length). Raises UserMistake."""
    digest, length = hashlib.sha256(), 0
    while chunk := stream.read(min(_CHUNK, max_bytes + 1 - length)):
        length += len(chunk)
        if length > max_bytes:
            raise UserMistake(texts.too_large(name, max_bytes))
        digest.update(chunk)
        file.write(chunk)
    if not length:
        raise UserMistake(texts.empty(name))
    return digest.hexdigest(), length
