"""What a provider writes on its pages: from the press that begins a draft to what was handed in, and nothing typed is ever lost."""

import io
import random
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from bot.actions import cases, filings
from bot.actions.filings import Written
from bot.actions.words import MOST_CHARS
from bot.context import Context
from bot.files import Files
from bot.model.filing import FilingKind, FilingState
from bot.model.texts import filings as texts
from bot.model.texts import pages as page_texts
from rules.catalogue import Measure
from tests import way_back
from tests.cast import finding, issue
from tests.store.rows import all_of
from tests.way_back import decide, filing_of, hand_in, started
from tests.web.visitors import LI, WANG, depart, enter, hidden, link_of, open_link, token

FULL = {"root_cause:2.9": "上线时没有做功能。", "done:2.9": "已补齐全部功能。", "prevention:2.9": "上线前由两人核对。", "words": ""}


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_trusted_domain=True, public_url="http://127.0.0.1:9")


@pytest.fixture
def wang(site, issued):
    return enter(site, "WangWei", f"/portal/cases/{issued}")


@pytest.fixture
def draft(house, issued):
    """The number of a report with its evidence, nothing written."""
    return started(house, issued).number


def form_of(browser, number):
    """The hidden fields of the form, as the page has them."""
    page = browser.get(f"/portal/filings/{number}")
    assert page.status_code == 200
    return {name: hidden(page, name) for name in ("token", "seal", "version")}


def send(browser, number, what, fields, form=None, **more):
    return browser.post(f"/portal/filings/{number}/{what}", data={**(form or form_of(browser, number)), **fields, **more})


# Beginning


@pytest.mark.parametrize("what", ["report", "objection", "reapplication"])
def test_looking_at_where_something_begins_changes_nothing(house, wang, issued, what):
    assert wang.get(f"/portal/cases/{issued}/{what}").status_code == 200
    assert all_of(house.database, "filings") == []


def test_a_press_begins_a_draft_and_a_second_one_finds_it(house, wang, issued):
    page = wang.get(f"/portal/cases/{issued}/report")
    found = {wang.post(f"/portal/cases/{issued}/report", data={"token": token(page)}).headers["Location"] for _ in range(2)}
    assert found == {"/portal/filings/R2026-000001"}
    assert wang.get(f"/portal/cases/{issued}/report").headers["Location"] == found.pop()
    assert len(all_of(house.database, "filings")) == 1


def test_an_objection_asks_which_measure_where_there_are_several(site, house, cast):
    number = issue(house, cast, finding(measures=way_back.ALL_THREE))
    browser = enter(site, "WangWei", f"/portal/cases/{number}/objection")
    page = browser.get(f"/portal/cases/{number}/objection")
    assert page.text.count("对这项措施提出异议") == 3
    begun = browser.post(f"/portal/cases/{number}/objection", data={"token": token(page), "measure": Measure.CANCEL_SEARCH})
    assert "取消搜索" in browser.get(begun.headers["Location"]).text
    unsaid = browser.post(f"/portal/cases/{number}/objection", data={"token": token(page)})
    assert (unsaid.status_code, texts.WHICH_MEASURE in unsaid.text) == (409, True)
    assert browser.post(f"/portal/cases/{number}/objection", data={"token": token(page), "measure": "all"}).status_code == 404
    assert len(all_of(house.database, "filings")) == 1


@pytest.mark.parametrize("end", ["recovered", "revoked"])
def test_a_report_for_a_case_that_is_over_is_refused_by_name_with_a_way_back(site, house, cast, issued, end):
    browser = enter(site, "WangWei", f"/portal/cases/{issued}")
    form = {"token": token(browser.get(f"/portal/cases/{issued}"))}
    if end == "revoked":
        cases.revoke(Context(house), cast["approver"], issued, "认定有误。")
        words = f"案件 {issued} 已撤销"
        pressed = browser.post(f"/portal/cases/{issued}/report", data=form)
        assert pressed.status_code == 409
        assert words in pressed.text
        assert f'href="/portal/cases/{issued}"' in pressed.text
    else:
        way_back.recover(house, cast, issued)
        words = f"案件 {issued} 已恢复"
    page = browser.get(f"/portal/cases/{issued}/report", follow_redirects=True)
    assert words in page.text or "已通过" in page.text
    assert "开始填写" not in page.text


# Writing


def test_a_draft_is_kept_and_comes_back_as_typed(house, wang, draft):
    words = "第一行\r\n<b>第二行</b>"
    saved = send(wang, draft, "save", {**FULL, "root_cause:2.9": words})
    assert saved.status_code == 303
    page = wang.get(saved.headers["Location"])
    assert page_texts.SAVED in page.text
    assert "第一行\n&lt;b&gt;第二行&lt;/b&gt;</textarea>" in page.text
    assert filing_of(house, draft).state is FilingState.DRAFT


