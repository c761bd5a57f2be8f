"""What providers have handed in ends with its case, or with their right to apply."""

from collections.abc import Iterable

from bot import clock
from bot.model.filing import Filing, FilingKind
from bot.model.trail import Actor
from bot.store import alarms, filings, trail
from bot.store.database import Tx


def of_case(tx: Tx, actor: Actor, case_id: int, why: str, *, but: int = 0, objections: bool = True) -> None:
    """Everything still open about a case lapses. but: the id of one that is being decided. objections: False lets those go on."""
    found = [one for one in filings.of_case(tx, case_id) if one.id != but and (objections or one.kind is not FilingKind.OBJECTION)]
    _lapse(tx, actor, found, why)


def of_barred(tx: Tx, actor: Actor, provider_id: int, why: str) -> None:
    """A provider on the black list applies for nothing any more; its objections go on (4.1)."""
    _lapse(tx, actor, (one for one in filings.of_provider(tx, provider_id) if one.kind is not FilingKind.OBJECTION), why)


def _lapse(tx: Tx, actor: Actor, found: Iterable[Filing], why: str) -> None:
    for one in sorted((one for one in found if one.is_open), key=lambda one: (one.case_id is None, one.case_id or 0, one.id)):
        filing = filings.get(tx, one.id, lock=True)  # somebody may be writing it, or deciding it, at this moment
        if filing.is_open:
            ended = {"due_at": None, "overdue_at": None, "decided_at": clock.now()}
            filings.change(tx, filing, "lapse", claimed_by=None, claimed_until=None, **ended)
            trail.record(tx, actor, "filing_lapsed", {"filing": filing.number, "why": why}, case_id=filing.case_id)
            clear_alarms(tx, filing)


def clear_alarms(tx: Tx, filing: Filing) -> None:
    """Nobody has to look at it any more."""
    alarms.clear(tx, [f"{what}:{filing.number}:{filing.round}" for what in ("filed", "review_late")], clock.now())
