"""message/send, update_template_card and recall, limit by limit."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot import clock
from bot.sandbox import World
from tests.sandbox.bot import AGENTID
from tests.sandbox.conftest import Api, make_world

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def button_card(task_id: str = "notice-1", **more: Any) -> dict[str, Any]:
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "处理通知"},
        "task_id": task_id,
        "button_list": [{"text": "确认收到", "key": "receipt"}],
        **more,
    }


def texts(world: World, userid: str) -> list[str]:
    return [one.body["content"] for one in world.delivered(userid)]


def test_a_text_reaches_those_it_names_and_nobody_else(world: World, api: Api):
    answer = api.send("wang|li|wang", "您好")
    assert answer["errcode"] == 0
    assert texts(world, "wang") == texts(world, "li") == ["您好"]
    assert world.delivered("zhao") == []
    assert world.delivered("wang")[0].msgid == answer["msgid"]


def test_bad_targets_are_named_in_lower_case_while_the_rest_is_sent(world: World, api: Api):
    world.refuse("li")
    world.unlicense("zhao")
    answer = api.send("wang|li|zhao|NoSuchOne")
    assert (answer["errcode"], answer["invaliduser"], answer["unlicenseduser"]) == (0, "li|nosuchone", "zhao")
    assert len(world.delivered("wang")) == 1
    assert world.delivered("li") == world.delivered("zhao") == []


def test_ids_are_told_apart_by_case(world: World, api: Api):
    assert api.send("wangwei|WangWei")["invaliduser"] == "wangwei"
    assert len(world.delivered("WangWei")) == 1


def test_only_bad_targets_are_81013_with_their_lists(world: World, api: Api):
    world.refuse("li")
    answer = api.send("li|ghost")
    assert (answer["errcode"], answer["invaliduser"]) == (81013, "li|ghost")


def test_unlicensed_members_of_a_party_are_skipped_and_not_named(world: World, api: Api):
    world.unlicense("li")
    answer = api.send("", toparty="1|99")
    assert (answer["errcode"], answer["unlicenseduser"], answer["invalidparty"]) == (0, "", "99")
    assert len(world.delivered("wang")) == 1
    assert world.delivered("li") == []


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"touser": ""}, 82001),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
        ({"toparty": "|".join(map(str, range(101)))}, 82002),
        ({"totag": "|".join(map(str, range(101)))}, 82003),
        ({"agentid": 7}, 40056),
        ({"agentid": None}, 40056),
        ({"msgtype": "carrier_pigeon"}, 40008),
        ({"text": {"content": "  "}}, 44004),
        ({"text": None}, 44004),
        ({"text": {"content": 5}}, 40058),
        ({"msgtype": "markdown", "markdown": {"content": "长" * 683}}, 45002),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "d"}}, 40058),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "d", "url": "http://x/" + "y" * 2048}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "none"}}, 40007),
        ({"msgtype": "news", "news": {"articles": []}}, 40058),
    ],
)
def test_a_bad_request_is_refused_with_the_vendors_number_and_reaches_nobody(world: World, api: Api, change, errcode):
    request = {"touser": "wang", "agentid": AGENTID, "msgtype": "text", "text": {"content": "您好"}, **change}
    assert api.post("message/send", request)["errcode"] == errcode
    assert world.delivered("wang") == []


def test_a_body_that_is_not_json_is_47001_and_a_get_43002(api: Api, client):
    answer = client.post("/cgi-bin/message/send", data=b"<xml/>", query_string={"access_token": api.token})
    assert answer.get_json()["errcode"] == 47001
    assert api.get("message/send", access_token=api.token)["errcode"] == 43002


def test_a_text_over_2048_bytes_is_cut_without_a_word(world: World, api: Api):
    assert api.send("wang", "规" * 683)["errcode"] == 0
    assert texts(world, "wang") == ["规" * 682]


def test_an_identical_request_inside_its_interval_is_swallowed(world: World, api: Api):
    with clock.freeze(NOON) as time:
        api = Api(api.client)
        send: dict[str, Any] = {"enable_duplicate_check": 1, "duplicate_check_interval": 3600}
        first, second = api.send("wang|ghost", **send), api.send("wang|ghost", **send)
        assert (second["errcode"], second["invaliduser"]) == (0, "ghost")
        assert second["msgid"] == first["msgid"]
        assert len(world.delivered("wang")) == 1
        api.send("wang|ghost", "另一句", **send)
        assert len(world.delivered("wang")) == 2
        time.tick(hours=1)
        api.send("wang|ghost", **send)
        assert len(world.delivered("wang")) == 3


def test_the_duplicate_interval_is_at_most_four_hours(world: World, api: Api):
    with clock.freeze(NOON) as time:
        for hours in (0, 4):
            time.tick(hours=hours)
            Api(api.client).send("wang", enable_duplicate_check=1, duplicate_check_interval=86_400)
    assert len(world.delivered("wang")) == 2


def test_without_the_check_the_same_text_comes_twice(world: World, api: Api):
    api.send("wang")
    api.send("wang")
    assert len(world.delivered("wang")) == 2


def test_a_swallowed_card_gives_no_second_response_code(api: Api):
    first, second = (api.card("wang", button_card(), enable_duplicate_check=1) for _ in range(2))
    assert first["response_code"]
    assert "response_code" not in second


def test_the_thirty_first_message_of_a_minute_is_dropped_and_answered_0(world: World, api: Api):
    with clock.freeze(NOON) as time:
        api = Api(api.client)
        assert [api.send("wang|li", str(n))["errcode"] for n in range(31)] == [0] * 31
        assert (len(world.delivered("wang")), world.dropped("wang")) == (30, 1)
        time.tick(seconds=59)
        api.send("wang")
        assert world.dropped("wang") == 2
        time.tick(seconds=1)
        api.send("wang")
    assert (len(world.delivered("wang")), len(world.delivered("li"))) == (31, 30)


def test_the_1001st_message_of_an_hour_is_dropped_and_answered_0(world: World, api: Api):
    with clock.freeze(NOON) as time:
        api = Api(api.client)
        for n in range(1001):
            assert api.send("wang", str(n))["errcode"] == 0
            time.tick(seconds=3)
        assert (len(world.delivered("wang")), world.dropped("wang")) == (1000, 1)
        time.tick(minutes=15)
        Api(api.client).send("wang")
    assert len(world.delivered("wang")) == 1001


def test_an_api_over_its_rate_is_45009_until_its_window_ends(world: World, api: Api):
    with clock.freeze(NOON) as time:
        api = Api(api.client)
        answers = [api.get("user/get", access_token=api.token, userid="wang")["errcode"] for _ in range(10_001)]
        assert answers == [0] * 10_000 + [45009]
        assert api.get("getcallbackip", access_token=api.token)["errcode"] == 0
        time.tick(seconds=60)
        assert api.get("user/get", access_token=api.token, userid="wang")["errcode"] == 0


def test_sends_are_held_to_the_api_rate_only_when_asked_for(world: World, api: Api):
    world.limits.api_per_minute = 2
    assert [api.send("wang", str(n))["errcode"] for n in range(3)] == [0, 0, 0]
    world.limits.counts_sends = True
    assert [api.send("wang", str(n))["errcode"] for n in range(3)] == [0, 0, 45009]


def test_an_app_may_send_two_hundred_times_its_accounts_a_day(world: World, api: Api):
    world.limits.account_ceiling = 0
    assert api.send("wang")["errcode"] == 45009
    world.limits.account_ceiling = 1
    assert api.send("wang")["errcode"] == 0


def test_a_used_task_id_is_42014(api: Api):
    assert api.card("wang", button_card("t1"))["errcode"] == 0
    assert api.card("li", button_card("t1"))["errcode"] == 42014


def test_an_app_without_a_callback_url_sends_no_interactive_card(client):
    from bot.sandbox import create_app

    api = Api(create_app(make_world("")).test_client())
    assert api.card("wang", button_card())["errcode"] == 43012
    notice = {"card_type": "text_notice", "main_title": {"title": "t"}, "card_action": {"type": 1, "url": "http://127.0.0.1/"}}
    assert api.card("wang", notice)["errcode"] == 0


def update(api: Api, code: str, **more: Any) -> dict[str, Any]:
    change = {"userids": ["wang"], "agentid": AGENTID, "response_code": code, "button": {"replace_name": "已确认"}}
    return api.post("message/update_template_card", {**change, **more})


def shown(world: World, userid: str) -> dict[str, Any]:
    return world.outbox.sent[world.delivered(userid)[-1].msgid].shown_to(userid)


def test_a_response_code_replaces_the_button_once(world: World, api: Api):
    code = api.card("wang|li", button_card())["response_code"]
    assert update(api, code, userids=["wang", "zhao"])["invaliduser"] == ["zhao"]
    assert shown(world, "wang")["replaced"] == "已确认"
    assert "replaced" not in shown(world, "li")
    assert update(api, code)["errcode"] == 40058


def test_a_response_code_is_good_for_72_hours(api: Api):
    with clock.freeze(NOON) as time:
        early, late = (Api(api.client).card("wang", button_card(task))["response_code"] for task in ("t1", "t2"))
        time.tick(hours=71, minutes=59)
        assert update(Api(api.client), early)["errcode"] == 0
        time.tick(minutes=1)
        assert update(Api(api.client), late)["errcode"] == 40058


def test_a_bad_update_does_not_spend_the_code(world: World, api: Api):
    code = api.card("wang", button_card())["response_code"]
    assert update(api, code, userids=[])["errcode"] == 82001
    assert update(api, code, userids=["u"] * 1001)["errcode"] == 40032
    assert update(api, code, agentid=7)["errcode"] == 40056
    assert update(api, code, button={})["errcode"] == 40058
    assert update(api, code, button={}, template_card=button_card(main_title={"title": "已签收"}))["errcode"] == 0
    assert shown(world, "wang")["main_title"] == {"title": "已签收"}


def test_a_notice_without_buttons_has_none_to_replace(api: Api):
    menu = {"desc": "更多", "action_list": [{"text": "稍后", "key": "later"}]}
    card = {"card_type": "text_notice", "main_title": {"title": "t"}, "task_id": "n1", "action_menu": menu}
    code = api.card("wang", {**card, "card_action": {"type": 1, "url": "http://127.0.0.1/"}})["response_code"]
    assert update(api, code)["errcode"] == 40058


def test_a_message_can_be_recalled_within_24_hours(world: World, api: Api):
    with clock.freeze(NOON) as time:
        api = Api(api.client)
        early, late = api.send("wang")["msgid"], api.send("wang")["msgid"]
        time.tick(hours=23, minutes=59)
        api = Api(api.client)
        assert api.post("message/recall", {"msgid": early})["errcode"] == 0
        assert world.chat.items("wang")[0].state == "recalled"
        time.tick(minutes=1)
        assert api.post("message/recall", {"msgid": late})["errcode"] == 40058
        assert api.post("message/recall", {"msgid": "unknown"})["errcode"] == 40058


def test_members_who_are_out_of_sight_or_unknown_cannot_be_read(world: World, api: Api):
    assert api.get("user/get", access_token=api.token, userid="li")["name"] == "李二"
    world.refuse("li")
    assert api.get("user/get", access_token=api.token, userid="li")["errcode"] == 60011
    assert api.get("user/get", access_token=api.token, userid="ghost")["errcode"] == 60111