def test_what_is_missing_is_named_at_its_field_and_the_rest_kept(house, issued, wang):
    number = filings.start(Context(house), WANG, FilingKind.REPORT, case=issued).number
    page = send(wang, number, "submit", {"done:2.9": "已补齐。", "words": "请查收"})
    assert page.status_code == 422
    for name in ("root_cause:2.9", "prevention:2.9", "evidence:2.9"):
        assert f'href="#f-{name}"' in page.text
        assert f'id="f-{name}"' in page.text
    assert 'href="#f-done:2.9"' not in page.text
    assert "已补齐。</textarea>" in page.text
    kept = filing_of(house, number)
    assert (kept.state, kept.items[0].done, kept.words) == (FilingState.DRAFT, "已补齐。", "请查收")


def test_handing_in_shows_what_was_handed_in_and_until_when_it_is_reviewed(house, wang, draft):
    sent = send(wang, draft, "submit", FULL)
    page = wang.get(sent.headers["Location"])
    assert "整改报告已提交" in page.text
    assert "2026-03-09 23:59" in page.text  # five working days
    assert FULL["done:2.9"] in page.text
    assert "<textarea" not in page.text
    assert filing_of(house, draft).state is FilingState.SUBMITTED


def test_a_form_sent_twice_is_one_report(house, wang, draft):
    form = form_of(wang, draft)
    answers = [send(wang, draft, "submit", FULL, form) for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {f"/portal/filings/{draft}?said=handed_in"}
    assert len(all_of(house.database, "filing_rounds")) == 1


def test_a_page_sent_again_by_reload_is_nobody_else(wang, draft):
    form, half = form_of(wang, draft), {**FULL, "done:2.9": ""}
    for _ in range(2):
        page = send(wang, draft, "submit", half, form)
        assert page.status_code == 422
        assert page_texts.STALE not in page.text


def test_what_somebody_else_wrote_meanwhile_stands_beside_ones_own(house, wang, draft):
    form = form_of(wang, draft)
    version = filing_of(house, draft).version
    theirs = Written(version=version, items={"2.9": {"done": "李娜写的措施", "prevention": FULL["prevention:2.9"]}})
    filings.save(Context(house), LI, draft, theirs)
    for what in ("save", "submit"):
        page = send(wang, draft, what, FULL, form)
        assert page.status_code == 409
        assert page_texts.STALE in page.text
        assert page.text.count("现在保存的内容</b>") == 2  # the cause and what was done: of prevention both wrote the same
        assert "李娜写的措施" in page.text
        assert f"{FULL['done:2.9']}</textarea>" in page.text
    assert filing_of(house, draft).items[0].done == "李娜写的措施"
    form = {name: hidden(page, name) for name in form}
    assert send(wang, draft, "save", FULL, form).status_code == 303
    assert filing_of(house, draft).items[0].done == FULL["done:2.9"]


@pytest.mark.parametrize("words", ["长" * (MOST_CHARS + 1), "长" * 300_000, "零\x00字"], ids=["over", "far over", "nul"])
@pytest.mark.parametrize("what", ["save", "submit"])
def test_what_cannot_be_kept_stays_in_the_form_and_is_named_there(house, wang, draft, what, words):
    page = send(wang, draft, what, {**FULL, "done:2.9": words})
    assert page.status_code == 422
    assert 'aria-describedby="h-done:2.9 e-done:2.9" aria-invalid="true"' in page.text
    assert f"{words}</textarea>" in page.text
    assert f"{FULL['root_cause:2.9']}</textarea>" in page.text
    assert filing_of(house, draft).items[0].root_cause == ""


def test_a_part_of_another_filing_is_refused_and_nothing_lost(house, wang, draft):
    page = send(wang, draft, "save", {**FULL, "done:9.9": "别处的内容"})
    assert (page.status_code, texts.NO_SUCH_PART in page.text) == (409, True)
    assert f"{FULL['done:2.9']}</textarea>" in page.text


def test_words_for_what_a_colleague_handed_in_meanwhile_are_shown_back(house, wang, draft):
    form = form_of(wang, draft)
    filings.submit(Context(house), LI, draft, way_back.written(filing_of(house, draft)))
    page = send(wang, draft, "submit", FULL, form)
    assert page.status_code == 409
    assert texts.NOT_OPEN in page.text
    assert "您填写、没有保存的内容" in page.text
    assert FULL["done:2.9"] in page.text
    assert "<textarea" not in page.text


def test_words_for_a_case_that_ended_meanwhile_are_shown_back(house, cast, wang, draft, issued):
    form = form_of(wang, draft)
    cases.revoke(Context(house), cast["approver"], issued, "认定有误。")
    page = send(wang, draft, "submit", FULL, form)
    assert page.status_code == 409
    assert FULL["done:2.9"] in page.text
    assert f'href="/portal/cases/{issued}"' in page.text


def test_a_draft_is_dropped_by_a_press_and_may_begin_again(house, wang, draft, issued):
    dropped = wang.post(f"/portal/filings/{draft}/drop", data={"token": form_of(wang, draft)["token"]})
    assert page_texts.DROPPED in wang.get(dropped.headers["Location"]).text
    assert filing_of(house, draft).state is FilingState.DROPPED
    assert "开始填写" in wang.get(f"/portal/cases/{issued}/report").text


def test_what_was_handed_in_is_not_dropped(house, wang, issued):
    number = hand_in(house, issued).number
    pressed = wang.post(f"/portal/filings/{number}/drop", data={"token": token(wang.get(f"/portal/cases/{issued}"))})
    assert pressed.status_code == 409
    assert f'href="/portal/filings/{number}"' in pressed.text
    assert filing_of(house, number).state is FilingState.SUBMITTED


# When the session ends in mid-form


def test_what_was_typed_when_the_session_had_ended_waits_as_a_draft(site, house, wang, draft):
    form = form_of(wang, draft)
    wang.delete_cookie("portal", domain="localhost")
    for what in ("save", "submit"):
        page = send(wang, draft, what, FULL, form)
        assert (page.status_code, page_texts.KEPT_AS_DRAFT in page.text) == (403, True)
    assert filing_of(house, draft).state is FilingState.DRAFT
    again = enter(site, "WangWei", f"/portal/filings/{draft}")
    assert f"{FULL['done:2.9']}</textarea>" in again.get(f"/portal/filings/{draft}").text


def test_a_session_that_ran_out_in_mid_form_loses_nothing(house, wang, draft, clock):
    form = form_of(wang, draft)
    clock.tick(hours=9)
    wang.delete_cookie("portal", domain="localhost")  # the browser forgets it after eight
    assert page_texts.KEPT_AS_DRAFT in send(wang, draft, "save", FULL, form).text
    assert filing_of(house, draft).items[0].done == FULL["done:2.9"]


def test_what_cannot_be_kept_then_comes_back_in_the_page_to_be_sent_again(site, house, wang, draft):
    form = form_of(wang, draft)
    filings.save(Context(house), LI, draft, Written(version=filing_of(house, draft).version, words="李娜写的"))
    wang.delete_cookie("portal", domain="localhost")
    page = send(wang, draft, "save", {**FULL, "words": "王伟写的"}, form)
    assert (page.status_code, page_texts.NOT_KEPT in page.text) == (403, True)
    assert "王伟写的</textarea>" in page.text
    assert "李娜写的" not in page.text
    assert draft not in page.text.replace(f"/portal/filings/{draft}", "")
    assert filing_of(house, draft).words == "李娜写的"
    assert hidden(page, "token") == form["token"]


def test_only_the_browser_that_was_shown_the_form_can_leave_words_behind(site, house, wang, draft):
    form = form_of(wang, draft)
    page = send(site.test_client(), draft, "save", FULL, form)
    assert (page.status_code, page_texts.NOT_KEPT in page.text) == (403, True)
    assert filing_of(house, draft).items[0].done == ""


def test_somebody_who_left_leaves_no_words_behind(house, wang, draft):
    form = form_of(wang, draft)
    depart(house, WANG)
    wang.delete_cookie("portal", domain="localhost")
    assert page_texts.NOT_KEPT in send(wang, draft, "save", FULL, form).text
    assert filing_of(house, draft).items[0].done == ""


def test_who_became_somebody_else_in_this_browser_hands_in_nothing_as_the_other(house, wang, draft, notice):
    form = form_of(wang, draft)
    open_link(wang, link_of(house, notice, LI))
    page = send(wang, draft, "submit", FULL, form)
    assert page.status_code == 403
    assert filing_of(house, draft).state is FilingState.DRAFT


def test_what_was_typed_while_the_database_was_away_comes_back_in_the_page(house, wang, draft):
    form = form_of(wang, draft)
    with house.database.write() as tx:
        if tx.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            tx.execute(text("LOCK TABLE filings IN EXCLUSIVE MODE"))
        page = send(wang, draft, "save", FULL, form)
    assert page.status_code == 503
    assert f"{FULL['done:2.9']}</textarea>" in page.text
    assert hidden(page, "version") == form["version"]
    assert send(wang, draft, "save", FULL, form).status_code == 303


def test_what_was_typed_for_a_filing_that_is_gone_comes_back_too(wang, draft):
    page = send(wang, "R2026-999999", "save", FULL, form_of(wang, draft))
    assert page.status_code == 404
    assert f"{FULL['done:2.9']}</textarea>" in page.text


# What the other side said


def test_a_report_that_was_sent_back_shows_why_at_each_part(house, cast, wang, issued):
    number = hand_in(house, issued).number
    decide(house, cast["approver"], number, "send_back", reasons="请逐条补充。", remarks={"2.9": "请补充改版的时间。"})
    page = wang.get(f"/portal/filings/{number}")
    assert "审核意见：退回修改" in page.text
    assert "请逐条补充。" in page.text
    assert "请补充改版的时间。" in page.text
    again = send(wang, number, "submit", {**FULL, "done:2.9": "三月一日已补齐。"})
    page = wang.get(again.headers["Location"])
    assert "第 2 次提交" in page.text
    assert "第 1 次提交" in page.text
    assert "请补充改版的时间。" in page.text


def test_a_review_that_is_late_is_marked_for_the_provider_too(house, wang, issued, clock):
    number = hand_in(house, issued).number
    assert "平台审核已逾期" not in wang.get(f"/portal/cases/{issued}").text
    clock.tick(days=8)
    browser_paths = ("/portal/", f"/portal/cases/{issued}", f"/portal/filings/{number}")
    again = enter(wang.application, "WangWei", "/portal/")
    for path in browser_paths:
        assert "平台审核已逾期" in again.get(path).text, path


# With files, and no script


def test_files_and_words_come_with_one_form(house, wang, draft):
    picture = (Files.of(house.settings).open(way_back.keep(house).sha256), "图.png")
    brought = send(wang, draft, "files", {**FULL, "file:2.9": picture})
    assert brought.status_code == 303
    page = wang.get(brought.headers["Location"])
    assert "图.png" in page.text
    assert f"{FULL['done:2.9']}</textarea>" in page.text


def test_words_beside_a_file_that_cannot_be_kept_come_back(house, wang, draft):
    form = form_of(wang, draft)
    filings.save(Context(house), LI, draft, Written(version=filing_of(house, draft).version, words="李娜写的"))
    page = send(wang, draft, "files", {**FULL, "words": "王伟写的", "file:2.9": (io.BytesIO(b"MZ\0"), "a.exe")}, form)
    assert page.status_code == 409
    assert page_texts.NOT_KEPT_BESIDE in page.text
    assert "王伟写的</textarea>" in page.text
    assert f'action="/portal/filings/{draft}/save"' in page.text
    too_long = send(wang, draft, "files", {**FULL, "words": "长" * (MOST_CHARS + 1)})
    assert (too_long.status_code, page_texts.TOO_LONG_BESIDE in too_long.text) == (409, True)
    kept = send(wang, draft, "files", {**FULL, "words": "王伟写的", "file:2.9": (io.BytesIO(b"MZ\0"), "a.exe")})
    assert (kept.status_code, "a.exe" in kept.text, "<textarea" in kept.text) == (409, True, False)
    assert filing_of(house, draft).words == "王伟写的"


def test_files_that_were_chosen_and_not_sent_are_said_to_be_missing(house, wang, draft):
    form = form_of(wang, draft)
    page = send(wang, draft, "submit", {**FULL, "file:": "图.png"}, form)
    assert page_texts.FILES_UNSENT in page.text
    assert (filing_of(house, draft).state, filing_of(house, draft).items[0].done) == (FilingState.DRAFT, FULL["done:2.9"])
    saved = send(wang, draft, "save", {**FULL, "file:2.9": "图.png"})
    assert page_texts.SAVED_WITHOUT_FILES in wang.get(saved.headers["Location"]).text


# What no page of ours ever sends


def hostile(chance):
    """A field's name or value: anything a program may send."""
    odd = [
        "",
        "\x00",
        "\ud800",
        "🙂" * 50,
        "\u202e",
        "a" * 5_000,
        "1e9",
        "-1",
        "99999999999999999999",
        "root_cause:",
        ":2.9",
        "words",
        "on",
    ]
    return chance.choice([*odd, "".join(chr(chance.randrange(1, 0x2FFF)) for _ in range(chance.randrange(40)))])


def test_whatever_a_form_holds_it_is_answered_and_breaks_nothing(house, wang, draft, issued):
    chance = random.Random(4)
    own = form_of(wang, draft)
    for turn in range(200):
        fields = {hostile(chance): hostile(chance) for _ in range(chance.randrange(6))}
        given = {**{name: chance.choice([value, hostile(chance)]) for name, value in own.items()}, **FULL, **fields}
        sent = {name.encode("utf-8", "surrogatepass"): value.encode("utf-8", "surrogatepass") for name, value in given.items()}
        if turn % 2:
            sent[b"token"] = own["token"].encode()
        path = chance.choice([f"filings/{draft}/save", f"filings/{draft}/submit", f"cases/{issued}/objection", "filings/R2026-1/save"])
        answer = wang.post(f"/portal/{path}", data=urlencode(sent), content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (303, 403, 404, 409, 422), path
    assert filing_of(house, draft).number == draft
