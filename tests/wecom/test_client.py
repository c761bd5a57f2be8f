import json
import logging
import socket
import threading
import traceback

import pytest

from bot import clock
from bot.errors import Uncertain, WecomError
from bot.wecom import payloads
from bot.wecom.cards import BadPayload
from bot.wecom.client import Client
from bot.wecom.tokens import MemoryTokens
from tests.wecom.conftest import AGENTID, CORPID, SECRET, answering, cut_short, hang, reset

FROZEN = payloads.payload(payloads.text("您好"))
OK = {"errcode": 0, "errmsg": "ok"}
BUSY = {"errcode": -1, "errmsg": "system busy"}


def test_a_text_goes_out_as_the_platform_wants_it(client, vendor):
    client.send(["WangWei", "li"], FROZEN)
    (call,) = vendor.of("message/send")
    assert (call.method, call.query["access_token"]) == ("POST", vendor.token)
    assert call.json == {
        "touser": "WangWei|li",
        "agentid": AGENTID,
        "msgtype": "text",
        "text": {"content": "您好"},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }
    assert "您好".encode() in call.raw


def test_a_repeat_is_the_same_bytes_whatever_order_the_payload_is_in(client, vendor):
    client.send(["wang"], FROZEN)
    client.send(["wang"], dict(reversed(FROZEN.items())))
    first, second = vendor.of("message/send")
    assert first.raw == second.raw


@pytest.mark.parametrize("suffix", ["", "/", "/cgi-bin", "/cgi-bin/"])
def test_the_base_may_end_in_cgi_bin_or_not(vendor, suffix):
    Client(vendor.base + suffix, CORPID, AGENTID, SECRET, MemoryTokens()).send(["wang"], FROZEN)
    assert {call.path for call in vendor.calls} == {"/cgi-bin/gettoken", "/cgi-bin/message/send"}


def test_errcode_zero_is_not_everybody_got_it(client, vendor):
    vendor.then("message/send", {**OK, "invaliduser": "wangwei", "unlicenseduser": "Zhao.M", "msgid": "m7", "response_code": "rc7"})
    result = client.send(["WangWei", "li", "Zhao.M"], FROZEN)
    assert result.accepted == ("li",)
    assert result.refused == {"WangWei": "invaliduser", "Zhao.M": "unlicenseduser"}
    assert (result.msgid, result.response_code, result.errcode) == ("m7", "rc7", 0)


def test_nobody_reachable_is_a_result_and_everybody_is_refused(client, vendor):
    vendor.then("message/send", {"errcode": 81013, "errmsg": "all bad", "invaliduser": "wang", "unlicenseduser": "li"})
    result = client.send(["wang", "li"], FROZEN)
    assert (result.accepted, result.errcode) == ((), 81013)
    assert result.refused == {"wang": "invaliduser", "li": "unlicenseduser"}


@pytest.mark.parametrize("touser", [[], ["a"] * 2, ["@all"], ["@ALL"], ["a|b"], [""], [f"u{n}" for n in range(1001)]])
def test_a_list_that_could_reach_somebody_else_never_leaves(client, vendor, touser):
    with pytest.raises(BadPayload):
        client.send(touser, FROZEN)
    assert vendor.calls == []


def test_a_thousand_people_fit_one_call(client, vendor):
    assert len(client.send([f"u{n}" for n in range(1000)], FROZEN).accepted) == 1000


def test_the_token_is_asked_for_once_for_many_calls(client, vendor):
    for _ in range(3):
        client.getcallbackip()
    assert len(vendor.of("gettoken")) == 1
    assert vendor.of("gettoken")[0].query == {"corpid": CORPID, "corpsecret": SECRET}


@pytest.mark.parametrize("errcode", [40014, 42001])
def test_a_token_that_died_early_is_replaced_once_and_the_call_repeated(client, vendor, errcode):
    client.getcallbackip()
    vendor.token = "TOKEN-2-abcdefgh"
    vendor.then("message/send", {"errcode": errcode, "errmsg": "expired"})
    assert client.send(["wang"], FROZEN).accepted == ("wang",)
    assert [call.query["access_token"] for call in vendor.of("message/send")] == ["TOKEN-1-abcdefgh", "TOKEN-2-abcdefgh"]
    assert len(vendor.of("gettoken")) == 2


