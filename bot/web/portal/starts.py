"""Where a report, an objection, a re-application or a withdrawal begins. Looking changes nothing: a draft begins with a press."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for

from bot.actions import filings, my_pages
from bot.actions.offers import Offer
from bot.errors import NotFound
from bot.model.filing import Filing, FilingKind
from bot.model.texts import pages as page_texts
from bot.model.texts.filings import KINDS
from bot.web.portal.desk import Desk, go, names, way_back
from rules import Clause
from rules.catalogue import Measure

_OF_CASE = {"report": FilingKind.REPORT, "objection": FilingKind.OBJECTION, "reapplication": FilingKind.REAPPLICATION}
_OF_APP = {"withdrawal": FilingKind.WITHDRAWAL, "return": FilingKind.REAPPLICATION}
_QUOTED = ("4.3", "4.4")


class Starts:
    """Pages before a draft."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, pages: Blueprint) -> None:
        """Its addresses."""
        of_case, of_app = ",".join(_OF_CASE), ",".join(_OF_APP)
        about_case, about_app = f"/cases/<number>/<any({of_case}):what>", f"/apps/<path:code>/<any({of_app}):what>"
        pages.add_url_rule(about_case, "about_case", self.about_case)
        pages.add_url_rule(about_case, "start_about_case", self.start_about_case, methods=["POST"])
        pages.add_url_rule(about_app, "about_app", self.about_app)
        pages.add_url_rule(about_app, "start_about_app", self.start_about_app, methods=["POST"])

    def about_case(self, number: str, what: str) -> Response:
        """What can be handed in about a case, or why not; the filing itself where there is one."""
        session = self._desk.reader()
        if session is None:
            return self._desk.identify()
        view = my_pages.case(self._desk.context(), session.address, names(number))
        offers = my_pages.offered(view, _OF_CASE[what])
        if found := _only(offers):
            return _to(found)
        return self._desk.page(
            "portal/begin.html",
            session,
            kind=_OF_CASE[what],
            offers=offers,
            case=view.mine.case,
            app=view.mine.app,
            action=request.path,
            back=(url_for("portal.case", number=number), page_texts.case(number)),
        )

    def start_about_case(self, number: str, what: str) -> Response:
        """Begin a draft; the one that is under way where there is one."""
        session = self._desk.acting()
        way_back(url_for("portal.case", number=number), number)
        measure = request.form.get("measure", "")
        if measure and measure not in set(Measure):
            raise NotFound("measure")
        ctx = self._desk.context()
        against = Measure(measure) if measure else None
        return _to(filings.start(ctx, session.address, _OF_CASE[what], case=names(number), measure=against))

    def about_app(self, code: str, what: str) -> Response:
        """撤出推荐 with what follows from it, or the way back from it."""
        session = self._desk.reader()
        if session is None:
            return self._desk.identify()
        ctx = self._desk.context()
        view = my_pages.app(ctx, session.address, names(code))
        offers = [one for one in view.offers if one.kind is _OF_APP[what]]
        if found := _only(offers):
            return _to(found)
        book = ctx.book()
        return self._desk.page(
            "portal/begin.html",
            session,
            kind=_OF_APP[what],
            offers=offers,
            view=view,
            app=view.app.name,
            action=request.path,
            quoted=[one for one in map(book.cited, _QUOTED) if isinstance(one, Clause)] if what == "withdrawal" else [],
            book=book,
            back=(url_for("portal.home", _anchor="apps"), page_texts.MY_APPS),
        )

    def start_about_app(self, code: str, what: str) -> Response:
        """Begin a draft; the one that is under way where there is one."""
        session = self._desk.acting()
        way_back(url_for("portal.home", _anchor="apps"), KINDS[_OF_APP[what]])
        return _to(filings.start(self._desk.context(), session.address, _OF_APP[what], app=names(code)))


def _only(offers: Sequence[Offer]) -> Filing | None:
    """The filing to go to, where there is nothing to choose."""
    return offers[0].filing if len(offers) == 1 else None


def _to(filing: Filing) -> Response:
    address = url_for("portal.filing", number=filing.number)
    if request.method == "POST":
        return go(address)
    response = redirect(address)
    assert isinstance(response, Response)
    return response
