"""The page of a case and its steps."""

import io
import re
import zipfile

import pytest
from sqlalchemy import event

from bot import clock as product_clock
from bot.actions import cases, evidence
from bot.actions.evidence import Upload
from bot.context import Context
from bot.model.case import State, Step
from bot.model.operator import Role
from bot.model.texts import cases as case_texts
from bot.model.texts import console_cases as texts
from bot.store import operator_tasks, operators, trail
from tests import way_back
from tests.cast import case_of, draft, finding, issue, pending, permanent, reminder
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, add, signed_in
from tests.web.scene import play


def form(browser, number, step, **fields):
    """Fill in what the page of a case offers for this step, as it was shown."""
    page = browser.get(f"/console/cases/{number}")
    return browser.post(f"/console/cases/{number}/{step}", data={**hidden(page), **fields}, headers=HERE)


def hidden(page):
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page.text)[0] for name in ("token", "version", "seq")}


def offered(page):
    return set(re.findall(r'action="/console/cases/[^/]+/(\w+)"', page.text))


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


@pytest.fixture
def approver(site, house, cast):
    return signed_in(site, house, "approver")


def test_a_case_goes_from_draft_to_notice_by_two_people(house, cast, author, approver):
    number = draft(house, cast)
    assert offered(author.get(f"/console/cases/{number}")) == {"submit", "discard", "note", "evidence", "export"}
    assert form(author, number, "submit").status_code == 303
    page = approver.get(f"/console/cases/{number}")
    assert "将发给服务商的通知" in page.text
    assert "应用没有任何功能" in page.text
    assert "通知立即发给服务商的 2 位管理员" in page.text
    assert form(approver, number, "approve").headers["Location"].endswith("said=approved")
    assert case_of(house, number).state is State.IN_FORCE
    after = approver.get(f"/console/cases/{number}?said=approved")
    assert texts.SAID["approved"] in after.text
    assert "服务商收到的通知" in after.text
    assert "王伟" in after.text


def test_who_wrote_a_case_is_told_why_they_cannot_approve_it(site, house, cast):
    add(house, "both", [Role.OPERATOR, Role.APPROVER])
    browser = signed_in(site, house, "both")
    with house.database.read() as connection:
        both = operators.by_login(connection, "both")
    assert both
    number = cases.open_case(Context(house), both, finding(), "own").number
    cases.submit(Context(house), both, number)
    page = browser.get(f"/console/cases/{number}")
    assert case_texts.NOT_YOUR_OWN in page.text
    assert "approve" not in offered(page)
    refused = form(browser, number, "approve")
    assert refused.status_code == 409
    assert case_of(house, number).state is State.PENDING_APPROVAL


def test_permanent_delisting_is_approved_by_two_and_the_first_is_told(site, house, cast, approver):
    number = pending(house, cast, permanent())
    assert "需要两位审批人" in approver.get(f"/console/cases/{number}").text
    assert form(approver, number, "approve").headers["Location"].endswith("said=endorsed")
    assert case_texts.APPROVED_BEFORE in approver.get(f"/console/cases/{number}").text
    assert form(signed_in(site, house, "approver2"), number, "approve").headers["Location"].endswith("said=approved")


def test_sending_back_takes_a_reason_and_shows_on_the_trail(house, cast, author, approver):
    number = pending(house, cast)
    assert form(approver, number, "send_back", reason=" ").status_code == 409
    assert form(approver, number, "send_back", reason="事实不清。").status_code == 303
    assert case_of(house, number).state is State.DRAFT
    page = author.get(f"/console/cases/{number}")
    with house.database.snapshot() as snapshot:
        hashes = [one.hash for one in trail.read(snapshot, number)]
    assert all(one in page.text for one in hashes)


def test_a_stale_form_is_told_what_changed_and_keeps_what_was_typed(house, cast, approver):
    number = issue(house, cast, finding())
    before = hidden(approver.get(f"/console/cases/{number}"))
    way_back.apply(house, cast, number)
    cases.revoke(Context(house), cast["approver2"], number, "别人先撤销了。")
    answer = approver.post(f"/console/cases/{number}/revoke", data={**before, "reason": "我写的\r\n<理由>"}, headers=HERE)
    assert answer.status_code == 409
    assert texts.STALE in answer.text
    assert "approver2" in answer.text
    assert "撤销" in answer.text
    events = [row for row in all_of(house.database, "events") if row.action == "revoke"]
    assert len(events) == 1


def test_what_was_typed_stands_in_its_field_again_when_the_step_is_still_there(house, cast, approver):
    number = issue(house, cast, finding())
    page = hidden(approver.get(f"/console/cases/{number}"))
    from bot.actions import notices
    from tests.web.visitors import WANG, first_notice

    notices.confirm(Context(house), first_notice(house, number).id, WANG, "portal")
    answer = approver.post(f"/console/cases/{number}/revoke", data={**page, "reason": "我写的\r\n<理由>"}, headers=HERE)
    assert answer.status_code == 409
    assert re.search(r'<textarea id="reason-revoke"[^>]*>\n我写的\n&lt;理由&gt;</textarea>', answer.text)
    assert "签收" in answer.text
    assert case_of(house, number).state is State.IN_FORCE


