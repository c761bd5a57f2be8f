"""A provider's past and present on one page: its apps as they stand, all its cases, and what is still owed by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.case import Case, State
from bot.model.case_file import Errand, Listed
from bot.model.provider import Admin, App, Listing, Standing


class Ower(StrEnum):
    PROVIDER = "provider"
    AUTHOR = "author"
    APPROVER = "approver"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """what: submit, approve, confirm, rectify, or a kind of operator's task. by: None where no day is set, or its clock has not begun.

    task: the operator's task to tick off, None for all others. detail: of the task.
    """

    who: Ower
    what: str
    case: str
    by: datetime | None = None
    task: int | None = None
    detail: str = ""

    def is_late(self, now: datetime) -> bool:
        return self.by is not None and self.by < now


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An app, and how the app centre has to show it now, with all measures in force taken off its baseline.

    is_withdrawn: its provider withdrew it from recommendation (4.3), and it has not come back.
    """

    app: App
    now: Listing
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """cases: newest first. admins: who speak for the provider now. is_barred: on the black list (4.4)."""

    standing: Standing
    admins: tuple[Admin, ...]
    apps: tuple[Shown, ...]
    cases: tuple[Listed, ...]
    duties: tuple[Duty, ...]
    is_barred: bool = False


def duties(case: Case) -> list[Duty]:
    """What a case asks of people, our staff's tasks left aside. Once it is served, nobody has to confirm any more."""
    if case.state is State.DRAFT:
        return [Duty(who=Ower.AUTHOR, what="submit", case=case.number)]
    if case.state is State.PENDING_APPROVAL:
        return [Duty(who=Ower.APPROVER, what="approve", case=case.number)]
    if not case.is_open:
        return []
    owed = [] if case.served_at else [Duty(who=Ower.PROVIDER, what="confirm", case=case.number)]
    if case.rectify_days:
        owed.append(Duty(who=Ower.PROVIDER, what="rectify", case=case.number, by=case.rectify_by))
    return owed


def errands(tasks: Iterable[Errand]) -> list[Duty]:
    """Our staff's open tasks as duties."""
    return [Duty(who=Ower.OPERATOR, what=task.kind, case=task.case, task=task.id, detail=task.detail) for task in tasks]
