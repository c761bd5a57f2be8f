"""Who may go where in the console: every route and every role, cell by cell."""

import errno
import io
import re

import pytest

from bot.actions import sign_in
from bot.errors import NoSpace, NotFound, Stale, TransitionNotAllowed, Unavailable
from bot.model.operator import Role
from bot.model.texts import console as texts
from bot.web.pages import REFUSED
from tests.cast import draft, issue
from tests.way_back import hand_in
from tests.web.console.visitors import HERE, add, signed_in, token

OPEN = {"enter", "sign_in", "link", "use_link"}
SIGNED_IN = {"account", "password", "sign_out", "sign_out_everywhere"}
LISTS = {
    "overview",
    "overview_csv",
    "questions",
    "question",
    "providers",
    "provider",
    "waiting",
    "counts",
    "here",
    "find",
    "cases",
    "filed",
    "humans",
    "templates",
    "template",
    "grounds",
    "settings",
}
RULES = {"rulebooks", "rulebook", "rulebook_text", "rulebook_cases", "rulebook_progress"}
STAFF = SIGNED_IN | LISTS | RULES | {"case", "evidence", "filing", "file", "human", "task", "export"}
REVIEWERS = {"claim", "unclaim", "take", "release", "decide", "note", "errand", "answer", "drop", "finish"}
COMPOSING = {"new_case", "compose", "seek", "edit_case", "rewrite", "template_move", "template_back", "conduct", "record_conduct"}
STEPS = {"submit", "retract", "discard", "restore", "close", "resend", "measure", "undo", "serve", "add_evidence", "confirm"}
RULE_STEPS = {"rulebook_new", "rulebook_upload", "rulebook_save", "rulebook_step", "rulebook_tell", "renew_rules"}
ANSWERING = {"question_take_up", "question_look", "question_tie", "question_undo", "question_pass"}
OPERATORS = COMPOSING | STEPS | ANSWERING | RULE_STEPS
BROADCASTS = {
    **{f"broadcast{name}": set(Role) for name in ("s", "", "_progress", "_people")},
    **{f"broadcast_{name}": {Role.OPERATOR, Role.APPROVER} for name in ("csv", "pause", "cancel", "recall", "test")},
    **{f"broadcast_{name}": {Role.APPROVER} for name in ("approve", "send_back")},
    **{f"broadcast_{name}": {Role.OPERATOR} for name in ("new", "edit", "preview", "write", "submit", "withdraw", "resume", "resend")},
    **{"broadcast_reschedule": {Role.OPERATOR}, "categories": set(Role), "categories_put": {Role.OPERATOR}},
}
# By endpoint: who gets past the guard. Whoever adds a route says here whom it is for.
RIGHTS = {
    **{name: set() for name in OPEN},
    **{name: set(Role) for name in STAFF},
    **{name: {Role.OPERATOR, Role.APPROVER} for name in REVIEWERS},
    **{name: {Role.APPROVER} for name in ("approve", "send_back", "revoke", "rulebook_decide")},
    **{name: {Role.OPERATOR} for name in OPERATORS},
    **BROADCASTS,
    **{name: {Role.OWNER} for name in ("staff", "staff_add", "staff_change", "staff_move", "staff_link")},
    **{
        name: {Role.OPERATOR, Role.OWNER}
        for name in ("provider_row", "roster", "roster_brought", "roster_shown", "roster_taken", "grounds_brought")
    },
}
ADDRESSED = {
    **{
        "secret": "none",
        "number": "V2026-000001",
        "sha256": "0" * 64,
        "dated": "2024-06-17",
        "code": "A",
        "key": "none",
        "chart": "states",
        "login": "author",
    },
    "chart": "states",
    "record": "task",
    **dict.fromkeys(("record_id", "file_id", "request_id", "task_id", "template_id", "group_id"), "1"),
}


def routes(site):
    found = [rule for rule in site.url_map.iter_rules() if rule.endpoint.startswith("console.") and rule.endpoint != "console.static"]
    return [(rule.endpoint.removeprefix("console."), path(rule.rule), rule.methods - {"HEAD", "OPTIONS"}) for rule in found]


def path(rule):
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda name: ADDRESSED[name[1]], rule)


def refused(answer):
    """By the guard: nothing of the page's own was done."""
    to_sign_in = answer.status_code in (302, 303) and "/console/sign-in" in answer.headers["Location"]
    return answer.status_code == 403 or to_sign_in


