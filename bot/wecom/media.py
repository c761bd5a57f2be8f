"""Media over HTTP: ranged reads and the form of an upload (path/90253, 90254)."""

import json
import re
import secrets
from collections.abc import Mapping
from email.message import Message
from urllib.parse import unquote

from bot.wecom import limits
from bot.wecom.cards import BadPayload
from bot.wecom.http import Http, Raw, Request
from bot.wecom.results import Part

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,15})-\d{1,15}|\*)/(\d{1,15}|\*)")
_FILENAME_BYTES = 255


def fetch(http: Http, query: Mapping[str, str], start: int, end: int | None) -> Part:
    """Bytes start … end - 1 of the medium that `query` names. Raises WecomError, and ValueError for a range that is none."""
    if start < 0 or (end is not None and end <= start):
        raise ValueError("a range begins at 0 or later and ends behind its begin")
    wanted = {} if start == 0 and end is None else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
    raw = http.raw(Request(api="media/get", query=query, headers=wanted, most_bytes=limits.MEDIA_GET_BYTES), _is_content)
    headers = {name.lower(): value for name, value in raw.headers.items()}
    content_type, filename = headers.get("content-type", ""), _filename(headers.get("content-disposition", ""))
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    total = int(found[2]) if found and found[2] != "*" else None
    if raw.status == 416:
        return Part(b"", start, total, content_type, filename)
    if raw.status == 206:
        return Part(raw.body, int(found[1]) if found and found[1] else start, total, content_type, filename)
    return Part(raw.body[start:end], start, len(raw.body), content_type, filename)  # the range was ignored: all of it came


def form(content: bytes, filename: str, kind: str) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of an upload. Raises BadPayload.

    The name goes out as plain UTF-8 in `filename=`: the platform is not known to read `filename*=`, which many HTTP clients would write.
    """
    most = limits.MEDIA_BYTES.get(kind)
    if most is None:
        raise BadPayload("type", "must be image, voice, video or file")
    if not limits.MEDIA_LEAST_BYTES <= len(content) <= most:
        raise BadPayload("media", f"must have {limits.MEDIA_LEAST_BYTES} to {most} bytes")
    if not filename or not filename.isprintable() or len(filename.encode(errors="replace")) > _FILENAME_BYTES:
        raise BadPayload("filename", f"must be 1 to {_FILENAME_BYTES} printable bytes")
    boundary = secrets.token_hex(16)
    # As browsers do (HTML standard, multipart/form-data): a quote in the name must not end it.
    quoted = filename.replace('"', "%22").encode(errors="replace")
    head = b'--%b\r\nContent-Disposition: form-data; name="media"; filename="%b"; filelength=%d\r\n'
    head %= boundary.encode(), quoted, len(content)
    body = b"".join((head, b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n--", boundary.encode(), b"--\r\n"))
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def _is_content(raw: Raw) -> bool:
    """Whether these are the medium's bytes. An error comes with status 200 too, as JSON and without a file's name (path/90254)."""
    headers = {name.lower(): value for name, value in raw.headers.items()}
    if raw.status in (206, 416):
        return True
    if raw.status != 200:
        return False
    if "content-disposition" in headers:
        return True
    if not headers.get("content-type", "").lower().startswith(("application/json", "text/")):
        return True
    try:
        answer = json.loads(raw.body)
    except (ValueError, RecursionError):
        return False
    return not (isinstance(answer, dict) and "errcode" in answer)


def _filename(disposition: str) -> str:
    """The name in a Content-Disposition: plain, percent-encoded or as `filename*=`; "" where there is none that can be read."""
    parsed = Message()
    parsed["Content-Disposition"] = disposition.encode("latin-1", "replace").decode("utf-8", "replace")
    name = parsed.get_filename("")
    plain = unquote(name)
    if not plain.isascii():  # else a percent sign is one that the sender typed
        name = plain
    return "".join(character for character in name if character.isprintable() and character not in "/\\")[:_FILENAME_BYTES]
