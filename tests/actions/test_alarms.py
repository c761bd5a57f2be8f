"""Alarms: told once by every way that works, again while they last, and over by themselves."""

from dataclasses import replace

import pytest

from bot import clock as product_clock
from bot.actions import alarms, deadlines, operators
from bot.actions.alarms import Bell, WatchedMail
from bot.actions.operators import Person
from bot.context import Context
from bot.delivery import outbox
from bot.errors import MailError, UserMistake
from bot.mail import Post
from bot.model.delivery import Priority
from bot.model.operator import Role
from bot.model.provider import Address
from bot.model.reply import Outgoing
from bot.store import alarms as rows
from bot.store import cases
from bot.store.database import Database
from tests.cast import AGENTID, CORPID, issue
from tests.smtp import free_port, servers
from tests.store.rows import all_of


@pytest.fixture
def smtp():
    with servers() as start:
        yield start()


@pytest.fixture
def settings(make_settings, smtp):
    """With mail."""
    return make_settings(smtp_url=f"smtp://127.0.0.1:{smtp[1]}", mail_from="规则助手 <bot@example.com>")


@pytest.fixture
def mailed(smtp):
    """Who got which words by mail so far."""
    return lambda: [(str(mail["To"]), mail.get_body(("plain",)).get_content()) for mail in smtp[0].mails]


@pytest.fixture
def ctx(house):
    return Context(house)


@pytest.fixture
def staff(ctx, clock, wecom):
    """Anna, owner, whom WeCom reaches; Bo, whom only mail does; Cy, who is with us no more."""
    wecom.add_member("Anna")
    anna = Person(
        name="安娜", mail="anna@example.com", roles=frozenset({Role.OWNER, Role.OPERATOR}), address=Address(CORPID, AGENTID, "Anna")
    )
    first = operators.add(ctx, None, "anna", anna)
    operators.add(ctx, first, "bo", Person(name="小波", mail="bo@example.com", roles=frozenset({Role.APPROVER}), address=None))
    gone = operators.add(ctx, first, "cy", Person(name="小西", mail="cy@example.com", roles=frozenset({Role.AUDITOR}), address=None))
    operators.disable(ctx, first, gone.login, gone.version)
    return first


@pytest.fixture
def bell(house):
    return Bell(house)


@pytest.fixture
def engine(make_engine, settings, bell, smtp):
    return make_engine(alarm=bell, mail=WatchedMail(Post(settings.smtp_url, settings.mail_from), bell), ceiling=lambda *_: 1_000)


@pytest.fixture
def work(engine):
    def work():
        while engine.work():
            pass

    return work


@pytest.fixture
def opened(ctx):
    def opened():
        with ctx.read() as connection:
            return {alarm.key: alarm.count for alarm in rows.opened(connection)}

    return opened


@pytest.fixture
def put(database):
    def put(userid="WangWei"):
        with database.write() as tx:
            return outbox.enqueue(tx, CORPID, AGENTID, [userid], Outgoing("text", {"content": "通知"}), Priority.URGENT)

    return put


def told(wecom, userid="Anna"):
    return [one.body["content"] for one in wecom.delivered(userid)]


# Told, by whom and by which way


def test_everybody_active_is_told_at_once_by_mail_and_by_wecom(ctx, staff, wecom, mailed, work, logged):
    alarms.raise_alarm(ctx, "queue_age", age_s=700)
    work()
    assert {to for to, _ in mailed()} == {"anna@example.com", "bo@example.com"}
    (words,) = told(wecom)
    for said in (words, mailed()[0][1]):
        assert "已等 11 分钟" in said
        assert "python -m bot worker" in said
    assert [line["what"] for line in logged if line["event"] == "alarm"] == ["queue_age"]


@pytest.mark.parametrize("what", ["app_paused", "api_blocked", "wecom_40001", "close_inactive_agent"])
def test_what_breaks_wecom_is_told_by_mail_alone(ctx, staff, mailed, work, what, database):
    alarms.raise_alarm(ctx, what)
    work()
    assert {to for to, _ in mailed()} == {"anna@example.com", "bo@example.com"}
    assert {row.channel for row in all_of(database, "deliveries")} == {"mail"}


def test_what_breaks_mail_is_told_by_wecom_and_by_mail_to_those_who_have_nothing_else(ctx, staff, wecom, database, work):
    alarms.raise_alarm(ctx, "mail_failing")
    work()
    assert len(told(wecom)) == 1
    assert sorted((row.channel, row.userid) for row in all_of(database, "deliveries")) == [("mail", "operator:bo"), ("wecom", "Anna")]


