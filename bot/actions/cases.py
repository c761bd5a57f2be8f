"""What operators do with a case: open, submit, approve, send back, discard, revoke, close, and put measures in place.

Every action re-reads who acts and what is acted on inside its own transaction, moves by compare-and-set, and writes the trail there.
"""

from collections.abc import Mapping
from typing import Any

from bot import clock
from bot.actions import findings, lapses, notices, recovery
from bot.actions.rights import by, must
from bot.actions.words import written
from bot.context import Context
from bot.errors import NotFound, TransitionNotAllowed, UserMistake
from bot.model.case import CASE, MEASURE, Case, Finding, Imposed, Kind, State, Step
from bot.model.duty import approve_by
from bot.model.notice import Notice
from bot.model.operator import Operator, Role
from bot.model.texts import cases as texts
from bot.model.texts.placeholders import unfilled
from bot.store import cases, operator_tasks, trail
from bot.store.database import Tx
from rules import Book, catalogue
from rules.catalogue import Measure


def open_case(ctx: Context, actor: Operator, finding: Finding, request_key: str) -> Case:
    """Write a draft and give it its number. The same request_key (≤ 64 characters) again returns the case of the first time.

    Raises UserMistake with every reason why such a case cannot be.
    """
    book = ctx.book()
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = cases.by_request(tx, request_key)
        if known:
            return known
        values = findings.checked(tx, finding, book)
        number = cases.next_number(tx, f"V{clock.today()[:4]}")
        case = cases.add(
            tx,
            {**values, "number": number, "request_key": request_key, "author_id": actor.id, "opened_at": clock.now()},
            finding.measures,
        )
        _record(tx, case, actor, "open", _told(case), personal={"facts": case.facts, "reasons": case.reasons})
        return case


def amend(ctx: Context, actor: Operator, number: str, finding: Finding) -> Case:
    """Write a draft anew, after it was sent back or before it is submitted. Raises UserMistake, TransitionNotAllowed, Stale."""
    book = ctx.book()
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.by_number(tx, number)
        if case.state is not State.DRAFT:
            raise TransitionNotAllowed("case", "amend", case.state)
        if case.author_id != actor.id:
            raise UserMistake(texts.ONLY_THE_AUTHOR)
        values = findings.checked(tx, finding, book)
        cases.forget_plan(tx, case.id)
        cases.plan(tx, case.id, finding.measures)
        case = cases.rewrite(tx, case, values)
        _record(tx, case, actor, "amend", _told(case), personal={"facts": case.facts, "reasons": case.reasons})
        return case


def submit(ctx: Context, actor: Operator, number: str) -> Case:
    """Hand a draft in for approval. Raises UserMistake where something is still to be filled in."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.by_number(tx, number)
        CASE.next(case.state, "submit")
        left = unfilled({"facts": case.facts, "reasons": case.reasons, "recovery": case.recovery, "contact": case.contact})
        if left:
            raise UserMistake(texts.unfilled(left))
        now = clock.now()
        case = cases.advance(tx, case, "submit", submitted_at=now, approve_by=approve_by(now))
        _record(tx, case, actor, "submit", {})
        return case


def approve(ctx: Context, actor: Operator, number: str) -> Case:
    """Put a case in force as another person than its author, and send the notice. Permanent delisting takes two such people (4.4).

    Raises UserMistake for the author or the same person again, Stale when another approver was quicker.
    """
    book = ctx.book()
    with ctx.transaction() as tx:
        must(tx, actor, Role.APPROVER)
        case = cases.by_number(tx, number)
        needed = catalogue.power(case.power).approvals if case.power else 1
        CASE.next(case.state, "approve")
        if actor.id == case.author_id:
            raise UserMistake(texts.NOT_YOUR_OWN)
        if actor.id == case.approver_id:
            raise UserMistake(texts.APPROVED_BEFORE)
        if needed == 2 and case.approver_id is None:
            case = cases.advance(tx, case, "endorse", approver_id=actor.id)
            _record(tx, case, actor, "endorse", {})
            return case
        who = {"second_approver_id": actor.id} if needed == 2 else {"approver_id": actor.id}
        now = clock.now()
        case = cases.advance(tx, case, "approve", **who, issued_at=now)
        for one in case.measures:
            cases.move(tx, one, "owe", starts_at=one.starts_at or now)
        case = cases.get(tx, case.id)
        _record(tx, case, actor, "approve", {"rule_version": case.rule_version, "measures": [one.measure for one in case.measures]})
        for one in case.measures:
            operator_tasks.add(tx, f"apply:{one.id}", "apply", texts.to_apply(case, one), now, case_id=case.id)
        if case.is_permanent:
            lapses.of_barred(tx, by(actor), case.provider_id, "4.4")
        notices.issue(ctx, tx, case, book)
        return case


def send_back(ctx: Context, actor: Operator, number: str, reason: str) -> Case:
    """Give a case back to its author with a reason. Approvals given so far are gone."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.APPROVER)
        case = cases.by_number(tx, number)
        CASE.next(case.state, "send_back")
        reason = written(texts.WHY_BACK, reason)
        case = cases.advance(tx, case, "send_back", approver_id=None, second_approver_id=None, submitted_at=None, approve_by=None)
        _record(tx, case, actor, "send_back", {}, personal={"reason": reason})
        return case


