"""The pages of a rule change, from upload to acknowledgement, as an operator and an approver see them."""

import io
import re

import pytest
from sqlalchemy import event

from bot.actions import packaged, rulebook_fits, rulebook_pages, rulebooks
from bot.context import Context
from bot.model.rulebook import RuleState
from rules.documents import latest
from tests.cast import draft, finding, issue
from tests.rulebooks import DATED, ORIGINS, PHRASES, SOURCE, TODAY, approved, confirmed, few, read, ready, submitted, typed, uploaded
from tests.web.console.visitors import HERE, press, signed_in, token

HOME = f"/console/rulebooks/{DATED}"


@pytest.fixture
def author(site, house, cast):
    packaged.take_in(house.database)
    return signed_in(site, house, "author")


@pytest.fixture
def approver(site, house, cast):
    return signed_in(site, house, "approver")


def send_file(browser, source, name="规则.md", pasted=""):
    held = {"token": token(browser.get("/console/rulebooks/new")), "pasted": pasted, "file": (io.BytesIO(source), name)}
    return browser.post("/console/rulebooks/new", data=held, headers=HERE, content_type="multipart/form-data")


def fields(**more):
    form = typed(**more)
    headline = {name: getattr(form, name) for name in ("title", "name_in_text", "url", "effective_on", "note")}
    lineages = {f"lineage:{clause}": form.lineages[clause] for clause in ORIGINS}
    return {**headline, **lineages, "name:2.8": form.names.get("2.8", ""), "phrases:2.8": form.phrases.get("2.8", "")}


def version_in(page):
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found
    return found[1]


def act(browser, path, **given):
    page = browser.get(HOME)
    return browser.post(f"{HOME}/{path}", data={"token": token(page), "version": version_in(page), **given}, headers=HERE)


def test_a_version_goes_all_the_way_through_its_pages(site, house, cast, author, approver):
    done = send_file(author, SOURCE.encode())
    assert done.headers["Location"] == f"{HOME}?said=uploaded"
    page = author.get(done.headers["Location"])
    assert "已读懂" in page.text
    assert '<ins><span class="hidden">［新增：</span>和退款<span class="hidden">］</span></ins>' in page.text
    assert "看起来是原第 2.8 条" in page.text
    assert act(author, "save", action="confirm", **fields()).headers["Location"] == f"{HOME}?said=confirmed"
    assert "正在准备" in author.get(HOME).text
    assert author.get(f"{HOME}/progress").json == {"state": "fitting", "progress": 0}
    assert rulebook_fits.run(Context(house), few) == 1
    page = author.get(HOME)
    assert "试答问题集" in page.text
    assert "提交审批" in page.text
    assert act(author, "step", action="submit").headers["Location"] == f"{HOME}?said=submitted"
    page = approver.get(HOME)
    assert "批准后立即生效" in page.text
    assert "会答坏" in act(approver, "decide", action="approve").text
    assert act(approver, "decide", action="approve", accepts_broken="1").headers["Location"] == f"{HOME}?said=published"
    assert read(house).state is RuleState.IN_FORCE
    page = author.get(f"{HOME}?said=published")
    assert "已批准并生效" in page.text
    assert "还没有告知" in page.text
    told = act_told(author)
    assert told.headers["Location"] == f"{HOME}?said=told"
    assert re.search(r"B2026-\d{6}", author.get(HOME).text)
    shown = author.get("/console/rulebooks").text
    assert all(f'class="what" href="/console/rulebooks/{one}"' in shown for one in (DATED, latest().version))


def act_told(browser):
    page = browser.get(HOME)
    return browser.post(f"{HOME}/tell", data={"token": token(page), "version": version_in(page)}, headers=HERE)


def test_a_bad_line_is_named_and_what_was_pasted_is_there_again(author):
    bad = SOURCE.replace("1. **用户：**", "- 用户：")
    line = next(number for number, text in enumerate(bad.split("\n"), 1) if text.startswith("- 用户"))
    page = send_file(author, b"", name="", pasted=bad)
    assert page.status_code == 409
    assert f"第 {line} 行不能解析" in page.text
    assert "- 用户：" in page.text.split("<textarea")[1]


@pytest.mark.parametrize("raw", [b"\x00\xff" * 50, b"<script>alert(1)</script>", b"x" * (64 * 1024 + 1), b"PK\x03\x04"])
def test_hostile_files_are_refused_in_words(author, raw):
    page = send_file(author, raw)
    assert page.status_code in (409, 413)
    assert "<script>alert" not in page.text


