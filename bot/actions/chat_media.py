"""Pictures and files sent in chat join the draft that is being written. A media id dies in three days, so they are fetched at once.

The message's transaction writes a row. A worker claims it by compare-and-set, fetches with no transaction open, puts the bytes into
the store, and then attaches them, ends the row and tells the person in one transaction: killed anywhere, it is done once.
"""

import io
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from bot import clock, failpoint
from bot.actions import filings as acts
from bot.context import Context, InboundContext
from bot.delivery import outbox
from bot.errors import NoSpace, NotFound, UserMistake, WecomError
from bot.file_looks import cleaned
from bot.files import Files, Stored, leniently
from bot.model.delivery import Priority
from bot.model.filing import Filing
from bot.model.provider import Address, Admin
from bot.model.reply import messages
from bot.model.texts import chat_filings as texts
from bot.model.texts import files as file_texts
from bot.store import filings, media, providers
from bot.store.database import Tx
from bot.store.media import FAILED, JOINED, Fetch
from bot.wecom.client import Client
from bot.wecom.limits import MEDIA_S, Fault, fault_of

log = structlog.get_logger()

TOUCHED_WITHIN = timedelta(hours=24)
LEASE = timedelta(minutes=10)  # a fetch takes seconds; what a killed worker had in hand comes again after this
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=30)
_AT_ONCE = 20  # a run
_PART_BYTES = 4 << 20  # of a multiple of 16, as ranges of encrypted media must be
_MEDIA_ID_CHARS = 256
_GONE = frozenset({Fault.BAD_MEDIA})


@dataclass(frozen=True, slots=True)
class Coming:
    """The filing that a medium will join, and whether it was not sent before."""

    filing: Filing
    is_new: bool


# In chat


def take(ctx: InboundContext, address: Address, media_id: str, name: str) -> Coming | None:
    """Have a medium fetched for the draft that this person's provider is writing. None where there is none, or no such person.

    name: the sender's, "" for a picture.
    """
    if not 0 < len(media_id) <= _MEDIA_ID_CHARS or not media_id.isprintable():
        return None
    with ctx.read() as tx:
        admin = providers.admin_at(tx, address)
        filing = _fitting(tx, admin) if admin else None
    if admin is None or filing is None:
        return None
    expires_at = ctx.arrived_at + timedelta(seconds=MEDIA_S)
    with ctx.transaction() as tx:
        is_new = media.add(tx, filing.id, admin.id, media_id, cleaned(name) if name else "", clock.now(), expires_at)
        return Coming(filing, is_new)


def _fitting(tx: Tx, admin: Admin) -> Filing | None:
    """What the provider worked on last within a day; what this admin began goes first."""
    since = clock.now() - TOUCHED_WITHIN
    found = [one for one in filings.of_provider(tx, admin.provider_id, only_open=True) if one.is_writable and one.touched_at >= since]
    return max(found, key=lambda one: (one.admin_id == admin.id, one.touched_at, one.id), default=None)


# In the worker


class _TooLarge(Exception):
    """The medium is longer than a file may be."""


class _Medium(io.RawIOBase):
    """A medium as a stream, fetched in ranges. `read` raises WecomError, and _TooLarge as soon as its length is known."""

    def __init__(self, client: Client, media_id: str, max_bytes: int) -> None:
        self._client, self._media_id, self._max_bytes = client, media_id, max_bytes
        self._part, self._position, self._is_whole = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        given = self.read(len(buffer))
        buffer[: len(given)] = given
        return len(given)

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            raise io.UnsupportedOperation("a size is needed")
        while not self._part and not self._is_whole and size:
            self._fetch()
        given, self._part = self._part[:size], self._part[size:]
        return given

    def _fetch(self) -> None:
        part = self._client.media_get(self._media_id, self._position, self._position + _PART_BYTES)
        if part.start != self._position or (not part.content and part.total is not None and self._position < part.total):
            raise WecomError(-2, "media/get: another range than was asked for")
        if part.total is not None and part.total > self._max_bytes:
            raise _TooLarge
        self._part = part.content
        self._position += len(part.content)
        if part.total is None:
            self._is_whole = len(part.content) < _PART_BYTES
        else:
            self._is_whole = self._position >= part.total


