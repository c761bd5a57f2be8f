"""Where a provider stands, and one case of it with all that was said."""

from flask import Blueprint, Response, request

from bot.actions import my_pages
from bot.model.texts import filings as filing_texts
from bot.model.texts import my_cases as texts
from bot.model.texts import pages as page_texts
from bot.web.portal.desk import Desk, names


class Cases:
    """Pages of cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, pages: Blueprint) -> None:
        """Its addresses."""
        pages.add_url_rule("/", view_func=self.home, endpoint="home")
        pages.add_url_rule("/cases/<number>", view_func=self.case, endpoint="case")

    def home(self) -> Response:
        """Cases, what is under way, apps, and notices of withdrawals."""
        session = self._desk.reader()
        if session is None:
            return self._desk.identify()
        home = my_pages.home(self._desk.context(), session.address)
        said = {"dropped": page_texts.DROPPED, "taken_back": page_texts.TAKEN_BACK}.get(request.args.get("said", ""), "")
        return self._desk.page("portal/home.html", session, home=home, words=texts, said=said)

    def case(self, number: str) -> Response:
        """One case: its clocks, what is owed, its measures, and the whole conversation."""
        session = self._desk.reader()
        if session is None:
            return self._desk.identify()
        view = my_pages.case(self._desk.context(), session.address, names(number))
        return self._desk.page(
            "portal/case.html", session, view=view, case=view.mine.case, words=texts, filed=filing_texts, served_how=texts.SERVED
        )
