"""History: what survives a restart, and what bounds it."""

import json

from bot.sandbox import World, create_app
from bot.sandbox.chat import KEPT_ITEMS, Chat
from tests.sandbox.bot import AGENTID, Bot
from tests.sandbox.conftest import Api, make_world
from tests.sandbox.test_messages import button_card


def test_the_chat_is_there_again_after_a_restart(bot: Bot, tmp_path):
    bot.reply = lambda fields: "请看 4.2"
    first = make_world(bot.url, folder=tmp_path)
    first.say("wang", "怎么恢复").wait()
    again = make_world(bot.url, folder=tmp_path).chat.items("wang")
    assert [(item.side, item.state) for item in again] == [("me", "sent"), ("app", "")]
    assert again[1].body["content"] == "请看 4.2"


def test_a_card_of_an_earlier_run_can_still_be_pressed_and_updated(bot: Bot, tmp_path):
    Api(create_app(make_world(bot.url, folder=tmp_path)).test_client()).card("wang", button_card("t9"))
    world = make_world(bot.url, folder=tmp_path)
    api = Api(create_app(world).test_client())
    world.press("wang", "t9", "receipt").wait()
    change = {"userids": ["wang"], "agentid": AGENTID, "button": {"replace_name": "已确认"}}
    answer = api.post("message/update_template_card", {**change, "response_code": bot.received[0]["ResponseCode"]})
    assert answer["errcode"] == 0
    assert world.chat.items("wang")[0].card["replaced"] == "已确认"
    assert api.card("li", button_card("t9"))["errcode"] == 42014


def test_what_was_being_sent_when_the_program_was_killed_is_marked_as_failed(tmp_path):
    path = tmp_path / "chat.jsonl"
    Chat(path).add("wang", "me", "text", {"fields": {"Content": "在吗"}}, state="sending")
    with path.open("a") as file:
        file.write('{"id": 2, "userid": "wa')
    (item,) = Chat(path).items("wang")
    assert item.state == "failed"
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == [1]


def test_the_history_is_bounded_in_memory_and_on_disk(tmp_path):
    path = tmp_path / "chat.jsonl"
    chat = Chat(path)
    for n in range(KEPT_ITEMS * 5):
        chat.add("wang", "app", "text", {"content": str(n)})
    assert [item.body["content"] for item in chat.items("wang")][0::599] == [str(KEPT_ITEMS * 4), str(KEPT_ITEMS * 5 - 1)]
    assert len(path.read_text().splitlines()) <= KEPT_ITEMS * 4 + 1


def test_a_reset_empties_the_chat_the_counts_and_the_marks(world: World, api: Api, client):
    world.refuse("li")
    api.send("wang|li")
    client.post("/sandbox/api/reset", json={})
    state = client.get("/sandbox/api/state").get_json()
    assert (state["calls"], state["members"]["wang"]["delivered"], state["members"]["li"]["refused"]) == ({}, 0, False)
    assert world.chat.items("wang") == []
    assert api.send("wang")["errcode"] == 40014


def test_changes_come_with_the_newest_state_of_each_item(world: World):
    item = world.chat.add("wang", "app", "text", {"content": "甲"})
    rev, items = world.chat.since(0)
    assert items == [item]
    world.chat.change(item, state="recalled")
    assert world.chat.since(rev)[1] == [item]
    assert world.chat.since(world.chat.rev) == (world.chat.rev, [])
