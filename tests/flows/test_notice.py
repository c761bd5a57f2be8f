"""A case from the finding to the confirmed card, in the WeCom of every admin."""

import pytest
from sqlalchemy import func, select

from bot import clock as product_clock
from bot.actions import cases, deadlines, outcomes
from bot.context import Context
from bot.model.case import State
from bot.model.provider import Address
from bot.store import cases as case_rows
from bot.store import providers
from bot.store.tables import batches as batch_rows
from bot.store.tables import deliveries as delivery_rows
from bot.store.tables import events as event_rows
from bot.store.tables import links, receipts
from tests.cast import AGENTID, CORPID, finding, issue
from tests.platform import Person, event_of, text_of


@pytest.fixture
def wecom(wecom):
    """With a callback address: without one WeCom takes no card that can be pressed (43012)."""
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    return wecom


@pytest.fixture
def issued(house, cast):
    """The number of a case in force."""
    return issue(house, cast, finding())


def case_of(house, number):
    with house.database.read() as connection:
        return case_rows.by_number(connection, number)


def cards_of(wecom, userid):
    return [sent.shown_to(userid) for sent in wecom.outbox.sent.values() if userid in sent.userids]


def test_one_finding_becomes_a_card_for_each_admin_and_a_receipt_for_all(house, cast, issued, wecom, run_worker, post, wang):
    run_worker()
    card = cards_of(wecom, "WangWei")[0]
    assert cards_of(wecom, "li.na")[0] == card
    assert cards_of(wecom, "ZhaoMin") == []
    assert issued in card["main_title"]["title"]
    code = wecom.outbox.issue_code(next(iter(wecom.outbox.sent)), "WangWei")
    answered = post(
        event_of(wang, "template_card_event", EventKey="receipt", TaskId=card["task_id"], CardType="button_interaction", ResponseCode=code)
    )
    assert answered.status == 200
    run_worker()
    for userid in ("WangWei", "li.na"):
        shown = cards_of(wecom, userid)[0]
        assert any("王伟" in row["value"] for row in shown["horizontal_content_list"]), userid
        assert "receipt" not in [button.get("key") for button in shown["button_list"]]
    case = case_of(house, issued)
    assert (case.state, case.served_how) == (State.IN_FORCE, "receipt")
    assert case.rectify_by.isoformat() == "2026-03-09T15:59:59+00:00"


def press(post, wecom, person, key, task_id):
    """Press a button of the first card, as WeCom tells of it. Returns what the person is then sent."""
    code = wecom.outbox.issue_code(next(iter(wecom.outbox.sent)), person.userid)
    fields = {"EventKey": key, "TaskId": task_id, "CardType": "button_interaction", "ResponseCode": code}
    assert post(event_of(person, "template_card_event", **fields)).status == 200


def depart(house, userid):
    with house.database.write() as tx:
        admin = providers.admin_at(tx, Address(CORPID, AGENTID, userid))
        assert admin is not None
        providers.depart(tx, admin.id, product_clock.now())


def told(wecom, person):
    """The texts that this person was sent."""
    return [one.body["content"] for one in wecom.delivered(person.userid) if one.body["msgtype"] == "text"]


@pytest.fixture
def task_id(issued, wecom, run_worker):
    """Of the card that is out."""
    run_worker()
    return cards_of(wecom, "WangWei")[0]["task_id"]


def count(house, table):
    with house.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_pressing_twice_leaves_one_receipt_and_says_so(house, wecom, run_worker, post, clock, wang, task_id):
    for _ in range(2):
        press(post, wecom, wang, "receipt", task_id)
        run_worker()
        clock.tick(seconds=5)
    assert count(house, receipts) == 1
    first, second = told(wecom, wang)
    assert "确认收到通知" in first
    assert "不需要重复确认" in second


def test_a_press_by_another_providers_admin_changes_nothing(house, wecom, run_worker, post, zhao, task_id, issued):
    press(post, wecom, zhao, "receipt", task_id)
    run_worker()
    assert count(house, receipts) == 0
    assert "没有作任何记录" in told(wecom, zhao)[0]
    assert issued not in told(wecom, zhao)[0]
    assert case_of(house, issued).served_at is None


def test_a_press_on_a_card_that_nobody_sent_is_answered(house, wecom, run_worker, post, wang, task_id):
    press(post, wecom, wang, "receipt", "V2026-999999-1-00")
    run_worker()
    assert count(house, receipts) == 0
    assert "没有找到" in told(wecom, wang)[0]


def test_somebody_who_left_meanwhile_is_no_addressee(house, wecom, run_worker, post, wang, task_id):
    depart(house, "WangWei")
    press(post, wecom, wang, "receipt", task_id)
    run_worker()
    assert count(house, receipts) == 0