def test_a_token_that_stays_refused_fails_the_call_without_a_loop(client, vendor, alarms):
    vendor.then("message/send", *[{"errcode": 40014, "errmsg": "invalid"}] * 20)
    for _ in range(4):
        with pytest.raises(WecomError) as caught:
            client.send(["wang"], FROZEN)
        assert (caught.value.errcode, type(caught.value)) == (40014, WecomError)
    assert len(vendor.of("message/send")) == 8
    assert len(vendor.of("gettoken")) == 2


def test_a_wrong_secret_stops_at_once_raises_the_alarm_once_and_is_tried_again_after_five_minutes(client, vendor, alarms):
    vendor.then("gettoken", {"errcode": 40001, "errmsg": "invalid credential"})
    for _ in range(5):
        with pytest.raises(WecomError) as caught:
            client.send(["wang"], FROZEN)
        assert caught.value.errcode == 40001
    assert (len(vendor.of("gettoken")), vendor.of("message/send"), alarms) == (1, [], ["wecom_40001"])
    clock.sleep(301)
    assert client.send(["wang"], FROZEN).accepted == ("wang",)


def test_40001_on_an_ordinary_call_stops_all_further_calls(client, vendor, alarms):
    vendor.then("message/send", {"errcode": 40001, "errmsg": "invalid credential"})
    for _ in range(3):
        with pytest.raises(WecomError):
            client.send(["wang"], FROZEN)
    assert (len(vendor.of("message/send")), alarms) == (1, ["wecom_40001"])


def test_a_busy_platform_is_asked_three_times_and_no_more(client, vendor, seen):
    vendor.then("message/send", BUSY, BUSY)
    assert client.send(["wang"], FROZEN).accepted == ("wang",)
    assert [errcode for api, errcode in seen if api == "message/send"] == [-1, -1, 0]
    vendor.then("message/send", *[BUSY] * 9)
    with pytest.raises(WecomError) as caught:
        client.send(["wang"], FROZEN)
    assert (caught.value.errcode, caught.value.permanent) == (-1, False)
    assert len(vendor.of("message/send")) == 6


@pytest.mark.parametrize(
    ("errcode", "permanent"), [(45009, False), (60020, False), (50003, False), (40003, True), (44004, True), (45002, True), (999999, False)]
)
def test_a_refusal_says_whether_repeating_can_help(client, vendor, errcode, permanent):
    vendor.then("message/send", {"errcode": errcode, "errmsg": "no"})
    with pytest.raises(WecomError) as caught:
        client.send(["wang"], FROZEN)
    assert (caught.value.errcode, caught.value.permanent) == (errcode, permanent)
    assert len(vendor.of("message/send")) == 1


