"""The console in a real browser, under its own content policy: an operator's morning, on a phone, a laptop and at a desk."""

import os
import re
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from bot import clock as product_clock
from bot.actions import overview, questions_asked, sign_in
from bot.context import Context
from bot.model import sheet
from bot.model.case import State
from bot.model.filing import FilingState
from bot.model.human import Said
from bot.model.texts import providers as provider_texts
from bot.store import humans, operator_tasks
from bot.web.app import create_app
from tests.cast import at, case_of, draft, finding, issue, pending
from tests.flows.processes import free_port
from tests.way_back import filing_of, hand_in
from tests.web.console.test_questions import ask
from tests.web.console.visitors import PASSWORD, give_password
from tests.web.scene import play

CHROMIUM = "/usr/bin/chromium"
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")]
PORT = free_port()
KEPT = "本规则适用于哪些主体？"  # one of the questions kept in the project
OPEN_ALL = (
    "() => { const all = [...document.querySelectorAll('details')]; all.forEach((one) => { one.open = true; }); return all.length > 0; }"
)


@pytest.fixture
def settings(make_settings):
    return make_settings(public_url=f"http://127.0.0.1:{PORT}", console_wecom=True)


@pytest.fixture
def served(console, settings):
    server = make_server("127.0.0.1", PORT, create_app({}, [], 0, console=console.blueprint()), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield settings.console
    server.shutdown()
    thread.join()


@pytest.fixture(params=[(390, 800), (1024, 768), (1440, 900)], ids=["phone", "laptop", "desk"])
def page(request):
    width, height = request.param
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": width, "height": height})
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
        assert complaints == []


def is_complaint(said):
    """Pages that refuse something come with a status that says so: that alone is none."""
    return said.type != "log" and "the server responded with a status of 4" not in said.text


def serious(page):
    """What axe finds that would keep somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]


def look(page, name):
    """What holds for every page; with CONSOLE_SHOTS, a picture of it there."""
    width = page.viewport_size["width"]
    if "CONSOLE_SHOTS" in os.environ:
        folder = Path(os.environ["CONSOLE_SHOTS"])
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert serious(page) == [], name


def come_in(page, served, house, login):
    page.goto(f"{served}/links/{sign_in.make_link(Context(house), None, login)}")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{served}/")


@pytest.fixture
def scene(house, cast, clock):
    found = play(house, cast, clock)
    pending(house, cast, finding(app="app-2"), key="waits")
    now = product_clock.now()
    with house.database.write() as tx:
        humans.add(tx, at("WangWei"), Said("k", "为什么我的应用搜不到了？", "请看第 4.2 条。"), now, now)
        operator_tasks.add(tx, "admins:2", "admins", "乙公司可送达的管理员只有 1 位", now, provider_id=2)
    return found


def test_every_page_fits_and_can_be_used(served, house, cast, scene, page):
    page.goto(f"{served}/")
    look(page, "sign-in")
    page.get_by_label("账号").fill("nobody")
    page.get_by_label("密码").fill("not the one")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "sign-in-wrong")
    page.goto(f"{served}/links/none")
    look(page, "link-gone")
    come_in(page, served, house, "approver")
    look(page, "queue")
    for name, path in (
        ("queue-late", "/?late=1"),
        ("queue-empty", "/?what=withdrawal&whose=mine"),
        ("cases", "/cases"),
        ("providers", "/providers"),
        ("provider", "/providers/of/A"),
        ("cases-none", "/cases?state=closed&words=none"),
        ("case-half-way", f"/cases/{scene.half_way}"),
        ("case-fresh", f"/cases/{scene.fresh}"),
        ("case-over", f"/cases/{scene.over}"),
        ("filing-report", f"/filings/{scene.report}"),
        ("filing-objection", f"/filings/{scene.objection}"),
        ("filing-withdrawal", f"/filings/{scene.withdrawal}"),
        ("human", "/humans/1"),
        ("account", "/account"),
        ("settings", "/settings"),
        ("overview", "/overview?days=30"),
        ("grounds", "/grounds"),
        ("templates", "/templates"),
        ("not-found", "/cases/none"),
        ("no-such-page", "/none"),
    ):
        page.goto(f"{served}{path}")
        look(page, name)
        if page.evaluate(OPEN_ALL):
            look(page, f"{name}-open")


def test_a_chart_tells_its_last_whole_day_while_nothing_is_pointed_at(served, house, cast, clock, page):
    play(house, cast, clock)
    overview.sum_days(Context(house))
    come_in(page, served, house, "auditor")
    page.goto(f"{served}/overview?days=30")
    for name in page.eval_on_selector_all("[data-plot]", "places => places.map((place) => place.dataset.plot)"):
        told = page.locator(f"[data-plot={name}] .u-value").all_inner_texts()
        cells = page.locator(f"table[data-chart={name}] tbody tr").nth(-2).locator("th, td").all_text_contents()
        assert told == cells, name


def test_a_case_is_written_from_a_name_to_approval(served, house, cast, clock, page):
    come_in(page, served, house, "author")
    page.goto(f"{served}/cases/new")
    look(page, "compose-empty")
    page.get_by_label("查找服务商或应用").fill("日程")
    page.get_by_label("日程助手").check()
    page.get_by_label("查找服务商或应用").fill("没有这一家")
    expect(page.get_by_text("没有找到")).to_be_visible()
    expect(page.locator("#chosen")).to_have_text("甲公司 · 日程助手")
    page.get_by_label("依据").select_option("2.9")
    expect(page.get_by_label("永久下架")).to_be_hidden()
    page.get_by_label("取消推荐").check()
    page.get_by_label("认定的事实").fill("打开后只引导【待填写：做什么】。")
    page.get_by_label("处理理由").fill("经两次核查属实。")
    page.get_by_label("联系方式").fill("平台运营 ops@example.com")
    expect(page.locator("#sketch mark")).to_have_text("【待填写：做什么】")
    expect(page.locator(".phone-title")).to_be_visible()
    page.locator("#sketch summary", has_text="邮件").click()
    page.get_by_label("整改期限").fill("0")
    expect(page.locator("#wrong-rectify_days")).to_contain_text("1 到 365")
    look(page, "compose-half")
    page.get_by_label("整改期限").fill("7")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong-rectify_days")).to_have_text("")
    expect(page.get_by_label("整改期限")).to_be_focused()
    expect(page.locator(".phone-title")).to_be_visible()
    page.get_by_role("button", name="保存并提交审批").click()
    expect(page.get_by_role("alert")).to_contain_text("还有没填的地方")
    page.get_by_label("认定的事实").fill("打开后只引导添加客服。")
    page.get_by_text("存为模板").click()
    look(page, "compose-filled")
    page.get_by_role("button", name="保存并提交审批").click()
    expect(page.get_by_role("status").first).to_contain_text("已提交审批")
    assert case_of(house, "V2026-000001").state is State.PENDING_APPROVAL


def test_conduct_is_recorded_and_leads_to_the_draft_of_a_permanent_delisting(served, house, cast, clock, page):
    number = issue(house, cast)
    come_in(page, served, house, "author")
    page.goto(f"{served}/cases/{number}")
    page.get_by_role("link", name="登记所禁止的行为").click()
    look(page, "conduct-empty")
    page.get_by_label("所见事实").fill("处理期间把已安装企业转移到另一个应用。")
    page.get_by_label("证据").set_input_files({"name": "截图.txt", "mimeType": "text/plain", "buffer": b"seen"})
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("status")).to_contain_text("已登记")
    look(page, "conduct")
    page.get_by_role("link", name="起草永久下架").click()
    page.get_by_label("联系方式").fill("平台运营 ops@example.com")
    expect(page.locator(".phone-title")).to_be_visible()
    look(page, "compose-conduct")
    page.get_by_role("button", name="保存并提交审批").click()
    expect(page.get_by_role("status").first).to_contain_text("已提交审批")
    assert case_of(house, "V2026-000002").is_permanent


def test_a_file_of_providers_is_looked_through_and_taken_in(served, house, cast, clock, page):
    come_in(page, served, house, "author")
    page.goto(f"{served}/providers/of/A")
    page.evaluate(OPEN_ALL)
    look(page, "provider-open")
    page.goto(f"{served}/providers/import")
    look(page, "roster")
    rows = [{"type": "服务商", "provider": "C", "name": "丙公司"}, {"type": "管理员", "provider": "A", "userid": "chen", "name": "陈晨"}]
    raw = sheet.write(provider_texts.COLUMNS, rows)
    page.get_by_label("文件").set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": raw})
    page.get_by_role("button", name="查看会改动什么").click()
    expect(page.get_by_text("C 丙公司")).to_be_visible()
    look(page, "roster-changes")
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("status")).to_contain_text("新增服务商 1")


def test_a_question_is_answered_and_the_answer_taken_back(served, house, cast, clock, page):
    ask(house, clock, "客服电话是多少", "客服的电话是多少啊", "怎么开发票")
    ask(house, clock, KEPT)
    ask(house, clock, "应用下架后怎么恢复", outcome="ask_rule 4.2")
    questions_asked.thumb(Context(house), at("WangWei"), is_good=False)
    come_in(page, served, house, "author")
    page.goto(f"{served}/questions")
    look(page, "questions")
    for state in ("tied", "passed", "down"):
        page.goto(f"{served}/questions?state={state}")
        look(page, f"questions-{state}")
    page.goto(f"{served}/questions")
    page.get_by_role("link", name=KEPT).click()
    page.get_by_label("由哪一条回答").select_option("none")
    page.get_by_label("要说的话").fill("请看平台后台的公告。")
    page.get_by_role("button", name="看看会改变什么").click()
    expect(page.get_by_text("原来答对，改后答错")).to_be_visible()
    expect(page.get_by_label("我已看过")).not_to_be_checked()
    look(page, "question-breaks")
    page.goto(f"{served}/questions")
    page.get_by_role("link", name="客服电话是多少").click()
    look(page, "question")
    page.get_by_label("由哪一条回答").select_option("none")
    page.get_by_label("要说的话").fill("「4.2」可以")
    page.get_by_role("button", name="看看会改变什么").click()
    expect(page.get_by_role("alert")).to_contain_text("规则原文")
    expect(page.get_by_label("要说的话")).to_have_value("「4.2」可以")
    page.get_by_label("要说的话").fill("客服工作时间请看平台后台的公告。")
    page.get_by_role("button", name="看看会改变什么").click()
    look(page, "question-looked")
    page.get_by_role("button", name="确定这个答案").click()
    expect(page.get_by_role("status")).to_contain_text("已生效")
    look(page, "question-tied")
    page.get_by_role("button", name="撤回答案").click()
    expect(page.get_by_role("status")).to_contain_text("已撤回")
    look(page, "question-undone")


def test_an_operators_morning(served, house, cast, clock, page):
    give_password(house, cast["approver"])
    number = pending(house, cast)
    page.goto(f"{served}/cases/{number}")
    page.get_by_label("账号").fill("approver")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"案件 {number}")
    expect(page.get_by_text("将发给服务商的通知")).to_be_visible()
    look(page, "approve")
    page.get_by_role("button", name="审批通过").click()
    expect(page.get_by_role("status")).to_contain_text("通知正在发出")
    assert case_of(house, number).state is State.IN_FORCE
    page.get_by_text("撤销处理").first.click()
    page.get_by_label("撤销理由").fill("复核后认定有误。")
    page.context.clear_cookies()
    page.get_by_role("button", name="撤销处理").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("还没有办理")
    expect(page.get_by_label("填写的内容")).to_have_value("复核后认定有误。")
    look(page, "kept")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="在新窗口登录").click()
    other = opened.value
    other.get_by_label("账号").fill("approver")
    other.get_by_label("密码").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", level=1)).to_have_text("待办")
    page.get_by_role("button", name="再试一次").click()
    expect(page.get_by_text("请核对后再发送一次")).to_be_visible()
    page.get_by_role("button", name="再试一次").click()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    assert case_of(house, number).state is State.REVOKED


def test_a_report_is_claimed_from_the_list_and_sent_back(served, house, cast, scene, page):
    come_in(page, served, house, "author")
    page.goto(f"{served}/filings/{scene.report}")
    page.goto(f"{served}/?what=objection")
    expect(page.get_by_role("link", name=re.compile(scene.objection))).to_be_visible()
    number = hand_in_one(house, cast)
    page.goto(f"{served}/?what=report")
    page.get_by_role("button", name=f"领取 {number}").click()
    expect(page.get_by_role("status")).to_contain_text("已领取")
    look(page, "review")
    page.get_by_label("对这一条的意见").fill("请补充改版的时间。")
    page.get_by_role("radio", name="要求补充").check()
    look(page, "review-filled")
    page.get_by_role("button", name="作出决定").click()
    expect(page.get_by_role("status")).to_contain_text("已决定")
    assert filing_of(house, number).state is FilingState.NEEDS_MORE


def test_counts_follow_what_happens_without_moving_the_list(served, house, cast, clock, page):
    come_in(page, served, house, "author")
    expect(page.locator(".head [data-count=all]")).to_have_text("0")
    page.wait_for_timeout(300)
    place = page.locator(".desk").bounding_box()
    pending(house, cast)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".head [data-count=all]")).to_have_text("1")
    expect(page.get_by_text("待办有变化")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) 待办"))
    assert page.locator(".desk").bounding_box() == place
    look(page, "queue-fresh")
    page.get_by_role("link", name="刷新列表").click()
    expect(page.locator(".what")).to_have_count(1)


def test_all_can_be_done_with_the_keyboard(served, house, cast, clock, page):
    number = draft(house, cast)
    come_in(page, served, house, "author")
    page.goto(f"{served}/cases/{number}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="提交审批").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已提交审批")


def hand_in_one(house, cast):
    return hand_in(house, issue(house, cast, finding(app="app-2"), key="one more")).number