def test_a_press_days_later_still_counts(house, wecom, run_worker, post, clock, wang, task_id, issued):
    clock.tick(days=5)
    press(post, wecom, wang, "receipt", task_id)
    run_worker()
    assert count(house, receipts) == 1
    assert any("王伟" in row["value"] for row in cards_of(wecom, "li.na")[0]["horizontal_content_list"])


def test_the_full_text_comes_as_a_personal_link(house, wecom, run_worker, post, wang, task_id):
    press(post, wecom, wang, "read", task_id)
    run_worker()
    assert "/portal/links/" in told(wecom, wang)[0]
    with house.database.read() as connection:
        stored = connection.execute(select(links.c.digest)).scalar_one()
    assert stored not in told(wecom, wang)[0]


def test_a_revoked_case_says_so_on_the_old_cards_and_in_a_new_message(house, cast, wecom, run_worker, wang, task_id, issued):
    cases.revoke(Context(house), cast["approver"], issued, "复核认定有误。")
    run_worker()
    assert "已撤销" in cards_of(wecom, "WangWei")[0]["sub_title_text"]
    assert "处理撤销通知" in cards_of(wecom, "WangWei")[-1]["main_title"]["title"]


def test_what_is_queued_for_a_revoked_case_never_goes_out(house, cast, wecom, run_worker, wang, issued):
    cases.revoke(Context(house), cast["approver"], issued, "复核认定有误。")
    run_worker()
    (alone,) = wecom.delivered(wang.userid)
    assert "处理撤销通知" in alone.body["main_title"]["title"]


def test_somebody_who_left_before_the_card_went_out_gets_none(house, wecom, make_engine, issued):
    depart(house, "WangWei")
    engine = make_engine(recheck=outcomes.not_to_be_sent, settled=outcomes.settled)
    while engine.work():
        pass
    assert cards_of(wecom, "WangWei") == []
    assert len(cards_of(wecom, "li.na")) == 1


def test_what_came_of_each_recipient_stands_on_the_trail(house, wecom, make_engine, issued):
    wecom.members.pop("li.na", None)
    engine = make_engine(recheck=outcomes.not_to_be_sent, settled=outcomes.settled)
    while engine.work():
        pass
    with house.database.read() as connection:
        events = connection.execute(select(event_rows).order_by(event_rows.c.id)).all()
    delivered = [row for row in events if row.action == "delivery"]
    assert sum(row.content.get("accepted", 0) for row in delivered) == 1
    assert sum(row.content.get("rejected", 0) for row in delivered) == 1
    states = {name: state for row in delivered for name, state in row.personal["of"]["to"].items()}
    assert states == {f"{CORPID}/{AGENTID}/WangWei": "accepted", f"{CORPID}/{AGENTID}/li.na": "rejected"}


def test_my_cases_are_my_providers_and_nobody_elses(house, wecom, post, wang, zhao, issued):
    stranger = Person(CORPID, AGENTID, "nobody")
    mine, others, none = (post(text_of(person, "我的处理")).text for person in (wang, zhao, stranger))
    assert issued in mine
    assert "取消推荐" in mine
    assert "确认收到" in mine
    assert others == none
    assert issued not in others


def test_a_draft_is_nobodys_case_yet(house, cast, post, wang):
    number = cases.open_case(Context(house), cast["author"], finding(), "draft").number
    assert number not in post(text_of(wang, "我的处理")).text


def test_where_mail_is_wanted_always_it_goes_with_the_card_and_not_again_with_the_ladder(
    make_settings, house, cast, clock, run_worker, wecom
):
    mailing = make_settings(smtp_url="smtp://127.0.0.1:9", mail_from="bot@example.com", notice_mail="always")
    object.__setattr__(house, "settings", mailing)
    issue(house, cast, finding())
    with house.database.read() as connection:
        sent = connection.execute(select(delivery_rows.c.userid, delivery_rows.c.channel)).all()
    assert sorted(map(tuple, sent)) == [("WangWei", "mail"), ("WangWei", "wecom"), ("li.na", "wecom")]  # li.na has no address
    clock.tick(hours=49)
    deadlines.run(Context(house))
    assert count(house, delivery_rows) == 3 + 2  # the reminder by card


def test_as_a_fallback_mail_comes_with_the_ladder(make_settings, house, cast, clock):
    mailing = make_settings(smtp_url="smtp://127.0.0.1:9", mail_from="bot@example.com")
    object.__setattr__(house, "settings", mailing)
    number = issue(house, cast, finding())
    clock.tick(hours=49)
    deadlines.run(Context(house))
    with house.database.read() as connection:
        (mail,) = connection.execute(select(batch_rows.c.payload).where(batch_rows.c.via == "mail")).scalars()
    assert mail["to"] == "wang@example.com"
    assert number in mail["subject"]
    assert "/portal/links/" in mail["text"]
