"""Every kind of fault, met over a real connection."""

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox import Server, World
from bot.sandbox.faults import read_rules
from tests.sandbox.bot import AGENTID, CORPID, SECRET


class Caller:
    """One keep-alive connection to the stand-in."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=0.4)
        _, body = self.ask("GET", f"/cgi-bin/gettoken?corpid={CORPID}&corpsecret={SECRET}")
        self.token = json.loads(body)["access_token"]

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        self.connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def send(self, content: str = "您好") -> tuple[int, bytes]:
        message = {"touser": "wang", "agentid": AGENTID, "msgtype": "text", "text": {"content": content}}
        return self.ask("POST", f"/cgi-bin/message/send?access_token={self.token}", json.dumps(message))


@pytest.fixture
def caller(server: Server) -> Iterator[Caller]:
    caller = Caller(server)
    yield caller
    caller.connection.close()


def set_fault(world: World, kind: str, **more: Any) -> None:
    world.set_faults([{"api": "message/send", "kind": kind, "times": 1, **more}])


@pytest.mark.parametrize("errcode", [-1, 45009, 42001, 40001])
def test_an_errcode_is_answered_without_effect_and_only_as_often_as_asked(world: World, caller: Caller, errcode):
    set_fault(world, f"errcode:{errcode}")
    assert json.loads(caller.send()[1])["errcode"] == errcode
    assert world.delivered("wang") == []
    assert json.loads(caller.send()[1])["errcode"] == 0


@pytest.mark.parametrize(("kind", "delivered"), [("timeout", 1), ("timeout_before", 0)])
def test_a_timeout_never_answers_with_or_without_effect(world: World, caller: Caller, kind, delivered):
    set_fault(world, kind)
    with pytest.raises(TimeoutError):
        caller.send()
    assert len(world.delivered("wang")) == delivered


@pytest.mark.parametrize(("kind", "delivered"), [("reset", 1), ("reset_before", 0)])
def test_a_reset_breaks_the_connection_with_or_without_effect(world: World, caller: Caller, kind, delivered):
    set_fault(world, kind)
    with pytest.raises(ConnectionResetError):
        caller.send()
    assert len(world.delivered("wang")) == delivered


def test_a_slow_call_is_answered_truly_but_late(world: World, server: Server, caller: Caller):
    set_fault(world, "slow:0.6")
    with pytest.raises(TimeoutError):  # this caller waits 0.4 s
        caller.send()
    for _ in range(100):
        if world.delivered("wang"):
            break
        time.sleep(0.02)
    assert len(world.delivered("wang")) == 1


def test_a_gateway_error_is_a_page_with_its_status(world: World, caller: Caller):
    set_fault(world, "http:502")
    status, body = caller.send()
    assert (status, body.startswith(b"<!doctype html>")) == (502, True)
    assert world.delivered("wang") == []


def test_html_is_a_page_with_status_200(world: World, caller: Caller):
    set_fault(world, "html")
    status, body = caller.send()
    assert (status, body.startswith(b"<!doctype html>")) == (200, True)


def test_a_truncated_answer_ends_before_its_announced_length_and_had_its_effect(world: World, caller: Caller):
    set_fault(world, "truncated")
    with pytest.raises(http.client.IncompleteRead):
        caller.send()
    assert len(world.delivered("wang")) == 1


def test_whether_a_fault_takes_effect_can_be_chosen(world: World, caller: Caller):
    set_fault(world, "http:502", effect=True)
    assert caller.send()[0] == 502
    assert len(world.delivered("wang")) == 1


def test_a_fault_waits_for_its_turn(world: World, caller: Caller):
    set_fault(world, "errcode:-1", after=2)
    assert [json.loads(caller.send()[1])["errcode"] for _ in range(4)] == [0, 0, -1, 0]


def test_a_share_of_calls_fails_the_same_way_for_the_same_seed(world: World):
    def struck(seed: int) -> list[bool]:
        world.set_faults([{"api": "*", "kind": "errcode:-1", "share": 0.3, "seed": seed}])
        return [world.strike("message/send") is not None for _ in range(300)]

    assert struck(1) == struck(1) != struck(2)
    assert 60 < sum(struck(1)) < 120


def test_a_fault_on_one_api_leaves_the_others_alone(world: World):
    world.set_faults([{"api": "message/send", "kind": "errcode:-1"}])
    assert world.strike("gettoken") is None
    assert world.strike("message/send") is not None


def test_the_calls_and_their_errors_are_counted(world: World, caller: Caller):
    set_fault(world, "errcode:-1")
    caller.send()
    caller.send()
    assert world.exchanges.calls["message/send"] == 2
    assert world.exchanges.errors["message/send", -1] == 1


@pytest.mark.parametrize(
    "rules",
    [
        "errcode:-1",
        [{"api": "*"}],
        [{"api": "*", "kind": "explode"}],
        [{"api": "*", "kind": "html", "times": -1}],
        [{"api": "*", "kind": "html", "share": "half"}],
        [{"api": "*", "kind": "html", "twice": True}],
        [{"api": "*", "kind": "html"}] * 101,
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_changes_nothing(world: World, client, rules):
    world.set_faults([{"api": "*", "kind": "html"}])
    answer = client.post("/sandbox/api/faults", json=rules)
    assert (answer.status_code, bool(answer.get_json()["error"])) == (400, True)
    assert [fault.kind for fault in world.faults] == ["html"]


def test_an_empty_list_clears_all_faults():
    assert read_rules([]) == []