def test_measures_are_confirmed_one_by_one_with_what_follows(house, cast, author, approver):
    number = issue(house, cast, finding())
    assert texts.measure_will("apply") in author.get(f"/console/cases/{number}").text
    assert "measure" not in offered(approver.get(f"/console/cases/{number}"))
    assert form(author, number, "measure", measure="cancel_recommendation", action="apply").status_code == 303
    assert case_of(house, number).measures[0].state is Step.APPLIED
    for wrong in (
        {"measure": "none", "action": "apply"},
        {"measure": "cancel_recommendation", "action": "drop"},
        {"measure": "delist", "action": "apply"},
    ):
        assert form(author, number, "measure", **wrong).status_code == 404


def test_a_reminder_is_closed_and_a_violation_offers_no_such_thing(house, cast, author):
    number = issue(house, cast, reminder())
    assert form(author, number, "close").status_code == 303
    assert case_of(house, number).state is State.CLOSED
    assert "close" not in offered(author.get(f"/console/cases/{issue(house, cast, finding(), key='other')}"))


def test_what_was_typed_is_shown_when_its_step_is_gone(house, cast, author, approver):
    number = pending(house, cast)
    page = hidden(approver.get(f"/console/cases/{number}"))
    cases.retract(Context(house), cast["author"], number)
    answer = approver.post(f"/console/cases/{number}/send_back", data={**page, "reason": "我写的\r\n<理由>"}, headers=HERE)
    assert answer.status_code == 409
    assert re.search(r"<textarea readonly[^>]*>\n我写的\n&lt;理由&gt;</textarea>", answer.text)


def test_what_was_typed_for_one_errand_stands_in_no_other(house, cast, author):
    number = issue(house, cast, finding())
    with house.database.write() as tx:
        for key in ("overdue:x", "overdue:y"):
            operator_tasks.add(tx, key, "overdue", "核对整改情况", product_clock.now(), case_id=case_of(house, number).id)
    first, _ = [row for row in all_of(house.database, "operator_tasks") if row.kind == "overdue"]
    answer = form(author, number, "errand", task=first.id, done="x" * 5_000)
    assert answer.status_code == 409
    assert answer.text.count("x" * 5_000) == 1
    with house.database.write() as tx:
        operator_tasks.finish(tx, first.key, cast["author"].id, product_clock.now())
    gone = form(author, number, "errand", task=first.id, done="已联系服务商。")
    assert gone.status_code == 409
    assert re.search(r"<textarea readonly[^>]*>\n已联系服务商。</textarea>", gone.text)


def test_names_are_told_apart_where_two_are_called_the_same(site, house, cast, author):
    number = issue(house, cast, finding())
    assert "author）" not in author.get(f"/console/cases/{number}").text
    with house.database.write() as tx:
        operators.add(tx, "author9", "Author", "author9@example.com", [Role.OPERATOR], None, product_clock.now())
    assert "Author（author）" in author.get(f"/console/cases/{number}").text


def test_a_case_is_taken_out_with_all_that_proves_it_and_that_stands_on_its_trail(site, house, cast, settings):
    number = issue(house, cast, finding())
    auditor = signed_in(site, house, "auditor")
    # as the server does, which hands a file over by its name
    auditor.environ_base["wsgi.file_wrapper"] = lambda stream, *_: open(stream.name, "rb")  # noqa: PTH123, SIM115
    answer = form(auditor, number, "export")
    assert answer.status_code == 200
    assert f"{number}.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as bundle:
        assert bundle.testzip() is None
        assert "manifest.json" in bundle.namelist()
    assert [row.actor for row in all_of(house.database, "events") if row.action == "export"] == ["operator:auditor"]
    assert list(settings.data_dir.glob("tmp*")) == []
    assert form(auditor, number, "revoke", reason="x").status_code == 403


def test_only_what_a_case_waits_for_is_pressed_on_its_reader(house, cast, author, approver):
    number = pending(house, cast)
    assert "button main" in approver.get(f"/console/cases/{number}").text
    cases.approve(Context(house), cast["approver"], number)
    assert "button main" not in author.get(f"/console/cases/{number}").text


def test_a_note_is_kept_for_our_own_staff(site, house, cast, author):
    number = issue(house, cast, finding())
    assert form(author, number, "note", note="只给同事看。").status_code == 303
    assert "只给同事看。" in author.get(f"/console/cases/{number}").text
    auditor = signed_in(site, house, "auditor").get(f"/console/cases/{number}")
    assert offered(auditor) == {"export"}


def test_sending_again_goes_to_nobody_who_has_it(house, cast, author):
    number = issue(house, cast, finding())
    assert form(author, number, "resend").headers["Location"].endswith("said=nobody")


def test_an_errand_is_ticked_off_with_what_was_done(house, cast, author):
    number = issue(house, cast, finding())
    with house.database.write() as tx:
        operator_tasks.add(tx, "overdue:x", "overdue", "核对整改情况", product_clock.now(), case_id=case_of(house, number).id)
    [task] = [row for row in all_of(house.database, "operator_tasks") if row.kind == "overdue"]
    assert form(author, number, "errand", task=task.id, done="已联系服务商。").status_code == 303
    assert "核对整改情况" not in author.get(f"/console/cases/{number}").text


