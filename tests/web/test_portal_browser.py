"""The pages in a real browser, under their own content policy: from WeCom's authorisation on, on a phone and at a desk."""

import os
import re
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from bot.actions import filings
from bot.actions.filings import Written
from bot.context import Context
from bot.files import Files
from bot.store import cases as case_rows
from bot.store import notices as notice_rows
from bot.store.tokens import DatabaseTokens
from bot.web.app import create_app
from bot.web.portal import Portal
from bot.wecom.client import Client
from tests import way_back
from tests.cast import AGENTID, CORPID, finding, issue
from tests.flows.processes import free_port
from tests.store.rows import all_of
from tests.way_back import LI, WANG
from tests.web.scene import play
from tests.web.visitors import link_of

CHROMIUM = "/usr/bin/chromium"
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")]
PORT = free_port()


@pytest.fixture
def settings(make_settings, monkeypatch):
    return make_settings(wecom_trusted_domain=True, public_url=f"http://127.0.0.1:{PORT}", wecom_oauth_base="http://127.0.0.1:9")


@pytest.fixture
def notice(house, cast):
    number = issue(house, cast, finding())
    with house.database.read() as connection:
        return notice_rows.of_case(connection, case_rows.by_number(connection, number).id)[0]


@pytest.fixture
def site(house, wecom, settings):
    wecom.public_url = settings.public_url
    object.__setattr__(settings, "wecom_oauth_base", wecom.own_url)
    client = Client(wecom.own_url, CORPID, AGENTID, settings.wecom_secret.get_secret_value(), DatabaseTokens(house.database))
    server = make_server("127.0.0.1", PORT, create_app({}, [], 0, Portal(house, client).blueprint()), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield settings.public_url
    server.shutdown()
    thread.join()


@pytest.fixture(params=[(360, 740), (1440, 900)], ids=["phone", "desk"])
def page(request):
    width, height = request.param
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": width, "height": height})
        complaints = []
        ours = f"http://127.0.0.1:{PORT}"  # the stand-in's own page has no icon
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said, ours) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
        assert complaints == []


def is_complaint(said, ours):
    """Pages that refuse something come with a status that says so: that alone is none."""
    return said.type != "log" and ours in said.location["url"] and "the server responded with a status of 4" not in said.text


