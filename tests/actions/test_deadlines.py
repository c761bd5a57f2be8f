"""The calendar: the ladder until somebody confirms, deemed service, the last reminder, the deadline."""

import pytest

from bot import clock as product_clock
from bot.actions import cases, deadlines, notices
from bot.clock import SHANGHAI
from bot.context import Context
from bot.errors import Stale
from bot.model.provider import Address
from bot.store import alarms, operator_tasks, providers
from bot.store import cases as case_rows
from bot.store import ladder as steps
from bot.store import notices as notice_rows
from tests.cast import AGENTID, CORPID, finding, issue
from tests.way_back import LI, decide, hand_in


@pytest.fixture
def ctx(house):
    return Context(house)


@pytest.fixture
def issued(house, cast):
    """The number of a case in force, of provider A, with 7 days to rectify."""
    return issue(house, cast, finding(rectify_days=7, deem_days=3))


@pytest.fixture
def hours(ctx, clock, run_worker):
    """Let this many hours pass, with the job running every hour and the worker behind it."""

    def pass_(number):
        for _ in range(number):
            clock.tick(hours=1)
            deadlines.run(ctx)
            run_worker()

    return pass_


def case_of(house, number):
    with house.database.read() as connection:
        return case_rows.by_number(connection, number)


def done(house, number):
    with house.database.read() as connection:
        return {step: result for step, _, at, result in steps.steps(connection, case_rows.by_number(connection, number).id) if at}


def raised(house):
    with house.database.read() as connection:
        return alarms.latest(connection, 50)


def texts_to(wecom, userid):
    """What the reminders said that reached somebody: cards that only open the notice."""
    cards = [one.body for one in wecom.delivered(userid) if one.body["msgtype"] == "template_card"]
    reminders = [card for card in cards if not card["main_title"]["title"].startswith("违规处理通知")]
    return [f"{card['main_title']['title']}\n{card['sub_title_text']}" for card in reminders]


def confirm(ctx, number, userid="WangWei"):
    with ctx.read() as connection:
        notice = notice_rows.of_case(connection, case_rows.by_number(connection, number).id)[0]
    return notices.confirm(ctx, notice.id, Address(CORPID, AGENTID, userid), "portal")


def test_the_ladder_climbs_until_it_ends_with_a_task_for_a_person(house, issued, hours, wecom):
    hours(23)
    assert done(house, issued) == {}
    hours(2)
    assert done(house, issued) == {"reminder": "to 2"}
    assert "还没有人确认收到" in texts_to(wecom, "WangWei")[-1]
    hours(24)
    assert done(house, issued)["mail"] == "no mail set up"
    hours(24)
    with house.database.read() as connection:
        assert [task.kind for task in operator_tasks.opened(connection) if task.kind == "serve"] == ["serve"]


def test_each_step_is_taken_once_however_often_the_job_runs(house, ctx, issued, clock, wecom, run_worker):
    clock.tick(hours=25)
    for _ in range(3):
        deadlines.run(ctx)
    run_worker()
    assert len([text for text in texts_to(wecom, "WangWei") if "还没有人确认" in text]) == 1


def test_a_receipt_stops_the_ladder_and_starts_the_clock(house, ctx, issued, hours, wecom, run_worker):
    run_worker()
    confirm(ctx, issued)
    hours(80)
    assert done(house, issued) == dict.fromkeys(("reminder", "mail", "manual"), "served")
    case = case_of(house, issued)
    assert case.served_how == "receipt"
    assert case.rectify_by.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S") == "03-09 23:59:59"


def test_the_deadline_brings_a_last_reminder_then_a_mark_and_no_measure(house, ctx, issued, hours, wecom, run_worker):
    run_worker()
    confirm(ctx, issued)
    hours(24 * 6)
    assert "整改期限将至" in texts_to(wecom, "li.na")[-1]
    assert case_of(house, issued).overdue_at is None
    hours(24 * 3)
    case = case_of(house, issued)
    assert case.overdue_at is not None
    assert [one.state for one in case.measures] == ["owed"]
    with house.database.read() as connection:
        assert [task.kind for task in operator_tasks.opened(connection)].count("overdue") == 1
    assert [row.detail["number"] for row in raised(house) if row.what == "overdue"] == [issued]


