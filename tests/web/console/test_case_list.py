"""The list of all cases."""

import pytest
from sqlalchemy import event

from bot.actions import case_files, cases
from bot.context import Context
from tests.cast import draft, finding, issue, reminder
from tests.web.console.visitors import signed_in


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


def numbers(browser, **filters):
    page = browser.get("/console/cases", query_string=filters)
    assert page.status_code == 200
    return [one.partition('"')[0] for one in page.text.split('class="what" href="/console/cases/')[1:]]


def following(page):
    _, found, rest = page.text.partition('class="more"><a class="button" href="')
    return rest.partition('"')[0].replace("&amp;", "&") if found else ""


def test_cases_are_found_by_state_words_ground_and_author(site, house, cast, author):
    first, second = draft(house, cast), issue(house, cast, finding(app="app-2", ground="2.10"), key="two")
    third = issue(house, cast, reminder(provider="B", app="app-b"), key="three")
    assert numbers(author) == [third, second, first]
    assert numbers(author, state="draft") == [first]
    assert numbers(author, words="乙公司") == [third]
    assert numbers(author, words="考勤") == [second]
    assert numbers(author, words="APP-B") == [third]
    assert numbers(author, ground="2.10") == [second]
    assert numbers(author, mine="1") == [third, second, first]
    assert numbers(signed_in(site, house, "auditor"), mine="1") == []
    assert numbers(author, state="draft", words="乙") == []


@pytest.mark.parametrize("filters", [{"words": "%"}, {"words": "_"}, {"words": "\\"}, {"words": "'; --"}, {"words": "x" * 500}])
def test_signs_that_mean_something_to_a_database_mean_nothing_here(house, cast, author, filters):
    draft(house, cast)
    assert numbers(author, **filters) == []


@pytest.mark.parametrize("filters", [{"state": "none"}, {"after": "x"}, {"ground": "\x00"}, {"after": "9" * 40}])
def test_what_an_address_cannot_mean_is_left_out(house, cast, author, filters):
    number = draft(house, cast)
    assert numbers(author, **filters) == [number]


def test_a_long_list_is_paged_and_asks_the_database_no_more_for_it(site, house, cast, author, monkeypatch):
    monkeypatch.setattr(case_files, "PAGE", 2)
    found = [draft(house, cast, key=str(one)) for one in range(5)]
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    seen, address = [], "/console/cases?state=draft"
    while address:
        asked.clear()
        page = author.get(address)
        assert len(asked) <= 8
        seen += [one.partition('"')[0] for one in page.text.split('class="what" href="/console/cases/')[1:]]
        address = (
            page.text.split('class="more"><a class="button" href="')[1].partition('"')[0].replace("&amp;", "&")
            if "更早的案件" in page.text
            else ""
        )
    assert seen == found[::-1]


def test_an_empty_list_says_what_will_come(house, cast, author):
    assert "还没有案件" in author.get("/console/cases").text
    number = draft(house, cast)
    cases.discard(Context(house), cast["author"], number)
    assert "没有找到案件" in author.get("/console/cases?state=draft").text
