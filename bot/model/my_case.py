"""A case as an admin of its provider may see it."""

from dataclasses import dataclass

from bot.model.case import Case
from bot.model.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class MyCase:
    """One case, the name of its app ("" for the provider itself), its last notice, and whether anybody confirmed one."""

    case: Case
    app: str
    notice: Notice
    is_confirmed: bool
