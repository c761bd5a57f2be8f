"""What the calendar does to cases: the ladder until somebody confirms, deemed service, last reminders, deadlines that pass.

Each step is claimed by compare-and-set in the transaction that acts, so that any number of workers may run this at once, and a
worker that dies in between leaves the step to the next run. The bot never applies a measure by itself.
"""

from datetime import datetime

import structlog

from bot import clock, failpoint
from bot.actions import alarms, notice_mails, notices
from bot.context import Context
from bot.errors import BotError
from bot.model import ladder
from bot.model.case import Case
from bot.model.days import deadline
from bot.model.filing import WAITING, FilingKind, FilingState
from bot.model.notice import Notice, NoticeKind
from bot.model.texts import cases as case_texts
from bot.model.texts import notices as texts
from bot.model.trail import SYSTEM
from bot.store import cases, filings, operator_tasks, providers, trail
from bot.store import ladder as steps
from bot.store import notices as sent
from bot.store.database import Tx

log = structlog.get_logger()

_AT_ONCE = 200
_UNHELPFUL = "withdrawn"
_HANDED_IN = "report handed in"


def run(ctx: Context) -> int:
    """Do what is due. Returns how many steps were taken. One case that fails holds up no other."""
    taken = 0
    with ctx.read() as connection:
        due = steps.due(connection, clock.now(), _AT_ONCE)
    for case_id, step in due:
        taken += _safely(ctx, case_id, step)
    return taken + watch(ctx)


def watch(ctx: Context) -> int:
    """Look at every case that nobody confirmed: may its service be deemed, did no channel take it? Returns how many moved."""
    moved, after = 0, 0
    while True:
        with ctx.read() as connection:
            case_ids = steps.unserved(connection, after, _AT_ONCE)
            found = [case_id for case_id in case_ids if _deemed_from(connection, case_id) or _is_refused(connection, case_id)]
        for case_id in found:
            moved += _safely(ctx, case_id, "")
        if len(case_ids) < _AT_ONCE:
            return moved
        after = case_ids[-1]


def _safely(ctx: Context, case_id: int, step: str) -> bool:
    try:
        return _take(ctx, case_id, step) if step else _look_after(ctx, case_id)
    except BotError as error:
        log.error("ladder_failed", case_id=case_id, step=step, error=type(error).__name__)
        return False


def _look_after(ctx: Context, case_id: int) -> bool:
    with ctx.transaction() as tx:
        case = cases.get(tx, case_id, lock=True)
        if case.served_at is not None or not case.is_open:
            return False
        since = _deemed_from(tx, case_id)
        if since is not None:
            steps.add(tx, case_id, {ladder.DEEM: deadline(since, case.deem_days, case.day_kind)})
            return True
        now = clock.now()
        hastened = [steps.hasten(tx, case_id, step, now) for step in ("mail", "manual")]
        if any(hastened):
            trail.record(tx, SYSTEM, "undeliverable", {}, case_id=case_id)
            alarms.raise_alarm(ctx, "undeliverable", f"undeliverable:{case.number}", number=case.number)
        return any(hastened)


def _take(ctx: Context, case_id: int, step: str) -> bool:
    """One step, if it is still to be taken."""
    with ctx.transaction() as tx:
        case = cases.get(tx, case_id, lock=True)
        now = clock.now()
        act = _STEPS[ladder.kind(step)]
        if not steps.finish(tx, case_id, step, "", now):
            return False
        failpoint.reach("deadlines.claimed")
        result = act(ctx, tx, case, step) if case.is_open else _UNHELPFUL
        steps.tell(tx, case_id, step, result)
        trail.record(tx, SYSTEM, f"step_{ladder.kind(step)}", {"step": step, "result": result}, case_id=case_id)
        return True


def _remind(ctx: Context, tx: Tx, case: Case, step: str) -> str:
    notice = decision(tx, case)
    title, words = texts.reminder(notice.statement, ladder.count(step))
    reached = notices.send(ctx, tx, notice, providers.admins(tx, case.provider_id), step, title, words)
    return f"to {len(reached)}"


def _mail(ctx: Context, tx: Tx, case: Case, step: str) -> str:
    if not notice_mails.may_mail(ctx.settings):
        return "no mail set up"
    if notice_mails.is_at_once(ctx.settings):
        return "sent at once"
    reached = notice_mails.send(ctx, tx, decision(tx, case), providers.admins(tx, case.provider_id), step)
    return f"to {reached}"


def _manual(ctx: Context, tx: Tx, case: Case, _step: str) -> str:
    operator_tasks.add(tx, f"serve:{case.number}", "serve", case_texts.to_serve(case), clock.now(), case_id=case.id)
    alarms.raise_alarm(ctx, "serve_by_hand", f"serve:{case.number}", number=case.number)
    return "task"


def _deem(ctx: Context, tx: Tx, case: Case, _step: str) -> str:
    if case.served_at is not None:
        return "served before"
    since = _deemed_from(tx, case.id)
    assert since is not None
    notices.serve(ctx, tx, case, deadline(since, case.deem_days, case.day_kind), "deemed", SYSTEM)
    return "served"


def _last_call(ctx: Context, tx: Tx, case: Case, step: str) -> str:
    if _is_handed_in(tx, case):
        return _HANDED_IN
    notice = decision(tx, case)
    title, words = texts.last_call(notice.statement, case)
    reached = notices.send(ctx, tx, notice, providers.admins(tx, case.provider_id), step, title, words)
    return f"to {len(reached)}"


def _overdue(ctx: Context, tx: Tx, case: Case, _step: str) -> str:
    if case.overdue_at is not None:
        return "marked before"
    if _is_handed_in(tx, case):
        return _HANDED_IN
    now = clock.now()
    cases.note(tx, case, overdue_at=now)
    operator_tasks.add(tx, f"overdue:{case.number}", "overdue", case_texts.overdue(case), now, case_id=case.id)
    alarms.raise_alarm(ctx, "overdue", f"overdue:{case.number}", number=case.number)
    return "marked"


_STEPS = {
    "reminder": _remind,
    "mail": _mail,
    "manual": _manual,
    ladder.DEEM: _deem,
    ladder.LAST_CALL: _last_call,
    ladder.OVERDUE: _overdue,
}


def _is_handed_in(tx: Tx, case: Case) -> bool:
    """The provider has done its part: a report lies with us, or was accepted."""
    report = filings.living(tx, FilingKind.REPORT, case_id=case.id)
    return report is not None and report.state in (*WAITING, FilingState.ACCEPTED)


def decision(tx: Tx, case: Case) -> Notice:
    """The notice that a case was issued with."""
    return next(notice for notice in sent.of_case(tx, case.id) if notice.kind in (NoticeKind.DECISION, NoticeKind.REMINDER))


def _deemed_from(tx: Tx, case_id: int) -> datetime | None:
    """Since when the conditions of deemed service hold: two channels took the notice, or an identified reader opened its page."""
    notice = decision(tx, cases.get(tx, case_id))
    taken = sorted(sent.first_accepted(tx, notice.id).values())
    # A mail's link may have been opened by a scanner: it does not count as read.
    opened = [at for _, how, at in sent.views_of(tx, notice.id) if how != "mail"]
    return min([*taken[1:2], *opened[:1]], default=None)


def _is_refused(tx: Tx, case_id: int) -> bool:
    """Every card and mail of the notice came back, for everybody."""
    states = sent.delivery_states(tx, decision(tx, cases.get(tx, case_id)).id)
    return bool(states) and states <= {"rejected", "exhausted", "cancelled"}
