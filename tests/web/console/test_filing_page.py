"""Reviewing what a provider handed in, and answering whoever asked for a person."""

import re

import pytest
from sqlalchemy import event

from bot import clock as product_clock
from bot.actions import reviews
from bot.context import Context
from bot.model.filing import FilingKind, FilingState
from bot.model.human import Said
from bot.model.texts import console_cases as texts
from bot.model.texts import filings as filing_texts
from bot.store import humans, operator_tasks
from tests import way_back
from tests.cast import at, finding, issue
from tests.store.rows import all_of
from tests.way_back import ZHAO, filing_of, hand_in
from tests.web.console.visitors import HERE, press, signed_in


@pytest.fixture
def report(house, cast):
    return hand_in(house, issue(house, cast, finding())).number


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


def hidden(page):
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page.text)[0] for name in ("token", "version")}


def decide(browser, number, action, **fields):
    page = browser.get(f"/console/filings/{number}")
    return browser.post(f"/console/filings/{number}/decide", data={**hidden(page), "action": action, **fields}, headers=HERE)


def test_a_report_is_read_claimed_and_accepted(house, author, report):
    page = author.get(f"/console/filings/{report}")
    assert all(words in page.text for words in way_back.PARTS.values())
    press(author, f"/console/filings/{report}/take")
    assert decide(author, report, "accept").headers["Location"].endswith("said=decided")
    assert filing_of(house, report).state is FilingState.ACCEPTED


def test_sending_back_takes_words_and_keeps_them_when_refused(house, author, report):
    press(author, f"/console/filings/{report}/take")
    refused = decide(author, report, "send_back")
    assert refused.status_code == 409
    assert filing_texts.REMARKS_OWED in refused.text
    long = decide(author, report, "need_more", **{"remark:2.9": "请补充\r\n<截图>", "reasons": "x" * 9_000})
    assert long.status_code == 409
    assert "请补充\n&lt;截图&gt;</textarea>" in long.text
    assert decide(author, report, "need_more", **{"remark:2.9": "请补充截图。"}).status_code == 303
    assert filing_of(house, report).items[0].remark == "请补充截图。"
    assert "请补充截图。" in author.get(f"/console/filings/{report}").text


def test_a_decision_on_what_changed_meanwhile_is_not_taken(house, author, report, cast):
    press(author, f"/console/filings/{report}/take")
    old = hidden(author.get(f"/console/filings/{report}"))
    reviews.release(Context(house), cast["author"], report)
    reviews.take(Context(house), cast["author"], report)
    answer = author.post(f"/console/filings/{report}/decide", data={**old, "action": "accept", "reasons": "留下"}, headers=HERE)
    assert answer.status_code == 409
    assert texts.STALE in answer.text
    assert "留下</textarea>" in answer.text
    assert filing_of(house, report).state is FilingState.UNDER_REVIEW


def test_what_was_typed_is_not_lost_with_the_claim_and_comes_back_with_it(house, author, report, cast):
    press(author, f"/console/filings/{report}/take")
    old = hidden(author.get(f"/console/filings/{report}"))
    reviews.release(Context(house), cast["author"], report)
    typed = {"action": "need_more", "reasons": "请补<充>", "remark:2.9": "缺截图"}
    answer = author.post(f"/console/filings/{report}/decide", data={**old, **typed}, headers=HERE)
    assert answer.status_code == 409
    assert "放弃领取" in answer.text  # what changed
    assert re.search(r"<textarea readonly[^>]*>\n请补&lt;充&gt;</textarea>", answer.text)
    assert 'type="hidden" name="remark:2.9" value="缺截图"' in answer.text
    again = press(author, f"/console/filings/{report}/take", **typed)
    assert again.status_code == 200
    assert "请补&lt;充&gt;</textarea>" in again.text
    assert "缺截图</textarea>" in again.text
    assert "<textarea readonly" not in again.text


