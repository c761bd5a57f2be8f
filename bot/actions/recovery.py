"""The way back (4.2): which measures may be lifted now, in what order, and the end of a case when the last one is.

Measures go in the reverse of their weight: listed again first, then searchable, then recommended. Each is lifted on the platform by a
person, who confirms it; the app's state follows from what is confirmed.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot import clock
from bot.actions import lapses, listings, notices
from bot.context import Context
from bot.errors import BotError, UserMistake
from bot.model.case import IN_FORCE, Case, Imposed, State, Step
from bot.model.filing import FilingKind, FilingState
from bot.model.notice import NoticeKind
from bot.model.texts import cases as case_texts
from bot.model.texts import outcomes as texts
from bot.model.trail import SYSTEM, Actor
from bot.store import cases, filings, operator_tasks, providers, trail
from bot.store import ladder as steps
from bot.store.database import Tx
from rules import Clause
from rules.catalogue import Measure

log = structlog.get_logger()

_ORDER = (
    Measure.TERMINATE_SERVICE,
    Measure.SUSPEND_SERVICE,
    Measure.DELIST,
    Measure.CANCEL_SEARCH,
    Measure.CANCEL_RECOMMENDATION,
)
REAPPLIED = frozenset({Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH})  # take a re-application too (4.2)
_DONE = frozenset({Step.LIFTED, Step.VOID})


def proceed(ctx: Context, tx: Tx, case: Case, actor: Actor) -> Case:
    """Begin to lift whatever the provider has earned so far. To be called after each acceptance; calling it again changes nothing."""
    report = filings.living(tx, FilingKind.REPORT, case_id=case.id)
    if report is None or report.state is not FilingState.ACCEPTED or case.is_permanent:
        return case
    again = filings.living(tx, FilingKind.REAPPLICATION, case_id=case.id)
    is_back = again is not None and again.state is FilingState.ACCEPTED
    return lift(ctx, tx, case, [one for one in case.measures if is_back or one.measure not in REAPPLIED], actor)


def lift(ctx: Context, tx: Tx, case: Case, measures: Sequence[Imposed], actor: Actor) -> Case:
    """Begin to lift these measures of an open case: a task for each; what was never put in place is void."""
    now = clock.now()
    begun = [one for one in measures if one.state in (Step.OWED, Step.APPLIED)]
    if case.state is State.IN_FORCE and (begun or not case.measures):
        case = cases.advance(tx, case, "start_recovery")
        trail.record(tx, actor, "start_recovery", {}, case_id=case.id)
    for one in ordered(begun):
        if one.state is Step.OWED:
            cases.move(tx, one, "drop")
            operator_tasks.finish(tx, f"apply:{one.id}", None, now)
        else:
            cases.move(tx, one, "start_lifting")
            operator_tasks.add(tx, f"lift:{one.id}", "lift", case_texts.to_lift(case, one), now, case_id=case.id)
        trail.record(tx, actor, "measure_lifting", {"measure": one.measure}, case_id=case.id)
    return finish(ctx, tx, cases.get(tx, case.id), actor)


def must_be_next(case: Case, one: Imposed) -> None:
    """Raises UserMistake where a measure that comes before this one is still in place on the platform."""
    before = [other for other in ordered(case.measures) if _rank(other) < _rank(one)]
    left = [other for other in before if other.state in IN_FORCE]
    if case.state is State.RECOVERING and left:
        raise UserMistake(case_texts.lift_first(left))


def followed(case: Case, one: Imposed) -> list[Imposed]:
    """Measures that were lifted after this one."""
    return [other for other in case.measures if other.state is Step.LIFTED and _rank(other) > _rank(one)]


def ordered(measures: Sequence[Imposed]) -> list[Imposed]:
    """In the order in which they are lifted."""
    return sorted(measures, key=_rank)


def _rank(one: Imposed) -> int:
    return _ORDER.index(one.measure) if one.measure in _ORDER else len(_ORDER)


def finish(ctx: Context, tx: Tx, case: Case, actor: Actor) -> Case:
    """End a case whose last measure is lifted, and tell the provider what was restored. Does nothing while something is in place."""
    if case.state is not State.RECOVERING or any(one.state not in _DONE for one in case.measures):
        return case
    now = clock.now()
    steps.stop(tx, case.id, "ended", now)  # what was decided before is still on its way, and stays so
    case = cases.advance(tx, case, "finish_recovery", ended_at=now)
    trail.record(tx, actor, "finish_recovery", {}, case_id=case.id)
    operator_tasks.drop(tx, case.id, ("apply", "serve", "overdue"), now)
    lapses.of_case(tx, SYSTEM, case.id, "recovered", objections=False)
    _tell(ctx, tx, case, now)
    return case


def _tell(ctx: Context, tx: Tx, case: Case, now: datetime) -> None:
    book = ctx.book().of_case(case.rule_version)
    apps = [providers.app(tx, case.app_id)] if case.app_id else providers.apps(tx, case.provider_id)
    standing, others = [], []
    for app in apps:
        standing.append((app.name, listings.of_app(tx, app)))
        others += [
            (number, one) for number, one in cases.imposed_by_case(tx, case.provider_id, app.id, but=case.id) if one.state in IN_FORCE
        ]
    quoted = book.cited("4.2")
    about = texts.About(
        provider=providers.get(tx, case.provider_id).name,
        app=apps[0].name if case.app_id else "",
        version=book.version,
        url=book.url,
        clauses=[quoted] if isinstance(quoted, Clause) else [],
    )
    kept = list(dict.fromkeys(others))
    notices.tell(
        ctx,
        tx,
        case.provider_id,
        lambda number: texts.recovered(case, about, number, standing, kept, now),
        NoticeKind.RECOVERED,
        about=case,
        step="recovered",
    )


def by_time(ctx: Context) -> int:
    """Begin to lift measures whose end has come. Returns how many cases moved. Safe to run in several workers at once."""
    with ctx.read() as connection:
        ended = cases.with_ended_measures(connection, clock.now())
    return sum(_safely(ctx, case_id) for case_id in ended)


def _safely(ctx: Context, case_id: int) -> bool:
    """One that fails holds up no other."""
    try:
        return _end(ctx, case_id)
    except BotError as error:
        log.error("recovery_by_time_failed", case_id=case_id, error=type(error).__name__)
        return False


def _end(ctx: Context, case_id: int) -> bool:
    with ctx.transaction() as tx:
        case, now = cases.get(tx, case_id, lock=True), clock.now()
        over = [one for one in case.measures if one.ends_at and one.ends_at <= now and one.state in (Step.OWED, Step.APPLIED)]
        if not case.is_open or not over:
            return False
        lift(ctx, tx, case, over, SYSTEM)
        return True
