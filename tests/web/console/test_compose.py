"""Writing a case in the browser."""

import re

import pytest

from bot import clock as product_clock
from bot.model.case import State
from bot.model.texts import composing as texts
from bot.store import providers
from rules.catalogue import Measure
from tests.cast import case_of, draft, issue, pending
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, signed_in

FILLED = {
    "subject": "A|app-1",
    "kind": "violation",
    "ground": "2.9",
    "measure": "cancel_search",
    "facts": "应用没有任何功能。",
    "reasons": "经两次核查属实。",
    "recovery": "补齐功能。",
    "contact": "平台运营 ops@example.com",
    "rectify_days": "7",
    "objection_days": "7",
    "deem_days": "7",
    "day_kind": "working",
}


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


def hidden(page):
    return dict(re.findall(r'<input type="hidden" name="(token|key|version)" value="([^"]*)"', page.text))


def send(browser, do, path="/console/cases/new", headers=(), page=None, **fields):
    form = page or browser.get(path)
    given = {"found_on": product_clock.today(), **FILLED, **fields}
    return browser.post(path.partition("?")[0], data={**hidden(form), **given, "do": do}, headers={**HERE, **dict(headers)})


def test_a_case_is_kept_as_a_draft_and_a_second_press_keeps_no_second(house, cast, author):
    form = author.get("/console/cases/new")
    first, second = (send(author, "save", page=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/console/cases/V2026-000001?said=drafted"
    case = case_of(house, "V2026-000001")
    assert (case.state, case.power, case.facts) == (State.DRAFT, "3.1", "应用没有任何功能。")
    assert [one.measure for one in case.measures] == [Measure.CANCEL_SEARCH]
    assert len(all_of(house.database, "cases")) == 1


def test_a_draft_may_be_half_written_and_is_not_handed_in_before_it_is_whole(house, cast, author):
    assert send(author, "save", facts="", contact="").status_code == 303
    case = case_of(house, "V2026-000001")
    assert case.facts == texts.TO_FILL["facts"]
    refused = send(author, "submit", path="/console/cases/V2026-000001/edit", facts=case.facts)
    assert refused.status_code == 409
    assert "还有没填的地方" in refused.text
    assert texts.TO_FILL["facts"] in refused.text
    assert case_of(house, "V2026-000001").state is State.DRAFT
    assert send(author, "submit", path="/console/cases/V2026-000001/edit").status_code == 303
    assert case_of(house, "V2026-000001").state is State.PENDING_APPROVAL


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": ""}, texts.NO_SUBJECT),
        ({"ground": ""}, texts.NO_GROUND),
        ({"subject": "A|app-b"}, "不属于服务商"),
        ({"ground": "9.9"}, "不能作为处理依据"),
        ({"measure": "permanent_delist"}, "没有“永久下架"),
        ({"measure": ""}, "措施"),
        ({"rectify_days": "0"}, texts.BAD_NUMBER),
        ({"rectify_days": "x"}, texts.BAD_NUMBER),
        ({"ends:cancel_search": "2026-13-01"}, texts.BAD_ENDS),
        ({"facts": "x" * 4_001}, "4000"),
        ({"found_on": "2999-01-01"}, "发现日期"),
        ({"ground": "4.4", "measure": "permanent_delist"}, "不能针对单个应用"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_typed_is_lost(house, cast, author, fields, words):
    refused = send(author, "save", recovery="我写的\r\n<恢复条件>", **fields)
    assert refused.status_code == 409
    assert words in refused.text
    assert "我写的\n&lt;恢复条件&gt;</textarea>" in refused.text
    assert all_of(house.database, "cases") == []


def test_beside_the_form_stands_what_the_provider_would_get(house, cast, author):
    looked = send(author, "look", headers=[("X-Part", "side")])
    assert looked.status_code == 200
    assert "<form" not in looked.text
    for words in ("第 2.9 条", "第 3.1 条", "企业微信卡片", "应用没有任何功能。", "邮件", "确认收到", "异议期至"):
        assert words in looked.text, words
    assert all_of(house.database, "cases") == []
    half = send(author, "look", headers=[("X-Part", "side")], facts="打开后【待填写：页面】", measure="")
    assert "<mark>【待填写：页面】</mark>" in half.text
    assert "企业微信卡片" not in half.text


def test_a_writer_is_warned_of_what_is_there_already(house, cast, author):
    number = issue(house, cast)
    looked = send(author, "look", headers=[("X-Part", "side")])
    assert number in looked.text
    assert "已有处理中的案件" in looked.text
    with house.database.write() as tx:
        for admin in providers.admins(tx, 2):
            providers.depart(tx, admin.id, product_clock.now())
    assert texts.NOBODY_REACHED in send(author, "look", headers=[("X-Part", "side")], subject="B|app-b").text


def test_providers_and_apps_are_found_by_part_of_their_name_or_code(house, cast, author):
    assert "乙公司" in author.get("/console/cases/seek?words=乙").text
    assert "考勤助手" in author.get("/console/cases/seek?words=APP-2").text
    assert "没有找到" in author.get("/console/cases/seek?words=%25").text
    assert author.get("/console/cases/seek?words=").text.strip() == ""
    assert "&lt;script&gt;" in author.get("/console/cases/seek?words=<script>").text


def test_a_draft_is_written_on_by_its_author_alone_and_not_over_somebody_elses_change(site, house, cast, author):
    number = draft(house, cast)
    stale = author.get(f"/console/cases/{number}/edit")
    assert "应用没有任何功能，打开后只引导添加客服。" in stale.text
    assert send(author, "save", path=f"/console/cases/{number}/edit", facts="第二稿。").status_code == 303
    assert case_of(house, number).facts == "第二稿。"
    refused = send(author, "save", path=f"/console/cases/{number}/edit", page=stale, facts="旧的一稿。")
    assert refused.status_code == 409
    assert "旧的一稿。" in refused.text
    assert case_of(house, number).facts == "第二稿。"
    other = pending(house, cast, key="other")
    assert author.get(f"/console/cases/{other}/edit").headers["Location"] == f"/console/cases/{other}"


def test_no_measure_is_lost_when_the_session_is_gone_in_mid_form(site, house, cast, author):
    form = author.get("/console/cases/new")
    author.post("/console/sign-out-everywhere", data=hidden(form), headers=HERE)
    sent = {"found_on": product_clock.today(), **FILLED, "measure": ["cancel_recommendation", "cancel_search"], "do": "save"}
    gone = author.post("/console/cases/new", data={**hidden(form), **sent}, headers=HERE)
    assert gone.status_code == 403
    assert gone.text.count('name="measure"') == 2
    assert "应用没有任何功能。" in gone.text
    kept = re.findall(r'name="(\w[^"]*)" value="([^"]*)"', gone.text)
    assert ("measure", "cancel_search") in kept


def test_a_measure_ends_with_the_last_second_of_its_day_in_china(house, cast, author):
    assert send(author, "save", **{"ends:cancel_search": "2026-12-31"}).status_code == 303
    ends = case_of(house, "V2026-000001").measures[0].ends_at
    assert ends
    assert ends.isoformat() == "2026-12-31T15:59:59+00:00"
    assert 'value="2026-12-31"' in author.get("/console/cases/V2026-000001/edit").text


def test_templates_are_kept_in_versions_and_can_be_gone_back_to(house, cast, author):
    kept = send(author, "template", template_name="套壳应用")
    assert kept.headers["Location"] == "/console/templates/1?said=kept"
    form = author.get("/console/cases/new?template=1")
    assert "经两次核查属实。" in form.text
    assert 'name="subject"' not in form.text
    again = send(author, "template", template_name="套壳应用")
    assert again.status_code == 409
    assert "已经有名为" in again.text
    renewed = send(author, "renew", page=form, template="1", template_number="1", reasons="经三次核查属实。")
    assert renewed.headers["Location"].endswith("said=renewed")
    stale = send(author, "renew", page=form, template="1", template_number="1", reasons="旧的。")
    assert stale.status_code == 409
    page = author.get("/console/templates/1")
    assert "<del>两</del><ins>三</ins>" in page.text
    token = hidden(page)
    assert author.post("/console/templates/1/back", data={**token, "after": "2", "to": "1"}, headers=HERE).status_code == 303
    assert author.post("/console/templates/1/back", data={**token, "after": "2", "to": "1"}, headers=HERE).status_code == 409
    assert "经两次核查属实。" in author.get("/console/cases/new?template=1").text


def test_a_template_that_was_retired_is_not_offered_and_can_be_brought_back(site, house, cast, author):
    send(author, "template", template_name="套壳应用")
    token = hidden(author.get("/console/templates/1"))
    assert author.post("/console/templates/1/move", data={**token, "state": "retired"}, headers=HERE).status_code == 303
    assert "套壳应用</option>" not in author.get("/console/cases/new").text.partition('name="template"')[2].partition("</select>")[0]
    assert "已停用" in author.get("/console/templates").text
    assert author.post("/console/templates/1/move", data={**token, "state": "retired"}, headers=HERE).status_code == 409
    assert author.post("/console/templates/1/move", data={**token, "state": "active"}, headers=HERE).status_code == 303
    auditor = signed_in(site, house, "auditor")
    assert "/move" not in auditor.get("/console/templates/1").text
    assert author.get("/console/templates/9").status_code == 404
