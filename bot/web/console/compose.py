"""Writing a case: a new one or a draft, on one page that shows beside the form what would come of it."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Response, abort, render_template, request, url_for

from bot.actions import case_files, cases, composing, conduct, templates, unchanged
from bot.context import Context
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.model.case import Case, Kind, State
from bot.model.operator import Role
from bot.model.texts import composing as texts
from bot.model.texts import conduct as conduct_texts
from bot.model.texts import console_cases as case_texts
from bot.model.texts.cases import STATES
from bot.web.console import compose_forms as forms
from bot.web.console.compose_forms import Fields
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import Guard
from rules.catalogue import GROUNDS, POWERS, Measure

OPERATORS = (Role.OPERATOR,)
_KEY_CHARS = 32
_DOES = frozenset({"look", "fill", "save", "submit", "template", "renew"})
_OWED_BY_DRAFTS, _OWED_BY_CASES = ("subject", "ground", "measures"), ("facts", "reasons", "contact")


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
        """Empty, filled in by a template, or by the conduct that was recorded on a case."""
        if request.args.get("conduct"):
            return self._of_conduct(names(request.args["conduct"]))
        template_id = number_of(request.args.get("template", ""))
        fields = forms.of_template(templates.read(self._desk.context(), template_id).template.fields) if template_id else forms.new()
        return self._page(fields, key=secrets.token_urlsafe(16), template_id=template_id)

    def _of_conduct(self, number: str) -> Response:
        ctx = self._desk.context()
        known = case_files.head(ctx, number)
        seen = conduct.seen(ctx, known.case)
        if not seen.notes:
            return go(url_for("console.conduct", number=number))
        fields = forms.of_conduct(forms.new(), known.provider.code) | {"facts": "\n".join(one.text for _, one in seen.notes)}
        return self._page(fields, key=secrets.token_urlsafe(16), conduct=number)

    def seek(self) -> Response:
        """Providers and apps to choose from, for the page's script."""
        words = _words(request.args.get("words", ""))
        shown = {"subject": "", "words": words, "most_found": composing.FOUND, "texts": texts}
        found = composing.sought(self._desk.context(), words)
        return Response(render_template("console/_subjects.html", found=found, **shown), mimetype="text/html")

    def compose(self) -> Response:
        """Look at it, fill it in by a template, keep it as a draft, hand it in, or keep it as a template."""
        fields, key = forms.typed(request.form), request.form.get("key", "")[:_KEY_CHARS]
        template_id = number_of(request.form.get("template", ""))
        way_back(url_for("console.new_case"))
        if not key:
            abort(400)
        ctx, me, about = self._desk.context(), self._desk.me(), request.form.get("conduct", "")
        if about:
            fields = forms.of_conduct(fields, case_files.head(ctx, names(about)).provider.code)
        do = _pressed()
        kept_with: dict[str, Any] = {"key": key, "template_id": template_id, "conduct": about}
        if do == "look":
            return self._looked(fields, **kept_with)
        if do == "fill":
            return self._filled(fields, key, template_id)
        try:
            if do == "template":
                kept = templates.keep(ctx, me, request.form.get("template_name", "")[:200], fields)
                return go(url_for("console.template", template_id=kept.id, said="kept"))
            if do == "renew":
                after = number_of(request.form.get("template_number", ""))
                templates.renew(ctx, me, template_id, after, fields)
                return go(url_for("console.template", template_id=template_id, said="renewed"))
            return self._opened(ctx, fields, kept_with, is_draft=do != "submit")
        except UserMistake as error:
            return self._page(fields, wrong=error.say, refused=do, status=409, **kept_with)
        except (Stale, TransitionNotAllowed):
            return self._page(fields, wrong=case_texts.STALE, status=409, **kept_with)

    def _opened(self, ctx: Context, fields: Fields, kept_with: Mapping[str, Any], *, is_draft: bool) -> Response:
        """A case of this form. The same form again is the same case: what was written into it meanwhile is no part of that."""
        finding, me = forms.finding(fields, is_draft=is_draft), self._desk.me()
        if not is_draft:
            composing.must_be_filled(finding)
        key, about = f"console {me.id} {kept_with['key']}", kept_with["conduct"]
        case = conduct.propose(ctx, me, about, finding, key) if about else cases.open_case(ctx, me, finding, key)
        if not composing.is_of(ctx, case, finding):
            if case.state is State.DRAFT:
                return self._page(fields, number=case.number, version=case.version, wrong=texts.kept_before(case.number), status=409)
            return self._page(fields, wrong=texts.handed_in_before(case.number), status=409, **kept_with)
        if not is_draft and case.state is State.DRAFT:
            case = cases.submit(ctx, me, case.number)
        return go(url_for("console.case", number=case.number, said="drafted" if case.state is State.DRAFT else "submitted"))

    def _filled(self, fields: Fields, key: str, template_id: int) -> Response:
        ctx, wanted = self._desk.context(), number_of(request.form.get("use", ""))
        before = templates.read(ctx, template_id).template.fields if template_id else {}
        if not wanted:
            return self._page(fields, key=key)
        template = templates.read(ctx, wanted).template
        return self._page(forms.filled(fields, template.fields, before), key=key, template_id=wanted, said=texts.filled(template.name))

    def edit_case(self, number: str) -> Response:
        """A draft of one's own."""
        return self._edit(number)

    def rewrite(self, number: str) -> Response:
        """Look at it, keep it, or hand it in."""
        ctx, me = self._desk.context(), self._desk.me()
        number = names(number)
        fields, version = forms.typed(request.form), number_of(request.form.get("version", ""))
        way_back(url_for("console.case", number=number))
        do, seq = _pressed(), number_of(request.form.get("seq", ""))
        if do == "look":
            case_files.head(ctx, number)
            return self._looked(fields, number=number, version=version, seq=seq)
        try:
            finding = forms.finding(fields, is_draft=do != "submit")
            if do == "submit":
                composing.must_be_filled(finding)

            def write() -> Case:
                case = cases.amend(ctx, me, number, finding)
                return cases.submit(ctx, me, number) if do == "submit" else case

            unchanged.case(ctx, number, version, write)
        except UserMistake as error:
            return self._page(fields, number=number, version=version, seq=seq, wrong=error.say, refused=do, status=409)
        except (Stale, TransitionNotAllowed):
            return self._stale(fields, number, seq)
        return go(url_for("console.case", number=number, said="submitted" if do == "submit" else "drafted"))

    def _stale(self, fields: Fields, number: str, seq: int) -> Response:
        """What changed since, and all that was typed: the next press is over the draft as it is now."""
        ctx = self._desk.context()
        case = case_files.head(ctx, number).case
        changes = unchanged.events(ctx, number, seq)
        wrong = texts.STALE if case.state is State.DRAFT else texts.no_draft_any_more(STATES[case.state])
        seq = max([seq, *(one.seq for one in changes if isinstance(one.seq, int))])
        return self._page(fields, number=number, version=case.version, seq=seq, wrong=wrong, changes=changes, status=409)

    def _edit(self, number: str) -> Response:
        known = case_files.head(self._desk.context(), names(number))
        case = known.case
        if case.state is not State.DRAFT or case.author_id != self._desk.me().id:
            return go(url_for("console.case", number=case.number))
        fields = forms.of_case(case, known.provider.code, known.app.code if known.app else "")
        trail = unchanged.events(self._desk.context(), case.number)
        return self._page(fields, number=case.number, version=case.version, seq=trail[-1].seq if trail else 0)

    def _looked(self, fields: Fields, **shown: Any) -> Response:
        """All of it, or for the script only what stands beside the form."""
        if request.headers.get("X-Part") != "side":
            return self._page(fields, **shown)
        side = self._sketched(fields, shown.get("number", ""))
        return Response(render_template("console/_sketch.html", side=side, texts=texts), mimetype="text/html")

    def _sketched(self, fields: Fields, number: str) -> composing.Sketch:
        finding, wrong = forms.read(fields)
        return composing.sketch(self._desk.context(), finding, number, wrong)

    def _page(self, fields: Fields, status: int = 200, *, refused: str = "", **shown: Any) -> Response:
        """refused: what was pressed in vain; then what is missing for it stands beside its fields too."""
        ctx = self._desk.context()
        side = self._sketched(fields, shown.get("number", ""))
        words = _words(fields.get("words", ""))
        own = {"number": "", "version": 0, "seq": 0, "key": "", "template_id": 0, "conduct": "", "wrong": "", "said": "", **shown}
        kept = templates.listed(ctx) if not own["number"] else []
        return self._desk.page(
            "console/compose.html",
            status,
            fields=fields,
            found=composing.sought(ctx, words),
            most_found=composing.FOUND,
            grounds=[(one, case_texts.ground(one)) for one in GROUNDS],
            rows=composing.grounds_of(ctx),
            powers=[(one, [measure for measure in Measure if measure in one.measures]) for one in POWERS.values()],
            power_of={one: composing.power_of(one, Kind.VIOLATION) for one in GROUNDS},
            chosen=fields.get("measures", "").split(","),
            starts=forms.starts(fields),
            beside=_beside(side, refused),
            side=side,
            templates=kept,
            in_use=next((one for one in kept if one.id == own["template_id"]), None),
            texts=texts,
            proposed_from=conduct_texts.proposed_from,
            case_texts=case_texts,
            **own,
        )


def _beside(side: composing.Sketch, refused: str) -> dict[str, list[str]]:
    """What is said beside each field. What is not written yet is no reproach, unless a press was in vain for want of it."""
    owed = {"submit": {*_OWED_BY_DRAFTS, *_OWED_BY_CASES}, "save": set(_OWED_BY_DRAFTS)}.get(refused, set())
    found: dict[str, list[str]] = {}
    for one in side.faults:
        if not one.is_missing or one.field in owed:
            found.setdefault(one.field, []).append(texts.told(one))
    if refused == "submit":
        for name, mark in side.unfilled.items():
            found.setdefault(name, []).append(texts.still_to_fill({name: mark}))
    return found


def _pressed() -> str:
    do = request.form.get("do", "")
    return do if do in _DOES else "look"


def _words(text: str) -> str:
    return "".join(char for char in text[:64].strip() if char.isprintable())
