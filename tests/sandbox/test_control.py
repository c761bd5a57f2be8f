"""The control interface: outcomes, state, guards."""

import pytest

from bot.sandbox import World
from tests.sandbox.bot import Bot
from tests.sandbox.conftest import Api


def test_say_gives_the_outcome_once_the_exchange_has_ended(bot: Bot, client):
    bot.reply, bot.statuses = (lambda fields: "请看 4.2"), [503]
    outcome = client.post("/sandbox/api/say", json={"userid": "wang", "text": "怎么恢复", "msgid": "4611686018427387905"}).get_json()
    assert outcome["msgid"] == "4611686018427387905" == bot.received[0]["MsgId"]
    assert [one["status"] for one in outcome["tries"]] == [503, 200]
    assert outcome["reply"] == {"msgtype": "text", "content": "请看 4.2"}


def test_events_and_presses_can_be_made_over_http(bot: Bot, api: Api, client):
    client.post("/sandbox/api/say", json={"userid": "wang", "event": "click", "event_key": "cases"})
    api.card(
        "wang",
        {"card_type": "button_interaction", "main_title": {"title": "t"}, "task_id": "t1", "button_list": [{"text": "好", "key": "k"}]},
    )
    outcome = client.post("/sandbox/api/press", json={"userid": "wang", "task_id": "t1", "key": "k", "selected": {"q": ["a"]}}).get_json()
    assert outcome["acknowledged"]
    assert [fields["EventKey"] for fields in bot.received] == ["cases", "k"]


def test_the_state_names_every_message_drop_call_and_error(world: World, api: Api, client):
    world.limits.member_per_minute = 1
    msgid = api.send("wang", "甲")["msgid"]
    api.send("wang", "乙")
    api.send("ghost")
    state = client.get("/sandbox/api/state", query_string={"userid": "wang"}).get_json()
    wang = state["members"]["wang"]
    assert (wang["delivered"], wang["dropped"]) == (1, 1)
    assert [(one["msgid"], one["body"]["content"]) for one in wang["messages"]] == [(msgid, "甲")]
    assert (state["calls"]["message/send"], state["errors"]) == (3, {"message/send 81013": 1})
    assert "messages" not in client.get("/sandbox/api/state?messages=0").get_json()["members"]["wang"]


def test_members_can_be_added_and_marked(world: World, api: Api, client):
    client.post("/sandbox/api/members", json={"userid": "Sun.Li", "name": "孙立", "provider": "新公司", "refused": True})
    assert api.send("Sun.Li")["invaliduser"] == "sun.li"
    client.post("/sandbox/api/members", json={"userid": "Sun.Li", "refused": False})
    assert api.send("Sun.Li")["errcode"] == 0


def test_limits_and_latency_can_be_set(world: World, client):
    told = client.post("/sandbox/api/settings", json={"member_per_minute": 5, "latency_ms": 20, "retry_gap_s": 2}).get_json()
    assert (told["member_per_minute"], world.limits.member_per_minute, world.latency_ms, world.callback.retry_gap_s) == (5, 5, 20, 2)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("say", {"userid": "ghost", "text": "x"}, 404),
        ("say", {"text": "x"}, 400),
        ("say", {"userid": "wang"}, 400),
        ("say", {"userid": "wang", "text": "x", "msgid": "9" * 20}, 400),
        ("say", {"userid": "wang", "text": "x", "msgid": "-1"}, 400),
        ("say", ["x"], 400),
        ("press", {"userid": "wang", "task_id": "none", "key": "k"}, 404),
        ("press", {"userid": "wang", "task_id": "none", "key": "k", "selected": ["a"]}, 400),
        ("settings", {"member_per_minute": -1}, 400),
        ("settings", {"nothing": 1}, 400),
        ("image", {}, 400),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(client, path, body, status):
    assert client.post(f"/sandbox/api/{path}", json=body).status_code == status


def test_a_file_that_is_no_picture_is_refused(client, world: World):
    import io

    answer = client.post("/sandbox/api/image", data={"userid": "wang", "file": (io.BytesIO(b"<svg onload=x>"), "a.png")})
    assert answer.status_code == 400
    assert world.chat.items("wang") == []


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_other_sites_cannot_steer_the_stand_in(client, headers):
    assert client.post("/sandbox/api/reset", json={}, headers=headers).status_code == 403