def test_without_a_mail_server_wecom_is_tried_whatever_is_broken(make_settings, house, staff, wecom, work):
    ctx = Context(replace(house, settings=make_settings()))
    alarms.raise_alarm(ctx, "app_paused", errcode=60020)
    work()
    assert "企业可信 IP" in told(wecom)[0]


def test_an_alarm_that_reaches_nobody_is_kept_and_logged(ctx, clock, opened, logged, database):
    alarms.raise_alarm(ctx, "queue_age")
    assert opened() == {"queue_age": 1}
    assert "alarm_reaches_nobody" in [line["event"] for line in logged]
    assert all_of(database, "batches") == []


def test_nothing_but_ids_and_numbers_is_kept_of_what_comes_with_an_alarm(ctx, staff, database, logged):
    alarms.raise_alarm(ctx, "hook_failed", errcode=60020, secret="s3cret", content={"a": "s3cret"}, number=None)
    (row,) = all_of(database, "alarms")
    assert "s3cret" not in row.detail + str(logged)
    assert row.detail == '{"errcode": 60020}'


# How often


def test_a_cause_that_repeats_is_one_alarm_and_told_ever_more_rarely(ctx, staff, clock, opened, mailed, work):
    gaps: list[int] = []
    last = None
    for minute in range(0, 3 * 24 * 60, 10):
        before = len(mailed())
        alarms.raise_alarm(ctx, "hook_failed")
        work()
        if len(mailed()) > before:
            gaps += [] if last is None else [minute - last]
            last = minute
        clock.tick(minutes=10)
    assert gaps == [30, 30, 60, 120, 240, 480, 960, 1440]
    assert opened() == {"hook_failed": 3 * 24 * 6}


def test_many_alarms_at_once_are_one_message_now_and_one_a_minute_later(ctx, staff, clock, mailed, wecom, work):
    for n in range(500):
        alarms.raise_alarm(ctx, "undeliverable", f"undeliverable:{n}", number=f"V2026-{n:06}")
    work()
    assert len(mailed()) == 2
    clock.tick(seconds=59)
    assert alarms.tell(ctx) == 0
    clock.tick(seconds=1)
    assert alarms.tell(ctx) == 499
    work()
    assert len(mailed()) == 4
    assert "另有 489 项" in mailed()[-1][1]
    assert "另有 489 项" in "".join(told(wecom))


def test_one_that_comes_back_within_an_hour_is_the_same_and_is_not_told_again_at_once(ctx, staff, clock, database, opened):
    for minutes in (1, 5, 61):
        alarms.raise_alarm(ctx, "hook_failed")
        alarms.clear_alarm(ctx, "hook_failed")
        clock.tick(minutes=minutes)
    assert [(row.count, row.state) for row in all_of(database, "alarms")] == [(3, "cleared")]
    alarms.raise_alarm(ctx, "hook_failed")
    assert [(row.count, row.state) for row in all_of(database, "alarms")] == [(3, "cleared"), (1, "open")]


def test_the_bell_writes_down_what_rings_all_the_time_now_and_then_and_counts_it(bell, clock, opened, staff):
    for _ in range(1_000):
        bell("app_paused", errcode=60020)
    assert opened() == {"app_paused:60020": 1}
    clock.tick(seconds=10)
    bell("app_paused", errcode=60020)
    assert opened() == {"app_paused:60020": 1_001}


def test_a_bell_without_a_database_fails_nobody(make_house, clock, logged):
    Bell(make_house(Database("postgresql+psycopg://nobody@127.0.0.1:9/none")))("hook_failed")
    assert [line["event"] for line in logged] == ["alarm", "alarm_not_kept"]


def test_two_processes_that_find_the_same_write_one_alarm(ctx, staff, make_house, open_database, database):
    other = Context(make_house(open_database()))
    for one in (ctx, other, ctx):
        alarms.raise_alarm(one, "hook_failed")
    assert [row.count for row in all_of(database, "alarms")] == [3]
    assert len([row for row in all_of(database, "batches") if row.via == "mail"]) == 2


# With the engine


def test_a_setting_that_must_be_mended_is_told_by_mail_and_over_once_it_is(ctx, staff, wecom, put, work, mailed, opened, clock):
    wecom.add_member("WangWei")
    wecom.set_faults([{"api": "message/send", "kind": "errcode:60020", "times": 1_000}])
    put()
    work()
    assert [to for to, _ in mailed()] == ["anna@example.com", "bo@example.com"]
    assert "企业可信 IP" in mailed()[0][1]
    for _ in range(4):
        clock.tick(minutes=5, seconds=1)
        work()
        alarms.look_after(ctx)
    assert len(mailed()) == 2
    assert opened() == {"app_paused:60020": 1}
    wecom.set_faults([])
    clock.tick(minutes=5, seconds=1)
    work()
    alarms.look_after(ctx)
    assert opened() == {}


