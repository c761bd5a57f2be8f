from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.sandbox import Server, World, create_app
from tests.sandbox.bot import AES_KEY, AGENTID, CORPID, SECRET, TOKEN, Bot


@pytest.fixture
def bot() -> Iterator[Bot]:
    bot = Bot().start()
    yield bot
    bot.stop()


def make_world(public_url: str, **more: Any) -> World:
    world = World(
        corpid=CORPID,
        agentid=AGENTID,
        secret=SECRET,
        token=TOKEN,
        aes_key=AES_KEY,
        public_url=public_url,
        own_url="http://127.0.0.1:8001",
        **more,
    )
    for userid, name, provider in (("wang", "王一", "星河软件"), ("li", "李二", "星河软件"), ("zhao", "赵三", "青禾科技")):
        world.add_member(userid, name, provider, on_page=True)
    world.callback.retry_gap_s = 0.0
    return world


@pytest.fixture
def world(bot: Bot) -> World:
    return make_world(bot.url)


@pytest.fixture
def client(world: World) -> FlaskClient:
    return create_app(world).test_client()


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    server = Server(create_app(world), "127.0.0.1", 0).start()
    yield server
    server.stop()


class Api:
    """The vendor's API as an app calls it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = self.get("gettoken", corpid=CORPID, corpsecret=SECRET)["access_token"]

    def get(self, api: str, **query: Any) -> dict[str, Any]:
        answer = self.client.get(f"/cgi-bin/{api}", query_string=query).get_json()
        assert isinstance(answer, dict)
        return answer

    def post(self, api: str, body: Any, **query: Any) -> dict[str, Any]:
        answer = self.client.post(f"/cgi-bin/{api}", json=body, query_string={"access_token": self.token, **query}).get_json()
        assert isinstance(answer, dict)
        return answer

    def send(self, touser: str, content: str = "您好", **more: Any) -> dict[str, Any]:
        return self.post("message/send", {"touser": touser, "agentid": AGENTID, "msgtype": "text", "text": {"content": content}, **more})

    def card(self, touser: str, card: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.post("message/send", {"touser": touser, "agentid": AGENTID, "msgtype": "template_card", "template_card": card, **more})


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)
