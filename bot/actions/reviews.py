"""What our own staff do with what providers hand in: claim it, decide it, and tell the provider with reasons.

A claim keeps two reviewers from colliding, and ends by itself. Whoever wrote or approved a case never decides an objection to it; the
database refuses that too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from bot import clock
from bot.actions import alarms, cases, notices, recovery, withdrawals
from bot.actions.rights import by, must
from bot.actions.words import MOST_CHARS, can_be_kept
from bot.context import Context
from bot.errors import BotError, NotFound, UserMistake
from bot.model.case import Case, State
from bot.model.filing import DECISIONS, IN_FAVOUR, MACHINES, Filing, FilingKind, FilingState
from bot.model.notice import Notice
from bot.model.operator import Operator, Role
from bot.model.texts import cases as case_texts
from bot.model.texts import filings as texts
from bot.model.texts import outcomes
from bot.model.texts.operators import named
from bot.model.trail import SYSTEM
from bot.store import cases as case_rows
from bot.store import filings, operators, providers, trail
from bot.store import notices as sent
from bot.store.database import Tx
from rules import Book, Clause

log = structlog.get_logger()

_QUOTED = {
    FilingKind.REPORT: ("4.2",),
    FilingKind.REAPPLICATION: ("4.2",),
    FilingKind.OBJECTION: ("4.1",),
    FilingKind.WITHDRAWAL: ("4.3", "4.4"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """action: one of DECISIONS. reasons: for the provider as a whole. remarks: by clause of a report, what is wanting there."""

    action: str
    reasons: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)


def take(ctx: Context, actor: Operator, number: str) -> Filing:
    """Claim a filing for a while; taking it again renews the claim. Raises UserMistake where somebody else is at it."""
    with ctx.transaction() as tx:
        case, filing = _locked(tx, number)
        _must_review(tx, actor, filing, case)
        until = clock.now() + timedelta(hours=ctx.settings.claim_hours)
        if filing.state is FilingState.UNDER_REVIEW and filing.claimed_by == actor.id:
            return filings.change(tx, filing, claimed_until=until)
        if filing.state is FilingState.UNDER_REVIEW:
            if filing.claimed_until and filing.claimed_until > clock.now():
                raise UserMistake(_claimed(tx, filing))
            filing = filings.change(tx, filing, "release", claimed_by=None, claimed_until=None)
        filing = filings.change(tx, filing, "take", claimed_by=actor.id, claimed_until=until)
        trail.record(tx, by(actor), "review_taken", {"filing": filing.number}, case_id=filing.case_id)
        return filing


def release(ctx: Context, actor: Operator, number: str) -> Filing:
    """Give a claim back, so that somebody else may take it. Raises UserMistake for anybody but who has it."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        _, filing = _locked(tx, number)
        MACHINES[filing.kind].next(filing.state, "release")
        if filing.claimed_by != actor.id:
            raise UserMistake(_claimed(tx, filing))
        filing = filings.change(tx, filing, "release", claimed_by=None, claimed_until=None)
        trail.record(tx, by(actor), "review_released", {"filing": filing.number}, case_id=filing.case_id)
        return filing


def decide(ctx: Context, actor: Operator, number: str, decision: Decision) -> Filing:
    """Decide a filing that one has taken, with all that follows, and tell the provider: in one transaction.

    Raises UserMistake, TransitionNotAllowed, Stale, NotFound.
    """
    if decision.action not in DECISIONS:
        raise UserMistake(texts.UNKNOWN_DECISION)
    book = ctx.book()
    with ctx.transaction() as tx:
        case, filing = _locked(tx, number)
        _must_review(tx, actor, filing, case)
        step = MACHINES[filing.kind].next(filing.state, decision.action)
        if filing.claimed_by != actor.id:
            raise UserMistake(_claimed(tx, filing))
        decision = _worded(filing, decision)
        if decision.action == "uphold" and case:
            notices.stop(tx, case)  # before the trail is written, as workers do
        now = clock.now()
        same = {"reviewer_id": actor.id, "decided_at": now, "claimed_by": None, "claimed_until": None, "due_at": None, "overdue_at": None}
        filing = filings.change(tx, filing, decision.action, **same)
        _mark_items(tx, filing, decision)
        told = {"filing": filing.number, "round": filing.round, "outcome": decision.action, "state": step.target}
        personal = {"reasons": decision.reasons, "remarks": dict(decision.remarks)}
        trail.record(tx, by(actor), "decided", told, case_id=filing.case_id, personal=personal)
        filing = filings.get(tx, filing.id)
        notice = _follow(ctx, tx, actor, filing, case, decision, book)
        filings.decide_round(
            tx,
            filing,
            outcome=decision.action,
            reasons=decision.reasons,
            remarks=dict(decision.remarks),
            reviewer_id=actor.id,
            decided_at=now,
            notice_id=notice.id,
        )
        alarms.clear_alarm(ctx, f"filed:{filing.number}:{filing.round}", f"review_late:{filing.number}:{filing.round}")
        return filings.get(tx, filing.id)


