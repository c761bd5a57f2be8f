"""What a file that a provider hands in is, and what a reviewer must know before opening it.

Taken are pdf, docx, xlsx, pptx, png, jpg, mp4 and zip, by content: puremagic says what the bytes are, and our own reading of headers
and containers must agree. What only may be dangerous is taken and flagged, since a report must not fail for a macro in its template.
Nothing is unpacked.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import puremagic

from bot.errors import UserMistake
from bot.file_types import RUNS, TAKEN, TYPES, UNPACKED_BYTES, members, office_kind
from bot.model.texts import files as texts

ZIP = "application/zip"
PICTURES = frozenset({"image/png", "image/jpeg"})
INLINE = PICTURES | {"application/pdf"}  # shown where they stand, if nothing is flagged

_HEAD_BYTES = 4096
_CHUNK = 1 << 20
_OVERLAP = 64
_NAME_CHARS = 200
_ENDINGS = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "m4v": "mp4"}
_ZIPPED = frozenset({".zip", ".docx", ".xlsx", ".pptx"})
_KINDS = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".pdf": "pdf", ".mp4": "mp4", **dict.fromkeys(_ZIPPED, "zip")}
_PACKED = re.compile(r"\.(?:zip|7z|rar|gz|bz2|xz|tar|cab|iso|jar)$")
_RATIO, _RATIO_FROM = 100, 64 << 20  # of unpacked to packed bytes, where there is more than this to unpack
_PACKING_BYTES = 1_024  # at most what packing and locking may add to a member
_OFFICE = frozenset({"docx", "xlsx", "pptx"})
_OLD_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def _name(name: str) -> str:
    """A name in a PDF, however it is written: /J#61vaScript is /JavaScript (ISO 32000-1, 7.3.5)."""
    return "/" + "".join(f"(?:{letter}|(?i:#{ord(letter):02x}))" for letter in name) + "(?![A-Za-z0-9_#])"


# Three letters stand in packed pictures by chance, so that of /JS the program must follow: a string, or where one is.
_PROGRAM = _name("JS") + r"\s{0,9}(?:[(<]|\d{1,9}\s{1,9}\d{1,5}\s{1,9}R)"
_ACTIVE = re.compile("|".join([_PROGRAM, *map(_name, ("JavaScript", "Launch", "EmbeddedFile", "RichMedia"))]).encode())
_LOCKED = re.compile(_name("Encrypt").encode())


@dataclass(frozen=True, slots=True)
class Look:
    """name: with the ending that the content has. flags: of texts.FLAGS."""

    name: str
    media_type: str
    flags: tuple[str, ...]


def look(file: BinaryIO, name: str) -> Look:
    """What a whole file is. file: can be sought in; left anywhere. name: what the provider calls it, trusted for nothing.

    Raises UserMistake that names the file and says what it is instead of something that is taken.
    """
    kind, flags = _kind(file, name)
    return Look(cleaned(name, kind), ZIP if kind == "zip" else TYPES[kind], tuple(sorted(flags)))


def cleaned(name: str, kind: str = "") -> str:
    """The last part of a name, of what a screen shows as it is, short enough to keep, and with the ending of its kind."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in last if char.isprintable()).strip(" .") or "file"
    ending = plain.rpartition(".")[2].lower() if "." in plain else ""
    if kind and _ENDINGS.get(ending, ending) != kind:
        plain, ending = f"{plain}.{kind}", kind
    if len(plain) <= _NAME_CHARS:
        return plain
    return f"{plain[: _NAME_CHARS - 12]}….{ending[:8]}" if ending else plain[:_NAME_CHARS]


def _kind(file: BinaryIO, name: str) -> tuple[str, set[str]]:
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head.startswith(_OLD_CONTAINER) and (locked := _locked_office(file, name)):
        return locked, {"locked"}
    kind = _by_library(file)
    strict = next((of for pattern, of in TAKEN if pattern.match(head)), "zip" if head.startswith(b"PK\3\4") else "")
    if not kind or kind != strict:
        raise UserMistake(texts.not_taken(name, head))
    if kind == "zip":
        return _container(file)
    return kind, _tail_flags(file, kind) | (_pdf_flags(file) if kind == "pdf" else set())


def _locked_office(file: BinaryIO, name: str) -> str:
    """docx, xlsx or pptx with a password ([MS-OFFCRYPTO] 2.3): what it is inside only its name can say. "" for all else."""
    ending = name.rpartition(".")[2].lower()
    return ending if ending in _OFFICE and any(_PACKAGE in window for window in _windows(file)) else ""


def _windows(file: BinaryIO) -> Iterator[bytes]:
    """All of a file, piece by piece, each with the end of the one before."""
    rest = b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield rest + chunk
        rest = chunk[-_OVERLAP:]


def _by_library(file: BinaryIO) -> str:
    """The kind that puremagic is surest of; "" where that is none of ours."""
    file.seek(0)
    try:
        found = puremagic.magic_stream(file)
    except (puremagic.PureError, ValueError):
        return ""
    best = max(match.confidence for match in found)
    kinds = [_KINDS[match.extension] for match in found if match.confidence == best and match.extension in _KINDS]
    return kinds[0] if kinds else ""


def _tail_flags(file: BinaryIO, kind: str) -> set[str]:
    """Whether more follows than the picture or document: another file may hide there."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _HEAD_BYTES))
    tail = file.read()
    ends = {"png": tail.endswith(_PNG_END), "jpg": tail.rstrip(b"\0").endswith(b"\xff\xd9"), "pdf": b"%%EOF" in tail}
    file.seek(0)
    has_archive = b"PK\5\6" in tail
    return {"polyglot"} if has_archive or not ends.get(kind, True) else set()


def _pdf_flags(file: BinaryIO) -> set[str]:
    flags: set[str] = set()
    for window in _windows(file):
        flags |= {"active"} if _ACTIVE.search(window) else set()
        flags |= {"locked"} if _LOCKED.search(window) else set()
    return flags


def _container(file: BinaryIO) -> tuple[str, set[str]]:
    """docx, xlsx, pptx, or zip."""
    try:
        listed = list(members(file))
    except (struct.error, ValueError):
        return "zip", {"broken"}
    size = file.seek(0, 2)
    unpacked, packed = sum(one.unpacked for one in listed), sum(one.packed for one in listed)
    flags: set[str] = set()
    if unpacked > UNPACKED_BYTES or (unpacked > _RATIO_FROM and unpacked > _RATIO * max(packed, 1)) or packed > size:
        flags.add("bomb")
    if any(one.packed > one.unpacked + one.unpacked // 1_000 + _PACKING_BYTES for one in listed):  # the list says less than comes out
        flags.add("broken")
    names = [one.name for one in listed]
    if any(one.is_locked for one in listed):
        flags.add("locked")
    if any(_PACKED.search(one) for one in names):
        flags.add("nested")
    kind = office_kind(names)
    if any(RUNS.search(one) for one in names):
        flags.add("macros" if kind else "program_inside")
    return kind or "zip", flags
