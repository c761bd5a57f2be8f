"""A version of the rules beside the one before it, for whoever a broadcast leads there: the rules are public, and so is this page."""

from flask import Blueprint, Response

from bot.actions import rulebook_pages
from bot.model.texts import rulebooks as texts
from bot.web.portal.desk import Desk, names


class Rules:
    """One page a version."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, pages: Blueprint) -> None:
        """Its address."""
        pages.add_url_rule("/rules/<dated>", view_func=self.rules, endpoint="rules")

    def rules(self, dated: str) -> Response:
        """What changes, clause by clause, from when, and what the rules say that going on means."""
        ctx = self._desk.context()
        page = rulebook_pages.published(ctx, names(dated))
        lineage = rulebook_pages.cited(rulebook_pages.REVISIONS)
        clause = next((change.new for change in page.changes if change.new and change.lineage == lineage), None)
        return self._desk.page("portal/rules.html", self._desk.reader(), page=page, book=page.book, clause=clause, words=texts)