def test_an_alarm_message_that_fails_raises_no_other(ctx, staff, wecom, smtp, work, opened, clock):
    wecom.set_faults([{"api": "message/send", "kind": "errcode:81013", "times": 1_000}])
    smtp[0].answers = {"RCPT": "550 nobody"}
    alarms.raise_alarm(ctx, "queue_age")
    for _ in range(5):
        work()
        clock.tick(minutes=1)
    assert opened() == {"queue_age": 1}


def test_a_mail_server_that_takes_nothing_is_told_by_wecom(ctx, staff, wecom, smtp, work, opened, clock):
    smtp[0].answers = {"MAIL": "550 not from you"}
    alarms.raise_alarm(ctx, "inactive_alert")
    for _ in range(3):
        work()
        clock.tick(minutes=6)
    assert "mail_failing" in opened()
    alarms.look_after(ctx)
    work()
    assert any("SMTP_URL" in words for words in told(wecom))
    smtp[0].answers = {}
    for _ in range(3):
        clock.tick(minutes=6)
        work()
        alarms.look_after(ctx)
    assert set(opened()) == {"inactive_alert"}


def test_a_mail_that_is_put_off_or_refused_says_nothing_of_the_server(bell, smtp, settings, opened, clock):
    post = WatchedMail(Post(settings.smtp_url, settings.mail_from), bell)
    mail = {"to": "a@example.com", "subject": "s", "text": "t", "html": "h", "message_id": "<a@b>"}
    for answer in ("451 later", "550 nobody"):
        smtp[0].answers = {"RCPT": answer}
        for _ in range(4):
            with pytest.raises(MailError):
                post.send(mail)
    assert opened() == {}


def test_a_server_that_is_away_rings_at_the_third_try(bell, opened, clock):
    post = WatchedMail(Post(f"smtp://127.0.0.1:{free_port()}", "bot@example.com"), bell)
    mail = {"to": "a@example.com", "subject": "s", "text": "t", "html": "h", "message_id": "<a@b>"}
    for expected in ({}, {}, {"mail_failing": 1}):
        with pytest.raises(MailError):
            post.send(mail)
        assert opened() == expected


# Looked after


def test_what_waits_too_long_is_seen_and_over_when_it_is_sent(ctx, staff, put, clock, opened, wecom, work):
    wecom.add_member("WangWei")
    put()
    clock.tick(minutes=9)
    alarms.look_after(ctx)
    assert opened() == {}
    clock.tick(minutes=2)
    alarms.look_after(ctx)
    assert opened() == {"queue_age": 1}
    work()
    alarms.look_after(ctx)
    assert opened() == {}


def test_what_repeats_while_it_lasts_is_over_when_it_was_silent_for_a_while(ctx, staff, clock, opened, work):
    alarms.raise_alarm(ctx, "wecom_40001")
    work()
    clock.tick(minutes=14)
    alarms.look_after(ctx)
    assert opened() == {"wecom_40001": 1}
    clock.tick(minutes=1)
    alarms.look_after(ctx)
    assert opened() == {}


def test_a_notice_that_nobody_can_get_is_told_until_it_is_served(ctx, house, cast, clock, wecom, work, opened, mailed):
    wecom.set_faults([{"api": "message/send", "kind": "errcode:81013", "times": 1_000}])
    number = issue(house, cast)
    work()
    deadlines.run(ctx)
    assert opened() == {f"undeliverable:{number}": 1}
    work()
    assert number in mailed()[0][1]
    clock.tick(days=1)
    alarms.look_after(ctx)
    assert set(opened()) >= {f"undeliverable:{number}"}
    with house.database.write() as tx:
        case = cases.by_number(tx, number)
        cases.note(tx, case, served_at=product_clock.now(), served_how="recorded")
    alarms.look_after(ctx)
    assert f"undeliverable:{number}" not in opened()


# By hand


def test_an_operator_takes_an_alarm_off_the_list_once_and_it_is_on_the_trail(ctx, staff, opened, database):
    alarms.raise_alarm(ctx, "inactive_alert")
    (alarm,) = all_of(database, "alarms")
    assert alarms.clear_by_hand(ctx, staff, alarm.id).state == "cleared"
    assert opened() == {}
    assert "alarm_cleared" in [row.action for row in all_of(database, "events")]
    with pytest.raises(UserMistake, match="已经解除"):
        alarms.clear_by_hand(ctx, staff, alarm.id)
