"""Daily heads of the trail: made, signed, and kept outside the database too."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot import clock, disk, failpoint
from bot.actions import staff_mails
from bot.context import Context
from bot.model import head as heads
from bot.model.head import Head
from bot.model.operator import Role
from bot.model.signing import Key
from bot.model.texts import mails
from bot.model.texts import trail as texts
from bot.store import heads as stored
from bot.store import operators
from config.settings import Settings

_SETTLED = timedelta(minutes=5)  # after midnight: what was begun on the day is committed by then

Told = Callable[[Head], None]


def folder(settings: Settings) -> Path:
    """Where heads are kept outside the database."""
    return settings.data_dir / "audit"


def signing_key(settings: Settings) -> Key | None:
    """What heads and bundles are signed with; None without AUDIT_KEY."""
    return Key(settings.audit_key.get_secret_value()) if settings.audit_key else None


def make(ctx: Context, told: Told | None = None) -> list[Head]:
    """Close every day that is over in China and has no head yet. Called as often as one likes; returns what was made.

    told: called once for each new head, inside the transaction that keeps it, to have auditors told. A head's file is written after
    that; one that a crash has left out is written by the next call.
    """
    with ctx.read() as connection:
        last, begun = stored.latest(connection), stored.first_event_at(connection)
    made: list[Head] = []
    if begun is not None:
        first = heads.day_after(last.day) if last else heads.day_of(begun)
        for day in heads.days_between(first, heads.day_of(clock.now() - timedelta(days=1) - _SETTLED)):
            last = _make_one(ctx, day, last, told)
            if last is None:  # another process is at it
                break
            made.append(last)
    _write_files(ctx)
    return made


def _make_one(ctx: Context, day: str, previous: Head | None, told: Told | None) -> Head | None:
    with ctx.read() as connection:
        tips = stored.tips_before(connection, heads.ends_at(day))
    now = clock.now()
    head = heads.make(day, tips, previous, signing_key(ctx.settings), now)
    with ctx.transaction() as tx:
        if not stored.add(tx, head, now):
            return None
        if told:
            told(head)
    failpoint.reach("heads.kept")
    return head


def _write_files(ctx: Context) -> None:
    where = folder(ctx.settings)
    with ctx.read() as connection:
        missing = [day for day in stored.days(connection) if not file(where, day).exists()]
        found = [stored.get(connection, day) for day in missing]
    for head in found:
        disk.write(file(where, head.day), head.file())


def file(where: Path, day: str) -> Path:
    """Where the head of a day is kept."""
    return where / f"head-{day}.json"


def tell_auditors(ctx: Context, head: Head) -> None:
    """Send a day's hash and signature to every auditor by mail: kept where nobody here can change it. Nothing without a mail server."""
    if not ctx.settings.smtp_url:
        return
    with ctx.transaction() as tx:
        auditors = [operator for operator in operators.active(tx) if Role.AUDITOR in operator.roles]
        subject, paragraphs = texts.head_mail(head.day, head.sha256, head.signature)
        for batch_id in staff_mails.send(ctx, tx, auditors, f"head-{head.day}", mails.plain(subject, paragraphs)):
            ctx.wake(batch_id)
