"""The list of all cases, to look for one in."""

from urllib.parse import urlencode

from flask import Response, request, url_for

from bot.actions import case_files
from bot.model.case import State
from bot.model.case_list import Sought
from bot.model.operator import Role
from bot.model.texts import console_cases as texts
from bot.web.console.desk import Desk, number_of
from bot.web.console.guard import STAFF, Guard

_CHARS = 64


class CaseList:
    """What is looked for stands in the address."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its address."""
        guard.add("/cases", self.cases, may=STAFF)

    def cases(self) -> Response:
        """A page of it."""
        me = self._desk.me()
        wanted = self._wanted()
        page = case_files.page(self._desk.context(), wanted)
        return self._desk.page(
            "console/cases.html",
            page=page,
            wanted=wanted,
            states=list(State),
            grounds=[(one, texts.ground(one)) for one in page.grounds],
            filtered=_filtered,
            following="" if page.is_last else _filtered(after=str(page.lines[-1].case.id)),
            may_open=me.may(Role.OPERATOR),
            named=texts.ground,
        )

    def _wanted(self) -> Sought:
        state = request.args.get("state", "")
        return Sought(
            state=State(state) if state in set(State) else None,
            words="".join(char for char in request.args.get("words", "")[:_CHARS].strip() if char.isprintable()),
            ground=_plain(request.args.get("ground", "")),
            author_id=self._desk.me().id if request.args.get("mine") == "1" else 0,
            is_overdue=request.args.get("overdue") == "1",
            after=number_of(request.args.get("after", "")),
        )


def _filtered(**changed: str) -> str:
    """The address of this list with another filter; from its beginning, unless `after` is given."""
    kept = {name: request.args.get(name, "")[:_CHARS] for name in ("state", "words", "ground", "mine", "overdue")} | changed
    query = urlencode({name: value for name, value in kept.items() if value})
    return url_for("console.cases") + (f"?{query}" if query else "")


def _plain(text: str) -> str:
    return text if len(text) <= _CHARS and text.isprintable() else ""
