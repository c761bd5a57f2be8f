"""How things went: charts, each with its numbers as a table and as a file."""

from flask import Response, request, url_for

from bot.actions import overview
from bot.actions.house_page import Line
from bot.errors import NotFound
from bot.model import csv_lines
from bot.model.operator import Role
from bot.model.overview import RANGES
from bot.model.texts import console_cases as case_texts
from bot.model.texts import overview as texts
from bot.web.console.desk import Desk, number_of
from bot.web.console.guard import STAFF, Guard

_USUAL = 90


class Overview:
    """The range stands in the address."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/overview", self.overview, may=STAFF)
        guard.add("/overview/<chart>.csv", self.overview_csv, may=STAFF)

    def overview(self) -> Response:
        """All of it."""
        length = _length()
        page = overview.read(self._desk.context(), length)
        return self._desk.page(
            "console/overview.html",
            page=page,
            ranges=[(one, url_for("console.overview", days=one)) for one in RANGES],
            titles=texts.TITLES,
            named=_named,
            number=texts.number,
            delay=Line(texts.DELAY, texts.number(page.headline.delay, "ms")),
            may_open=self._desk.me().may(Role.OPERATOR),
            span=texts.span(page.starts[0], page.today, is_weekly=length > RANGES[0]),
            first=texts.DAY if length <= RANGES[0] else texts.WEEK,
        )

    def overview_csv(self, chart: str) -> Response:
        """The numbers of one chart."""
        length = _length()
        found = next((one for one in overview.read(self._desk.context(), length).charts if one.name == chart), None)
        if found is None:
            raise NotFound("page")
        head = csv_lines.line([texts.DAY if length <= RANGES[0] else texts.WEEK, *(_named(one) for one in found.series)])
        lines = [csv_lines.line([day, *(texts.cell(value) for value in values)]) for day, values in found.rows]
        response = Response(csv_lines.BOM + head + "".join(lines), mimetype="text/csv")
        response.headers["Content-Disposition"] = f"attachment; filename={texts.file_name(found.name, length)}"
        return response


def _named(series: str) -> str:
    return texts.SERIES[series] if series in texts.SERIES else case_texts.ground(series)


def _length() -> int:
    given = number_of(request.args.get("days", ""))
    return given if given in RANGES else _USUAL
