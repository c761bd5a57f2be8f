"""Files that a provider's admins bring for a report, an objection, a re-application or a withdrawal: bytes first, then the row.

A file comes whole, or in blocks that go on where a phone lost its connection. A block's token says whose upload of what it is; whether
that person may still do it is asked again for every block.
"""

from dataclasses import dataclass
from typing import BinaryIO

from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.actions import filings
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.file_looks import cleaned
from bot.files import Files, Stored, leniently
from bot.model.filing import FiledFile
from bot.model.provider import Address
from bot.model.texts import files as texts
from bot.model.texts import filings as filing_texts

LASTS_S = 24 * 3_600  # an upload that rests longer is swept away
BLOCK_BYTES = 8 << 20
_TOKEN_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One that was begun. part: its name in the store. size: bytes, as announced."""

    number: str
    address: Address
    clause: str
    name: str
    size: int
    part: str


def bring(ctx: Context, address: Address, number: str, clause: str, name: str, stream: BinaryIO) -> FiledFile:
    """Take a whole file. Raises UserMistake that names it, NotFound, NoSpace."""
    filings.may_attach(ctx, address, number)
    stored = Files.of(ctx.settings).put(stream, name, max_bytes=ctx.settings.file_max_bytes, judge=leniently)
    return _attach(ctx, address, number, clause, stored.name, stored)


def begin(ctx: Context, address: Address, number: str, clause: str, name: str, size: int) -> str:
    """Announce a file that will come in blocks. Returns the token that its blocks carry. Raises UserMistake, NotFound, NoSpace."""
    filing = filings.may_attach(ctx, address, number)
    if clause and clause not in {item.clause for item in filing.items}:
        raise UserMistake(filing_texts.NO_SUCH_PART)
    if size <= 0:
        raise UserMistake(texts.empty(name))
    if size > ctx.settings.file_max_bytes:
        raise UserMistake(texts.too_large(name, ctx.settings.file_max_bytes))
    part = Files.of(ctx.settings).begin()
    told = [number, address.corpid, address.agentid, address.userid, clause, cleaned(name), size, part]
    return str(_serializer(ctx).dumps(told))


def known(ctx: Context, address: Address, token: str) -> Upload:
    """The upload of a token, for the person who began it, while they may go on. Raises UserMistake, NotFound."""
    if len(token) > _TOKEN_CHARS:
        raise NotFound("upload")
    try:
        number, corpid, agentid, userid, clause, name, size, part = _serializer(ctx).loads(token, max_age=LASTS_S)
    except (BadSignature, ValueError, TypeError) as error:
        raise UserMistake(texts.STALE_UPLOAD) from error
    if Address(corpid, agentid, userid) != address:
        raise NotFound("upload")
    filings.may_attach(ctx, address, number)
    return Upload(number=number, address=address, clause=clause, name=name, size=size, part=part)


def received(ctx: Context, upload: Upload) -> int:
    """How much of it is here. Raises UserMistake where it was swept away."""
    try:
        return Files.of(ctx.settings).received(upload.part)
    except NotFound as error:
        raise UserMistake(texts.STALE_UPLOAD) from error


def add(ctx: Context, upload: Upload, offset: int, stream: BinaryIO) -> int:
    """Take one block. Returns how much is here now. Raises OutOfStep, UserMistake, NoSpace."""
    most = min(BLOCK_BYTES, upload.size - offset)
    if offset < 0 or most < 0:
        raise UserMistake(texts.OUT_OF_STEP)
    try:
        return Files.of(ctx.settings).append(upload.part, offset, stream, most)
    except NotFound as error:
        raise UserMistake(texts.STALE_UPLOAD) from error


def finish(ctx: Context, upload: Upload) -> FiledFile:
    """Judge and keep a file whose blocks are all here. Raises OutOfStep, UserMistake, NotFound, NoSpace."""
    files = Files.of(ctx.settings)
    try:
        stored = files.finish(upload.part, upload.name, size=upload.size, judge=leniently)
    except NotFound as error:
        raise UserMistake(texts.STALE_UPLOAD) from error
    except UserMistake:
        files.abandon(upload.part)
        raise
    return _attach(ctx, upload.address, upload.number, upload.clause, stored.name, stored)


def _attach(ctx: Context, address: Address, number: str, clause: str, name: str, stored: Stored) -> FiledFile:
    added, filing = filings.attach(ctx, address, number, clause, name, stored)
    return added or next(file for file in filing.files if file.sha256 == stored.sha256)


def _serializer(ctx: Context) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(ctx.settings.secret_key.get_secret_value(), salt="upload")
