"""Writing a case: a new one or a draft, on one page that shows beside the form what would come of it."""

import secrets
from typing import Any

from flask import Response, abort, render_template, request, url_for

from bot.actions import case_files, cases, composing, templates, unchanged
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.model.case import Case, Kind, State
from bot.model.case_template import FIELDS
from bot.model.operator import Role
from bot.model.texts import composing as texts
from bot.model.texts import console_cases as case_texts
from bot.web.console import compose_forms as forms
from bot.web.console.compose_forms import Fields
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import Guard
from rules.catalogue import GROUNDS, POWERS, Measure

OPERATORS = (Role.OPERATOR,)
_KEY_CHARS = 32


class Compose:
    """The form, empty, from a template, or of a draft."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/cases/new", self.new_case, may=OPERATORS)
        guard.add("/cases/new", self.compose, may=OPERATORS, methods=("POST",))
        guard.add("/cases/seek", self.seek, may=OPERATORS)
        guard.add("/cases/<number>/edit", self.edit_case, may=OPERATORS)
        guard.add("/cases/<number>/edit", self.rewrite, may=OPERATORS, methods=("POST",))

    def new_case(self) -> Response:
        """Empty, or filled in by a template."""
        template_id = number_of(request.args.get("template", ""))
        fields = forms.of_template(templates.read(self._desk.context(), template_id).template.fields) if template_id else forms.new()
        return self._page(fields, key=secrets.token_urlsafe(16), template_id=template_id)

    def seek(self) -> Response:
        """Providers and apps to choose from, for the page's script."""
        found = composing.sought(self._desk.context(), _words(request.args.get("words", "")))
        words = render_template("console/_subjects.html", found=found, subject="", words=request.args.get("words", ""))
        return Response(words, mimetype="text/html")

    def compose(self) -> Response:
        """Look at it, keep it as a draft, hand it in, or keep it as a template."""
        fields, key = forms.typed(request.form), request.form.get("key", "")[:_KEY_CHARS]
        template_id = number_of(request.form.get("template", ""))
        way_back(url_for("console.new_case"))
        if not key:
            abort(400)
        do = request.form.get("do", "look")
        if do == "look":
            return self._looked(fields, key=key, template_id=template_id)
        ctx, me = self._desk.context(), self._desk.me()
        try:
            if do == "template":
                kept = templates.keep(ctx, me, request.form.get("template_name", "")[:200], fields)
                return go(url_for("console.template", template_id=kept.id, said="kept"))
            if do == "renew":
                after = number_of(request.form.get("template_number", ""))
                templates.renew(ctx, me, template_id, after, fields)
                return go(url_for("console.template", template_id=template_id, said="renewed"))
            finding = forms.finding(fields, is_draft=do != "submit")
            if do == "submit":
                composing.must_be_filled(finding)
            number = cases.open_case(ctx, me, finding, f"console {me.id} {key}").number
            if do == "submit":
                cases.submit(ctx, me, number)
        except UserMistake as error:
            return self._page(fields, key=key, template_id=template_id, wrong=error.say, status=409)
        except Stale:
            return self._page(fields, key=key, template_id=template_id, wrong=case_texts.STALE, status=409)
        return go(url_for("console.case", number=number, said="submitted" if do == "submit" else "drafted"))

    def edit_case(self, number: str) -> Response:
        """A draft of one's own."""
        return self._edit(number)

    def rewrite(self, number: str) -> Response:
        """Look at it, keep it, or hand it in."""
        number = names(number)
        fields, version = forms.typed(request.form), number_of(request.form.get("version", ""))
        way_back(url_for("console.case", number=number))
        do, ctx, me = request.form.get("do", "look"), self._desk.context(), self._desk.me()
        if do == "look":
            return self._looked(fields, number=number, version=version)
        try:
            finding = forms.finding(fields, is_draft=do != "submit")
            if do == "submit":
                composing.must_be_filled(finding)

            def write() -> Case:
                case = cases.amend(ctx, me, number, finding)
                return cases.submit(ctx, me, number) if do == "submit" else case

            unchanged.case(ctx, number, version, write)
        except UserMistake as error:
            return self._page(fields, number=number, version=version, wrong=error.say, status=409)
        except (Stale, TransitionNotAllowed):
            now = case_files.head(ctx, number).case.version
            return self._page(fields, number=number, version=now, wrong=case_texts.STALE, status=409)
        return go(url_for("console.case", number=number, said="submitted" if do == "submit" else "drafted"))

    def _edit(self, number: str) -> Response:
        known = case_files.head(self._desk.context(), names(number))
        case = known.case
        if case.state is not State.DRAFT or case.author_id != self._desk.me().id:
            return go(url_for("console.case", number=case.number))
        fields = forms.of_case(case, known.provider.code, known.app.code if known.app else "")
        return self._page(fields, number=case.number, version=case.version)

    def _looked(self, fields: Fields, **shown: Any) -> Response:
        """All of it, or for the script only what stands beside the form."""
        if request.headers.get("X-Part") != "side":
            return self._page(fields, **shown)
        side, wrong = self._sketched(fields, shown.get("number", ""))
        words = render_template("console/_sketch.html", side=side, wrong_now=wrong, measure_texts=Measure, texts=texts)
        return Response(words, mimetype="text/html")

    def _sketched(self, fields: Fields, number: str) -> tuple[composing.Sketch, str]:
        try:
            return composing.sketch(self._desk.context(), forms.loose(fields), number), ""
        except UserMistake as error:
            return composing.Sketch(), error.say

    def _page(self, fields: Fields, status: int = 200, **shown: Any) -> Response:
        ctx = self._desk.context()
        side, wrong_now = self._sketched(fields, shown.get("number", ""))
        words = _words(fields.get("words", ""))
        own = {"number": "", "version": 0, "key": "", "template_id": 0, "wrong": "", **shown}
        kept = templates.listed(ctx) if not own["number"] else []
        return self._desk.page(
            "console/compose.html",
            status,
            fields=fields,
            found=composing.sought(ctx, words),
            grounds=[(one, case_texts.ground(one)) for one in GROUNDS],
            rows=composing.grounds_of(ctx),
            powers=[(one, [measure for measure in Measure if measure in one.measures]) for one in POWERS.values()],
            power_of={one: composing.power_of(one, Kind.VIOLATION) for one in GROUNDS},
            chosen=fields.get("measures", "").split(","),
            side=side,
            wrong_now=wrong_now,
            templates=kept,
            in_use=next((one for one in kept if one.id == own["template_id"]), None),
            template_fields=FIELDS,
            texts=texts,
            **own,
        )


def _words(text: str) -> str:
    return "".join(char for char in text[:64].strip() if char.isprintable())
