"""Conduct that clause 4.4 forbids: recorded on the case during which it was seen, and the way from there to a permanent delisting."""

from typing import Any

from flask import Response, request, url_for

from bot.actions import case_files, conduct, evidence
from bot.errors import UserMistake
from bot.model.operator import Role
from bot.model.texts import conduct as texts
from bot.web.console.desk import Desk, go, names, way_back
from bot.web.console.guard import Guard
from bot.web.console.uploads import brought

OPERATORS = (Role.OPERATOR,)


class Conduct:
    """On one case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        most = self._desk.settings.evidence_max_bytes * evidence.MOST_AT_ONCE
        guard.add("/cases/<number>/conduct", self.conduct, may=OPERATORS)
        guard.add("/cases/<number>/conduct", self.record_conduct, may=OPERATORS, methods=("POST",), files_bytes=most)

    def conduct(self, number: str) -> Response:
        """What was recorded, and the form to record more."""
        return self._page(number, said=texts.RECORDED if request.args.get("said") == "recorded" else "")

    def record_conduct(self, number: str) -> Response:
        """Words and evidence, both or nothing."""
        facts = request.form.get("facts", "").replace("\r\n", "\n")
        way_back(url_for("console.conduct", number=names(number)))
        try:
            conduct.record(self._desk.context(), self._desk.me(), number, facts, brought())
        except UserMistake as error:
            return self._page(number, wrong=error.say, facts=facts, status=409)
        return go(url_for("console.conduct", number=number, said="recorded"))

    def _page(self, number: str, status: int = 200, **shown: Any) -> Response:
        ctx = self._desk.context()
        known = case_files.head(ctx, names(number))
        return self._desk.page(
            "console/conduct.html",
            status,
            known=known,
            case=known.case,
            is_open=known.case.state not in evidence.ENDED,
            seen=conduct.seen(ctx, known.case),
            clause=ctx.book().cited("4.4"),
            words=texts,
            **shown,
        )
