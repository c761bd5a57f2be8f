"""Deliveries to the bot: sealing, the deadline, the retries, the reply."""

import pytest

from bot import clock
from bot.errors import BadSetting, NotFound
from bot.sandbox import World
from bot.sandbox.wire import render
from tests.sandbox.bot import AGENTID, CORPID, Bot
from tests.sandbox.conftest import Api, make_world
from tests.sandbox.test_messages import button_card


def test_a_text_arrives_sealed_and_its_reply_is_shown(world: World, bot: Bot):
    bot.reply = lambda fields: "请看 4.2"
    outcome = world.say("wang", "掉榜了 <怎么办> ]]> &amp;?").wait()
    (got,) = bot.received
    assert (got["ToUserName"], got["FromUserName"], got["AgentID"], got["MsgType"]) == (CORPID, "wang", str(AGENTID), "text")
    assert got["Content"] == "掉榜了 <怎么办> ]]> &amp;?"
    assert got["MsgId"] == outcome.msgid
    assert outcome.acknowledged
    mine, theirs = world.chat.items("wang")
    assert (mine.state, theirs.side) == ("sent", "app")


def test_the_reply_comes_back_with_the_outcome(world: World, bot: Bot):
    bot.reply = lambda fields: "请看 4.2"
    assert world.say("wang", "恢复").wait().text == "请看 4.2"


def test_an_empty_200_is_taken_with_no_reply(world: World):
    outcome = world.say("wang", "嗯").wait()
    assert (outcome.acknowledged, outcome.reply) == (True, None)
    assert len(world.chat.items("wang")) == 1


def test_a_failure_is_tried_three_times_more_with_the_same_msgid_and_another_nonce(world: World, bot: Bot):
    bot.statuses = [503, 500, 403]
    outcome = world.say("wang", "在吗").wait()
    assert outcome.acknowledged
    assert [one.status for one in outcome.tries] == [503, 500, 403, 200]
    assert len({fields["MsgId"] for fields in bot.received}) == 1
    assert len({query["nonce"][0] for query in bot.queries}) == 4


def test_after_four_deliveries_the_message_is_marked_as_failed(world: World, bot: Bot):
    bot.statuses = [500] * 5
    outcome = world.say("wang", "在吗").wait()
    assert (outcome.acknowledged, len(outcome.tries)) == (False, 4)
    assert world.chat.items("wang")[0].state == "failed"
    assert world.exchanges.callbacks["given_up"] == 1


def test_an_answer_after_the_deadline_is_a_failure_and_its_reply_is_lost(world: World, bot: Bot):
    world.callback.deadline_s = 0.0  # the least real time is half a second
    bot.delay_s, bot.reply = 0.8, lambda fields: "太晚了"
    outcome = world.say("wang", "慢").wait()
    assert (outcome.acknowledged, outcome.reply) == (False, None)
    assert [one.error for one in outcome.tries] == ["timeout"] * 4


def test_the_deadline_is_five_seconds_of_the_sandbox_clock(world: World, bot: Bot):
    bot.delay_s = 0.8
    assert world.say("wang", "不算慢").wait().acknowledged
    clock.speed_up(100.0, clock.timestamp())
    try:
        assert not world.say("wang", "在快钟里太慢").wait().acknowledged
    finally:
        clock.speed_up(1.0, 0.0)


def test_a_bot_that_is_away_is_a_failed_delivery(bot: Bot, world: World):
    bot.stop()
    outcome = world.say("wang", "在吗").wait()
    assert [one.status for one in outcome.tries] == [0] * 4


@pytest.mark.parametrize("raw", [b"success", b"<xml><Encrypt>AAAA</Encrypt></xml>", b"<!DOCTYPE x><xml/>", b"\xff\xfe"])
def test_a_reply_that_cannot_be_read_is_taken_and_noted(world: World, bot: Bot, raw):
    bot.raw_reply = raw
    outcome = world.say("wang", "在吗").wait()
    assert (outcome.acknowledged, outcome.reply) == (True, None)
    assert outcome.tries[0].error.startswith("unreadable reply")


def test_a_passive_text_over_2048_bytes_is_cut(world: World, bot: Bot):
    bot.reply = lambda fields: "规" * 700
    assert world.say("wang", "长").wait().text == "规" * 682


