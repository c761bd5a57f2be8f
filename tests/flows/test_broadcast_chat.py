"""广播 in chat: an operator sees it before it goes, a press sends it once, and nobody else can; receipts on its cards."""

import pytest
from sqlalchemy import update

from bot import clock as clocks
from bot.model.broadcast import State
from bot.model.operator import Role
from bot.model.provider import Address
from bot.model.texts import broadcast_chat as texts
from bot.store import operators, tables
from tests.broadcasts import crowd, launched, of, receipt_card, terms, work
from tests.cast import AGENTID, CORPID
from tests.flows.chat import Chat
from tests.platform import Person
from tests.store.rows import all_of

BOSS = Person(CORPID, AGENTID, "boss")
WANG, LI, ZHAO = (Person(CORPID, AGENTID, userid) for userid in ("WangWei", "li.na", "ZhaoMin"))
SAID = "广播 系统维护\n今晚 22:30 起维护一小时，期间提交的材料会稍后受理。"


@pytest.fixture
def settings(make_settings):
    return make_settings(broadcast_approval_above=3, quiet_hours="off")


@pytest.fixture
def boss(house, cast, wecom):
    wecom.add_member("boss")
    with house.database.write() as tx:
        to = {"corpid": CORPID, "agentid": AGENTID, "userid": "boss"}
        tx.execute(update(tables.operators).where(tables.operators.c.login == "author").values(**to))
    return BOSS


@pytest.fixture
def chat(post, wecom, run_worker, clock):
    clock.tick(minutes=5)
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    return Chat(post, wecom, run_worker, clock)


def made(house):
    return all_of(house.database, "broadcasts")


def test_an_operator_sees_it_first_and_a_press_sends_it_once(chat, boss, house, wecom, make_engine):
    heard = chat.say(boss, SAID)
    assert "还没有发送" in heard.now
    assert "3 人" in heard.now
    assert heard.labels == ["发送给 3 人"]
    assert made(house) == []
    pressed = chat.press(boss, heard.keys[0])
    assert "已安排发送" in pressed.all
    again = chat.press(boss, heard.keys[0])
    assert "没有再发第二次" in again.all
    (row,) = made(house)
    assert (row.title, row.state, row.author_id) == ("系统维护", "scheduled", 1)
    work(house)
    make_engine(**terms()).work()
    assert "今晚 22:30" in wecom.delivered("WangWei")[-1].body["content"]
    assert len(wecom.delivered("li.na")) == 1


def test_the_same_words_sent_twice_or_by_two_go_out_once(chat, boss, house, cast, wecom):
    """A message that is sent again by a phone without network has a card of its own."""
    with house.database.write() as tx:
        both = operators.add(tx, "both", "Both", "both@example.com", [Role.OPERATOR], Address(CORPID, AGENTID, "second"), clocks.now())
    assert both.address
    wecom.add_member("second")
    first, second = chat.say(boss, SAID).keys[0], chat.say(boss, SAID).keys[0]
    third = chat.say(Person(CORPID, AGENTID, "second"), SAID).keys[0]
    assert "已安排发送" in chat.press(boss, first).all
    for who, key in ((boss, second), (Person(CORPID, AGENTID, "second"), third), (boss, second), (boss, first)):
        assert "这条内容已经是广播 B2026-000001，没有再发第二次" in chat.press(who, key).all
    assert [row.number for row in made(house) if row.state not in ("cancelled", "draft")] == ["B2026-000001"]


def test_above_the_size_it_is_handed_in_for_approval(chat, boss, house):
    crowd(house, 3)
    heard = chat.say(boss, SAID)
    assert heard.labels == ["提交审批"]
    assert "已提交审批" in chat.press(boss, heard.keys[0]).all
    assert [row.state for row in made(house)] == [State.PENDING_APPROVAL]
    work(house)
    assert all_of(house.database, "broadcast_recipients") == []


@pytest.mark.parametrize("who", [WANG, ZHAO, Person(CORPID, AGENTID, "nobody")], ids=str)
def test_to_everybody_else_it_is_a_question_like_any_other(chat, boss, house, who):
    plain = chat.say(who, "公告 系统维护\n今晚维护").now
    heard = chat.say(who, SAID)
    assert heard.cards == []
    assert "预览" not in heard.all
    assert plain
    last = all_of(house.database, "inbox")[-1]
    assert last.outcome.startswith("ask_rule ")
    assert made(house) == []


def test_a_press_by_somebody_else_does_nothing(chat, boss, house):
    key = chat.say(boss, SAID).keys[0]
    for who in (WANG, Person(CORPID, AGENTID, "nobody")):
        heard = chat.press(who, key)
        assert texts.NOT_FOR_YOU in heard.all or heard.texts == []
    assert made(house) == []


def test_who_may_no_longer_make_broadcasts_presses_in_vain(chat, boss, house):
    key = chat.say(boss, SAID).keys[0]
    with house.database.write() as tx:
        known = operators.by_login(tx, "author")
        assert known
        operators.move(tx, known, is_active=False)
    assert texts.NOT_FOR_YOU in chat.press(boss, key).all
    assert made(house) == []


def test_an_approver_alone_may_not_either(chat, house, cast, wecom):
    wecom.add_member("second")
    with house.database.write() as tx:
        to = {"corpid": CORPID, "agentid": AGENTID, "userid": "second"}
        tx.execute(update(tables.operators).where(tables.operators.c.login == "approver").values(**to))
    assert chat.say(Person(CORPID, AGENTID, "second"), SAID).cards == []


def test_a_preview_that_is_old_sends_nothing(chat, boss, house, clock):
    key = chat.say(boss, SAID).keys[0]
    clock.tick(hours=1, minutes=1)
    assert texts.TOO_OLD in chat.press(boss, key).all
    assert made(house) == []


def test_how_to_write_one_is_told(chat, boss):
    assert chat.say(boss, "广播").now == texts.USAGE


def test_one_that_is_too_long_is_refused_with_its_bytes(chat, boss):
    heard = chat.say(boss, "广播 标题\n" + "字" * 680)
    assert "字节" in heard.now
    assert heard.cards == []


def test_a_receipt_is_taken_once_and_shown_on_the_card(chat, house, cast, wecom, make_engine, run_worker):
    one = launched(house, cast, receipt_card(words="全文很长。" * 60))
    work(house)
    make_engine(**terms()).work()
    body = wecom.delivered("WangWei")[-1].body
    assert [button["text"] for button in body["button_list"]] == ["确认收到", "查看全文"]
    key = body["button_list"][0]["key"]
    assert "已记录您" in chat.press(WANG, key).all
    assert "不用重复操作" in chat.press(WANG, key).all
    assert [row.userid for row in all_of(house.database, "broadcast_receipts")] == ["WangWei"]
    assert "全文很长。" * 60 in chat.press(LI, body["button_list"][1]["key"]).all
    heard = chat.press(Person(CORPID, AGENTID, "nobody"), key)
    assert "已记录" not in heard.all
    assert of(house, one.number).people == 3
    assert len(all_of(house.database, "broadcast_receipts")) == 1