def test_what_is_missing_is_named_and_what_was_typed_stays(author, house, cast):
    uploaded(house, cast)
    page = act(author, "save", action="confirm", **{**fields(), "name:2.8": "", "note": "改了<b>很多</b>"})
    assert page.status_code == 409
    assert "请起一个名称" in page.text
    assert "改了&lt;b&gt;很多&lt;/b&gt;" in page.text
    assert PHRASES[0] in page.text


def test_half_a_draft_is_saved(author, house, cast):
    uploaded(house, cast)
    assert act(author, "save", action="save", note="先记着").headers["Location"] == f"{HOME}?said=saved"
    assert "先记着" in author.get(HOME).text


def test_a_stale_form_is_told_so(author, house, cast):
    made = uploaded(house, cast)
    rulebooks.save(Context(house), cast["author"], DATED, made.version, typed())
    page = author.post(f"{HOME}/save", data={"token": token(author.get(HOME)), "version": made.version, "action": "confirm"}, headers=HERE)
    assert page.status_code == 409
    assert "已有变化" in page.text


def test_the_author_is_told_that_another_person_must_approve(author, approver, house, cast):
    submitted(house, cast)
    assert 'value="approve"' not in author.get(HOME).text
    assert 'value="retract"' in author.get(HOME).text
    assert 'value="approve"' in approver.get(HOME).text


def test_an_approver_sends_it_back_with_a_reason(approver, house, cast):
    submitted(house, cast)
    assert act(approver, "decide", action="send_back", reason=" ").status_code == 409
    assert act(approver, "decide", action="send_back", reason="第 2.8 条不清").headers["Location"] == f"{HOME}?said=sent_back"


def test_an_auditor_reads_everything_and_changes_nothing(site, house, cast):
    ready(house, cast)
    auditor = signed_in(site, house, "auditor")
    page = auditor.get(HOME)
    assert page.status_code == 200
    assert "<form" not in page.text.split("<main")[1]
    assert auditor.get(f"{HOME}/text").data == SOURCE.encode()
    assert press(auditor, f"{HOME}/step", action="discard").status_code == 403


def test_cases_that_rest_on_a_changed_clause_are_named(author, house, cast):
    number = issue(house, cast)
    uploaded(house, cast, SOURCE.replace("没有提供实际产品功能", "没有提供任何实际产品功能"))
    page = author.get(HOME)
    assert "1 件未结案件、1 家服务商" in page.text
    assert number in page.text
    assert number in author.get(f"{HOME}/cases").text


def test_every_case_that_a_version_touches_can_be_reached(author, house, cast, monkeypatch):
    monkeypatch.setattr(rulebook_pages, "_MOST_TOUCHED", 1)
    first = issue(house, cast)
    second = draft(house, cast, finding(app="app-2"), "second")
    uploaded(house, cast, SOURCE.replace("没有提供实际产品功能", "没有提供任何实际产品功能"))
    page = author.get(f"{HOME}/cases").text
    assert second in page
    assert first not in page
    following = re.search(rf'href="({HOME}/cases\?after=\d+)"', page)
    assert following
    page = author.get(following[1]).text
    assert first in page
    assert "更早的案件" not in page


@pytest.mark.parametrize("address", ["/console/rulebooks/1999-01-01", "/console/rulebooks/%00", "/console/rulebooks/" + "9" * 90])
def test_a_version_that_is_not_there_has_no_page(author, address):
    assert author.get(address).status_code == 404


def test_the_page_asks_the_database_little_whatever_there_is(author, house, cast):
    issue(house, cast)
    confirmed(house, cast)
    counted = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    for address in ("/console/rulebooks", HOME, f"/console/rulebooks/{latest().version}", "/console/rulebooks/new"):
        counted.clear()
        page = author.get(address)
        assert page.status_code == 200
        assert len(counted) <= 20, counted
        assert len(page.data) < 200_000


def test_a_version_in_force_shows_who_confirmed(author, house, cast):
    approved(house, cast)
    page = author.get(HOME)
    for _ in range(2):  # two tabs
        held = {"token": token(page), "version": version_in(page)}
        assert author.post(f"{HOME}/tell", data=held, headers=HERE).status_code == 303
    assert len(set(re.findall(r"B2026-\d{6}", author.get(HOME).text))) == 1
    assert TODAY in author.get(HOME).text
