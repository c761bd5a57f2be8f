"""What a file is, by its bytes. Its name is asked for one thing only: that it says the same.

Taken are documents, pictures and films that run nothing when opened. Nothing is unpacked: of an Office file only the list of its
members is read, within limits.
"""

import codecs
import re
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bot.errors import UserMistake
from bot.model.texts import files as texts

TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "txt": "text/plain",
    "csv": "text/csv",
    "mp4": "video/mp4",
}

_HEAD_BYTES = 1024
_CHUNK = 1 << 20
_ALIKE = {"jpeg": "jpg", "jpe": "jpg", "m4v": "mp4", "log": "txt"}  # endings that say the same
_TEXT = ("txt", "csv")

TAKEN = (
    (re.compile(rb"%PDF-[12]\.\d"), "pdf"),
    (re.compile(rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"\0\0..ftyp(?:iso[m2-9]|mp4[12]|avc1|M4V |MSNV|dash|3gp.|mmp4)", re.DOTALL), "mp4"),
)
# Known, and not taken: whoever brings one is told what to do instead.
_REFUSED = (
    (re.compile(rb"MZ[^\0]{0,62}\0|\x7fELF|#!|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|dex\n|!<arch>"), "program"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|script|svg|iframe|\?xml|!--)", re.IGNORECASE), "page"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf"), "old_office"),
    (re.compile(rb"Rar!\x1a|7z\xbc\xaf|\x1f\x8b|BZh[1-9]1AY|\xfd7zXZ|MSCF\0|.{257}ustar", re.DOTALL), "archive"),
    (re.compile(rb"GIF8[79]a|BM.{4}\0\0\0\0|RIFF.{4}WEBP|II\*\0|MM\0\*|\0\0..ftyp(?:hei|hev|mif1|msf1|avif)", re.DOTALL), "picture"),
    (re.compile(rb"\0\0..(?:ftyp|moov|mdat|wide)|RIFF.{4}AVI |\x1aE\xdf\xa3|FLV\x01|0&\xb2u", re.DOTALL), "movie"),
)
_REFUSED_ENDINGS = {
    "exe dll com scr pif msi bat cmd ps1 vbs vbe js jse mjs wsf hta lnk url reg jar apk app dmg deb rpm sh py rb pl php jsp asp": "program",
    "html htm xhtml shtml mht mhtml svg svgz xml xsl xslt swf": "page",
}
_REFUSED_BY_ENDING = {ending: what for endings, what in _REFUSED_ENDINGS.items() for ending in endings.split()}


def media_type(file: BinaryIO, name: str) -> str:
    """The media type of a whole file, one of TYPES' values. file: can be sought in; left anywhere.

    Raises UserMistake that names the file and says why it is not taken.
    """
    return TYPES[_kind(file, name)]


def _kind(file: BinaryIO, name: str) -> str:
    file.seek(0)
    head, ending = file.read(_HEAD_BYTES), _ending(name)
    found = next((kind for pattern, kind in TAKEN if pattern.match(head)), None)
    if found is None and head.startswith(b"PK\x03\x04"):
        found = _office(file, name)
    if found is not None:
        if found != ending:
            raise UserMistake(texts.misnamed(name, found))
        return found
    for pattern, what in _REFUSED:
        if pattern.match(head):
            raise UserMistake(texts.refused(name, what))
    if ending in _REFUSED_BY_ENDING:
        raise UserMistake(texts.refused(name, _REFUSED_BY_ENDING[ending]))
    if ending not in _TEXT:
        raise UserMistake(texts.unknown(name))
    if not _is_text(file):
        raise UserMistake(texts.not_text(name))
    return ending


