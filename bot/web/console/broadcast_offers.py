"""What an operator may press on the page of a broadcast, and what each press will do."""

from dataclasses import dataclass

from bot.actions.broadcast_plans import Plan
from bot.model.broadcast import Broadcast, Progress, State
from bot.model.operator import Operator, Role
from bot.model.texts import broadcasts as texts
from bot.model.texts import console_broadcasts as words

BEFORE = frozenset({State.DRAFT, State.PENDING_APPROVAL, State.SCHEDULED})
_STEPS = {
    State.DRAFT: ("submit", "test", "cancel"),
    State.PENDING_APPROVAL: ("approve", "send_back", "withdraw", "test", "cancel"),
    State.SCHEDULED: ("withdraw", "cancel"),
    State.SENDING: ("pause", "cancel"),
    State.PAUSED: ("resume", "cancel"),
    State.DONE: ("resend", "recall"),
    State.CANCELLED: ("resend", "recall"),
}
_APPROVERS, _EITHER = ("approve", "send_back"), ("pause", "cancel", "recall", "test")
_MAIN, _DANGEROUS = ("submit", "approve", "resume"), ("cancel", "recall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """refusal: why this person may not. reason: what is to be written, "" for nothing. uncertain: who may be added to a second sending."""

    step: str
    label: str
    will: str
    refusal: str = ""
    reason: str = ""
    uncertain: int = 0
    is_main: bool = False
    is_dangerous: bool = False


def of(one: Broadcast, me: Operator, plan: Plan | None, missed: tuple[int, int], progress: Progress | None) -> list[Press]:
    """In the order in which they are shown. missed: as `broadcast_progress.missed`."""
    needs = plan.needs_approval if plan else False
    return [
        Press(
            step=step,
            label=words.submit_label(needs_approval=needs, is_at_once=one.send_at is None) if step == "submit" else words.LABELS[step],
            will=words.will(step, one, plan.people if plan else progress.left if progress else one.people, needs_approval=needs),
            refusal=_refusal(step, one, me),
            reason=texts.WHY_BACK if step == "send_back" else "",
            uncertain=missed[1] if step == "resend" else 0,
            is_main=step in _MAIN,
            is_dangerous=step in _DANGEROUS,
        )
        for step in _STEPS[one.state]
        if _is_of_use(step, one, missed)
    ]


def _is_of_use(step: str, one: Broadcast, missed: tuple[int, int]) -> bool:
    if step == "resend":
        return one.has_begun and one.recalled_at is None and any(missed)
    if step == "recall":
        return one.has_begun and one.recalled_at is None
    return True


def _refusal(step: str, one: Broadcast, me: Operator) -> str:
    if step in _APPROVERS and not me.may(Role.APPROVER):
        return words.NOT_APPROVER
    if step in _EITHER and not (me.may(Role.OPERATOR) or me.may(Role.APPROVER)):
        return words.NOT_OPERATOR
    if step not in (*_APPROVERS, *_EITHER) and not me.may(Role.OPERATOR):
        return words.NOT_OPERATOR
    if step == "approve" and me.id == one.author_id:
        return texts.NOT_YOUR_OWN
    return ""
