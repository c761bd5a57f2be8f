"""The operators' pages, under /console.

Who reads is asked of the database at each request, by the cookie's digest; what they may do, by the route (bot/web/console/guard)
and again by each action.
"""

from flask import Blueprint

from bot.context import House
from bot.model.texts import console as texts
from bot.model.texts import operators as operator_texts
from bot.model.texts.notices import moment
from bot.web.console.account import Account
from bot.web.console.desk import Desk
from bot.web.console.entrance import Entrance
from bot.web.console.guard import Guard
from bot.wecom.client import Client

__all__ = ["Console"]


class Console:
    """The pages, over one house. client: asks WeCom who somebody is."""

    def __init__(self, house: House, client: Client) -> None:
        self.desk = Desk(house)
        self.guard = Guard(self.desk)
        self._client = client

    def blueprint(self) -> Blueprint:
        """For Flask, under /console."""
        pages = Blueprint("console", "bot.web", url_prefix="/console", template_folder="templates", static_folder="static")
        self.guard.watch(pages)
        Entrance(self.desk, self._client).add_to(self.guard)
        Account(self.desk).add_to(self.guard)
        pages.add_app_template_filter(moment, "moment")
        pages.add_app_template_filter(texts.HOW.__getitem__, "how")
        pages.add_app_template_filter(operator_texts.roles, "roles")
        return pages
