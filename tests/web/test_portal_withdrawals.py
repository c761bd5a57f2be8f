"""撤出推荐 and the way back from it, on the provider's pages."""

import pytest

from bot.model.filing import FilingState
from bot.model.texts import filings as texts
from bot.model.texts import pages as page_texts
from tests import way_back
from tests.way_back import ZHAO, decide, filing_of
from tests.web.test_portal_filings import send
from tests.web.visitors import enter, token


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_trusted_domain=True, public_url="http://127.0.0.1:9")


def test_a_withdrawal_shows_what_follows_and_is_handed_in_only_when_that_was_read(site, house, cast, book):
    browser = enter(site, "ZhaoMin", "/portal/")
    page = browser.get("/portal/apps/app-b/withdrawal")
    for clause in ("4.3", "4.4"):
        assert book.clause(clause).text.split("\n")[0] in page.text
    begun = browser.post("/portal/apps/app-b/withdrawal", data={"token": token(page)}).headers["Location"]
    number = begun.rpartition("/")[2]
    form = browser.get(begun)
    assert book.clause("4.3").text.split("\n")[0] in form.text
    assert 'value="yes" required' in form.text
    unread = send(browser, number, "submit", {"words": "业务调整。"})
    assert (unread.status_code, texts.NOT_AGREED in unread.text, "业务调整。</textarea>" in unread.text) == (422, True, True)
    assert filing_of(house, number).state is FilingState.DRAFT
    assert send(browser, number, "submit", {"words": "业务调整。", "agreed": "yes"}).status_code == 303
    assert filing_of(house, number).state is FilingState.SUBMITTED
    taken_back = browser.post(f"{begun}/drop", data={"token": token(browser.get(begun))})
    assert page_texts.TAKEN_BACK in browser.get(taken_back.headers["Location"]).text


def test_the_way_back_from_a_withdrawal_begins_at_the_app(site, house, cast):
    number = way_back.hand_in_about_app(house, "app-b", by=ZHAO).number
    decide(house, cast["author"], number, "grant")
    browser = enter(site, "ZhaoMin", "/portal/")
    home = browser.get("/portal/").text
    assert "撤出推荐同意通知" in home
    assert "/portal/apps/app-b/return" in home
    page = browser.get("/portal/apps/app-b/return")
    begun = browser.post("/portal/apps/app-b/return", data={"token": token(page)})
    assert begun.headers["Location"].startswith("/portal/filings/A")
    assert number in browser.get(begun.headers["Location"]).text


def test_an_app_that_is_not_recommended_says_why_it_cannot_withdraw(site, cast):
    browser = enter(site, "WangWei", "/portal/")
    page = browser.get("/portal/apps/app-2/withdrawal")
    assert texts.ONLY_RECOMMENDED in page.text
    assert "开始填写" not in page.text
    assert "现在不适用" in browser.get("/portal/apps/app-1/return").text
    refused = browser.post("/portal/apps/app-1/return", data={"token": token(browser.get("/portal/apps/app-1/withdrawal"))})
    assert (refused.status_code, texts.NO_WITHDRAWAL in refused.text) == (409, True)
