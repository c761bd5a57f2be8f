"""All that was ever handed in, and all that a person was asked for: done or not, newest first."""

from urllib.parse import urlencode

from flask import Response, request, url_for

from bot.actions import humans, review_pages
from bot.model.filing import FilingKind, FilingState
from bot.model.texts import filings as filing_texts
from bot.model.texts import humans as human_texts
from bot.web.console.desk import Desk, number_of
from bot.web.console.guard import STAFF, Guard


class Records:
    """Two lists; what is looked for stands in the address."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Their addresses."""
        guard.add("/filings", self.filed, may=STAFF)
        guard.add("/humans", self.humans, may=STAFF)

    def filed(self) -> Response:
        """What providers handed in."""
        kind, state = request.args.get("kind", ""), request.args.get("state", "")
        wanted = FilingKind(kind) if kind in set(FilingKind) else None
        standing = FilingState(state) if state in set(FilingState) - {FilingState.DRAFT} else None
        lines, is_last = review_pages.page(self._desk.context(), wanted, standing, number_of(request.args.get("before", "")))
        return self._desk.page(
            "console/filings.html",
            lines=lines,
            kind=wanted,
            state=standing,
            kinds=filing_texts.KINDS,
            states={one: name for one, name in filing_texts.STATES.items() if one is not FilingState.DRAFT},
            filtered=_filtered,
            following="" if is_last else _filtered(before=str(lines[-1].filing.id)),
        )

    def humans(self) -> Response:
        """Wishes for a person's answer."""
        lines, is_last = humans.page(self._desk.context(), number_of(request.args.get("before", "")))
        following = "" if is_last else url_for("console.humans", before=lines[-1].id)
        return self._desk.page(
            "console/humans.html", lines=lines, shown=human_texts.shown, standing=human_texts.standing, following=following
        )


def _filtered(**changed: str) -> str:
    """The address of this list with another filter; from its beginning, unless `before` is given."""
    kept = {name: request.args.get(name, "")[:16] for name in ("kind", "state")} | changed
    query = urlencode({name: value for name, value in kept.items() if value})
    return url_for("console.filed") + (f"?{query}" if query else "")
