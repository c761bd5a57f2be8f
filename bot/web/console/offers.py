"""What may be done with a case now, by whoever looks at it: offered, or with the reason why not."""

from dataclasses import dataclass

from bot.actions import evidence
from bot.actions.recovery import followed
from bot.model.case import Case, Imposed, Kind, State, Step
from bot.model.filing import DECISIONS, MACHINES, Filing, FilingKind, FilingState
from bot.model.operator import Operator, Role
from bot.model.texts import cases as case_texts
from bot.model.texts import console_cases as texts
from bot.model.texts import filings as filing_texts

_STEPS = {
    State.DRAFT: ("submit", "discard"),
    State.PENDING_APPROVAL: ("approve", "send_back", "retract"),
    State.DISCARDED: ("restore",),
    State.IN_FORCE: ("resend", "close", "revoke"),
    State.RECOVERING: ("resend", "revoke"),
    State.RECOVERED: ("revoke",),
}
_APPROVERS = frozenset({"approve", "send_back", "revoke"})
_MAIN = frozenset({"submit", "approve", "restore"})  # what the case waits for
DANGEROUS = frozenset({"discard", "revoke", "close"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One thing to do. will: what it does. refusal: why this person may not, "" where they may. reason: what to write, "" for nothing."""

    step: str
    label: str
    will: str
    refusal: str = ""
    reason: str = ""
    is_dangerous: bool = False
    is_main: bool = False


def of_case(case: Case, me: Operator, admins: int) -> list[Press]:
    """In the order in which they are shown."""
    steps = [one for one in _STEPS.get(case.state, ()) if _fits(one, case, me)]
    return [
        Press(
            step=one,
            label=texts.LABELS[one],
            will=texts.will(one, case, admins),
            refusal=_refusal(one, case, me),
            reason=texts.REASON.get(one, ""),
            is_dangerous=one in DANGEROUS,
            is_main=one in _MAIN,
        )
        for one in steps
    ]


def _fits(step: str, case: Case, me: Operator) -> bool:
    """A step that is never anybody's but the author's is not shown to others; nor one that only a 提醒 has, with a violation."""
    return (step != "close" or case.kind is Kind.REMINDER) and (step != "retract" or case.author_id == me.id)


def _refusal(step: str, case: Case, me: Operator) -> str:
    if step in _APPROVERS and not me.may(Role.APPROVER):
        return texts.NOT_APPROVER
    if step not in _APPROVERS and not me.may(Role.OPERATOR):
        return texts.NOT_OPERATOR
    if step == "approve" and me.id == case.author_id:
        return case_texts.NOT_YOUR_OWN
    if step == "approve" and me.id in case.approvers:
        return case_texts.APPROVED_BEFORE
    return ""


def rights(case: Case, me: Operator) -> dict[str, bool]:
    """What else of the page this person may use."""
    is_operator = me.may(Role.OPERATOR)
    return {
        "edit": is_operator and case.state is State.DRAFT and case.author_id == me.id,
        "serve": is_operator and case.is_open and case.served_at is None,
        "add": is_operator and case.state not in evidence.ENDED,
        "note": is_operator or me.may(Role.APPROVER),
    }


def of_measure(case: Case, one: Imposed, me: Operator) -> Press | None:
    """Confirming that a measure was carried out or lifted; None where there is nothing to confirm."""
    is_owed = one.state is Step.OWED and case.is_open
    if not is_owed and one.state is not Step.LIFTING:
        return None
    action = "apply" if is_owed else "lift"
    refusal = "" if me.may(Role.OPERATOR) else texts.NOT_OPERATOR
    return Press(step=action, label=case_texts.MEASURES[one.measure], will=texts.measure_will(action), refusal=refusal)


def of_undo(case: Case, one: Imposed, me: Operator) -> str:
    """What taking back a confirmation will do; "" where it cannot be, or where nothing was confirmed."""
    if one.state not in (Step.APPLIED, Step.LIFTED) or not me.may(Role.OPERATOR):
        return ""
    is_applied = one.state is Step.APPLIED
    return "" if case_texts.cannot_undo(case, followed(case, one), is_applied=is_applied) else texts.undo_will(is_applied=is_applied)


def decisions(filing: Filing) -> list[tuple[str, str, str]]:
    """(action, its name, what it brings about) of all that a review may come to."""
    open_to = [one for one in MACHINES[filing.kind].open_to(FilingState.UNDER_REVIEW) if one in DECISIONS]
    is_of_case = filing.case_id is not None
    return [(one, filing_texts.DECISIONS[one], texts.decision_will(filing.kind, one, is_of_case=is_of_case)) for one in open_to]


def may_not_review(filing: Filing, case: Case | None, me: Operator) -> str:
    """Why this person may not review it; "" where they may."""
    if filing.kind is not FilingKind.OBJECTION:
        return "" if me.may(Role.OPERATOR) or me.may(Role.APPROVER) else texts.NOT_OPERATOR
    if not me.may(Role.APPROVER):
        return texts.NOT_APPROVER
    return filing_texts.NOT_WHO_WROTE if case and (me.id == case.author_id or me.id in case.approvers) else ""