def retract(ctx: Context, actor: Operator, number: str) -> Case:
    """Take one's own case back from approval, to go on writing. Approvals given so far are gone. Raises UserMistake for anybody else."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.by_number(tx, number)
        CASE.next(case.state, "retract")
        if case.author_id != actor.id:
            raise UserMistake(texts.ONLY_THE_AUTHOR)
        case = cases.advance(tx, case, "retract", approver_id=None, second_approver_id=None, submitted_at=None, approve_by=None)
        _record(tx, case, actor, "retract", {})
        return case


def discard(ctx: Context, actor: Operator, number: str) -> Case:
    """Drop a draft. Its number is never given again."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.by_number(tx, number)
        case = cases.advance(tx, case, "discard", ended_at=clock.now())
        for one in case.measures:
            cases.move(tx, one, "drop")
        _record(tx, case, actor, "discard", {})
        return cases.get(tx, case.id)


def restore(ctx: Context, actor: Operator, number: str) -> Case:
    """Take up a draft again that was discarded."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.advance(tx, cases.by_number(tx, number), "restore", ended_at=None)
        for one in case.measures:
            cases.move(tx, one, "plan")
        _record(tx, case, actor, "restore", {})
        return cases.get(tx, case.id)


def revoke(ctx: Context, actor: Operator, number: str, reason: str) -> Case:
    """Take a case back as if it had not been: measures are lifted, nothing is owed, and the provider is told why."""
    book = ctx.book()
    with ctx.transaction() as tx:
        must(tx, actor, Role.APPROVER)
        case = cases.get(tx, cases.by_number(tx, number).id, lock=True)
        CASE.next(case.state, "revoke")
        reason = written(texts.WHY_REVOKED, reason)
        if left := unfilled({"reason": reason}):
            raise UserMistake(texts.unfilled(left))
        take_back(ctx, tx, actor, case, reason, book)
        return cases.get(tx, case.id)


def take_back(ctx: Context, tx: Tx, actor: Operator, case: Case, reason: str, book: Book, *, but: int = 0) -> Notice:
    """What revoking does, in the transaction of who decided it. but: the id of the objection that was upheld. Returns the notice."""
    now = clock.now()
    notices.stop(tx, case)
    case = cases.advance(tx, case, "revoke", ended_at=now)
    for one in case.measures:
        if one.state is Step.OWED:
            cases.move(tx, one, "drop")
        elif one.state is Step.APPLIED:
            cases.move(tx, one, "start_lifting")
            operator_tasks.add(tx, f"lift:{one.id}", "lift", texts.to_lift(case, one), now, case_id=case.id)
    operator_tasks.drop(tx, case.id, ("apply", "serve", "overdue"), now)
    lapses.of_case(tx, by(actor), case.id, "revoked", but=but)
    case = cases.get(tx, case.id)
    _record(tx, case, actor, "revoke", {}, personal={"reason": reason})
    return notices.take_back(ctx, tx, case, reason, book)


def close(ctx: Context, actor: Operator, number: str) -> Case:
    """End a 提醒. A violation ends by recovery or revocation only."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.by_number(tx, number)
        CASE.next(case.state, "close")
        if case.kind is not Kind.REMINDER:
            raise UserMistake(texts.ONLY_A_REMINDER_CLOSES)
        case = cases.advance(tx, case, "close", ended_at=clock.now())
        notices.stop(tx, case)
        operator_tasks.drop(tx, case.id, ("serve", "overdue"), clock.now())
        lapses.of_case(tx, by(actor), case.id, "closed")
        _record(tx, case, actor, "close", {})
        return case