def run(ctx: Context, client: Client) -> int:
    """Fetch what is due. Returns how many joined or failed for good. Safe to run in several workers at once, and to be killed in.

    When the platform cannot be reached, or the disk is full, the rest waits for the next run, so that other jobs get their turn.
    """
    with ctx.read() as connection:
        due = media.due(connection, clock.now(), _AT_ONCE)
    done = 0
    for fetch in due:
        with ctx.transaction() as tx:
            if not media.claim(tx, fetch, clock.now() + LEASE):
                continue
        failpoint.reach("chat_media.claimed")
        try:
            done += _one(ctx, client, replace(fetch, tries=fetch.tries + 1))
        except (WecomError, NoSpace) as error:
            log.warning("media_not_fetched", error=type(error).__name__, errcode=getattr(error, "errcode", 0), tries=fetch.tries + 1)
            break
    return done


def _one(ctx: Context, client: Client, fetch: Fetch) -> bool:
    """Fetch one medium that is claimed. Raises WecomError, NoSpace where it was put off."""
    if clock.now() >= fetch.expires_at:
        return _fail(ctx, fetch, "expired", texts.TOO_LATE)
    try:
        name, stored = _fetched(ctx, client, fetch)
    except _TooLarge:
        return _fail(ctx, fetch, "too_large", file_texts.too_large(texts.plain_name(fetch.id), ctx.settings.file_max_bytes))
    except UserMistake as mistake:
        return _fail(ctx, fetch, "not_taken", mistake.say)
    except WecomError as error:
        if fault_of(error.errcode) in _GONE:
            return _fail(ctx, fetch, f"errcode {error.errcode}", texts.NOT_TAKEN_BACK)
        if error.permanent:
            return _fail(ctx, fetch, f"errcode {error.errcode}", texts.GIVEN_UP)
        _put_off(ctx, fetch)
        raise
    except (OSError, NoSpace):
        _put_off(ctx, fetch)
        raise
    failpoint.reach("chat_media.stored")
    return _join(ctx, fetch, name, stored)


def _put_off(ctx: Context, fetch: Fetch) -> None:
    with ctx.transaction() as tx:
        media.put_off(tx, fetch, clock.now() + min(_FIRST_PAUSE * 2 ** min(fetch.tries - 1, 12), _LONGEST_PAUSE))


def _fetched(ctx: Context, client: Client, fetch: Fetch) -> tuple[str, Stored]:
    """(name, what lies in the store). Raises UserMistake that does not say the sender's name, WecomError, NoSpace, _TooLarge."""
    max_bytes = ctx.settings.file_max_bytes
    stream = _Medium(client, fetch.media_id, max_bytes)
    stored = Files.of(ctx.settings).put(stream, texts.plain_name(fetch.id), max_bytes=max_bytes, judge=leniently)  # type: ignore[arg-type]
    return cleaned(fetch.name, stored.name.rpartition(".")[2]) if fetch.name else stored.name, stored


def _join(ctx: Context, fetch: Fetch, name: str, stored: Stored) -> bool:
    """Attach, end the row and tell, all or nothing."""
    try:
        with ctx.transaction() as tx:
            if not media.end(tx, fetch, JOINED):
                return False
            admin, filing = providers.admin(tx, fetch.admin_id), filings.get(tx, fetch.filing_id)
            added, filing = acts.attach(ctx, admin.address, filing.number, "", name, stored, how="chat")
            words = texts.joined(filing, stored.bytes, stored.sha256) if added else texts.joined_before(filing, stored.sha256)
            _tell(ctx, tx, admin, words)
            failpoint.reach("chat_media.attached")
            return True
    except UserMistake as mistake:
        return _fail(ctx, fetch, "refused", mistake.say)
    except NotFound:  # who sent it speaks for this provider no more
        return _fail(ctx, fetch, "departed", "")


def _fail(ctx: Context, fetch: Fetch, failure: str, why: str) -> bool:
    with ctx.transaction() as tx:
        if not media.end(tx, fetch, FAILED, failure):
            return False
        admin = providers.admin(tx, fetch.admin_id)
        if why and admin.is_active:
            _tell(ctx, tx, admin, texts.not_joined(filings.get(tx, fetch.filing_id), why))
        return True


def _tell(ctx: Context, tx: Tx, admin: Admin, words: str) -> None:
    to = admin.address
    for part in messages(words):
        ctx.wake(outbox.enqueue(tx, to.corpid, to.agentid, [to.userid], part, Priority.CHAT))
