"""Card changes, which spend a code, and mails: never repeated on doubt."""

import pytest

from bot import clock as product_clock
from bot.delivery import outbox
from bot.delivery.claiming import LEASE_S, claim
from bot.delivery.terms import Terms
from bot.errors import MailError, MailUncertain
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.wecom import payloads
from bot.wecom.cards import BadPayload
from bot.wecom.limits import Rates
from tests.conftest import AGENTID, CORPID
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")
CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "处理通知"},
    "button_list": [{"text": "确认收到", "key": "confirm"}],
    "task_id": "notice-1",
}
MAIL = {"to": "wang@example.com", "subject": "处理通知", "text": "正文", "html": "<p>正文</p>", "message_id": "<1@example.com>"}
UPDATE = "message/update_template_card"


@pytest.fixture
def card(wecom, database, run_worker):
    """Send a card with a button to these people. Returns its response_code."""

    def card(*people):
        wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
        with database.write() as tx:
            outbox.enqueue(tx, CORPID, AGENTID, [str(one) for one in people], Outgoing("template_card", CARD), Priority.CHAT)
        run_worker()
        return all_of(database, "deliveries")[0].response_code

    return card


@pytest.fixture
def change(database):
    """Queue a change of the button's words."""

    def change(response_code, *people):
        with database.write() as tx:
            return outbox.enqueue_update(
                tx, CORPID, AGENTID, [str(one) for one in people], response_code, payloads.replaced_button("已确认"), Priority.URGENT
            )

    return change


@pytest.fixture
def outcomes(database):
    """What became of those a batch is for."""
    return lambda batch_id: {row.userid: row.state for row in all_of(database, "deliveries") if row.batch_id == batch_id}


@pytest.fixture
def shown(wecom):
    """The words that stand on a person's button now, if they were replaced."""

    def shown(person):
        (delivered,) = wecom.delivered(str(person))
        return wecom.outbox.sent[delivered.msgid].replaced.get(str(person))

    return shown


def test_a_change_reaches_those_who_have_the_card_and_names_who_does_not(
    card, change, run_worker, outcomes, shown, database, wang, li, zhao
):
    batch_id = change(card(wang, li), wang, li, zhao)
    run_worker()
    assert outcomes(batch_id) == {"WangWei": "accepted", "li.na": "accepted", "ZhaoMin": "rejected"}
    assert shown(wang) == shown(li) == "已确认"
    rows = [row for row in all_of(database, "deliveries") if row.batch_id == batch_id]
    assert {row.channel for row in rows} == {"card"}
    assert {row.userid: row.errmsg for row in rows}["ZhaoMin"] == "invaliduser"


@pytest.mark.parametrize("patience_s", [0.7])
@pytest.mark.parametrize("kind", ["timeout", "reset", "reset_before", "truncated", "http:502"])
def test_a_change_whose_answer_is_lost_stays_uncertain_and_is_never_repeated(
    card, change, fault, run_worker, outcomes, calls, clock, wang, kind
):
    code = card(wang)
    fault(kind, api=UPDATE)
    batch_id = change(code, wang)
    run_worker()
    assert outcomes(batch_id) == {"WangWei": "uncertain"}
    clock.tick(hours=1)
    assert run_worker() == 0
    assert calls(UPDATE) == 1


def test_a_change_that_was_under_way_when_its_worker_died_stays_uncertain(card, change, run_worker, outcomes, database, calls, clock, wang):
    batch_id = change(card(wang), wang)
    with database.write() as tx:
        assert claim(tx, Terms(), "of one who died", 1, product_clock.now(), batch_id).calls
    clock.tick(seconds=LEASE_S + 1)
    run_worker()
    assert outcomes(batch_id) == {"WangWei": "uncertain"}
    assert calls(UPDATE) == 0


def test_a_change_that_was_surely_not_made_is_tried_again(card, change, fault, run_worker, outcomes, shown, clock, wang):
    code = card(wang)
    fault("errcode:45009", api=UPDATE)
    batch_id = change(code, wang)
    run_worker()
    assert outcomes(batch_id) == {"WangWei": "queued"}
    clock.tick(seconds=66)
    run_worker()
    assert outcomes(batch_id) == {"WangWei": "accepted"}
    assert shown(wang) == "已确认"


