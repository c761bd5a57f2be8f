"""The page of charts and its files."""

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


@pytest.mark.parametrize("days", ["", "0", "-1", "x", "9999999999999999999"])
def test_a_range_that_is_none_is_the_usual_one(site, house, cast, days):
    page = signed_in(site, house, "author").get("/console/overview", query_string={"days": days})
    assert 'aria-current="true">最近 90 天' in page.text
