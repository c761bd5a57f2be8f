"""The chat page in a real browser, under its own content policy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bot.sandbox import Server, World
from tests.sandbox.bot import Bot
from tests.sandbox.conftest import Api
from tests.sandbox.test_messages import button_card

CHROMIUM = "/usr/bin/chromium"
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
        assert complaints == []


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it did not happen in ten seconds")


def test_a_question_typed_on_a_phone_is_answered_and_a_card_pressed(world: World, bot: Bot, server: Server, api: Api, page: Page):
    bot.reply = lambda fields: "请看条款 4.2" if fields["MsgType"] == "text" else None
    page.goto(f"http://127.0.0.1:{server.port}/?user=wang")
    page.get_by_label("消息", exact=True).fill("怎么恢复")
    page.keyboard.press("Enter")
    chat = page.get_by_role("log")
    expect(chat.get_by_text("请看条款 4.2")).to_be_visible()
    api.card("wang", button_card("t9"))
    chat.get_by_role("button", name="确认收到").click()
    wait_until(page, lambda: len(bot.received) == 3)
    expect(chat.get_by_role("button", name="确认收到")).to_be_enabled()
    assert [fields.get("Event") or fields["Content"] for fields in bot.received] == ["enter_agent", "怎么恢复", "template_card_event"]
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_another_persons_message_leaves_a_dot_until_it_is_read(world: World, server: Server, api: Api, page: Page):
    page.goto(f"http://127.0.0.1:{server.port}/?user=wang")
    api.send("li", "给李二的话")
    page.get_by_role("button", name="切换身份").click()
    li = page.get_by_role("button", name="李二")
    expect(li.get_by_text("有新消息")).to_be_attached()
    expect(li.locator(".dot")).to_be_visible()
    li.click()
    expect(page.get_by_role("log").get_by_text("给李二的话")).to_be_visible()
    expect(li.locator(".dot")).to_be_hidden()


def test_a_message_that_did_not_arrive_can_be_sent_again(world: World, bot: Bot, server: Server, page: Page):
    page.goto(f"http://127.0.0.1:{server.port}/?user=wang")
    page.get_by_label("消息", exact=True).fill("在吗")
    wait_until(page, lambda: len(bot.received) == 1)  # enter_agent is through
    bot.statuses = [500] * 4
    page.keyboard.press("Enter")
    retry = page.get_by_role("button", name="没有送达，重新发送")
    expect(retry).to_be_visible()
    retry.click()
    expect(retry).to_be_hidden()
    wait_until(page, lambda: world.chat.items("wang")[0].state != "sending")
    assert world.chat.items("wang")[0].state == "sent"
