"""A notice in full, and its receipt."""

from flask import Blueprint, Response, abort, request, url_for

from bot.actions import my_pages, notices
from bot.context import Context
from bot.errors import NotFound
from bot.model.case import Case
from bot.model.filing import FilingKind
from bot.model.notice import Notice
from bot.model.provider import Address
from bot.model.texts import notices as texts
from bot.store import cases
from bot.store import notices as stored
from bot.web.portal.desk import Desk, go, names
from bot.web.sessions import Session, is_prefetch


class Notices:
    """Pages of notices."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, pages: Blueprint) -> None:
        """Its addresses."""
        pages.add_url_rule("/notices/<key>", view_func=self.notice, endpoint="notice")
        pages.add_url_rule("/notices/<key>/text", view_func=self.text, endpoint="text")
        pages.add_url_rule("/notices/<key>/receipt", view_func=self.receipt, endpoint="receipt", methods=["POST"])

    def notice(self, key: str) -> Response:
        """One notice, whole."""
        session = self._reader(key)
        if session is None:
            return self._desk.identify()
        ctx = self._desk.context()
        notice, case = _own(ctx, key, session.address)
        if request.method == "GET" and not is_prefetch(request):
            notices.seen(ctx, notice.id, session.address, session.how)
        with ctx.read() as connection:
            receipts = stored.receipts_of(connection, notice.id)
        view = my_pages.case(ctx, session.address, case.number) if case else None
        kinds = (FilingKind.REPORT, FilingKind.OBJECTION, FilingKind.REAPPLICATION)
        return self._desk.page(
            "portal/notice.html",
            session,
            notice=notice,
            statement=notice.statement,
            case=case,
            offers={kind: my_pages.offered(view, kind) for kind in kinds} if view else {},
            filing=notice.number.rpartition("-")[0],
            receipts=receipts,
            own=next((receipt for receipt in receipts if receipt.address == session.address), None),
            said=_said(request.args.get("said", "")),
            words=texts,
        )

    def text(self, key: str) -> Response:
        """The same as a text to keep."""
        session = self._reader(key)
        if session is None:
            return self._desk.identify()
        notice, _ = _own(self._desk.context(), key, session.address)
        response = Response(texts.whole(notice.statement) + "\n", mimetype="text/plain")
        response.headers["Content-Disposition"] = f"attachment; filename={notice.number}.txt"
        return response

    def receipt(self, key: str) -> Response:
        """确认收到, by a press: a GET never counts."""
        session = self._desk.acting()
        ctx = self._desk.context()
        notice, _ = _own(ctx, key, session.address)
        given = notices.confirm(ctx, notice.id, session.address, "portal")
        return go(url_for("portal.notice", key=key, said="confirmed" if given.is_first else "confirmed_before"))

    def _reader(self, key: str) -> Session | None:
        """Who reads: of a mail's link, only its own notice."""
        session = self._desk.sessions.read(request)
        return session if session and session.reaches(key) else None


def _own(ctx: Context, key: str, address: Address) -> tuple[Notice, Case | None]:
    """The notice and its case, for an addressee; 404 for all others."""
    try:
        with ctx.read() as connection:
            notice = stored.by_key(connection, names(key))
            notices.addressee(connection, notice, address)
            return notice, cases.get(connection, notice.case_id) if notice.case_id else None
    except NotFound:
        abort(404)


def _said(word: str) -> str:
    return {"confirmed": texts.PAGE_CONFIRMED, "confirmed_before": texts.PAGE_CONFIRMED_BEFORE}.get(word, "")
