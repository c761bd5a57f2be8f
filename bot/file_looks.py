"""What a file that a provider hands in is, and what a reviewer must know before opening it.

Taken are pdf, docx, xlsx, pptx, png, jpg, mp4 and zip, by content: puremagic says what the bytes are, and our own reading of headers
and containers must agree. What only may be dangerous is taken and flagged, since a report must not fail for a macro in its template.
Nothing is unpacked.
"""

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

import puremagic

from bot.errors import UserMistake
from bot.file_types import RUNS, TAKEN, TYPES, UNPACKED_BYTES, members, office_kind
from bot.model.texts import files as texts

ZIP = "application/zip"
INLINE = frozenset({"image/png", "image/jpeg", "application/pdf"})  # shown where they stand, if nothing is flagged

_HEAD_BYTES = 4096
_CHUNK = 1 << 20
_OVERLAP = 64
_NAME_CHARS = 200
_ENDINGS = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "m4v": "mp4"}
_ZIPPED = frozenset({".zip", ".docx", ".xlsx", ".pptx"})
_KINDS = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".pdf": "pdf", ".mp4": "mp4", **dict.fromkeys(_ZIPPED, "zip")}
_PACKED = re.compile(r"\.(?:zip|7z|rar|gz|bz2|xz|tar|cab|iso|jar)$")
_RATIO, _RATIO_FROM = 100, 64 << 20  # of unpacked to packed bytes, where there is more than this to unpack
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia)\b")
_LOCKED = re.compile(rb"/Encrypt\b")
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


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
    kind = _by_library(file)
    strict = next((of for pattern, of in TAKEN if pattern.match(head)), "zip" if head.startswith(b"PK\3\4") else "")
    if not kind or kind != strict:
        raise UserMistake(texts.not_taken(name, head))
    if kind == "zip":
        return _container(file)
    return kind, _tail_flags(file, kind) | (_pdf_flags(file) if kind == "pdf" else set())


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
    flags, rest = set(), b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        window = rest + chunk
        flags |= {"active"} if _ACTIVE.search(window) else set()
        flags |= {"locked"} if _LOCKED.search(window) else set()
        rest = chunk[-_OVERLAP:]
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
    names = [one.name for one in listed]
    if any(one.is_locked for one in listed):
        flags.add("locked")
    if any(_PACKED.search(one) for one in names):
        flags.add("nested")
    kind = office_kind(names)
    if any(RUNS.search(one) for one in names):
        flags.add("macros" if kind else "program_inside")
    return kind or "zip", flags