def test_a_claim_is_made_longer_without_losing_what_was_typed(house, author, report, clock):
    press(author, f"/console/filings/{report}/take")
    before = filing_of(house, report).claimed_until
    clock.tick(hours=1)
    again = press(author, f"/console/filings/{report}/take", reasons="写到一半")
    after = filing_of(house, report).claimed_until
    assert before
    assert after
    assert after > before
    assert "写到一半</textarea>" in again.text


def test_whoever_comes_second_is_told_on_the_page_who_is_at_it(site, house, author, report):
    press(author, f"/console/filings/{report}/take")
    second = press(signed_in(site, house, "approver"), f"/console/filings/{report}/take")
    assert second.status_code == 409
    assert "Author（author） 正在审核这份材料" in second.text


@pytest.mark.parametrize("kind", list(FilingKind))
def test_what_each_decision_brings_about_is_said_before_it_is_made(site, house, cast, author, kind):
    if kind is FilingKind.WITHDRAWAL:
        number = way_back.hand_in_about_app(house, "app-b", by=ZHAO).number
    else:
        case = issue(house, cast, finding())
        if kind is FilingKind.REAPPLICATION:
            hand_in(house, case)
        number = hand_in(house, case, kind).number
    reviewer = signed_in(site, house, "approver2")
    press(reviewer, f"/console/filings/{number}/take")
    page = reviewer.get(f"/console/filings/{number}")
    actions = re.findall(r'name="action" value="(\w+)"', page.text)
    assert len(actions) >= 2
    for action in actions:
        assert texts.decision_will(kind, action, is_of_case=kind is not FilingKind.WITHDRAWAL) in page.text


def test_all_that_was_handed_in_can_be_looked_through(house, cast, author, report):
    press(author, f"/console/filings/{report}/take")
    decide(author, report, "need_more", reasons="请补充。")
    page = author.get("/console/filings")
    assert f"/console/filings/{report}" in page.text
    assert report in author.get("/console/filings?kind=report&state=needs_more").text
    assert report not in author.get("/console/filings?state=submitted").text
    assert "没有这样的材料" in author.get("/console/filings?kind=withdrawal").text
    for strange in ("?kind=x", "?state=draft", "?before=x", "?before=" + "9" * 40):
        assert report in author.get(f"/console/filings{strange}").text


def test_an_unknown_decision_or_clause_changes_nothing(house, author, report):
    press(author, f"/console/filings/{report}/take")
    for wrong in ({"action": "lapse"}, {"action": "uphold"}, {"action": "need_more", "remark:9.9": "x"}, {"action": ""}):
        action = wrong.pop("action")
        assert decide(author, report, action, **wrong).status_code == 409
    assert filing_of(house, report).state is FilingState.UNDER_REVIEW


def test_who_wrote_or_approved_a_case_is_told_why_they_cannot_hear_its_objection(site, house, cast):
    number = hand_in(house, issue(house, cast, finding()), FilingKind.OBJECTION).number
    approver, other = signed_in(site, house, "approver"), signed_in(site, house, "approver2")
    assert filing_texts.NOT_WHO_WROTE in approver.get(f"/console/filings/{number}").text
    assert press(approver, f"/console/filings/{number}/take").status_code == 409
    assert press(other, f"/console/filings/{number}/take").status_code == 303
    assert decide(other, number, "dismiss", reasons="核查无误。").status_code == 303
    assert filing_of(house, number).state is FilingState.DISMISSED


def test_a_file_is_handed_out_as_nothing_that_could_run_and_stands_on_the_trail(house, author, report):
    page = author.get(f"/console/filings/{report}")
    [address, *_] = re.findall(r'href="(/console/filings/[^"]+/files/\d+)"', page.text)
    assert f'<img loading="lazy" src="{address}"' in page.text  # fetched, and on the trail, not before it is opened
    answer = author.get(address)
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["Content-Security-Policy"] or answer.mimetype == "application/pdf"
    assert [row.actor for row in all_of(house.database, "events") if row.action == "file_fetched"] == ["operator:author"]
    assert author.get(f"/console/filings/{report}/files/999999").status_code == 404
    assert author.get(f"/console/filings/{report}/files/{'9' * 40}").status_code == 404