def _follow(ctx: Context, tx: Tx, actor: Operator, filing: Filing, case: Case | None, decision: Decision, book: Book) -> Notice:
    """What a decision brings about. Returns the notice that tells the provider."""
    if decision.action == "uphold":
        assert case is not None
        return cases.take_back(ctx, tx, actor, case, outcomes.upheld(filing, decision.reasons), book, but=filing.id)
    if decision.action == "accept" and case:
        case = recovery.proceed(ctx, tx, case, by(actor))
        if case.state is State.RECOVERED and not decision.reasons and not decision.remarks:
            return sent.of_case(tx, case.id)[-1]  # nothing was in place any more: the recovery notice has said it all
    elif decision.action == "accept":
        withdrawals.accepted(tx, filing)
    elif decision.action == "grant":
        withdrawals.granted(tx, filing)
    about, steps = _about(tx, filing, book.of_case(case.rule_version) if case else book), _next_steps(tx, filing, case, decision)
    return notices.tell(
        ctx,
        tx,
        filing.provider_id,
        lambda number: outcomes.decided(filing, decision.action, about, number, decision.reasons, decision.remarks, steps, clock.now()),
        about=case or filing.number,
    )


def _about(tx: Tx, filing: Filing, book: Book) -> outcomes.About:
    clauses = [book.cited(one) for one in _QUOTED[filing.kind]]
    return outcomes.About(
        provider=providers.get(tx, filing.provider_id).name,
        app=providers.app(tx, filing.app_id).name if filing.app_id else "",
        version=book.version,
        url=book.url,
        clauses=[clause for clause in clauses if isinstance(clause, Clause)],
    )


def _next_steps(tx: Tx, filing: Filing, case: Case | None, decision: Decision) -> Sequence[str]:
    contact = [outcomes.contact(case.contact)] if case else []
    match filing.kind, decision.action:
        case (_, "need_more" | "send_back"):
            return [outcomes.WRITE_AGAIN, *contact]
        case (FilingKind.OBJECTION, _):
            return [outcomes.DISMISSED, outcomes.OBJECTION_KEPT, *contact]
        case (_, "refuse"):
            return [outcomes.MAY_APPLY_AGAIN, *contact]
        case (FilingKind.WITHDRAWAL, _):
            return [outcomes.WITHDRAWAL_GRANTED, outcomes.WITHDRAWAL_DUTY]
        case _ if case is None:
            return [outcomes.RETURN_ACCEPTED]
    return [*_left(tx, case), *contact]


def _left(tx: Tx, case: Case) -> list[str]:
    """What is still to be done until a case is recovered."""
    lifting = recovery.ordered([one for one in case.measures if one.state == "lifting"])
    found = [outcomes.lifting(lifting)] if lifting else []
    report = filings.living(tx, FilingKind.REPORT, case_id=case.id)
    if report is None or report.state is not FilingState.ACCEPTED:
        found.append(outcomes.STILL_REPORT)
    again = filings.living(tx, FilingKind.REAPPLICATION, case_id=case.id)
    owes = any(one.measure in recovery.REAPPLIED and one.state in ("owed", "applied") for one in case.measures)
    if owes and (again is None or again.state is not FilingState.ACCEPTED):
        found.append(outcomes.STILL_REAPPLY)
    return found or [outcomes.NOTHING_OWED]


