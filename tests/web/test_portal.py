"""The provider's page of a notice: who may read it, what a press leaves, and what everybody else sees."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from bot import clock as product_clock
from bot.actions import cases
from bot.context import Context
from bot.store import cases as case_rows
from bot.store import links as link_store
from bot.store import notices as notice_rows
from bot.store import providers
from bot.store.tables import links as link_rows
from tests.cast import AGENTID, CORPID, finding, issue
from tests.store.rows import all_of
from tests.web.visitors import WANG, authorise, enter, link_of, make_site, open_link, path_of, token


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_trusted_domain=True, public_url="http://127.0.0.1:9")


def test_an_addressee_reads_the_whole_notice_and_has_then_seen_it(site, house, notice):
    browser = enter(site, "WangWei", path_of(notice))
    page = browser.get(path_of(notice))
    assert page.status_code == 200
    for section in notice.statement.sections:
        assert section.heading in page.text
    assert [row.userid for row in all_of(house.database, "views")] == ["WangWei"]
    browser.get(path_of(notice))
    assert len(all_of(house.database, "views")) == 1


def test_a_press_on_the_page_leaves_a_receipt_and_a_second_none(site, house, notice, issued):
    browser = enter(site, "li.na", path_of(notice))
    page = browser.get(path_of(notice))
    for expected in ("已记录您确认收到", "不需要重复确认"):
        pressed = browser.post(f"{path_of(notice)}/receipt", data={"token": token(page)})
        assert pressed.status_code == 303
        assert expected in browser.get(pressed.headers["Location"]).text
    assert [(row.userid, row.how) for row in all_of(house.database, "receipts")] == [("li.na", "portal")]
    with house.database.read() as connection:
        assert case_rows.by_number(connection, issued).served_how == "receipt"


def test_the_notice_leads_to_the_forms(site, house, notice, issued):
    browser = enter(site, "WangWei", path_of(notice))
    page = browser.get(path_of(notice))
    for what, prefix in (("report", "R"), ("objection", "O")):
        begun = browser.post(f"/portal/cases/{issued}/{what}", data={"token": token(page)})
        assert begun.status_code == 303
        assert begun.headers["Location"].startswith(f"/portal/filings/{prefix}")
        assert begun.headers["Location"] in browser.get(path_of(notice)).text


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_never_counts_as_a_receipt(site, house, notice, method):
    browser = enter(site, "WangWei", path_of(notice))
    assert getattr(browser, method)(f"{path_of(notice)}/receipt").status_code == 405
    assert all_of(house.database, "receipts") == []


def test_a_head_request_and_a_prefetch_have_seen_nothing(site, house, notice):
    browser = enter(site, "WangWei", path_of(notice))
    browser.head(path_of(notice))
    browser.get(path_of(notice), headers={"Sec-Purpose": "prefetch"})
    assert all_of(house.database, "views") == []


def test_everybody_else_sees_what_one_sees_of_no_notice_at_all(site, notice):
    strangers = [enter(site, userid, path_of(notice)).get(path_of(notice)) for userid in ("ZhaoMin", "chenmo")]
    nothing = enter(site, "ZhaoMin", "/portal/notices/none").get("/portal/notices/none")
    pages = {re.sub(r"编号 [0-9a-f]+", "", page.text) for page in (*strangers, nothing)}
    assert {page.status_code for page in (*strangers, nothing)} == {404}
    assert len(pages) == 1
    assert notice.number not in pages.pop()


def test_somebody_who_left_is_out_at_once(site, house, notice):
    browser = enter(site, "WangWei", path_of(notice))
    page = browser.get(path_of(notice))
    with house.database.write() as tx:
        admin = providers.admin_at(tx, WANG)
        assert admin is not None
        providers.depart(tx, admin.id, product_clock.now())
    assert browser.get(path_of(notice)).status_code == 404
    assert browser.post(f"{path_of(notice)}/receipt", data={"token": token(page)}).status_code == 404
    assert browser.get(f"{path_of(notice)}/text").status_code == 404
    assert all_of(house.database, "receipts") == []


@pytest.mark.parametrize("sent", ["", "0" * 64, "x" * 10_000])
def test_a_form_that_no_page_of_ours_made_is_refused(site, house, notice, sent):
    browser = enter(site, "WangWei", path_of(notice))
    assert browser.post(f"{path_of(notice)}/receipt", data={"token": sent}).status_code == 403
    assert all_of(house.database, "receipts") == []


def test_one_readers_token_is_not_anothers(site, notice):
    page = enter(site, "WangWei", path_of(notice)).get(path_of(notice))
    assert enter(site, "li.na", path_of(notice)).post(f"{path_of(notice)}/receipt", data={"token": token(page)}).status_code == 403


def test_without_a_session_nothing_is_written(site, house, notice):
    assert site.test_client().post(f"{path_of(notice)}/receipt", data={"token": "0" * 64}).status_code == 403
    assert all_of(house.database, "receipts") == []


def test_a_forged_cookie_is_nobody(site, notice, settings):
    forged = URLSafeTimedSerializer("another key, of more than 32 characters", salt="portal session")
    browser = site.test_client()
    browser.set_cookie("portal", forged.dumps([CORPID, AGENTID, "WangWei", "oauth", ""]), domain="localhost")
    assert browser.get(path_of(notice)).status_code == 302


def test_a_state_from_elsewhere_or_used_twice_is_refused(site, notice):
    browser = site.test_client()
    location = browser.get(path_of(notice)).headers["Location"]
    state = parse_qs(urlsplit(location).query)["state"][0]
    assert state.isalnum()
    assert len(state) <= 128
    assert site.test_client().get(f"/portal/authorized?code=1&state={state}").status_code == 403
    assert browser.get("/portal/authorized?code=bad&state=wrong").status_code == 403
    assert browser.get(f"/portal/authorized?code=bad&state={state}").status_code == 403


def test_a_code_that_was_used_is_refused(site, notice):
    browser = site.test_client()
    first = authorise(browser, "WangWei", browser.get(path_of(notice)).headers["Location"])
    assert first.status_code == 302
    other = site.test_client()
    state = parse_qs(urlsplit(other.get(path_of(notice)).headers["Location"]).query)["state"][0]
    assert other.get(f"/portal/authorized?code=used&state={state}").status_code == 403


def test_the_way_back_is_always_to_this_site(site):
    browser = site.test_client()
    for path in ("/portal/notices/evil.example", "/portal/?next=https://evil.example"):
        location = browser.get(path).headers["Location"]
        redirect_uri = parse_qs(urlsplit(location).query)["redirect_uri"][0]
        assert redirect_uri == "http://127.0.0.1:9/portal/authorized"


def test_a_personal_link_opens_its_notice_and_leaves_the_address_bar(site, house, notice):
    browser = site.test_client()
    opened = open_link(browser, link_of(house, notice, WANG))
    assert opened.status_code == 302
    assert opened.headers["Location"] == path_of(notice)
    page = browser.get(path_of(notice))
    assert page.status_code == 200
    assert browser.post(f"{path_of(notice)}/receipt", data={"token": token(page)}).status_code == 303
    assert browser.get("/portal/").status_code == 200  # it says who somebody is, for all pages


def test_a_personal_link_is_good_for_half_an_hour(site, house, notice, clock):
    path = link_of(house, notice, WANG)
    clock.tick(minutes=31)
    page = open_link(site.test_client(), path)
    assert page.status_code == 410
    assert notice.number not in page.text


def test_a_mails_link_reads_and_no_more(site, house, notice):
    browser = site.test_client()
    open_link(browser, link_of(house, notice, WANG, "mail"))
    page = browser.get(path_of(notice))
    assert "只供阅读" in page.text
    assert 'name="token"' not in page.text
    assert browser.post(f"{path_of(notice)}/receipt", data={"token": "0" * 64}).status_code == 403
    assert [row.how for row in all_of(house.database, "views")] == ["mail"]


def test_a_link_that_was_voided_or_never_was_says_how_to_get_one(site, house, notice):
    path = link_of(house, notice, WANG)
    with house.database.write() as tx:
        admin = providers.admin_at(tx, WANG)
        assert admin is not None
        link_store.void(tx, admin.id, product_clock.now())
    for broken in (path, "/portal/links/x", "/portal/links/" + "y" * 5_000):
        page = open_link(site.test_client(), broken)
        assert page.status_code == 410
        assert "查看全文" in page.text


def test_a_revoked_case_takes_no_press_and_says_what_it_is(site, house, cast, notice, issued):
    cases.revoke(Context(house), cast["approver"], issued, "认定有误。")
    page = enter(site, "WangWei", path_of(notice)).get(path_of(notice))
    assert "已撤销" in page.text
    assert 'name="token"' not in page.text


def test_without_a_trusted_domain_the_page_says_where_to_press(house, wecom, make_settings, notice, make_house):
    untrusted = make_settings(wecom_trusted_domain=False)
    object.__setattr__(house, "settings", untrusted)
    page = make_site(house, wecom, untrusted).test_client().get(path_of(notice))
    assert page.status_code == 403
    assert "查看全文" in page.text


def test_my_cases_are_listed_with_their_next_step(site, house, issued):
    browser = enter(site, "li.na", "/portal/")
    assert issued in browser.get("/portal/").text
    other = enter(site, "ZhaoMin", "/portal/").get("/portal/").text
    assert issued not in other
    assert "没有" in other


def test_pages_are_kept_by_nobody_and_run_nothing(site, notice):
    page = enter(site, "WangWei", path_of(notice)).get(path_of(notice))
    assert page.headers["Cache-Control"] == "no-store"
    assert "script" not in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "HttpOnly" in site.test_client().get(path_of(notice)).headers["Set-Cookie"]


def test_words_of_a_case_are_shown_as_words(site, house, cast):
    number = issue(house, cast, finding(facts="<script>alert(1)</script> & “引号”"), key="hostile")
    with house.database.read() as connection:
        hostile = notice_rows.of_case(connection, case_rows.by_number(connection, number).id)[0]
    page = enter(site, "WangWei", path_of(hostile)).get(path_of(hostile))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_the_secret_of_a_link_is_kept_nowhere_readable(house, notice):
    secret = link_of(house, notice, WANG).rpartition("/")[2]
    with house.database.read() as connection:
        kept = [row.digest for row in connection.execute(select(*link_rows.c))]
    assert secret not in kept