def serious(page):
    """What axe finds that would keep somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [violation["id"] for violation in found if violation["impact"] in ("serious", "critical")]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def picture_of(page, name):
    """Kept in the folder PORTAL_SHOTS, where that is set."""
    if "PORTAL_SHOTS" in os.environ:
        folder = Path(os.environ["PORTAL_SHOTS"])
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def look(page, name):
    """What holds for every page; with PORTAL_SHOTS, a picture of it there."""
    picture_of(page, name)
    assert fits(page), name
    assert serious(page) == [], name


def come_in(page, site, who, path="/portal/"):
    """Open a page; the stand-in asks who is at the phone."""
    page.goto(f"{site}{path}")
    page.get_by_text(who).first.click()
    page.wait_for_url(f"{site}{path}")


@pytest.fixture
def scene(house, cast, clock):
    return play(house, cast, clock)


def test_every_page_fits_and_can_be_used(site, house, scene, page):
    come_in(page, site, "王伟")
    look(page, "home")
    half_way = f"/portal/cases/{scene.half_way}"
    seen = [
        ("case", half_way),
        ("case-fresh", f"/portal/cases/{scene.fresh}"),
        ("case-over", f"/portal/cases/{scene.over}"),
        ("begin-objection", f"{half_way}/objection"),
        ("begin-reapplication", f"{half_way}/reapplication"),
        ("refused", f"/portal/cases/{scene.over}/report"),
        ("draft", f"/portal/filings/{scene.draft}"),
        ("returned", f"/portal/filings/{scene.returned}"),
        ("waiting", f"/portal/filings/{scene.objection}"),
        ("accepted", f"/portal/filings/{scene.report}"),
        ("withdraw-refused", "/portal/apps/app-2/withdrawal"),
        ("notice-outcome", f"/portal/notices/{last_notice(house, scene.half_way).key}"),
    ]
    for name, path in seen:
        page.goto(f"{site}{path}")
        for one in page.locator("details").all():
            if one.get_attribute("open") is None:
                one.locator("summary").click()
        look(page, name)


def test_a_report_is_written_and_nothing_of_it_lost(site, house, cast, clock, page):
    number = issue(house, cast, finding())
    come_in(page, site, "王伟")
    look(page, "home-one")
    page.get_by_role("link", name=number).first.click()
    page.get_by_role("button", name=re.compile("开始填写.*整改报告")).click()
    page.get_by_label("整改措施").fill("已补齐介绍中的全部功能。")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("还不能提交")
    look(page, "report-missing")
    page.get_by_role("link", name="预防措施").click()
    expect(page.get_by_label("预防措施")).to_be_focused()
    draft = page.url.split("/")[5]
    expect(page.get_by_label("整改措施")).to_have_value("已补齐介绍中的全部功能。")
    page.get_by_label("预防措施").fill("上线前由两人核对。")
    version = way_back.filing_of(house, draft).version
    words = Written(version=version, items={"2.9": {"prevention": "李娜写的预防措施。"}})
    filings.save(Context(house), LI, draft, words)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("alert")).to_contain_text("同事")
    look(page, "report-stale")
    page.get_by_label("问题原因").fill("上线时没有做功能。")
    page.context.clear_cookies(name="portal")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请重新确认身份")
    look(page, "session-gone")
    page.get_by_role("link", name="重新确认身份").click()
    page.get_by_text("王伟").first.click()
    expect(page.get_by_label("问题原因")).to_have_value("上线时没有做功能。")
    filings.attach(Context(house), WANG, draft, "2.9", "截图.png", way_back.keep(house))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("整改报告已提交")
    look(page, "report-handed-in")
    assert way_back.filing_of(house, draft).items[0].prevention == "上线前由两人核对。"


def test_where_no_script_runs_files_and_words_come_with_one_press(site, house, cast, page, tmp_path):
    number = issue(house, cast, finding())
    picture = tmp_path / "图.png"
    picture.write_bytes(Files.of(house.settings).open(way_back.keep(house).sha256).read())
    context = page.context.browser.new_context(java_script_enabled=False, viewport=page.viewport_size)
    plain = context.new_page()
    come_in(plain, site, "王伟", f"/portal/cases/{number}/report")
    plain.get_by_role("button", name="开始填写").click()
    for label in ("问题原因", "整改措施", "预防措施"):
        plain.get_by_label(label).fill(f"{label}如下。")
    plain.locator('input[name="file:2.9"]').set_input_files(picture)
    picture_of(plain, "no-script")  # nothing can be asked of the page from inside
    plain.get_by_role("button", name="上传所选文件").first.click()
    expect(plain.get_by_role("status")).to_contain_text("草稿已保存")
    expect(plain.get_by_label("预防措施")).to_have_value("预防措施如下。")
    plain.get_by_role("button", name="提交", exact=True).click()
    expect(plain.get_by_role("status")).to_contain_text("整改报告已提交")
    expect(plain.get_by_role("link", name="图.png")).to_be_visible()
    context.close()


def test_a_withdrawal_and_its_way_back_are_read_before_they_are_asked_for(site, house, cast, clock, page):
    come_in(page, site, "赵敏")
    look(page, "home-empty")
    page.get_by_role("link", name="申请撤出推荐").click()
    look(page, "begin-withdrawal")
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("撤出理由").fill("业务调整。")
    look(page, "withdrawal-draft")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已提交")
    look(page, "withdrawal-handed-in")
    number = page.url.split("/")[5].partition("?")[0]
    way_back.decide(house, cast["author"], number, "grant", reasons="同意。")
    page.reload()
    look(page, "withdrawal-granted")
    page.get_by_role("link", name="‹ 我的应用").click()
    look(page, "home-withdrawn")
    page.get_by_role("link", name="重新申请推荐、搜索").click()
    look(page, "begin-return")
    page.get_by_role("button", name="开始填写").click()
    look(page, "return-draft")


def test_pages_that_refuse_can_be_read_too(site, house, cast, notice, page, settings):
    page.goto(f"{site}/portal/links/none")
    look(page, "link-gone")
    come_in(page, site, "赵敏")
    page.goto(f"{site}/portal/cases/{notice.number}")
    look(page, "not-found")
    page.goto(f"{site}{link_of(house, notice, WANG, 'mail')}")
    look(page, "notice-by-mail")
    page.context.clear_cookies()
    object.__setattr__(settings, "wecom_trusted_domain", False)
    page.goto(f"{site}/portal/")
    expect(page.get_by_text("我的处理", exact=True)).to_be_visible()
    look(page, "no-reader")


def last_notice(house, number):
    with house.database.read() as connection:
        return notice_rows.of_case(connection, case_rows.by_number(connection, number).id)[-1]


def test_an_admin_reads_confirms_and_finds_their_cases(site, house, notice, page):
    page.goto(f"{site}/portal/notices/{notice.key}")
    page.get_by_text("王伟").first.click()  # the stand-in asks who is at the phone
    expect(page.get_by_role("heading", level=1)).to_have_text("违规处理通知")
    assert fits(page)
    assert serious(page) == []
    page.get_by_role("button", name="确认收到").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已记录您确认收到")
    assert [row.userid for row in all_of(house.database, "receipts")] == ["WangWei"]
    page.reload()  # sends nothing twice
    assert len(all_of(house.database, "receipts")) == 1
    page.get_by_role("link", name="我的处理").click()
    expect(page.get_by_text(notice.number.rpartition("-")[0]).first).to_be_visible()
    assert fits(page)
    assert serious(page) == []
