"""Templates of cases: the list, one with its versions, off the list and back."""

from flask import Response, request, url_for

from bot.actions import templates
from bot.errors import Stale, UserMistake
from bot.model.operator import Role
from bot.model.texts import console_cases as case_texts
from bot.model.texts import templates as texts
from bot.web.console.desk import Desk, go, number_of, way_back
from bot.web.console.guard import STAFF, Guard


class CaseTemplates:
    """Written in the form of a case; kept and looked at here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/templates", self.templates, may=STAFF)
        guard.add("/templates/<int:template_id>", self.template, may=STAFF)
        guard.add("/templates/<int:template_id>/move", self.template_move, may=(Role.OPERATOR,), methods=("POST",))
        guard.add("/templates/<int:template_id>/back", self.template_back, may=(Role.OPERATOR,), methods=("POST",))

    def templates(self) -> Response:
        """All of them."""
        found = templates.listed(self._desk.context(), retired=True)
        return self._desk.page("console/templates.html", found=found, ground=case_texts.ground, may_write=self._may_write())

    def template(self, template_id: int) -> Response:
        """One, with what each version changed."""
        return self._page(template_id, said=texts.SAID.get(request.args.get("said", ""), ""))

    def template_move(self, template_id: int) -> Response:
        """Off the list to choose from, or back on it."""
        way_back(url_for("console.template", template_id=template_id))
        is_active = request.form.get("state") == "active"
        try:
            templates.move(self._desk.context(), self._desk.me(), template_id, is_active=is_active)
        except Stale:
            return self._page(template_id, wrong=case_texts.STALE, status=409)
        return go(url_for("console.template", template_id=template_id, said="active" if is_active else "retired"))

    def template_back(self, template_id: int) -> Response:
        """To an earlier version."""
        way_back(url_for("console.template", template_id=template_id))
        after, to = (number_of(request.form.get(name, "")) for name in ("after", "to"))
        try:
            templates.go_back(self._desk.context(), self._desk.me(), template_id, after, to)
        except UserMistake as error:
            return self._page(template_id, wrong=error.say, status=409)
        except Stale:
            return self._page(template_id, wrong=case_texts.STALE, status=409)
        return go(url_for("console.template", template_id=template_id, said="back"))

    def _page(self, template_id: int, status: int = 200, **more: str) -> Response:
        page = templates.read(self._desk.context(), template_id)
        pairs = list(zip(page.versions, [*page.versions[1:], None], strict=True))
        return self._desk.page(
            "console/template.html",
            status,
            page=page,
            pairs=pairs,
            labels=texts.LABELS,
            changes=texts.changes,
            shown=texts.shown,
            may_write=self._may_write(),
            **more,
        )

    def _may_write(self) -> bool:
        return self._desk.me().may(Role.OPERATOR)