def test_a_failed_message_can_be_sent_again_as_a_new_one(world: World, bot: Bot, client):
    bot.statuses = [500] * 4
    world.say("wang", "再来").wait()
    (item,) = world.chat.items("wang")
    first = item.msgid
    assert client.post("/sandbox/api/retry", json={"item": item.id}).status_code == 200
    world.say("wang", "等一等").wait()
    assert client.post("/sandbox/api/retry", json={"item": item.id}).status_code == 404
    assert {fields["MsgId"] for fields in bot.received if fields["Content"] == "再来"} >= {first, item.msgid}
    assert item.msgid != first


def test_events_carry_what_they_need_and_no_msgid(world: World, bot: Bot):
    world.act("li", "enter_agent").wait()
    world.act("li", "click", {"EventKey": "cases"}).wait()
    enter, click = bot.received
    assert (enter["MsgType"], enter["Event"], enter["EventKey"]) == ("event", "enter_agent", None)
    assert (click["Event"], click["EventKey"], "MsgId" in click) == ("click", "cases", False)


def test_a_picture_is_stored_and_can_be_fetched_by_its_media_id(world: World, bot: Bot, api: Api):
    png = b"\x89PNG\r\n\x1a\n" + b"dots"
    world.send_image("wang", "截图.png", png).wait()
    (got,) = bot.received
    answer = api.client.get("/cgi-bin/media/get", query_string={"access_token": api.token, "media_id": got["MediaId"]})
    assert answer.data == png
    assert api.client.get(got["PicUrl"].removeprefix("http://127.0.0.1:8001")).data == png


@pytest.mark.parametrize("msgtype", ["voice", "video", "location", "link", "file"])
def test_every_other_kind_can_be_sent(world: World, bot: Bot, client, msgtype):
    outcome = client.post("/sandbox/api/say", json={"userid": "wang", "msgtype": msgtype, "msgid": "77"}).get_json()
    assert (outcome["acknowledged"], bot.received[0]["MsgType"], bot.received[0]["MsgId"]) == (True, msgtype, "77")


def test_a_press_makes_the_round_trip_and_its_code_updates_the_card(world: World, bot: Bot, api: Api):
    api.card("wang|li", button_card("t9"))
    world.press("wang", "t9", "receipt", {"q": ["a", "b"]}).wait()
    (got,) = bot.received
    assert (got["Event"], got["EventKey"], got["TaskId"], got["CardType"]) == ("template_card_event", "receipt", "t9", "button_interaction")
    assert got["SelectedItems"]["SelectedItem"] == {"QuestionKey": "q", "OptionIds": {"OptionId": ["a", "b"]}}
    change = {"userids": ["wang"], "agentid": AGENTID, "response_code": got["ResponseCode"], "button": {"replace_name": "已确认"}}
    assert api.post("message/update_template_card", change)["errcode"] == 0
    assert world.chat.items("wang")[0].card["replaced"] == "已确认"
    assert world.chat.items("li")[0].card == {}


def test_a_press_in_the_cards_menu_is_an_event_of_its_own(world: World, bot: Bot, api: Api):
    api.card("wang", button_card("t9", action_menu={"action_list": [{"text": "稍后", "key": "later"}]}))
    world.press("wang", "t9", "later", from_menu=True).wait()
    assert bot.received[0]["Event"] == "template_card_menu_event"


def test_only_a_card_one_has_can_be_pressed(world: World, api: Api):
    api.card("wang", button_card("t9"))
    with pytest.raises(NotFound):
        world.press("li", "t9", "receipt")


def test_a_press_that_was_not_delivered_is_marked_on_the_card(world: World, bot: Bot, api: Api):
    api.card("wang", button_card("t9"))
    bot.statuses = [500] * 4
    world.press("wang", "t9", "receipt").wait()
    assert world.chat.items("wang")[0].card["failed"] is True


def test_the_url_check_passes_for_a_bot_that_decrypts_and_fails_for_one_that_is_away(world: World, bot: Bot):
    assert world.callback.verify() == (True, "")
    bot.stop()
    assert world.callback.verify()[0] is False


def test_the_sandbox_calls_no_other_machine():
    with pytest.raises(BadSetting, match="PUBLIC_URL"):
        make_world("https://bot.example.com")


def test_text_that_xml_cannot_hold_is_left_out():
    assert render({"Content": "a\x00b\ud800c]]>"}) == "<xml><Content><![CDATA[abc]]]]><![CDATA[>]]></Content></xml>"
