"""Who may do what on the provider's pages: every route, for everybody who may come, each cell asserted."""

from typing import NamedTuple

import pytest

from bot.actions import packaged, uploads
from bot.context import Context
from bot.model.filing import FilingKind
from bot.model.provider import Address
from bot.web.sessions import Session, Sessions
from tests.cast import AGENTID, at, finding, issue
from tests.store.rows import all_of
from tests.way_back import filing_of, hand_in, started
from tests.web.visitors import LI, WANG, ZHAO, depart, first_notice, link_of, open_link, path_of, with_session

SECRETS = ("甲公司", "日程助手", "V2026-", "没有任何功能", "上线时没有做功能")
TABLES = ("filings", "filing_rounds", "filing_items", "filing_files", "receipts", "views")


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_trusted_domain=True, public_url="http://127.0.0.1:9")


class Cell(NamedTuple):
    """A request. own: what those get whose it is; others: somebody with a session, but of elsewhere; nobody: no session at all."""

    endpoint: str
    method: str
    path: str
    own: int
    others: int
    nobody: int
    mail: int


@pytest.fixture
def cells(house, cast, issued, notice):
    """Every route, in an order in which each can do what it is for."""
    packaged.take_in(house.database)
    answered = issue(house, cast, finding(), key="answered")
    handed_in = hand_in(house, answered).number
    drafts = [started(house, answered, FilingKind.OBJECTION).number]
    third = issue(house, cast, finding(app="app-2"), key="third")
    drafts.append(started(house, third).number)
    evidence = filing_of(house, drafts[1]).files[0]
    case, key = f"/portal/cases/{issued}", path_of(notice)
    draft, doomed, done = (f"/portal/filings/{number}" for number in (*drafts, handed_in))
    read, act = {"others": 404, "nobody": 302, "mail": 302}, {"others": 404, "nobody": 403, "mail": 403}
    return [
        Cell("home", "GET", "/portal/", 200, 200, 302, 302),
        Cell("case", "GET", case, 200, **read),
        Cell("notice", "GET", key, 200, 404, 302, 200),
        Cell("text", "GET", f"{key}/text", 200, 404, 302, 200),
        Cell("receipt", "POST", f"{key}/receipt", 303, **act),
        *(Cell("about_case", "GET", f"{case}/{what}", 200, **read) for what in ("report", "objection", "reapplication")),
        *(Cell("start_about_case", "POST", f"{case}/{what}", 303, **act) for what in ("report", "objection")),
        Cell("start_about_case", "POST", f"{case}/reapplication", 409, **act),  # the report comes first
        *(Cell("about_app", "GET", f"/portal/apps/app-1/{what}", 200, **read) for what in ("withdrawal", "return")),
        Cell("start_about_app", "POST", "/portal/apps/app-1/withdrawal", 409, **act),  # not recommended now
        Cell("start_about_app", "POST", "/portal/apps/app-1/return", 409, **act),
        *(Cell("filing", "GET", path, 200, **read) for path in (draft, doomed, done)),
        Cell("filing_save", "POST", f"{draft}/save", 303, **act),
        Cell("filing_submit", "POST", f"{draft}/submit", 303, **act),
        *_about_files(house, doomed, evidence),
        Cell("filing_drop", "POST", f"{doomed}/drop", 303, **act),
        Cell("filing_drop", "POST", f"{done}/drop", 409, **act),
        Cell("authorized", "GET", "/portal/authorized?code=1&state=1", 403, 403, 403, 403),
        Cell("rules", "GET", "/portal/rules/2024-06-17", 200, 200, 200, 200),  # the rules are public
        Cell("static", "GET", "/portal/static/portal.css", 200, 200, 200, 200),
    ]


def _about_files(house, draft, evidence):
    """Files of a draft: looked at, brought whole, brought in blocks, taken off."""
    begun = uploads.begin(Context(house), WANG, draft.rpartition("/")[2], "2.9", "a.png", 3)
    token = f"/portal/uploads/{begun}"
    act = {"others": 404, "nobody": 403, "mail": 403}
    return [
        Cell("file", "GET", f"{draft}/files/{evidence.id}", 200, 404, 302, 302),
        Cell("files_list", "GET", f"{draft}/files/list?clause=2.9", 200, **act),
        Cell("files_brought", "POST", f"{draft}/files", 303, **act),
        Cell("upload_begin", "POST", f"{draft}/uploads", 200, **act),
        Cell("upload", "GET", token, 200, **act),
        Cell("upload_block", "PUT", f"{token}?offset=0", 200, **act),
        Cell("upload_finish", "POST", f"{token}/finish", 422, **act),  # three bytes that are no picture
        Cell("file_remove", "POST", f"{draft}/files/{evidence.id}/remove", 303, **act),
    ]


def own_admin(site, settings, house, notice, clock):
    return with_session(site, settings, Session(WANG, "oauth")), Session(WANG, "oauth")


