"""The page of charts and its files."""

import csv
import io
from html.parser import HTMLParser

import pytest
from sqlalchemy import event

from bot.actions import overview
from bot.context import Context
from tests.web.console.visitors import signed_in
from tests.web.scene import play


def test_every_chart_has_its_numbers_as_a_table_and_as_a_file(site, house, cast, clock):
    play(house, cast, clock)
    overview.sum_days(Context(house))
    browser = signed_in(site, house, "auditor")
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    page = browser.get("/console/overview?days=30")
    assert page.status_code == 200
    assert 0 < len(asked) <= 20
    for name in ("states", "grounds", "times", "shares", "deliveries", "questions", "delays"):
        assert f'data-chart="{name}"' in page.text
        file = browser.get(f"/console/overview/{name}.csv?days=30")
        assert file.mimetype == "text/csv"
        assert len(file.text.splitlines()) == 31
    assert browser.get("/console/overview/none.csv").status_code == 404


class Tables(HTMLParser):
    """By chart: rows of cells, and the numbers that are drawn."""

    def __init__(self):
        super().__init__()
        self.rows, self.drawn, self.at, self.in_cell = {}, {}, "", False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "table":
            self.at = given.get("data-chart", "")
            self.rows[self.at], self.drawn[self.at] = [], []
        elif self.at and tag == "tr":
            self.rows[self.at].append([])
            self.drawn[self.at].append([])
        elif self.at and tag in ("td", "th"):
            self.in_cell = True
            self.rows[self.at][-1].append("")
            if tag == "td":
                self.drawn[self.at][-1].append(given.get("data-value"))

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.in_cell = False
        elif tag == "table":
            self.at = ""

    def handle_data(self, data):
        if self.at and self.in_cell:
            self.rows[self.at][-1][-1] += data


@pytest.mark.parametrize("days", [30, 90, 365])
def test_what_is_drawn_written_and_handed_out_are_the_same_numbers(site, house, cast, clock, days):
    play(house, cast, clock)
    overview.sum_days(Context(house))
    browser = signed_in(site, house, "auditor")
    tables = Tables()
    tables.feed(browser.get(f"/console/overview?days={days}").text)
    assert set(tables.rows) == {"states", "grounds", "times", "shares", "deliveries", "questions", "delays"}
    for name, rows in tables.rows.items():
        file = browser.get(f"/console/overview/{name}.csv?days={days}").data.decode("utf-8-sig")
        handed_out = list(csv.reader(io.StringIO(file)))
        assert handed_out == [[cell.replace(",", "").replace("—", "") for cell in row] for row in rows]
        for line, drawn in zip(handed_out[1:], tables.drawn[name][1:], strict=True):
            assert [float(cell) if cell else None for cell in line[1:]] == [float(one) if one is not None else None for one in drawn]


def test_an_empty_house_says_so_and_leads_on(site, house, cast):
    page = signed_in(site, house, "author").get("/console/overview")
    assert page.text.count("这段时间还没有可以画的数。") == 7
    assert "data-plot" not in page.text
    assert "/console/cases/new" in page.text
    assert "/console/cases/new" not in signed_in(site, house, "auditor").get("/console/overview").text


@pytest.mark.parametrize("days", ["", "0", "-1", "x", "9999999999999999999"])
def test_a_range_that_is_none_is_the_usual_one(site, house, cast, days):
    page = signed_in(site, house, "author").get("/console/overview", query_string={"days": days})
    assert 'aria-current="true">最近 90 天' in page.text
