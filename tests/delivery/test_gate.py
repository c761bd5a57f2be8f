"""Calls other than sends: counted for all processes, and left alone when the platform had enough."""

import pytest

from bot import clock as product_clock
from bot.delivery.gate import Gate
from bot.errors import WecomError
from bot.store.tokens import DatabaseTokens
from bot.wecom.client import Client
from bot.wecom.limits import Rates
from tests.conftest import AGENTID, CORPID

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def make_client(wecom, settings, open_database):
    """A client as another process would have it."""

    def make(**rates):
        database = open_database()
        secret = settings.wecom_secret.get_secret_value()
        gate = Gate(database, CORPID, Rates(**rates))
        return Client(wecom.own_url, CORPID, AGENTID, secret, DatabaseTokens(database), gate=gate)

    return make


def is_refused(client):
    try:
        client.getcallbackip()
    except WecomError as error:
        return error.errcode == 45009
    return False


@pytest.mark.parametrize(
    ("which", "window_s"), [("api_per_minute", 60), ("api_per_hour", 3_600), ("ip_per_minute", 60), ("ip_per_hour", 3_600)]
)
def test_a_rate_holds_for_all_processes_together(make_client, calls, clock, which, window_s):
    clients = [make_client(**{which: 4}) for _ in range(2)]
    assert [is_refused(clients[n % 2]) for n in range(6)] == [False] * 4 + [True] * 2
    assert calls("getcallbackip") == 4
    clock.tick(seconds=window_s * 1.05)
    assert not is_refused(clients[0])


def test_apis_are_counted_apart_and_the_address_is_not(make_client, wang):
    client = make_client(api_per_minute=2)
    for _ in range(2):
        client.getcallbackip()
    client.user_get("WangWei")
    narrow = make_client(ip_per_minute=3)
    assert is_refused(narrow)


def test_an_api_that_said_enough_is_left_alone_for_its_window_by_all(make_client, fault, calls, clock):
    first, second = make_client(), make_client()
    fault("errcode:45009", api="getcallbackip")
    assert is_refused(first)
    assert is_refused(second)
    assert calls("getcallbackip") == 1
    clock.tick(seconds=66)
    assert not is_refused(second)


def test_hitting_it_again_makes_the_wait_an_hour(make_client, fault, calls, clock):
    client = make_client()
    fault("errcode:45009", api="getcallbackip", times=2)
    for _ in range(2):
        assert is_refused(client)
        clock.tick(seconds=66)
    assert is_refused(client)
    assert calls("getcallbackip") == 2
    clock.tick(hours=1)
    assert not is_refused(client)
    fault("errcode:45009", api="getcallbackip")
    clock.tick(hours=3)
    assert is_refused(client)
    clock.tick(seconds=66)
    assert not is_refused(client), "what was hours ago is forgiven"


def test_sends_are_not_counted_here(make_client, wang, put, run_worker):
    client = make_client(api_per_minute=1, ip_per_minute=1)
    for n in range(3):
        client.send(["WangWei"], {"msgtype": "text", "text": {"content": f"{n} {product_clock.now()}"}})