def other_admin_of_the_provider(site, settings, house, notice, clock):
    return with_session(site, settings, Session(LI, "oauth")), Session(LI, "oauth")


def own_admin_by_link(site, settings, house, notice, clock):
    browser = site.test_client()
    assert open_link(browser, link_of(house, notice, WANG)).headers["Location"] == path_of(notice)
    return browser, Session(WANG, "link")


def other_providers_admin(site, settings, house, notice, clock):
    return with_session(site, settings, Session(ZHAO, "oauth")), Session(ZHAO, "oauth")


def same_userid_in_another_corp(site, settings, house, notice, clock):
    session = Session(Address("ww9999999999999999", AGENTID, "WangWei"), "oauth")
    return with_session(site, settings, session), session


def same_userid_in_other_letters(site, settings, house, notice, clock):
    return with_session(site, settings, Session(at("wangwei"), "oauth")), Session(at("wangwei"), "oauth")


def departed_admin(site, settings, house, notice, clock):
    browser = with_session(site, settings, Session(WANG, "oauth"))
    depart(house, WANG)
    return browser, Session(WANG, "oauth")


def departed_admin_by_link(site, settings, house, notice, clock):
    browser = site.test_client()
    open_link(browser, link_of(house, notice, WANG))
    depart(house, WANG)
    return browser, Session(WANG, "link")


def stranger(site, settings, house, notice, clock):
    return with_session(site, settings, Session(at("chenmo"), "oauth")), Session(at("chenmo"), "oauth")


def no_session(site, settings, house, notice, clock):
    return site.test_client(), Session(WANG, "oauth")


def expired_link(site, settings, house, notice, clock):
    browser, path = site.test_client(), link_of(house, notice, WANG)
    clock.tick(minutes=31)
    assert open_link(browser, path).status_code == 410
    return browser, Session(WANG, "link")


def forwarded_link(site, settings, house, notice, clock):
    path = link_of(house, notice, WANG)
    assert open_link(site.test_client(), path).status_code == 302
    browser = site.test_client()
    assert open_link(browser, path).status_code == 410
    return browser, Session(WANG, "link")


