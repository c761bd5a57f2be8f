"""Which cases somebody looks for."""

from dataclasses import dataclass

from bot.model.case import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """words: part of the name or code of a provider or app. ground: as in a case. author_id: 0 for anybody's.

    is_overdue: only open ones whose deadline has passed. after: the id of the last one seen, 0 to begin.
    """

    state: State | None = None
    words: str = ""
    ground: str = ""
    author_id: int = 0
    is_overdue: bool = False
    after: int = 0