@pytest.mark.parametrize("number", ["V2026-999999", "none", "%00", "x" * 300])
def test_a_case_that_is_not_there_is_a_page_that_says_so(site, author, number):
    answer = author.get(f"/console/cases/{number}")
    assert answer.status_code == 404
    assert "没有找到这个页面" in answer.text


def test_every_case_of_a_long_story_can_be_read_by_everybody(site, house, cast, clock):
    scene = play(house, cast, clock)
    for login in ("author", "approver", "auditor"):
        browser = signed_in(site, house, login)
        for number in (scene.half_way, scene.fresh, scene.over):
            page = browser.get(f"/console/cases/{number}")
            assert page.status_code == 200
            assert len(page.data) < 200_000
        for number in (scene.report, scene.objection, scene.returned, scene.withdrawal):
            assert browser.get(f"/console/filings/{number}").status_code == 200
        assert browser.get(f"/console/filings/{scene.draft}").status_code == 404


def test_evidence_is_handed_out_to_be_saved_and_not_shown(house, cast, author):
    number = draft(house, cast)
    [kept] = evidence.add(Context(house), cast["author"], number, [Upload("截图.txt", io.BytesIO("证据".encode()))])
    page = author.get(f"/console/cases/{number}")
    assert kept.sha256 in page.text
    answer = author.get(f"/console/cases/{number}/evidence/{kept.sha256}")
    assert answer.data.decode() == "证据"
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert author.get(f"/console/cases/{number}/evidence/{'0' * 64}").status_code == 404


def test_a_page_asks_the_database_no_more_for_more_notices_and_apps(site, house, cast, clock, author):
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def count(browser, number):
        asked.clear()
        assert browser.get(f"/console/cases/{number}").status_code == 200
        return len(asked)

    few = count(author, issue(house, cast, finding(app="app-2"), key="few"))
    number = play(house, cast, clock).half_way  # with three notices and two filings
    many = count(signed_in(site, house, "author"), number)
    assert few <= 20
    assert many <= 20


def test_a_service_by_hand_is_recorded_with_its_proof(house, cast, author):
    number = issue(house, cast, finding())
    sent = {"day": product_clock.today(), "time": "00:00", "how": "当面交给王伟。"}
    refused = form(author, number, "serve", **sent)
    assert refused.status_code == 409
    assert "当面交给王伟。" in refused.text
    late = product_clock.now().astimezone(product_clock.SHANGHAI)
    sent = {"day": late.strftime("%Y-%m-%d"), "time": late.strftime("%H:%M"), "how": "当面交给王伟。"}
    assert form(author, number, "serve", **sent, file=(io.BytesIO("签收单".encode()), "签收.txt")).status_code == 303
    case = case_of(house, number)
    assert case.served_how == "recorded"
    page = author.get(f"/console/cases/{number}")
    assert "签收.txt" in page.text
    assert "serve" not in offered(page)


def test_evidence_is_added_on_the_page_while_the_case_goes_on(house, cast, author):
    number = issue(house, cast, finding())
    assert form(author, number, "evidence", file=(io.BytesIO(b"MZ\x90"), "a.exe")).status_code == 409
    assert form(author, number, "evidence", file=(io.BytesIO("证据".encode()), "聊天记录.txt")).status_code == 303
    assert "聊天记录.txt" in author.get(f"/console/cases/{number}").text


def test_a_step_is_taken_back_on_the_page(house, cast, author):
    number = pending(house, cast)
    assert form(author, number, "retract").status_code == 303
    assert form(author, number, "discard").status_code == 303
    assert form(author, number, "restore").status_code == 303
    assert case_of(house, number).state is State.DRAFT
    other = issue(house, cast, finding(app="app-2"), key="other")
    assert form(author, other, "measure", measure="cancel_recommendation", action="apply").status_code == 303
    assert form(author, other, "undo", measure="cancel_recommendation").status_code == 303
    assert case_of(house, other).measures[0].state is Step.OWED
    assert form(author, other, "undo", measure="none").status_code == 404


def test_what_happened_before_on_the_same_ground_is_summed_up(house, cast, author, approver):
    first = issue(house, cast, finding())
    number = issue(house, cast, finding(app="app-2"), key="second")
    cases.revoke(Context(house), cast["approver"], first, "复核后认定有误。")
    page = author.get(f"/console/cases/{number}")
    assert "最近 1 件中：取消推荐 1 件。" in page.text
    assert "其中撤销 1 件，占 100%。" in page.text
    assert first in page.text


def test_two_people_on_one_case_see_each_other(house, cast, author, approver):
    number = issue(house, cast, finding())
    assert author.get(f"/console/here/{number}").text == ""
    assert approver.get(f"/console/here/{number}").text == "Author"
    assert "Approver</span> 也在看这一页" in author.get(f"/console/cases/{number}").text
    assert author.get("/console/here/none").text == ""