def tampered_link(site, settings, house, notice, clock):
    path = link_of(house, notice, WANG)
    browser = site.test_client()
    assert open_link(browser, path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 410
    return browser, Session(WANG, "link")


def mail_link(site, settings, house, notice, clock):
    browser = site.test_client()
    assert open_link(browser, link_of(house, notice, WANG, "mail")).headers["Location"] == path_of(notice)
    return browser, Session(WANG, "mail", notice.key)


OWN = (own_admin, other_admin_of_the_provider, own_admin_by_link)
OTHERS = (
    other_providers_admin,
    same_userid_in_another_corp,
    same_userid_in_other_letters,
    departed_admin,
    departed_admin_by_link,
    stranger,
)
NOBODY = (no_session, expired_link, forwarded_link, tampered_link)
EVERYBODY = (
    *((one, "own") for one in OWN),
    *((one, "others") for one in OTHERS),
    *((one, "nobody") for one in NOBODY),
    (mail_link, "mail"),
)


def ask(house, browser, cell, token):
    """Send what the page of this cell would send, with a token that is this visitor's own."""
    headers = {"X-Form-Token": token}
    if cell.method == "GET":
        return browser.get(cell.path, headers=headers)
    if cell.method == "PUT":
        return browser.put(cell.path, data=b"abc", headers=headers)
    if cell.endpoint.startswith("upload"):
        return browser.post(cell.path, data={"name": "b.png", "clause": "2.9", "size": "3"}, headers=headers)
    fields = {"token": token, "words": "理由", "agreed": "yes"}
    if cell.endpoint.startswith(("filing_", "files_")):
        fields["version"] = str(filing_of(house, cell.path.split("/")[3]).version)
    return browser.post(cell.path, data=fields)


@pytest.mark.parametrize(("visitor", "kind"), EVERYBODY, ids=[one.__name__ for one, _ in EVERYBODY])
def test_everybody_gets_what_is_theirs_and_nobody_else_a_word_of_it(site, settings, house, notice, cells, clock, visitor, kind):
    browser, session = visitor(site, settings, house, notice, clock)
    token = Sessions(settings).form_token(session)
    before = {table: all_of(house.database, table) for table in TABLES}
    answers = {cell: ask(house, browser, cell, token) for cell in cells}
    expected = {cell: getattr(cell, kind) for cell in cells}
    if visitor is other_admin_of_the_provider:  # an upload is of who began it, its file then of all
        expected |= {cell: 404 for cell in cells if cell.endpoint in ("upload", "upload_block", "upload_finish")}
    assert {cell: answer.status_code for cell, answer in answers.items()} == expected
    if kind == "own":
        return
    after = {table: all_of(house.database, table) for table in TABLES}
    if kind == "mail":
        assert [row.how for row in after.pop("views")] == ["mail"]
        before.pop("views")
    assert after == before
    for cell, answer in answers.items():
        if answer.status_code != 200 or kind == "others":
            told = [secret for secret in SECRETS if secret in answer.text]
            assert told == [], (cell, told)


def test_a_bound_link_opens_again_in_its_own_browser_alone(site, settings, house, notice, clock):
    path = link_of(house, notice, WANG)
    own = site.test_client()
    assert open_link(own, path).status_code == 302
    assert own.get(path).headers["Location"] == path_of(notice)
    for visitor in (own_admin, other_admin_of_the_provider, other_providers_admin, stranger, no_session, mail_link):
        browser, _ = visitor(site, settings, house, notice, clock)
        page = open_link(browser, path)
        assert page.status_code == 410, visitor
        assert not any(secret in page.text for secret in SECRETS)
    depart(house, WANG)
    assert own.get(path).status_code == 410


def test_every_route_is_in_the_matrix(site, cells):
    routes = {
        (rule.endpoint.partition(".")[2], method)
        for rule in site.url_map.iter_rules()
        if rule.endpoint.startswith("portal.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(cell.endpoint, cell.method) for cell in cells} | {("link", "GET")}


# Links and who one is


@pytest.mark.parametrize("how", ["head", "prefetch", "purpose", "no cookies"])
def test_what_merely_looks_at_a_link_takes_it_from_nobody(site, house, notice, how):
    path = link_of(house, notice, WANG)
    scanner = site.test_client(use_cookies=how != "no cookies")
    headers = {"prefetch": {"Sec-Purpose": "prefetch;prerender"}, "purpose": {"Purpose": "prefetch"}}.get(how, {})
    for _ in range(2):
        seen = scanner.open(path, method="HEAD" if how == "head" else "GET", headers=headers)
        assert "portal=" not in seen.headers.get("Set-Cookie", "")
    assert [row.opened_by for row in all_of(house.database, "links")] == [""]
    assert open_link(site.test_client(), path).headers["Location"] == path_of(notice)


def test_a_browser_that_keeps_no_cookies_is_told_so(site, house, notice):
    browser = site.test_client(use_cookies=False)
    first = browser.get(link_of(house, notice, WANG))
    page = browser.get(first.headers["Location"])
    assert page.status_code == 403
    assert "Cookie" in page.text


def test_whoever_opens_somebody_elses_link_first_becomes_them_and_sees_it(site, settings, house, notice):
    browser = with_session(site, settings, Session(ZHAO, "oauth"))
    assert "赵敏 · 乙公司" in browser.get("/portal/").text
    open_link(browser, link_of(house, notice, WANG))
    assert "王伟 · 甲公司" in browser.get("/portal/").text


@pytest.mark.parametrize("state", ["bound elsewhere", "expired"])
def test_a_link_that_does_not_hold_changes_nobodys_session(site, settings, house, notice, clock, state):
    path = link_of(house, notice, WANG)
    if state == "expired":
        clock.tick(minutes=31)
    else:
        open_link(site.test_client(), path)
    browser = with_session(site, settings, Session(ZHAO, "oauth"))
    assert open_link(browser, path).status_code == 410
    assert "赵敏 · 乙公司" in browser.get("/portal/").text


def test_a_mails_link_takes_nothing_from_the_session_of_the_same_person(site, settings, house, notice, issued):
    browser = with_session(site, settings, Session(WANG, "oauth"))
    open_link(browser, link_of(house, notice, WANG, "mail"))
    assert browser.get(f"/portal/cases/{issued}").status_code == 200


def test_a_mails_link_of_somebody_else_only_reads_from_then_on(site, settings, house, notice, issued):
    browser = with_session(site, settings, Session(ZHAO, "oauth"))
    open_link(browser, link_of(house, notice, WANG, "mail"))
    assert browser.get(path_of(notice)).status_code == 200
    assert browser.get(f"/portal/cases/{issued}").status_code == 302
    assert browser.get("/portal/").status_code == 302


def test_a_mails_link_reads_its_own_notice_alone(site, house, cast, notice):
    browser = site.test_client()
    open_link(browser, link_of(house, notice, WANG, "mail"))
    other = first_notice(house, issue(house, cast, finding(), key="other"))
    assert browser.get(path_of(other)).status_code == 302
    assert "/portal/cases/" not in browser.get(path_of(notice)).text


@pytest.mark.parametrize(
    "path", ["/portal/cases/%00", "/portal/cases/" + "9" * 500, "/portal/filings/R2026-%0a1", "/portal/apps/%00/return"]
)
def test_a_name_that_no_database_could_hold_is_not_found(site, settings, cast, path):
    assert with_session(site, settings, Session(WANG, "oauth")).get(f"/portal/{path}").status_code == 404
