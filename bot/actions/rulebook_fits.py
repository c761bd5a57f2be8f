"""What a worker does for a version that was confirmed: its model, made once, and what the question set would be answered then.

Claimed with a lease, in no transaction while it works. Whoever was killed leaves the lease to run out; whoever comes too late, or whose
version was changed meanwhile, keeps nothing.
"""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import structlog

import rules
from bot import bookshelf, clock, failpoint
from bot.context import Context
from bot.errors import Stale
from bot.model.rulebook import Rulebook
from bot.model.trail import SYSTEM
from bot.store import rulebooks, ties, trail
from rules import Book, bank, encoder, fit, model, parse, regress
from rules.encoder import Encoder

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
MOST_TRIES = 3
_MODEL_SHARE = 70  # hundredths of the progress; the rest is the question set


class _Unwanted(Exception):
    """The version was changed, discarded, or given to another worker."""


def run(ctx: Context, phrases: Callable[[], tuple[bank.Phrase, ...]] = bank.read) -> int:
    """Make ready what waits for it. Returns how many versions were. phrases: the bank."""
    done = 0
    while (claimed := _claim(ctx)) is not None:
        failpoint.reach("rulebooks.claimed")
        if claimed.tries > MOST_TRIES:
            _fail(ctx, claimed, "too_often")
            continue
        try:
            _make(ctx, claimed, phrases())
            done += 1
        except (_Unwanted, Stale):
            log.info("rulebook_fit_unwanted", version=claimed.dated)
        except (parse.CannotParse, model.BadModel, bank.BadBank, np.linalg.LinAlgError, MemoryError, ValueError, OSError) as error:
            log.error("rulebook_fit_failed", version=claimed.dated, error=type(error).__name__)
            _fail(ctx, claimed, "unusable")
    return done


def _claim(ctx: Context) -> Rulebook | None:
    with ctx.read() as connection:
        if not rulebooks.waits_for_model(connection, clock.now()):
            return None
    with ctx.transaction() as tx:
        now = clock.now()
        return rulebooks.claim(tx, now, now + LEASE)


def _make(ctx: Context, known: Rulebook, phrases: tuple[bank.Phrase, ...]) -> None:
    sentences = encoder.load() if ctx.settings.rules_encoder != "off" else None
    document = known.document()
    with ctx.read() as connection:
        earlier = rulebooks.known(connection)
        written = tuple(phrase for phrase in bookshelf.phrases([*earlier, known]) if phrase.register == "operators")

    def told(share: float) -> None:
        _hold(ctx, known, int(_MODEL_SHARE * share))

    fitted = fit.refit(model.load(), phrases, written, document, sentences, told)
    outcome = _asked(ctx, known, fitted, sentences, (*phrases, *written))
    blob = model.to_bytes(fitted.model, fitted.points)
    failpoint.reach("rulebooks.fitted")
    with ctx.transaction() as tx:
        fresh = rulebooks.get(tx, known.id, lock=True)
        if fresh.version != known.version or fresh.tries != known.tries:
            raise _Unwanted
        rulebooks.keep_model(tx, fresh, blob)
        told_of = {**outcome.kept(), "vectors": sentences is not None or ctx.settings.rules_encoder == "off"}
        ready = {"regression": told_of, "tested": fresh.content, "progress": 100, "leased_until": None, "failure": ""}
        rulebooks.advance(tx, fresh, "fitted", **ready)
        figures = {"asked": outcome.asked, "broken": outcome.count("broken"), "gone": outcome.count("gone")}
        trail.record(tx, SYSTEM, "rules_made_ready", {"version": known.dated, "content": known.content, **figures})


def _asked(
    ctx: Context, known: Rulebook, fitted: fit.Fitted, sentences: Encoder | None, phrases: tuple[bank.Phrase, ...]
) -> regress.Outcome:
    """The question set and all ties, asked of the version in force and of this one."""
    with ctx.read() as connection:
        earlier = rulebooks.known(connection)
        before = rulebooks.model(connection, earlier[-1].id)
        overlay = ties.overlay(connection)
    editions = bookshelf.editions(earlier)
    now: Book = rules.build(editions, model.from_bytes(before) if before else model.load(), sentences, phrases, overlay)
    # As it will be loaded, eight bits and all.
    loaded = model.from_bytes(model.to_bytes(fitted.model, fitted.points))
    then = rules.build([*editions, rules.Edition(known.document(), known.effective_on)], loaded, sentences, phrases, overlay)
    questions = [*regress.questions(), *regress.tied(overlay.ties)]
    return regress.compare(now, then, questions, lambda share: _hold(ctx, known, _MODEL_SHARE + int((99 - _MODEL_SHARE) * share)))


def _hold(ctx: Context, known: Rulebook, progress: int) -> None:
    with ctx.transaction() as tx:
        if not rulebooks.hold(tx, known, progress, clock.now() + LEASE):
            raise _Unwanted


def _fail(ctx: Context, known: Rulebook, failure: str) -> None:
    with ctx.transaction() as tx:
        fresh = rulebooks.get(tx, known.id, lock=True)
        if fresh.version == known.version and fresh.tries == known.tries:
            rulebooks.advance(tx, fresh, "fail", failure=failure, leased_until=None)
            trail.record(tx, SYSTEM, "rules_failed", {"version": known.dated, "failure": failure})