def test_a_granted_withdrawal_is_confirmed_from_the_list(site, house, cast, author):
    number = way_back.hand_in_about_app(house, "app-b", by=ZHAO).number
    press(author, f"/console/filings/{number}/take")
    decide(author, number, "grant")
    [task] = [row for row in all_of(house.database, "operator_tasks") if row.kind == "withdraw"]
    assert author.get(f"/console/tasks/{task.id}").headers["Location"] == f"/console/filings/{number}"
    page = author.get(f"/console/filings/{number}")
    assert "确认已在平台上执行" in page.text
    assert author.post(f"/console/filings/{number}/confirm", data=hidden(page), headers=HERE).status_code == 303
    assert filing_of(house, number).applied_at is not None


def test_whoever_asked_for_a_person_is_answered_once(house, cast, author):
    now = product_clock.now()
    with house.database.write() as tx:
        asked = humans.add(tx, at("WangWei"), Said("k", "为什么<b>？", "请看 2.9。"), now, now)
    assert asked
    page = author.get(f"/console/humans/{asked.id}")
    assert "为什么&lt;b&gt;？" in page.text
    assert press(author, f"/console/humans/{asked.id}/answer", text=" ").status_code == 409
    assert press(author, f"/console/humans/{asked.id}/answer", text="因为没有功能。").status_code == 303
    assert "因为没有功能。" in author.get(f"/console/humans/{asked.id}").text
    again = press(author, f"/console/humans/{asked.id}/drop")
    assert again.status_code == 409
    late = press(author, f"/console/humans/{asked.id}/answer", text="我也<答>了。")
    assert late.status_code == 409
    assert re.search(r"<textarea readonly[^>]*>\n我也&lt;答&gt;了。</textarea>", late.text)
    assert f'href="/console/humans/{asked.id}"' in author.get("/console/humans").text
    assert author.get("/console/humans/99999999999999999999999").status_code == 404


def test_a_task_about_a_provider_is_ticked_off_on_its_own_page(house, cast, author):
    with house.database.write() as tx:
        operator_tasks.add(tx, "admins:2", "admins", "只有 1 位管理员", product_clock.now(), provider_id=2)
    [task] = all_of(house.database, "operator_tasks")
    assert "乙公司" in author.get(f"/console/tasks/{task.id}").text
    assert press(author, f"/console/tasks/{task.id}/finish", text="已补充管理员。").status_code == 303
    assert "已补充管理员。" in author.get(f"/console/tasks/{task.id}").text
    late = press(author, f"/console/tasks/{task.id}/finish", text="我也办了。")
    assert late.status_code == 409
    assert re.search(r"<textarea readonly[^>]*>\n我也办了。</textarea>", late.text)
    assert author.get("/console/tasks/999").status_code == 404


def test_two_at_one_wish_or_task_see_each_other(site, house, cast, author):
    now = product_clock.now()
    with house.database.write() as tx:
        asked = humans.add(tx, at("WangWei"), Said("k", "为什么？", "请看 2.9。"), now, now)
        operator_tasks.add(tx, "admins:2", "admins", "只有 1 位管理员", now, provider_id=2)
    assert asked
    [task] = all_of(house.database, "operator_tasks")
    other = signed_in(site, house, "approver")
    for place, page in ((f"H{asked.id}", f"/console/humans/{asked.id}"), (f"T{task.id}", f"/console/tasks/{task.id}")):
        assert f"/console/here/{place}" in author.get(page).text
        author.get(f"/console/here/{place}")
        assert "Author</span> 也在看这一页" in other.get(page).text


def test_a_page_asks_the_database_twenty_times_at_most(house, author, report):
    press(author, f"/console/filings/{report}/take")
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for path in (f"/console/filings/{report}", "/console/filings", "/console/humans"):
        asked.clear()
        assert author.get(path).status_code == 200
        assert 0 < len(asked) <= 20, asked
