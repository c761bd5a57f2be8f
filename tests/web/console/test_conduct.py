"""Conduct that clause 4.4 forbids, from the case on which it is recorded to the draft of a permanent delisting."""

import io
import re

import pytest

from bot import clock as product_clock
from bot.model.case import State
from bot.model.texts import composing as compose_texts
from bot.model.texts import conduct as texts
from rules.catalogue import Measure
from tests.cast import case_of, issue
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, signed_in, token

FACTS = "处理期间把已安装企业转移到另一个应用。"


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


@pytest.fixture
def number(house, cast):
    return issue(house, cast)


def record(browser, number, facts=FACTS, files=("截图.txt",)):
    path = f"/console/cases/{number}/conduct"
    sent = {"token": token(browser.get(path)), "facts": facts, "file": [(io.BytesIO(name.encode()), name) for name in files]}
    return browser.post(path, data=sent, headers=HERE)


def send(browser, number, do, **fields):
    page = browser.get(f"/console/cases/new?conduct={number}")
    kept = dict(re.findall(r'<input type="hidden" name="(token|key|conduct)" value="([^"]*)"', page.text))
    typed = {
        "facts": FACTS,
        "contact": "平台运营 ops@example.com",
        "found_on": product_clock.today(),
        "objection_days": "7",
        "deem_days": "7",
    }
    return browser.post("/console/cases/new", data={**kept, **typed, **fields, "do": do}, headers=HERE)


def test_what_was_seen_is_recorded_with_its_evidence_and_a_second_press_records_no_second(house, cast, author, number):
    assert "登记所禁止的行为" in author.get(f"/console/cases/{number}").text
    assert record(author, number).status_code == record(author, number).status_code == 303
    page = author.get(f"/console/cases/{number}/conduct?said=recorded")
    assert texts.RECORDED in page.text
    assert page.text.count(f'class="typed">{FACTS}') == 1
    assert [row.name for row in all_of(house.database, "evidence")] == ["截图.txt"]
    assert [row.action for row in all_of(house.database, "events") if row.action == "conduct"] == ["conduct"]


@pytest.mark.parametrize("more", [{"facts": " "}, {"files": ()}])
def test_nothing_is_recorded_without_words_and_evidence_and_nothing_typed_is_lost(house, cast, author, number, more):
    refused = record(author, number, **more)
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert more.get("facts", FACTS).strip() in refused.text
    assert not [row for row in all_of(house.database, "events") if row.action == "conduct"]


def test_no_permanent_delisting_is_begun_here_before_conduct_is_on_record(house, cast, author, number):
    assert author.get(f"/console/cases/new?conduct={number}").headers["Location"] == f"/console/cases/{number}/conduct"
    assert texts.RECORD_FIRST in author.get(f"/console/cases/{number}/conduct").text
    assert author.get("/console/cases/new?conduct=none").status_code == 404


def test_from_what_was_recorded_a_permanent_delisting_is_drafted_whatever_else_the_form_says(house, cast, author, number):
    record(author, number)
    form = author.get(f"/console/cases/new?conduct={number}").text
    for words in (f"{FACTS}</textarea>", texts.proposed_from(number), "第 4.4 条", "服务商本身"):
        assert words in form, words
    assert 'id="rectify_days"' not in form
    sent = send(author, number, "submit", subject="B|app-b", ground="2.9", measure="cancel_search", kind="reminder", rectify_days="7")
    assert sent.headers["Location"] == "/console/cases/V2026-000002?said=submitted"
    case = case_of(house, "V2026-000002")
    assert (case.state, case.power, case.app_id, case.rectify_days) == (State.PENDING_APPROVAL, "4.4", None, None)
    assert [one.measure for one in case.measures] == [Measure.PERMANENT_DELIST]
    assert case.sprang_from_id == case_of(house, number).id
    assert f'href="/console/cases/{number}"' in author.get("/console/cases/V2026-000002").text
    for path in (f"/console/cases/{number}", f"/console/cases/{number}/conduct"):
        assert 'href="/console/cases/V2026-000002"' in author.get(path).text


def test_what_is_missing_from_such_a_draft_is_told_and_it_stays_one(house, cast, author, number):
    record(author, number)
    refused = send(author, number, "submit", contact="")
    assert refused.status_code == 409
    assert "写上联系方式" in refused.text
    assert texts.proposed_from(number) in refused.text
    assert f'name="conduct" value="{number}"' in refused.text
    looked = send(author, number, "look", facts="【待填写：证据】")
    assert compose_texts.NO_CARD not in looked.text
    assert "<mark>【待填写：证据】</mark>" in looked.text
    assert len(all_of(house.database, "cases")) == 1
