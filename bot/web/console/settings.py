"""The page that shows what is set up, how it is doing, and who may do what. Nothing is changed here: settings are the machine's."""

from collections.abc import Callable

from flask import Response

from bot.actions import house_page
from bot.model.operator import Role
from bot.model.texts import settings as texts
from bot.web.console.desk import Desk
from bot.web.console.guard import STAFF, Guard


class SettingsPage:
    """queue_waiting: asks the queue how many tasks wait."""

    def __init__(self, desk: Desk, queue_waiting: Callable[[], int] | None) -> None:
        self._desk, self._queue_waiting = desk, queue_waiting

    def add_to(self, guard: Guard) -> None:
        """Its address."""
        guard.add("/settings", self.settings, may=STAFF)

    def settings(self) -> Response:
        """All of it."""
        page = house_page.page(self._desk.context(), self._queue_waiting)
        return self._desk.page("console/settings.html", page=page, roles=list(Role), deeds=self._deeds())

    def _deeds(self) -> dict[str, list[tuple[str, frozenset[Role]]]]:
        """What each form does and who may, as the guard has it."""
        rights = self._desk.rights
        return {
            group: [(label, rights[f"console.{name}"]) for name, label in names.items() if f"console.{name}" in rights]
            for group, names in texts.DEEDS.items()
        }