LOST = {
    "reset": reset,
    "silence": hang,
    "cut short": cut_short,
    "html": answering(b"<html>login</html>", kind="text/html"),
    "not an object": answering(b"[0]"),
    "no errcode": answering(b'{"errmsg":"ok"}'),
    "errcode in words": answering(b'{"errcode":"0"}'),
    "errcode true": answering(b'{"errcode":true}'),
    "endless nesting": answering(b"[" * 200_000),
    "endless number": answering(b'{"errcode":' + b"9" * 10_000 + b"}"),
    "not UTF-8": answering(b'{"errcode":0,"errmsg":"\xff"}'),
    "over the cap": answering(b'{"errcode":0,"errmsg":"' + b"x" * (5 << 20) + b'"}'),
    "an encoding": answering(b'{"errcode":0}', Content_Encoding="gzip"),
    "bad gateway": answering(b"", 502, "text/html"),
    "empty": answering(b""),
}
CALLS = {
    "message/send": lambda client: client.send(["wang"], FROZEN),
    "message/update_template_card": lambda client: client.update_template_card("rc", ["wang"], payloads.replaced_button("已签收")),
    "message/recall": lambda client: client.recall("m1"),
    "menu/create": lambda client: client.menu_create({"button": [{"type": "click", "name": "我的", "key": "mine"}]}),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_send_whose_answer_is_lost_is_uncertain_and_never_repeated(client, vendor, fault, seen):
    vendor.then("message/send", fault)
    with pytest.raises(Uncertain) as caught:
        client.send(["wang"], FROZEN)
    assert (caught.value.errcode, caught.value.permanent) == (-2, False)
    assert len(vendor.of("message/send")) == 1
    assert seen[-1] == ("message/send", -2)
    assert client.send(["wang"], FROZEN).accepted == ("wang",)


@pytest.mark.parametrize("api", CALLS)
def test_no_call_that_changes_something_is_repeated_when_its_answer_is_lost(client, vendor, api):
    vendor.then(api, reset)
    with pytest.raises(Uncertain):
        CALLS[api](client)
    assert len(vendor.of(api)) == 1


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_call_that_only_asks_is_repeated_when_its_answer_is_lost(client, vendor, fault):
    vendor.then("getcallbackip", fault, fault, {**OK, "ip_list": ["101.226.62.*", 5, ""]})
    assert client.getcallbackip() == ("101.226.62.*",)


@pytest.mark.parametrize(("status", "location"), [(301, "http://127.0.0.1:9/x"), (302, "/cgi-bin/other"), (404, ""), (407, "")])
def test_redirects_are_not_followed_and_a_refusal_before_the_platform_is_no_uncertainty(client, vendor, status, location):
    vendor.then("message/send", *[answering(b"", status, "text/html", Location=location)] * 3)
    with pytest.raises(WecomError) as caught:
        client.send(["wang"], FROZEN)
    assert (type(caught.value), caught.value.errcode) == (WecomError, -2)
    assert {call.api for call in vendor.calls} == {"gettoken", "message/send"}


def test_a_platform_that_cannot_be_reached_is_no_uncertainty_and_not_hammered(store, alarms):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    tries = []
    client = Client(
        f"http://127.0.0.1:{port}", CORPID, AGENTID, SECRET, store, alarm=alarms.append, observe=lambda *told: tries.append(told)
    )
    for _ in range(3):
        with pytest.raises(WecomError) as caught:
            client.send(["wang"], FROZEN)
        assert type(caught.value) is WecomError
    assert [(api, errcode) for api, errcode, _ in tries] == [("gettoken", -2)] * 2
    assert alarms == []


def test_many_lost_answers_do_not_use_up_the_connections(client, vendor):
    for fault in [reset, cut_short, LOST["over the cap"], LOST["an encoding"]] * 5:
        vendor.then("message/send", fault)
        with pytest.raises(Uncertain):
            client.send(["wang"], FROZEN)
    assert client.send(["wang"], FROZEN).accepted == ("wang",)


def test_connections_are_kept_and_bounded(client, vendor):
    threads = [threading.Thread(target=client.getcallbackip) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vendor.of("getcallbackip")) == 16
    assert len({call.port for call in vendor.calls}) <= 4


def _everything_about(error):
    return "".join(traceback.format_exception(error)) + repr(error) + str(error)


@pytest.mark.parametrize("fault", [*LOST.values(), {"errcode": 45009, "errmsg": "hint TOKEN-1-abcdefgh\n\x1b[31m" + "x" * 5000}])
def test_neither_token_nor_secret_gets_into_errors_or_logs(client, vendor, fault, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
    vendor.then("message/send", fault)
    with pytest.raises(WecomError) as caught:
        client.send(["wang"], FROZEN)
    told = _everything_about(caught.value) + caplog.text + repr(client)
    assert vendor.token not in told
    assert SECRET not in told
    assert len(caught.value.errmsg) < 400
    assert caught.value.errmsg.isprintable()


@pytest.mark.parametrize("fault", [reset, {"errcode": 40013, "errmsg": f"bad corpid for {SECRET}"}])
def test_the_secret_does_not_get_out_when_gettoken_fails(client, vendor, caplog, fault):
    caplog.set_level(logging.DEBUG)
    vendor.then("gettoken", fault, fault)
    with pytest.raises(WecomError) as caught:
        client.getcallbackip()
    assert SECRET not in _everything_about(caught.value) + caplog.text


@pytest.mark.parametrize("answer", [OK, {**OK, "access_token": ""}, {**OK, "access_token": 5}, {**OK, "access_token": "x" * 5000}])
def test_a_gettoken_without_a_token_is_a_failure(client, vendor, answer):
    vendor.then("gettoken", answer)
    with pytest.raises(WecomError) as caught:
        client.getcallbackip()
    assert caught.value.errcode == -2


def test_a_card_is_changed_for_those_who_have_it(client, vendor):
    vendor.then("message/update_template_card", {**OK, "invaliduser": ["li"]})
    assert client.update_template_card("rc9", ["Wang", "Li"], payloads.replaced_button("已签收")) == ("Li",)
    assert vendor.calls[-1].json == {
        "agentid": AGENTID,
        "response_code": "rc9",
        "userids": ["Wang", "Li"],
        "button": {"replace_name": "已签收"},
    }


def test_a_card_without_a_code_is_not_even_tried(client, vendor):
    with pytest.raises(BadPayload):
        client.update_template_card("", ["wang"], payloads.replaced_button("已签收"))
    assert vendor.calls == []


def test_a_message_is_recalled_by_its_id(client, vendor):
    client.recall("m1")
    assert vendor.calls[-1].json == {"msgid": "m1"}


def test_the_menu_is_written_for_this_app_and_read_back(client, vendor):
    menu = {"button": [{"type": "click", "name": "我的处理", "key": "my_cases"}]}
    client.menu_create(menu)
    assert vendor.calls[-1].query["agentid"] == str(AGENTID)
    assert vendor.calls[-1].json == menu
    vendor.then("menu/get", {**OK, **menu})
    assert client.menu_get() == menu
    vendor.then("menu/get", {"errcode": 46003, "errmsg": "no menu"})
    assert client.menu_get() == {"button": []}


def test_a_member_is_read_and_odd_fields_become_empty_ones(client, vendor):
    vendor.then("user/get", {**OK, "userid": "WangWei", "name": "王伟", "department": [1, "2", True], "status": 1})
    member = client.user_get("wangwei")
    assert (member.userid, member.name, member.departments, member.is_active) == ("WangWei", "王伟", (1,), True)
    assert vendor.calls[-1].query["userid"] == "wangwei"
    vendor.then("user/get", {**OK, "name": None, "department": "x"})
    assert client.user_get("li") == type(member)("li", "", (), False)


def test_a_userid_cannot_add_to_the_query(client, vendor):
    client.user_get("a&access_token=b#c d")
    assert vendor.calls[-1].query["userid"] == "a&access_token=b#c d"


def test_time_outs_follow_the_fast_clock_but_leave_a_call_on_this_machine_its_time(vendor, store):
    client = Client(vendor.base, CORPID, AGENTID, SECRET, store, connect_s=5, read_s=300)
    client.getcallbackip()
    vendor.then("getcallbackip", hang, hang, hang)
    clock.speed_up(1000, clock.timestamp())
    try:
        with pytest.raises(WecomError):
            client.getcallbackip()
    finally:
        clock.speed_up(1, 0)
    assert len(vendor.of("getcallbackip")) == 4


def test_two_apps_with_one_store_do_not_share_a_token(vendor, store):
    for corpid in ("wwA", "wwB"):
        vendor.token = f"TOKEN-of-{corpid}"
        Client(vendor.base, corpid, AGENTID, SECRET, store).getcallbackip()
    assert [call.query["corpid"] for call in vendor.of("gettoken")] == ["wwA", "wwB"]
    assert json.dumps([call.query["access_token"] for call in vendor.of("getcallbackip")]) == '["TOKEN-of-wwA", "TOKEN-of-wwB"]'
