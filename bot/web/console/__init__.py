"""The operators' pages, under /console.

Who reads is asked of the database at each request, by the cookie's digest; what they may do, by the route (bot/web/console/guard)
and again by each action.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Blueprint

from bot.context import House
from bot.model.texts import console as texts
from bot.model.texts import console_broadcasts as broadcast_texts
from bot.model.texts import deliveries as delivery_texts
from bot.model.texts import evidence as evidence_texts
from bot.model.texts import filings as filing_texts
from bot.model.texts import histories as history_texts
from bot.model.texts import ladder as ladder_texts
from bot.model.texts import my_cases as my_case_texts
from bot.model.texts import operator_tasks as task_texts
from bot.model.texts import operators as operator_texts
from bot.model.texts import reviews as review_texts
from bot.model.texts.cases import MEASURES, STATES, STEPS
from bot.model.texts.notices import moment
from bot.web.console.account import Account
from bot.web.console.broadcast_composer import BroadcastComposer
from bot.web.console.broadcasts import Broadcasts
from bot.web.console.case_list import CaseList
from bot.web.console.case_templates import CaseTemplates
from bot.web.console.cases import Cases
from bot.web.console.compose import Compose
from bot.web.console.conduct import Conduct
from bot.web.console.desk import Desk
from bot.web.console.entrance import Entrance
from bot.web.console.errands import Errands
from bot.web.console.filings import Filings
from bot.web.console.grounds import Grounds
from bot.web.console.guard import Guard
from bot.web.console.overview import Overview
from bot.web.console.providers import Providers
from bot.web.console.questions import Questions
from bot.web.console.queue import Queue
from bot.web.console.records import Records
from bot.web.console.rulebooks import Rulebooks
from bot.web.console.settings import SettingsPage
from bot.web.console.staff import Staff
from bot.wecom.client import Client

__all__ = ["Console"]


class Console:
    """The pages, over one house. client: asks WeCom who somebody is. queue_waiting: asks the queue how many tasks wait."""

    def __init__(self, house: House, client: Client, queue_waiting: Callable[[], int] | None = None) -> None:
        self._queue_waiting = queue_waiting
        self.desk = Desk(house)
        self.guard = Guard(self.desk)
        self._client = client

    def blueprint(self) -> Blueprint:
        """For Flask, under /console."""
        pages = Blueprint("console", "bot.web", url_prefix="/console", template_folder="templates", static_folder="static")
        self.guard.watch(pages)
        Entrance(self.desk, self._client).add_to(self.guard)
        Account(self.desk).add_to(self.guard)
        SettingsPage(self.desk, self._queue_waiting).add_to(self.guard)
        for part in (
            Queue,
            CaseList,
            Compose,
            CaseTemplates,
            Conduct,
            Grounds,
            Providers,
            Cases,
            Filings,
            Records,
            Errands,
            Rulebooks,
            Questions,
            Overview,
            Staff,
        ):
            part(self.desk).add_to(self.guard)
        BroadcastComposer(self.desk).add_to(self.guard)
        Broadcasts(self.desk).add_to(self.guard)
        for name, worded in _WORDED.items():
            pages.add_app_template_filter(worded, name)
        return pages


def _trail_moment(at: str) -> str:
    """A moment as the trail keeps it, in words; one that was tampered with as it lies there."""
    try:
        return moment(datetime.fromisoformat(at))
    except ValueError:
        return at


_WORDED: Mapping[str, Callable[..., str]] = {
    "moment": moment,
    "trail_moment": _trail_moment,
    "broadcast_state": broadcast_texts.state,
    "how": texts.HOW.__getitem__,
    "role": operator_texts.ROLES.__getitem__,
    "roles": operator_texts.roles,
    "case_state": STATES.__getitem__,
    "measure": MEASURES.__getitem__,
    "measure_step": STEPS.__getitem__,
    "named": filing_texts.named,
    "review_state": review_texts.state,
    "review_due": review_texts.due,
    "flags": review_texts.flags,
    "size": my_case_texts.size,
    "level": delivery_texts.LEVELS.__getitem__,
    "standing": delivery_texts.standing,
    "delivery_step": delivery_texts.step,
    "why": delivery_texts.why,
    "listing": history_texts.listing,
    "served": evidence_texts.how,
    "rung": ladder_texts.step,
    "rung_result": ladder_texts.result,
    "task": task_texts.kind,
}
