"""Tokens and codes: life, reuse, kinds, lock-out."""

from datetime import UTC, datetime

from bot import clock
from bot.sandbox import World
from tests.sandbox.bot import CORPID, SECRET
from tests.sandbox.conftest import Api

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def test_a_living_token_is_given_again_with_the_time_it_has_left(world, client):
    with clock.freeze(NOON) as time:
        api = Api(client)
        time.tick(minutes=50)
        again = api.get("gettoken", corpid=CORPID, corpsecret=SECRET)
    assert again["access_token"] == api.token
    assert again["expires_in"] == 7200 - 3000


def test_a_token_dies_after_7200_seconds_and_the_next_one_is_another(client):
    with clock.freeze(NOON) as time:
        api = Api(client)
        time.tick(seconds=7199)
        assert api.send("wang")["errcode"] == 0
        time.tick(seconds=1)
        assert api.send("wang")["errcode"] == 42001
        assert api.get("gettoken", corpid=CORPID, corpsecret=SECRET)["access_token"] != api.token


def test_an_unknown_token_and_one_of_another_kind_are_refused_alike(world: World, api: Api):
    api.token = "never-issued"
    assert api.send("wang")["errcode"] == 40014
    api.token = world.tokens.issue("suite").value
    assert api.send("wang")["errcode"] == 40014


def test_a_token_can_die_before_its_time(api: Api, client):
    client.post("/sandbox/api/tokens/expire", json={})
    assert api.send("wang")["errcode"] == 42001


def test_a_wrong_secret_and_a_wrong_corpid_have_codes_of_their_own(api: Api):
    assert api.get("gettoken", corpid=CORPID, corpsecret="guess")["errcode"] == 40001
    assert api.get("gettoken", corpid="ww-other", corpsecret=SECRET)["errcode"] == 40013


def test_too_many_wrong_secrets_lock_the_caller_out_for_the_hour(world: World, client):
    with clock.freeze(NOON) as time:
        api = Api(client)
        world.limits.failed_gettoken_per_hour = 5
        for _ in range(5):
            assert api.get("gettoken", corpid=CORPID, corpsecret="guess")["errcode"] == 40001
        assert api.get("gettoken", corpid=CORPID, corpsecret=SECRET)["errcode"] == 45009
        time.tick(hours=1)
        assert api.get("gettoken", corpid=CORPID, corpsecret=SECRET)["errcode"] == 0


def test_a_code_is_good_once_and_for_five_minutes(world: World, client):
    with clock.freeze(NOON) as time:
        api = Api(client)
        code, late = world.codes.issue("li"), world.codes.issue("li")
        assert api.get("auth/getuserinfo", access_token=api.token, code=code)["userid"] == "li"
        assert api.get("auth/getuserinfo", access_token=api.token, code=code)["errcode"] == 42022
        time.tick(minutes=5)
        assert api.get("auth/getuserinfo", access_token=api.token, code=late)["errcode"] == 40029
        assert api.get("auth/getuserinfo", access_token=api.token, code="made-up")["errcode"] == 40029
