"""Broadcasts in a real browser: written while the phone follows, checked, let go, followed to the end, on every size of screen."""

import pytest
from playwright.sync_api import expect

from bot.actions import broadcasts
from bot.context import Context
from tests.broadcasts import content, crowd, draft, launched, of, receipt_card, terms, work
from tests.web.console import test_browser as browser
from tests.web.console.test_browser import come_in, look

pytestmark = browser.pytestmark
served, page = browser.served, browser.page
MARKDOWN = '# 规则有更新\n请各服务商注意 **第 4.2 条** 的变化，<font color="warning">7 月 1 日</font>起施行。\n> 详见全文\n[查看全文](https://example.com/r)'


@pytest.fixture
def settings(make_settings):
    where = f"http://127.0.0.1:{browser.PORT}"
    return make_settings(public_url=where, console_wecom=True, broadcast_approval_above=1_000, quiet_hours="off", wecom_account_ceiling=100)


@pytest.fixture
def clock(clock):
    clock.tick(minutes=5)
    return clock


@pytest.fixture
def engine(make_engine):
    return make_engine(**terms())


def test_a_broadcast_from_the_first_word_to_the_last_receipt(served, house, cast, wecom, engine, page):
    crowd(house, 60, wecom=wecom)
    wecom.refuse("Member00003")
    come_in(page, served, house, "author")
    page.goto(f"{served}/broadcasts")
    look(page, "broadcasts-empty")
    page.get_by_role("link", name="写一条广播").click()
    look(page, "broadcast-new")
    page.get_by_label("标题", exact=True).fill("规则更新")
    page.get_by_label("正文").fill(MARKDOWN)
    page.get_by_label("全部服务商的管理员").check()
    expect(page.locator("#preview .phone-warning")).to_have_text("7 月 1 日")
    expect(page.locator("#preview")).to_contain_text("63 人")
    page.get_by_text("缩小范围，或排除一些人").click()
    look(page, "broadcast-written")
    page.get_by_label("不发给（服务商编号或管理员账号，每行一个）").fill("没有这个人")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("alert")).to_contain_text("第 1 行“没有这个人”")
    expect(page.get_by_label("正文")).to_have_value(MARKDOWN)
    look(page, "broadcast-wrong")
    page.get_by_label("不发给（服务商编号或管理员账号，每行一个）").fill("ZhaoMin")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("status")).to_contain_text("草稿已保存")
    expect(page.get_by_text("预演：会发生什么")).to_be_visible()
    look(page, "broadcast-draft")
    page.get_by_role("button", name="立即发送").click()
    expect(page.get_by_role("status")).to_contain_text("已安排发送")
    number = page.url.rpartition("/")[2].partition("?")[0]
    work(house)
    expect(page.locator("#progress")).to_have_attribute("data-state", "sending", timeout=15_000)  # without anybody's doing
    look(page, "broadcast-sending")
    engine.work()
    work(house)
    expect(page.locator("#progress")).to_have_attribute("data-state", "done")  # without anybody's doing
    expect(page.locator(".tiles .wait dd")).to_have_text("61")
    look(page, "broadcast-done")
    page.get_by_role("link", name="没有收到的人").click()
    expect(page.get_by_text("Member00003").first).to_be_visible()
    look(page, "broadcast-missed")
    assert of(house, number).people == 62


def test_the_other_pages_of_broadcasts(served, house, cast, wecom, engine, page):
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    for userid in crowd(house, 1_300, wecom=wecom)[:50]:
        wecom.refuse(userid)
    card = launched(house, cast, receipt_card(words="请确认已阅读新版规则。" * 20, url="https://example.com/rules", url_label="新版规则"))
    work(house)
    engine.work()
    work(house)
    come_in(page, served, house, "approver")
    page.goto(f"{served}/broadcasts/{card.number}")
    expect(page.get_by_text("自动暂停")).to_be_visible()
    look(page, "broadcast-paused")
    waiting = draft(house, cast, content(title="系统维护"), key="waiting")
    broadcasts.submit(Context(house), cast["author"], waiting.number, waiting.version)
    page.goto(f"{served}/broadcasts/{waiting.number}")
    expect(page.get_by_text("审批通过").first).to_be_visible()
    look(page, "broadcast-approval")
    page.goto(f"{served}/broadcasts/{waiting.number}/people")
    look(page, "broadcast-plan-people")
    page.goto(f"{served}/broadcasts/{card.number}/people?which=unconfirmed")
    look(page, "broadcast-unconfirmed")
    page.goto(f"{served}/broadcasts")
    look(page, "broadcasts")
