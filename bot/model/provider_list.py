"""Which providers somebody looks for, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.case import Case
from bot.model.case_file import Errand
from bot.model.filing import Filing
from bot.model.history import Shown
from bot.model.human import HumanRequest
from bot.model.provider import Admin, Provider, Standing


class Which(StrEnum):
    """short: of admins whom messages reach. open: with a case in force or on its way back. barred: on the black list."""

    ALL = ""
    SHORT = "short"
    OPEN = "open"
    BARRED = "barred"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtProviders:
    """words: part of a name or code of a provider, an app or an admin. after: the code of the last one seen, "" to begin."""

    words: str = ""
    which: Which = Which.ALL
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLine:
    """open_cases: how many are in force or on their way back."""

    standing: Standing
    open_cases: int
    is_barred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How an admin was reached lately. accepted_at, seen_at: the last time; None for never. is_elsewhere: this app can't reach them."""

    admin: Admin
    accepted_at: datetime | None
    seen_at: datetime | None
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPage:
    """admins: the departed last. cases, filings, asked: newest first. barred_by: the case that put it on the black list, None for none.

    tasks: what our staff still have to do. asked: its people's wishes for a person.
    """

    provider: Provider
    standing: Standing
    apps: Sequence[Shown]
    admins: Sequence[Reached]
    cases: Sequence[Case]
    filings: Sequence[Filing]
    barred_by: Case | None
    tasks: Sequence[Errand] = ()
    asked: Sequence[HumanRequest] = ()
