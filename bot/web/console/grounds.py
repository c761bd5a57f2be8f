"""Rows of the table behind clause 3.1: looked at, and taken in from a file once its rows were read again on the page."""

from flask import Response, request, url_for

from bot.actions import composing
from bot.actions import grounds as taking_in
from bot.errors import UserMistake
from bot.model import sheet
from bot.model.operator import Role
from bot.model.texts import grounds as texts
from bot.web.console.desk import Desk, way_back
from bot.web.console.guard import STAFF, Guard

_WRITERS = (Role.OPERATOR, Role.OWNER)
_MOST_BYTES = 200_000  # what is shown is sent back by the form, which may be kept over a new sign-in


class Grounds:
    """The list, and files."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/grounds", self.grounds, may=STAFF)
        guard.add("/grounds", self.grounds_brought, may=_WRITERS, methods=("POST",), files_bytes=_MOST_BYTES)

    def grounds(self) -> Response:
        """All rows, with where each stands in the picture."""
        return self._page()

    def grounds_brought(self) -> Response:
        """A file is shown first; what was shown comes back as text, and is taken in."""
        ctx, me = self._desk.context(), self._desk.me()
        way_back(url_for("console.grounds"))
        shown = request.form.get("text", "")
        try:
            if shown:
                done = taking_in.import_grounds(ctx, shown.encode("utf-8-sig", errors="replace"), me)
                return self._page(said=texts.taken(len(done.added), done.unchanged))
            raw = _file()
            return self._page(found=taking_in.look_through(ctx, raw, me), text=sheet.decode(raw))
        except UserMistake as error:
            return self._page(409, wrong=error.say)

    def _page(self, status: int = 200, **shown: object) -> Response:
        return self._desk.page(
            "console/grounds.html",
            status,
            rows=composing.grounds_of(self._desk.context()),
            columns=texts.COLUMNS,
            words=texts,
            may_write=any(self._desk.me().may(role) for role in _WRITERS),
            **shown,
        )


def _file() -> bytes:
    brought = request.files.get("file")
    raw = brought.stream.read(_MOST_BYTES + 1) if brought else b""
    if not raw or len(raw) > _MOST_BYTES:
        raise UserMistake(texts.too_large(_MOST_BYTES) if raw else texts.NO_FILE)
    return raw
