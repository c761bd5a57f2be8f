"""Web authorisation: who gets a code, and where it is sent."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox import World
from tests.sandbox.bot import AGENTID, CORPID, Bot
from tests.sandbox.conftest import Api


def ask(client, bot: Bot, **change: str):
    query = {
        "appid": CORPID,
        "redirect_uri": f"{bot.url}/portal/notice/7?from=card",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc123",
        **change,
    }
    return client.get("/connect/oauth2/authorize", query_string=query)


def test_the_member_in_the_chat_is_sent_back_with_a_code_that_names_them(bot: Bot, api: Api):
    api.client.set_cookie("sandbox_user", "li", path="/connect")
    target = urlsplit(ask(api.client, bot).headers["Location"])
    query = parse_qs(target.query)
    assert (target.netloc, target.path) == (urlsplit(bot.url).netloc, "/portal/notice/7")
    assert (query["from"], query["state"]) == (["card"], ["abc123"])
    assert api.get("auth/getuserinfo", access_token=api.token, code=query["code"][0])["userid"] == "li"


def test_without_a_chat_the_page_asks_who_one_is(client, bot: Bot):
    answer = ask(client, bot)
    assert answer.status_code == 200
    assert "as=ZhaoMin" in answer.text
    assert ask(client, bot, **{"as": "ZhaoMin"}).status_code == 302


def test_private_details_are_asked_for_even_when_it_is_known_who_reads(client, bot: Bot):
    client.set_cookie("sandbox_user", "li", path="/connect")
    assert ask(client, bot, scope="snsapi_privateinfo", agentid=str(AGENTID)).status_code == 200


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"redirect_uri": "http://evil.example/"}, "50001"),
        ({"redirect_uri": "http://127.0.0.1:1/"}, "50001"),
        ({"redirect_uri": "javascript:alert(1)"}, "50001"),
        ({"appid": "ww-other"}, "40013"),
        ({"response_type": "token"}, "40058"),
        ({"scope": "everything"}, "40058"),
        ({"scope": "snsapi_privateinfo", "agentid": "7"}, "40056"),
        ({"state": "a b"}, "40058"),
        ({"state": "a" * 129}, "40058"),
    ],
)
def test_a_request_the_vendor_would_stop_gives_no_code(client, bot: Bot, world: World, change, errcode):
    client.set_cookie("sandbox_user", "li", path="/connect")
    answer = ask(client, bot, **change)
    assert (answer.status_code, f"errcode {errcode}" in answer.text) == (200, True)
    assert world.codes.known == {}
