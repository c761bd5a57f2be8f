"""What another version's coming into force does to those under way: what was made of them was made against the one before."""

from bot.model.rulebook import Rulebook, RuleState
from bot.model.trail import SYSTEM
from bot.store import rulebooks, trail
from bot.store.database import Tx

_VOID = {"approver_id": None, "approved_at": None, "submitted_at": None, "leased_until": None, "tested": ""}


def others(tx: Tx, by: Rulebook) -> None:
    """Take all that are under way back to their drafts, to be compared with `by`, which is in force now. Call `rulebooks.lock` before."""
    for other in rulebooks.under_way(tx):
        if other.state is RuleState.DRAFT:
            rulebooks.rewrite(tx, other, failure="base_changed", base_id=by.id)
        else:
            rulebooks.advance(tx, other, "outdate", **_VOID, failure="base_changed", base_id=by.id)
            trail.record(tx, SYSTEM, "rules_outdated", {"version": other.dated, "by": by.dated})