def _ending(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    ending = last.rpartition(".")[2].strip().lower() if "." in last else ""
    return _ALIKE.get(ending, ending)


# Text


def _is_text(file: BinaryIO) -> bool:
    """Whether all of it reads as UTF-8, UTF-16 with its mark, or GB18030 (and so GBK), and none of it is a control character."""
    file.seek(0)
    marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return any(_reads_as(file, encoding) for encoding in (["utf-16"] if marked else ["utf-8", "gb18030"]))


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def _reads_as(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            if _CONTROL.search(decoder.decode(chunk)):
                return False
        return not _CONTROL.search(decoder.decode(b"", final=True))
    except UnicodeError:
        return False


# Office files: ZIP archives with members of known names (ECMA-376, part 2). APPNOTE.TXT of PKWARE has the records.

_END = struct.Struct("<4s4H2LH")  # 4.3.16
_MEMBER = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_COMMENT_BYTES = 1 << 16
_LIST_BYTES = 1 << 20
UNPACKED_BYTES = 512 << 20
_ENCRYPTED = 1
_ROOTS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
RUNS = re.compile(r"vbaproject|vbadata|(?:^|/)activex/|^xl/macrosheets/|\.(?:exe|dll|scr|com|bat|cmd|ps1|vbs|js|jar|hta|lnk|msi)$")


def _office(file: BinaryIO, name: str) -> str:
    """docx, xlsx or pptx. Raises UserMistake."""
    try:
        listed = list(members(file))
    except (struct.error, ValueError) as error:
        raise UserMistake(texts.refused(name, "broken")) from error
    names = [one.name for one in listed]
    if any(RUNS.search(one) for one in names):
        raise UserMistake(texts.refused(name, "macros"))
    if any(one.is_locked for one in listed):
        raise UserMistake(texts.refused(name, "locked"))
    if sum(one.unpacked for one in listed) > UNPACKED_BYTES:
        raise UserMistake(texts.refused(name, "huge"))
    kind = office_kind(names)
    if not kind:
        raise UserMistake(texts.refused(name, "archive"))
    return kind


def office_kind(names: Collection[str]) -> str:
    """Which Office file an archive with these members is; "" for any other archive."""
    roots = {kind for root, kind in _ROOTS.items() if any(member.startswith(root) for member in names)}
    return roots.pop() if "[content_types].xml" in names and len(roots) == 1 else ""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, as its list says. name: in lower case. packed, unpacked: bytes."""

    name: str
    is_locked: bool
    packed: int
    unpacked: int


def members(file: BinaryIO) -> Iterator[Member]:
    """What an archive lists. Raises ValueError, struct.error where the list is no list, or too long.

    ZIP64 is refused: no Office file of a size that we take needs it, and readers differ in which of the two lists they believe.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - _COMMENT_BYTES - _END.size))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or tail[max(0, at - 20) : at].startswith(b"PK\6\7"):
        raise ValueError("no end record that can be trusted")
    _, disk, first_disk, here, number, list_bytes, list_at, comment_bytes = _END.unpack_from(tail, at)
    end_at = size - len(tail) + at
    is_whole = end_at + _END.size + comment_bytes == size and list_at + list_bytes == end_at
    if disk or first_disk or here != number or list_bytes > _LIST_BYTES or not is_whole:
        raise ValueError("no end record that can be trusted")
    file.seek(list_at)
    listed = file.read(list_bytes)
    position = 0
    for _ in range(number):
        fields = _MEMBER.unpack_from(listed, position)
        signature, flags, (packed, unpacked), (name_bytes, extra_bytes, note_bytes) = fields[0], fields[3], fields[8:10], fields[10:13]
        begins = position + _MEMBER.size
        position = begins + name_bytes + extra_bytes + note_bytes
        if signature != b"PK\1\2" or position > list_bytes:
            raise ValueError("no member where one should be")
        name = listed[begins : begins + name_bytes].decode("utf-8", "replace").replace("\\", "/").lower()
        yield Member(name, bool(flags & _ENCRYPTED), packed, unpacked)
    if position != list_bytes:
        raise ValueError("more in the list than members")
