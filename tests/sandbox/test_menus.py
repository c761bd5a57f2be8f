"""The app's menu."""

import pytest

from bot.sandbox import create_app
from tests.sandbox.bot import AGENTID
from tests.sandbox.conftest import Api, make_world

CLICK = {"type": "click", "name": "我的案件", "key": "cases"}
VIEW = {"type": "view", "name": "规则全文", "url": "https://127.0.0.1/rules"}


def test_a_menu_is_given_back_as_it_was_made(api: Api):
    menu = {"button": [CLICK, {"name": "更多", "sub_button": [VIEW]}]}
    assert api.get("menu/get", access_token=api.token, agentid=AGENTID)["errcode"] == 46003
    assert api.post("menu/create", menu, agentid=AGENTID)["errcode"] == 0
    assert api.get("menu/get", access_token=api.token, agentid=AGENTID)["button"] == menu["button"]


@pytest.mark.parametrize(
    ("menu", "errcode"),
    [
        ({"button": []}, 40016),
        ({"button": [CLICK] * 4}, 40016),
        ({"button": ["查"]}, 40017),
        ({"button": [{**CLICK, "type": "teleport"}]}, 40017),
        ({"button": [{**CLICK, "name": "这个名字太长了"}]}, 40018),
        ({"button": [{**CLICK, "key": "k" * 129}]}, 40019),
        ({"button": [{**VIEW, "url": "javascript:alert(1)"}]}, 40020),
        ({"button": [{"name": "更多", "sub_button": [VIEW] * 6}]}, 40023),
    ],
)
def test_a_menu_outside_the_limits_is_refused(api: Api, menu, errcode):
    assert api.post("menu/create", menu, agentid=AGENTID)["errcode"] == errcode


def test_a_menu_is_made_for_one_agent(api: Api):
    assert api.post("menu/create", {"button": [CLICK]}, agentid=7)["errcode"] == 40056


def test_the_menu_is_there_again_after_a_restart(bot, tmp_path):
    api = Api(create_app(make_world(bot.url, folder=tmp_path)).test_client())
    api.post("menu/create", {"button": [CLICK]}, agentid=AGENTID)
    assert make_world(bot.url, folder=tmp_path).menu == {"button": [CLICK]}
    (tmp_path / "menu.json").write_text('{"button": [{"na')
    assert make_world(bot.url, folder=tmp_path).menu is None