def test_every_route_is_listed_with_whom_it_is_for(site, console):
    assert {name for name, _, _ in routes(site)} == set(RIGHTS)
    assert {name.removeprefix("console."): set(roles) for name, roles in console.guard.rights.items()} == RIGHTS


def cells(site, house, role):
    """(name of a route, method, whether it answers this role as RIGHTS says), for each; role None: of an account that has none."""
    login = f"only-{role or 'none'}"
    add(house, login, [role] if role else [])
    for name, address, methods in routes(site):
        for method in sorted(methods):
            browser = signed_in(site, house, login)
            sent = {"token": token(browser.get("/console/account"))} if role and method == "POST" else {}
            answer = browser.open(address, method=method, data=sent, headers=HERE)
            is_out = name.startswith("sign_out")  # leads to the sign-in page when it was done
            is_refused = answer.status_code == 403 if is_out else refused(answer)
            yield name, method, name in OPEN or is_refused is (role not in RIGHTS[name])


def cells_of_nobody(site):
    """The same for whoever is not signed in."""
    for name, address, methods in routes(site):
        for method in sorted(methods):
            yield name, method, name in OPEN or refused(site.test_client().open(address, method=method, headers=HERE))


@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_each_role_gets_past_the_guard_where_it_may_and_nowhere_else(site, house, cast, role):
    assert [(name, method) for name, method, is_right in cells(site, house, role) if not is_right] == []


def test_whoever_is_not_signed_in_reads_and_does_nothing(site, cast):
    assert [(name, method) for name, method, is_right in cells_of_nobody(site) if not is_right] == []


def test_a_route_that_nobody_listed_is_closed(site, console, house, cast):
    add(house, "all", list(Role))
    browser = signed_in(site, house, "all")
    console.guard.rights.pop("console.account")
    assert browser.get("/console/account").status_code == 403


def test_a_form_without_its_token_changes_nothing(site, house, cast):
    browser = signed_in(site, house, "author")
    other = signed_in(site, house, "approver")
    for given in ("", "x", "0" * 64, token(other.get("/console/account"))):
        for headers in ({}, HERE, {"Origin": "http://localhost"}):
            answer = browser.post("/console/sign-out-everywhere", data={"token": given}, headers=headers)
            assert answer.status_code == 403
    assert browser.get("/console/account").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_a_form_from_elsewhere_is_refused_even_with_its_token(site, house, cast, headers):
    browser = signed_in(site, house, "author")
    sent = {"token": token(browser.get("/console/account")), "words": "kept"}
    answer = browser.post("/console/sign-out-everywhere", data=sent, headers=headers)
    assert answer.status_code == 403
    assert "kept" not in answer.text
    assert browser.get("/console/account").status_code == 200


def test_what_was_typed_is_shown_again_when_the_session_is_gone_and_can_be_sent(site, house, cast):
    browser = site.test_client()
    typed = {"token": "old", "reason": "两行\n<b>理由</b>", "place": "7", "password": "never shown"}
    gone = browser.post("/console/sign-out", data=typed, headers=HERE)
    assert gone.status_code == 403
    assert "两行\n&lt;b&gt;理由&lt;/b&gt;" in gone.text
    assert 'name="place" value="7"' in gone.text
    assert "never shown" not in gone.text
    browser = signed_in(site, house, "author")
    again = browser.post("/console/sign-out", data={"reason": "两行", "place": "7"}, headers=HERE)
    assert again.status_code == 403
    assert "两行" in again.text
    assert browser.post("/console/sign-out", data={"token": token(again), "place": "7"}, headers=HERE).status_code == 303


def test_what_was_typed_is_shown_again_to_an_account_that_may_not_send_it(site, house, cast):
    number, words = draft(house, cast), "经两次核查，应用没有提供介绍中的功能。"
    auditor = signed_in(site, house, "auditor")
    mine = {"token": token(auditor.get("/console/account"))}
    for held in ({}, mine):
        refused = auditor.post(f"/console/cases/{number}/note", data={"note": words, **held}, headers=HERE)
        assert refused.status_code == 403
        assert words in refused.text
        assert "没有办理这件事的权限" in refused.text
        assert f"还没有办理：写内部备注 {number}" in refused.text
    pressed = auditor.post(f"/console/cases/{number}/submit", data={"version": "1", **mine}, headers=HERE)
    assert (pressed.status_code, texts.NOT_ALLOWED in pressed.text) == (403, True)
    assert words not in auditor.post(f"/console/cases/{number}/note", data={"note": words}, headers={}).text


