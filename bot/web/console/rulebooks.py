"""Versions of the rules: the list, uploading a text, confirming its clauses, and every step until it is in force."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request, url_for

from bot.actions import rulebook_news, rulebook_pages, rulebook_texts, rulebooks
from bot.actions.rulebook_texts import Typed
from bot.context import Context
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.model.operator import Operator, Role
from bot.model.rulebook import RULEBOOK, RuleState
from bot.model.texts import broadcasts as broadcast_texts
from bot.model.texts import rulebooks as texts
from bot.store import rulebooks as rows
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import STAFF, Guard

_WRITERS, _DECIDERS = (Role.OPERATOR,), (Role.APPROVER,)
_CHARS = 20_000  # of one field
_MOST_FIELDS = 700
_HEADLINE = ("title", "name_in_text", "url", "effective_on", "note")
_Step = Callable[[Context, Operator, str, int], object]
_STEPS: dict[str, _Step] = {
    "edit": rulebooks.edit,
    "submit": rulebooks.submit,
    "retract": rulebooks.retract,
    "discard": rulebooks.discard,
}
_DECISIONS: dict[str, _Step] = {
    "approve": lambda ctx, me, dated, version: rulebooks.approve(
        ctx, me, dated, version, accepts_broken=request.form.get("accepts_broken") == "1"
    ),
    "unapprove": rulebooks.unapprove,
    "send_back": lambda ctx, me, dated, version: rulebooks.send_back(ctx, me, dated, version, _text("reason")),
}
_DONE = {
    "edit": "edited",
    "submit": "submitted",
    "retract": "retracted",
    "discard": "discarded",
    "approve": "approved",
    "unapprove": "unapproved",
    "send_back": "sent_back",
}


class Rulebooks:
    """All of them, and one at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/rulebooks", self.rulebooks, may=STAFF)
        guard.add("/rulebooks/new", self.rulebook_new, may=_WRITERS)
        guard.add("/rulebooks/new", self.rulebook_upload, may=_WRITERS, methods=("POST",), files_bytes=rulebook_texts.MOST_BYTES)
        guard.add("/rulebooks/<dated>", self.rulebook, may=STAFF)
        guard.add("/rulebooks/<dated>/text", self.rulebook_text, may=STAFF)
        guard.add("/rulebooks/<dated>/cases", self.rulebook_cases, may=STAFF)
        guard.add("/rulebooks/<dated>/progress", self.rulebook_progress, may=STAFF)
        guard.add("/rulebooks/<dated>/save", self.rulebook_save, may=_WRITERS, methods=("POST",))
        guard.add("/rulebooks/<dated>/step", self.rulebook_step, may=_WRITERS, methods=("POST",))
        guard.add("/rulebooks/<dated>/tell", self.rulebook_tell, may=_WRITERS, methods=("POST",))
        guard.add("/rulebooks/<dated>/decide", self.rulebook_decide, may=_DECIDERS, methods=("POST",))

    def rulebooks(self) -> Response:
        """Every version, the newest first."""
        books, staff = rulebook_pages.listed(self._desk.context())
        said = texts.SAID.get(request.args.get("said", ""), "")
        may_upload = self._desk.me().may(Role.OPERATOR)
        return self._desk.page("console/rulebooks.html", books=books, staff=staff, said=said, may_upload=may_upload, words=texts)

    def rulebook_new(self) -> Response:
        """The form for a text."""
        return self._new()

    def rulebook_upload(self) -> Response:
        """A file or pasted text; what does not parse is refused with its line, and what was pasted is there again."""
        given = request.files.get("file")
        name, raw = (given.filename or "", given.read(rulebook_texts.MOST_BYTES + 1)) if given else ("", b"")
        pasted = request.form.get("pasted", "")[: 4 * _CHARS]
        way_back(url_for("console.rulebook_new"))
        try:
            made = rulebooks.upload(self._desk.context(), self._desk.me(), name, raw, pasted)
        except (UserMistake, Stale) as error:
            say = error.say if isinstance(error, UserMistake) else texts.STALE
            return self._new(status=409, wrong=say, pasted=pasted)
        return go(url_for("console.rulebook", dated=made.dated, said="uploaded"))

    def rulebook(self, dated: str) -> Response:
        """One version, with everything to decide on."""
        return self._page(names(dated), said=texts.SAID.get(request.args.get("said", ""), ""))

    def rulebook_text(self, dated: str) -> Response:
        """Its text, byte for byte."""
        with self._desk.context().read() as connection:
            book = rows.dated(connection, names(dated))
        response = Response(book.source, mimetype="text/plain")
        response.headers["Content-Disposition"] = f"attachment; filename=rules_{book.dated}.md"
        return response

    def rulebook_cases(self, dated: str) -> Response:
        """Every open case that it touches, a page at a time."""
        after = number_of(request.args.get("after", ""))
        touched, is_last = rulebook_pages.touched(self._desk.context(), dated := names(dated), after)
        following = "" if is_last else url_for("console.rulebook_cases", dated=dated, after=touched.cases[-1].id)
        return self._desk.page("console/rulebook_cases.html", dated=dated, touched=touched, following=following)

    def rulebook_progress(self, dated: str) -> Response:
        """How far the worker is."""
        with self._desk.context().read() as connection:
            book = rows.dated(connection, names(dated))
        return jsonify(state=book.state, progress=book.progress)

    def rulebook_save(self, dated: str) -> Response:
        """Kept as it is, or confirmed."""
        act = rulebooks.confirm if request.form.get("action") == "confirm" else rulebooks.save
        said = "confirmed" if act is rulebooks.confirm else "saved"
        typed = _typed()
        return self._act(dated, lambda ctx, me, day, version: act(ctx, me, day, version, typed), said, typed)

    def rulebook_step(self, dated: str) -> Response:
        """What the author does next."""
        return self._chosen(dated, _STEPS)

    def rulebook_decide(self, dated: str) -> Response:
        """What an approver does."""
        return self._chosen(dated, _DECISIONS)

    def rulebook_tell(self, dated: str) -> Response:
        """Write the broadcast that tells providers."""
        return self._act(dated, lambda ctx, me, day, _version: rulebook_news.draft(ctx, me, day), "told")

    def _chosen(self, dated: str, steps: dict[str, _Step]) -> Response:
        action = request.form.get("action", "")
        if action not in steps:
            return self._page(names(dated), wrong=texts.STALE, status=409)
        return self._act(dated, steps[action], _DONE[action])

    def _act(self, dated: str, act: _Step, said: str, typed: Typed | None = None) -> Response:
        dated, ctx, me = names(dated), self._desk.context(), self._desk.me()
        way_back(url_for("console.rulebook", dated=dated))
        try:
            done = act(ctx, me, dated, number_of(request.form.get("version", "")))
        except UserMistake as error:
            return self._page(dated, wrong=error.say, typed=typed, status=409)
        except (Stale, TransitionNotAllowed):
            return self._page(dated, wrong=texts.STALE, typed=typed, status=409)
        if said == "discarded":
            return go(url_for("console.rulebooks", said=said))
        if said == "approved" and getattr(done, "state", "") == RuleState.IN_FORCE:
            said = "published"
        return go(url_for("console.rulebook", dated=dated, said=said))

    def _new(self, status: int = 200, **shown: Any) -> Response:
        return self._desk.page("console/rulebook_new.html", status, limit=rulebook_texts.MOST_BYTES // 1024, **shown)

    def _page(self, dated: str, status: int = 200, typed: Typed | None = None, **shown: Any) -> Response:
        page, me = rulebook_pages.page(self._desk.context(), dated), self._desk.me()
        book = page.book
        open_to = RULEBOOK.open_to(book.state)
        own = me.may(Role.OPERATOR) and book.author_id == me.id
        steps = [one for one in open_to if one in _STEPS and (own if one in ("edit", "retract") else me.may(Role.OPERATOR))]
        decisions = [one for one in open_to if one in _DECISIONS and me.may(Role.APPROVER)]
        is_own_to_approve = "approve" in decisions and book.author_id == me.id
        return self._desk.page(
            "console/rulebook.html",
            status,
            page=page,
            book=book,
            may_write=own and book.state is RuleState.DRAFT,
            steps=steps,
            decisions=[one for one in decisions if not (one == "approve" and is_own_to_approve)],
            refusal=texts.NOT_YOUR_OWN if is_own_to_approve else "",
            may_tell=me.may(Role.OPERATOR) and page.telling is None,
            broadcast_states=broadcast_texts.STATES,
            typed=typed,
            portal_page=f"{self._desk.settings.public_url}/portal/rules/{book.dated}",
            words=texts,
            least=rulebook_texts.LEAST_PHRASES,
            reason=_text("reason"),
            **shown,
        )


def _text(name: str) -> str:
    return request.form.get(name, "")[:_CHARS].replace("\r\n", "\n")


def _typed() -> Typed:
    """The form of a draft. Fields of clauses are called lineage:2.8, name:2.8, phrases:2.8."""
    parts: dict[str, dict[str, str]] = {"lineage": {}, "name": {}, "phrases": {}}
    for name in list(request.form)[:_MOST_FIELDS]:
        kind, colon, clause = name.partition(":")
        if colon and kind in parts:
            parts[kind][clause[:16]] = _text(name)
    headline = {name: _text(name) for name in _HEADLINE}
    return Typed(**headline, lineages=parts["lineage"], names=parts["name"], phrases=parts["phrases"])
