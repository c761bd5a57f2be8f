"""The store of files against the rows that speak of them: drift both ways, what nobody needs, and what was kept long enough."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from bot import clock
from bot.context import Context
from bot.files import Files
from bot.model.trail import SYSTEM
from bot.store import kept_files, trail

ORPHANS_KEPT = timedelta(days=1)  # an upload and the row about it are seconds apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """By SHA-256. missing: rows without bytes. damaged: whose bytes are others. unknown: bytes without a row. counted: rows looked at."""

    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    unknown: tuple[str, ...]
    counted: int


def check(ctx: Context, *, deep: bool = False) -> Drift:
    """Compare. deep: read every file, and not only its length."""
    with ctx.read() as connection:
        wanted = kept_files.wanted(connection)
    files = Files.of(ctx.settings)
    there = files.lengths()
    damaged = [sha256 for sha256, length in wanted.items() if sha256 in there and there[sha256] != length]
    if deep:
        damaged += [sha256 for sha256 in sorted(wanted.keys() & there.keys() - set(damaged)) if not files.is_whole(sha256)]
    return Drift(
        missing=tuple(sorted(wanted.keys() - there.keys())),
        damaged=tuple(sorted(damaged)),
        unknown=tuple(sorted(there.keys() - wanted.keys())),
        counted=len(wanted),
    )


def sweep(ctx: Context) -> int:
    """Note which files were kept long enough, then delete what no row wants (any more). Returns how many were deleted."""
    retire(ctx)
    with ctx.read() as connection:
        kept = kept_files.wanted(connection)
    return Files.of(ctx.settings).sweep_orphans(kept.keys(), ORPHANS_KEPT)


def retire(ctx: Context) -> int:
    """Let files of what ended long ago go, as FILES_KEEP_DAYS says; their rows and hashes stay on record. Returns how many."""
    days = ctx.settings.files_keep_days
    if days is None:
        return 0
    with ctx.read() as connection:
        spent = kept_files.spent(connection, clock.now() - timedelta(days=days))
    gone = 0
    by_filing: dict[tuple[int | None, str], list[kept_files.Spent]] = defaultdict(list)
    for one in spent:
        by_filing[one.case_id, one.filing].append(one)
    for (case_id, filing), files in sorted(by_filing.items(), key=lambda pair: (pair[0][0] is None, pair[0][0] or 0, pair[0][1])):
        with ctx.transaction() as tx:
            now = clock.now()
            noted = [one.sha256 for one in files if kept_files.destroyed(tx, one.id, now)]
            if noted:
                trail.record(tx, SYSTEM, "files_destroyed", {"filing": filing, "sha256": noted, "days": days}, case_id=case_id)
                gone += len(noted)
    return gone