def test_words_beside_files_that_nobody_may_send_are_shown_again_however_large_the_files(site, house, cast):
    number, words = issue(house, cast), "当面交给王伟，有签收单。"
    for browser in (site.test_client(), signed_in(site, house, "auditor")):
        for length in (10, 3 << 20):
            sent = {"token": "old", "how": words, "day": "2026-03-02", "file": (io.BytesIO(b"x" * length), "签收单.txt")}
            gone = browser.post(f"/console/cases/{number}/serve", data=sent, headers=HERE)
            assert gone.status_code == 403
            assert words in gone.text
            assert 'name="day" value="2026-03-02"' in gone.text
            assert "请在页面上重新选择" in gone.text


def test_a_long_form_is_kept_whole(site, house, cast):
    words = "字" * 100_000
    gone = site.test_client().post("/console/cases/V2026-000001/note", data={"note": words}, headers=HERE)
    assert words in gone.text


def test_no_file_is_reached_through_what_it_does_not_belong_to_nor_before_it_was_handed_in(site, house, cast):
    report, other = hand_in(house, issue(house, cast)), hand_in(house, issue(house, cast, key="other"))
    browser = signed_in(site, house, "author")
    [found, *_] = re.findall(r"/files/(\d+)", browser.get(f"/console/filings/{report.number}").text)
    assert browser.get(f"/console/filings/{report.number}/files/{found}").status_code == 200
    assert browser.get(f"/console/filings/{other.number}/files/{found}").status_code == 404
    with house.database.write() as tx:
        tx.exec_driver_sql(f"UPDATE filing_files SET round = 0 WHERE id = {int(found)}")
    assert browser.get(f"/console/filings/{report.number}/files/{found}").status_code == 404


def test_every_answer_has_headers_that_keep_a_page_to_itself(site, house, cast):
    browser = signed_in(site, house, "author")
    for address in ("/console/account", "/console/sign-in", "/console/links/none", "/console/none", "/console"):
        answer = browser.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert all(rule in policy for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"))
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_no_page_has_a_script_or_style_inside(site, house, cast):
    browser = signed_in(site, house, "author")
    for answer in (browser.get("/console/account"), site.test_client().get("/console/sign-in"), browser.get("/console/none")):
        assert not re.search(r"<style|style=|<script(?! src=)| on\w+=", answer.text)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 409, 411, 413, 414, 415, 422, 429, 500, 503, 507])
def test_whatever_fails_has_a_page_in_chinese_with_a_number_and_a_way_back(site, status):
    answer = site.test_client().get("/console/account", environ_overrides={REFUSED: status})
    assert answer.status_code == status
    assert all(words in answer.text for words in texts.failure(status))
    assert f"编号 {answer.headers['X-Request-Id']}" in answer.text
    assert 'href="/console/"' in answer.text
    assert not re.search(r"(?<![\w/.-])(Error|Request|Not|Too)(?![\w-])", re.sub(r"<[^>]+>", "", answer.text))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("away"), 503),
        (NoSpace("full"), 507),
        (OSError(errno.ENOSPC, "full"), 507),
        (TimeoutError(), 408),
        (RuntimeError("hunter2"), 500),
        (NotFound("page"), 404),
        (Stale("case"), 409),
        (TransitionNotAllowed("case", "approve", "draft"), 409),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_goes_wrong_inside_is_said_in_chinese_and_not_in_its_own_words(site, cast, monkeypatch, error, status, method):
    def fail(*_given, **_more):
        raise error

    browser = site.test_client()
    browser.set_cookie("console", "some", domain="localhost")
    monkeypatch.setattr(sign_in, "visit", fail)
    answer = browser.open("/console/account/password" if method == "POST" else "/console/account", method=method, headers=HERE)
    assert answer.status_code == status
    assert all(words in answer.text for words in texts.failure(status))
    assert answer.headers["X-Request-Id"] in answer.text
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("address", ["/console/none", "/console/links/none", "/console/account/x", "/console"])
def test_what_is_not_there_is_said_in_chinese_with_a_number_and_a_way_back(site, house, cast, address):
    answer = signed_in(site, house, "author").get(address)
    if answer.status_code == 308:
        return
    assert answer.status_code in (404, 410)
    assert answer.headers["X-Request-Id"] in answer.text
    assert 'href="/console/"' in answer.text


def test_cookies_are_for_this_host_alone_under_https(make_settings, house, cast):
    from flask import Response

    from bot.web.console.cookies import Cookies

    response = Response()
    Cookies(make_settings(console_url="https://desk.example")).begin(response, "secret")
    [cookie, *_] = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-console=secret;")
    assert all(rule in cookie for rule in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in cookie
