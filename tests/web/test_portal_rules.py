"""The page on which providers see what changes in the rules."""

import pytest

from bot.web.app import create_app
from bot.web.portal import Portal
from bot.wecom.client import Client
from tests import rulebooks as uploads
from tests.cast import AGENTID, CORPID
from tests.rulebooks import DATED, SOURCE, approved, submitted


@pytest.fixture
def browser(house, settings, wecom):
    from bot.store.tokens import DatabaseTokens

    client = Client(wecom.own_url, CORPID, AGENTID, settings.wecom_secret.get_secret_value(), DatabaseTokens(house.database))
    return create_app({}, [], 0, Portal(house, client).blueprint()).test_client()


def test_the_changes_and_clause_7_1_are_shown_to_whoever_comes(browser, house, cast):
    approved(house, cast)
    page = browser.get(f"/portal/rules/{DATED}")
    assert page.status_code == 200
    assert "和退款" in page.text
    assert "即视为服务商已接受更新后的内容" in page.text
    assert "广告主：" in page.text
    assert "对照 2024-06-17 版：新增 1、修改 1、移动 3、删除 0 条" in page.text


def test_one_that_is_approved_for_a_later_day_is_shown_before_it(browser, house, cast):
    approved(house, cast, effective_on="2026-03-20")
    assert "自 2026-03-20 起生效" in browser.get(f"/portal/rules/{DATED}").text


@pytest.mark.parametrize("address", [DATED, "2024-01-01", "%00", "x" * 200])
def test_what_nobody_approved_is_not_there(browser, house, cast, address):
    submitted(house, cast)
    assert browser.get(f"/portal/rules/{address}").status_code == 404


def test_a_chapter_with_another_name_is_said_to_have_one(browser, house, cast, monkeypatch):
    renamed = SOURCE.replace("**三、运营规范及违规/降权规则**", "**三、运营规范**")
    monkeypatch.setattr(uploads, "SOURCE", renamed)
    approved(house, cast)
    assert "文字未改；章名由“运营规范及违规/降权规则”改为“运营规范”。" in browser.get(f"/portal/rules/{DATED}").text
