"""A case as an admin of its provider may see it."""

from dataclasses import dataclass

from bot.model.case import Case
from bot.model.filing import Filing, FilingKind
from bot.model.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class MyCase:
    """One case, the name of its app ("" for the provider itself), its last notice, and whether anybody confirmed one.

    filings: what was handed in about it, or begun, and still counts, oldest first. may: what could be begun now.
    """

    case: Case
    app: str
    notice: Notice
    is_confirmed: bool
    filings: tuple[Filing, ...] = ()
    may: frozenset[FilingKind] = frozenset()

    def latest(self, kind: FilingKind) -> Filing | None:
        """The newest of a kind."""
        return next((one for one in reversed(self.filings) if one.kind is kind), None)