def test_a_spent_code_is_refused_for_good(card, change, run_worker, outcomes, wang):
    code = card(wang)
    first, second = change(code, wang), change(code, wang)
    run_worker()
    assert [outcomes(first), outcomes(second)] == [{"WangWei": "accepted"}, {"WangWei": "rejected"}]


def test_a_pause_of_one_api_is_none_of_the_other(card, change, put, fault, run_worker, states, outcomes, wang, li):
    code = card(wang)
    fault("errcode:45009")
    put(li)
    run_worker()
    batch_id = change(code, wang)
    run_worker()
    assert outcomes(batch_id) == {"WangWei": "accepted"}
    assert states()["li.na"] == "queued"


def test_changes_keep_to_the_rate_of_their_api(card, change, make_engine, calls, clock, wang):
    code = card(wang)
    engine = make_engine(rates=Rates(api_per_minute=3))
    for _ in range(5):
        change(code, wang)
    engine.work()
    assert calls(UPDATE) == 3
    clock.tick(seconds=63)
    engine.work()
    assert calls(UPDATE) == 5


@pytest.mark.parametrize("change", [{}, {"button": {"replace_name": "好"}, "template_card": {}}])
def test_a_change_is_of_a_button_or_of_a_card(database, change):
    with database.write() as tx, pytest.raises(BadPayload):
        outbox.enqueue_update(tx, CORPID, AGENTID, ["wang"], "code", change, Priority.URGENT)


def test_a_change_needs_a_code(database):
    with database.write() as tx, pytest.raises(BadPayload):
        outbox.enqueue_update(tx, CORPID, AGENTID, ["wang"], "", payloads.replaced_button("好"), Priority.URGENT)


# Mails


class Post:
    """A mail server that says what the test wants, then takes everything."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    def send(self, payload):
        self.sent.append(dict(payload))
        if self.answers:
            raise self.answers.pop(0)


@pytest.fixture
def mail(database):
    def mail(userid="WangWei", **more):
        with database.write() as tx:
            return outbox.enqueue_mail(tx, CORPID, AGENTID, userid, {**MAIL, **more}, Priority.URGENT)

    return mail


def test_a_mail_goes_out_as_it_was_written(mail, make_engine, outcomes, calls, database):
    post = Post()
    batch_id = mail()
    make_engine(mail=post).work()
    assert post.sent == [MAIL]
    assert outcomes(batch_id) == {"WangWei": "accepted"}
    assert [row.channel for row in all_of(database, "deliveries")] == ["mail"]
    assert calls() == 0


def test_a_refused_mail_is_final_or_tried_again_as_the_server_says(mail, make_engine, outcomes, clock):
    engine = make_engine(mail=Post(MailError("550", permanent=True), MailError("451")))
    never, later = mail(), mail()
    engine.work()
    assert [outcomes(never), outcomes(later)] == [{"WangWei": "rejected"}, {"WangWei": "queued"}]
    clock.tick(minutes=1)
    engine.work()
    assert outcomes(later) == {"WangWei": "accepted"}


def test_a_mail_whose_answer_is_lost_stays_uncertain(mail, make_engine, outcomes, clock):
    post = Post(MailUncertain("no answer"))
    engine = make_engine(mail=post)
    batch_id = mail()
    engine.work()
    clock.tick(hours=1)
    assert engine.work() == 0
    assert outcomes(batch_id) == {"WangWei": "uncertain"}
    assert len(post.sent) == 1


def test_mails_go_though_the_app_is_paused(mail, put, fault, make_engine, outcomes, wang):
    engine = make_engine(mail=Post())
    fault("errcode:60020")
    put(wang)
    engine.work()
    batch_id = mail()
    engine.work()
    assert outcomes(batch_id) == {"WangWei": "accepted"}


def test_without_a_mail_server_mails_wait_and_are_given_up(mail, make_engine, outcomes, clock):
    batch_id = mail()
    make_engine().work()
    assert outcomes(batch_id) == {"WangWei": "queued"}
    clock.tick(days=3, minutes=1)
    make_engine().work()
    assert outcomes(batch_id) == {"WangWei": "exhausted"}


def test_a_mail_has_all_its_parts_and_no_other(database):
    for wrong in ({**MAIL, "bcc": "x"}, {"to": "a@b"}, {**MAIL, "text": None}):
        with database.write() as tx, pytest.raises(BadPayload):
            outbox.enqueue_mail(tx, CORPID, AGENTID, "wang", wrong, Priority.URGENT)