def move_measure(ctx: Context, actor: Operator, number: str, measure: Measure, action: str) -> Case:
    """Confirm a step that an operator took on the platform itself: "apply", or "lift" once lifting has begun."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.get(tx, cases.by_number(tx, number).id, lock=True)
        one = _measure(case, measure)
        if action not in ("apply", "lift"):
            raise TransitionNotAllowed("measure", action, one.state)
        MEASURE.next(one.state, action)
        if action == "apply" and not case.is_open:
            raise TransitionNotAllowed("case", "apply", case.state)
        if action == "lift":
            recovery.must_be_next(case, one)
        now = clock.now()
        done = {"applied_at": now, "applied_by": actor.id} if action == "apply" else {"lifted_at": now, "lifted_by": actor.id}
        cases.move(tx, one, action, **done)
        operator_tasks.finish(tx, f"{action}:{one.id}", actor.id, now)
        _record(tx, case, actor, f"measure_{action}", {"measure": measure})
        return recovery.finish(ctx, tx, cases.get(tx, case.id), by(actor))


def undo_measure(ctx: Context, actor: Operator, number: str, measure: Measure) -> Case:
    """Take back that a measure was carried out, or lifted, on the platform: it was confirmed by mistake.

    Raises UserMistake where something followed that cannot be taken back: a case that ended, a measure lifted after this one.
    """
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.get(tx, cases.by_number(tx, number).id, lock=True)
        one = _measure(case, measure)
        action = "undo_apply" if one.state is Step.APPLIED else "undo_lift"
        MEASURE.next(one.state, action)
        if wrong := texts.cannot_undo(case, recovery.followed(case, one), is_applied=one.state is Step.APPLIED):
            raise UserMistake(wrong)
        fields = ("applied_at", "applied_by") if action == "undo_apply" else ("lifted_at", "lifted_by")
        cases.move(tx, one, action, **dict.fromkeys(fields))
        now = clock.now()
        operator_tasks.reopen(tx, f"{'apply' if action == 'undo_apply' else 'lift'}:{one.id}", now)
        _record(tx, case, actor, f"measure_{action}", {"measure": measure})
        return cases.get(tx, case.id)


def add_note(ctx: Context, actor: Operator, number: str, text: str) -> None:
    """A private note: operators see it, the provider never does, and no export holds it."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        case = cases.by_number(tx, number)
        cases.add_note(tx, case.id, actor.id, written(texts.A_NOTE, text), clock.now())
        _record(tx, case, actor, "note", {})


def _measure(case: Case, measure: Measure) -> Imposed:
    for one in case.measures:
        if one.measure == measure:
            return one
    raise NotFound("measure")


def _told(case: Case) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "provider_id": case.provider_id,
        "app_id": case.app_id,
        "ground": case.ground,
        "power": case.power,
        "found_on": case.found_on,
        "measures": [one.measure for one in case.measures],
        "rectify_days": case.rectify_days,
        "objection_days": case.objection_days,
        "deem_days": case.deem_days,
        "day_kind": case.day_kind,
        "rule_version": case.rule_version,
    }


def _record(
    tx: Tx, case: Case, actor: Operator, action: str, content: Mapping[str, Any], personal: Mapping[str, Any] | None = None
) -> None:
    trail.record(tx, by(actor), action, content, case_id=case.id, personal=personal)