def _worded(filing: Filing, decision: Decision) -> Decision:
    """The decision, evened out. Raises UserMistake where reasons are owed, too long, or about items that there are not."""
    reasons = decision.reasons.strip()
    remarks = {clause: words.strip() for clause, words in decision.remarks.items() if words.strip()}
    if not set(remarks) <= {item.clause for item in filing.items}:
        raise UserMistake(texts.NO_SUCH_PART)
    if any(len(words) > MOST_CHARS or not can_be_kept(words) for words in (reasons, *remarks.values())):
        raise UserMistake(case_texts.bad_text(texts.WHY, MOST_CHARS))
    if decision.action not in IN_FAVOUR and not reasons and not remarks:
        raise UserMistake(texts.REMARKS_OWED)
    return replace(decision, reasons=reasons, remarks=remarks)


def _mark_items(tx: Tx, filing: Filing, decision: Decision) -> None:
    wanting = () if decision.action in IN_FAVOUR else decision.remarks
    items = [
        replace(item, verdict="wanting" if item.clause in wanting else "good", remark=decision.remarks.get(item.clause, ""))
        for item in filing.items
    ]
    filings.write_items(tx, filing.id, items)


def _locked(tx: Tx, number: str) -> tuple[Case | None, Filing]:
    """A filing that was handed in, and its case: locked, the case first. Raises NotFound."""
    filing = filings.by_number(tx, number)
    if not filing.round:
        raise NotFound("filing")
    case = case_rows.get(tx, filing.case_id, lock=True) if filing.case_id else None
    return case, filings.get(tx, filing.id, lock=True)


def _must_review(tx: Tx, actor: Operator, filing: Filing, case: Case | None) -> None:
    if filing.kind is not FilingKind.OBJECTION:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        return
    must(tx, actor, Role.APPROVER)
    if case and (actor.id == case.author_id or actor.id in case.approvers):
        raise UserMistake(texts.NOT_WHO_WROTE)


def _claimed(tx: Tx, filing: Filing) -> str:
    if filing.claimed_by is None or filing.claimed_until is None:
        return texts.TAKE_FIRST
    return texts.claimed(named(operators.get(tx, filing.claimed_by)), filing.claimed_until)


# By the calendar


def look_after(ctx: Context) -> int:
    """Let claims go whose time is over, and mark reviews that are late. Returns how many moved. Safe to run in several workers at once."""
    with ctx.read() as connection:
        expired = filings.expired_claims(connection, clock.now())
        late = filings.newly_overdue(connection, clock.now())
    return sum(_safely(_expire, ctx, one) for one in expired) + sum(_safely(_mark_late, ctx, one) for one in late)


def _safely(act: Callable[[Context, int], bool], ctx: Context, filing_id: int) -> bool:
    """One that fails holds up no other."""
    try:
        return act(ctx, filing_id)
    except BotError as error:
        log.error("review_calendar_failed", filing_id=filing_id, error=type(error).__name__)
        return False


def _expire(ctx: Context, filing_id: int) -> bool:
    with ctx.transaction() as tx:
        filing = filings.get(tx, filing_id, lock=True)
        if filing.state is not FilingState.UNDER_REVIEW or not filing.claimed_until or filing.claimed_until > clock.now():
            return False
        filings.change(tx, filing, "release", claimed_by=None, claimed_until=None)
        trail.record(tx, SYSTEM, "claim_expired", {"filing": filing.number}, case_id=filing.case_id)
        return True


def _mark_late(ctx: Context, filing_id: int) -> bool:
    with ctx.transaction() as tx:
        filing = filings.get(tx, filing_id, lock=True)
        if filing.overdue_at is not None or not filing.due_at or filing.due_at > clock.now() or not filing.is_open:
            return False
        filings.change(tx, filing, overdue_at=clock.now())
        trail.record(tx, SYSTEM, "review_late", {"filing": filing.number}, case_id=filing.case_id)
        alarms.raise_alarm(ctx, "review_late", f"review_late:{filing.number}:{filing.round}", number=filing.number)
        return True