def test_a_report_that_lies_with_us_is_neither_called_for_nor_late(house, cast, ctx, issued, hours, wecom, run_worker):
    run_worker()
    confirm(ctx, issued)
    report = hand_in(house, issued, by=LI)
    hours(24 * 6)
    assert not any("整改期限将至" in text for text in texts_to(wecom, "li.na"))
    hours(24 * 3)
    assert case_of(house, issued).overdue_at is None
    assert done(house, issued)["overdue"] == "report handed in"
    assert not report.is_late


def test_a_report_that_was_sent_back_before_the_deadline_is_called_for_and_late(house, cast, ctx, issued, hours, run_worker):
    run_worker()
    confirm(ctx, issued)
    report = hand_in(house, issued, by=LI)
    decide(house, cast["approver"], report.number, "send_back", reasons="请补充。")
    hours(24 * 9)
    assert case_of(house, issued).overdue_at is not None


def test_a_page_that_an_addressee_opened_serves_days_later_to_the_second(house, ctx, issued, hours, run_worker, clock):
    run_worker()
    with ctx.read() as connection:
        notice = notice_rows.of_case(connection, case_rows.by_number(connection, issued).id)[0]
    notices.seen(ctx, notice.id, Address(CORPID, AGENTID, "li.na"), "oauth")
    hours(24 * 2)
    assert case_of(house, issued).served_at is None
    hours(24 * 2)
    case = case_of(house, issued)
    assert case.served_how == "deemed"
    assert case.served_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S") == "03-05 23:59:59"


def test_a_link_opened_from_a_mail_may_have_been_a_scanner_and_serves_nothing(house, ctx, issued, hours, run_worker):
    run_worker()
    with ctx.read() as connection:
        notice = notice_rows.of_case(connection, case_rows.by_number(connection, issued).id)[0]
    notices.seen(ctx, notice.id, Address(CORPID, AGENTID, "WangWei"), "mail")
    hours(24 * 5)
    assert case_of(house, issued).served_at is None


def test_a_receipt_before_the_day_is_the_service(house, ctx, issued, hours, run_worker):
    run_worker()
    with ctx.read() as connection:
        notice = notice_rows.of_case(connection, case_rows.by_number(connection, issued).id)[0]
    notices.seen(ctx, notice.id, Address(CORPID, AGENTID, "li.na"), "link")
    hours(30)
    confirm(ctx, issued)
    hours(24 * 4)
    assert case_of(house, issued).served_how == "receipt"


def test_when_every_card_came_back_the_next_steps_come_at_once(house, cast, hours, wecom):
    for userid in ("WangWei", "li.na"):
        wecom.members.pop(userid)
    number = issue(house, cast, finding())
    hours(2)
    hours(1)
    assert done(house, number).keys() >= {"mail", "manual"}


def test_a_provider_without_admins_is_served_by_hand_from_the_start(house, cast, hours, ctx):
    with house.database.write() as tx:
        for userid in ("WangWei", "li.na"):
            admin = providers.admin_at(tx, Address(CORPID, AGENTID, userid))
            assert admin is not None
            providers.depart(tx, admin.id, product_clock.now())
    number = issue(house, cast, finding())
    deadlines.run(ctx)
    assert done(house, number).keys() >= {"mail", "manual"}


def test_nothing_is_done_for_a_case_that_was_revoked(house, cast, ctx, issued, hours, wecom):
    cases.revoke(ctx, cast["approver"], issued, "认定有误。")
    hours(100)
    assert set(done(house, issued).values()) == {"ended"}
    with house.database.read() as connection:
        assert [task.kind for task in operator_tasks.opened(connection) if task.kind == "serve"] == []


def test_one_case_that_fails_holds_up_no_other(house, cast, ctx, issued, clock, monkeypatch, run_worker):
    other = issue(house, cast, finding(), key="other")
    clock.tick(hours=25)
    remind = deadlines._STEPS["reminder"]

    def fails_for_the_first(ctx, tx, case, step):
        if case.number == issued:
            raise Stale(case.number)
        return remind(ctx, tx, case, step)

    monkeypatch.setitem(deadlines._STEPS, "reminder", fails_for_the_first)
    deadlines.run(ctx)
    assert (done(house, issued), done(house, other)) == ({}, {"reminder": "to 2"})
