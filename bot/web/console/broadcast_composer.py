"""Writing a broadcast: the form, and beside it the phone on which it is seen as it is written."""

import secrets
from typing import Any

from flask import Response, request, url_for

from bot.actions import app_categories, broadcast_messages, broadcast_plans, broadcasts
from bot.context import Context
from bot.errors import Stale, UserMistake
from bot.model.broadcast import Broadcast, Content, Form, State
from bot.model.operator import Role
from bot.model.texts import broadcasts as texts
from bot.model.texts import console_broadcasts as words
from bot.store import app_categories as category_rows
from bot.store import audiences
from bot.store import broadcasts as rows
from bot.web.console import broadcast_forms
from bot.web.console.broadcast_forms import Typed
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import STAFF, Guard
from bot.web.console.markdown import html

OPERATORS = (Role.OPERATOR,)
_KEY_CHARS = 64


class BroadcastComposer:
    """New ones and drafts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/broadcasts/new", self.broadcast_new, may=OPERATORS)
        guard.add("/broadcasts/<number>/edit", self.broadcast_edit, may=OPERATORS)
        guard.add("/broadcasts/preview", self.broadcast_preview, may=OPERATORS, methods=("POST",), files_bytes=broadcast_forms.FILE_BYTES)
        guard.add("/broadcasts/categories", self.categories, may=STAFF)
        guard.add("/broadcasts/categories/put", self.categories_put, may=OPERATORS, methods=("POST",))
        guard.add("/broadcasts/write", self.broadcast_write, may=OPERATORS, methods=("POST",), files_bytes=broadcast_forms.FILE_BYTES)

    def broadcast_new(self) -> Response:
        """An empty form, or one that begins as another broadcast stands."""
        fields = {"form": Form.MARKDOWN.value, "when": "now"}
        if begun := request.args.get("as", ""):
            fields = {**broadcast_forms.shown(self._known(begun)), "when": "now", "send_at": ""}
        return self._page(None, fields, key=secrets.token_urlsafe(24))

    def broadcast_edit(self, number: str) -> Response:
        """One's own draft."""
        known = self._known(number)
        way_back(url_for("console.broadcast", number=known.number))
        if known.state is not State.DRAFT:
            raise UserMistake(texts.ONLY_DRAFTS)
        if known.author_id != self._desk.me().id:
            raise UserMistake(texts.ONLY_THE_AUTHOR)
        return self._page(known, broadcast_forms.shown(known))

    def broadcast_preview(self) -> Response:
        """What stands beside the form, as it would look now: asked for by the page itself while somebody types."""
        ctx = self._desk.context()
        typed = broadcast_forms.typed(ctx, self._begun())
        return self._desk.page(
            "console/_broadcast_preview.html", counts=None, left_out=typed.fields["file_left_out"], **self._seen(ctx, typed)
        )

    def broadcast_write(self) -> Response:
        """Keep it as a draft; or only look at it, or send it to oneself. Whatever is wrong is said, and nothing typed is lost."""
        ctx, me, do = self._desk.context(), self._desk.me(), request.form.get("do", "")
        known = self._begun()
        typed, key = broadcast_forms.typed(ctx, known), request.form.get("key", "")[:_KEY_CHARS] or secrets.token_urlsafe(24)
        if do == "preview" or typed.wrong:
            return self._page(known, typed.fields, typed=typed, key=key, status=200 if do == "preview" else 409)
        try:
            if do == "test":
                broadcasts.send_test(ctx, me, typed.content)
                return self._page(known, typed.fields, typed=typed, key=key, said=words.SAID["tested"])
            if known:
                version = number_of(request.form.get("version", ""))
                kept = broadcasts.amend(ctx, me, known.number, version, typed.content, typed.audience, typed.send_at)
            else:
                kept = broadcasts.draft(ctx, me, typed.content, typed.audience, key, send_at=typed.send_at)
        except UserMistake as error:
            return self._page(known, typed.fields, typed=typed, key=key, wrong=error.say, status=409)
        except Stale:
            return self._page(self._begun(), typed.fields, typed=typed, key=key, wrong=words.STALE, status=409)
        return go(url_for("console.broadcast", number=kept.number, said="saved"))

    def categories(self) -> Response:
        """Of what category apps are."""
        return self._categories(said=words.SAID.get(request.args.get("said", ""), ""))

    def categories_put(self) -> Response:
        """Said anew of some of them."""
        try:
            app_categories.put(self._desk.context(), self._desk.me(), request.form.get("lines", ""))
        except UserMistake as error:
            return self._categories(wrong=error.say, lines=request.form.get("lines", ""), status=409)
        return go(url_for("console.categories", said="categories"))

    def _categories(self, status: int = 200, **shown: Any) -> Response:
        with self._desk.context().read() as connection:
            counts = category_rows.counts(connection)
        may_write = self._desk.me().may(Role.OPERATOR)
        return self._desk.page("console/broadcast_categories.html", status, numbers=counts, may_write=may_write, **shown)

    def _known(self, number: str) -> Broadcast:
        with self._desk.context().read() as connection:
            return rows.by_number(connection, names(number))

    def _begun(self) -> Broadcast | None:
        """The draft that this form changes. Raises NotFound for an address that is none."""
        number = request.form.get("number", "")
        return self._known(number) if number else None

    def _seen(self, ctx: Context, typed: Typed) -> dict[str, Any]:
        with ctx.read() as connection:
            to = typed.audience
            people = audiences.number(connection, broadcast_plans.resolved(ctx, connection, to)) if to.is_named else 0
            advice = broadcast_plans.advice(ctx, connection, typed.send_at, people)
        return {
            **phone(typed.content),
            "audience": texts.audience(to),
            "people": people,
            "calls": broadcast_plans.calls_for(people),
            "needs_approval": broadcast_plans.needs_approval(ctx, people),
            "advice": advice,
            "mistakes": [*typed.wrong, *(broadcast_messages.mistakes(typed.content) if typed.content.title or typed.content.words else ())],
        }

    def _page(
        self, known: Broadcast | None, fields: Any, *, typed: Typed | None = None, key: str = "", status: int = 200, **shown: Any
    ) -> Response:
        ctx = self._desk.context()
        if typed is None and known is not None:
            typed = Typed(content=known.content, audience=known.audience, send_at=known.send_at, fields=fields, wrong=())
        with ctx.read() as connection:
            categories = audiences.categories(connection)
        seen = self._seen(ctx, typed) if typed else {**phone(Content(form=Form.MARKDOWN, title="", words="")), "people": None}
        wrong = shown.pop("wrong", "") or ("\n".join(typed.wrong) if typed and status != 200 else "")
        return self._desk.page(
            "console/broadcast_edit.html",
            status,
            known=known,
            fields=fields,
            key=key,
            forms=texts.FORMS,
            app_states=texts.APP_STATES,
            categories=categories,
            shown_chars=broadcast_forms.SHOWN_CHARS,
            limit=self._desk.settings.broadcast_approval_above,
            narrowed=any(":" in name for name in fields),
            wrong=wrong,
            **{**seen, **shown},
        )


def phone(content: Content) -> dict[str, Any]:
    """What a phone shows of it, and how much of what WeCom takes it fills."""
    is_now, most, unit = broadcast_messages.size(content)
    return {
        "content": content,
        "words_html": html(content.words),
        "card_words": broadcast_messages.card_words(content),
        "button": texts.to_press(content),
        "confirm": texts.CONFIRM,
        "read": texts.READ,
        "size": is_now,
        "most": most,
        "unit": unit,
    }
