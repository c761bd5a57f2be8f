"""The day of an operator, on PostgreSQL: the real server, worker and stand-in, and people in real browsers.

小林 writes, reviews, sends and answers; 小周 is the second person; 王伟 is the provider's admin at a phone. Every page that our staff open
is looked at for what keeps somebody from using it, and their browsers may complain of nothing. Pictures are left in test-results/.
"""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot import clock
from rules.documents import latest
from tests.bench.common import bot_environment
from tests.bench.outgoing import postgres_url as database_of_its_own
from tests.flows.processes import ROOT, eventually, fetch, free_port, running, wait_for
from tests.flows.test_stories import CHROMIUM, PATIENCE_MS, PHONE, PNG, SHOTS, Admin, submit, write_report
from tests.web.console.test_browser import is_complaint, serious

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine"),
]
ASKED = "客服上班时间是几点到几点"
SAID = "客服工作时间请看平台后台的公告。"


class Town:
    """The running product: its address, the stand-in's, and the shell."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.wecom, self.console = env["WECOM_API_BASE"], f"{env['PUBLIC_URL']}/console"
        self._folder, self._env = folder, env

    def shell(self, *words: str) -> str:
        command = [sys.executable, "-m", "bot", *words]
        done = subprocess.run(command, cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def picture(self) -> Path:
        file = self._folder / "shot.png"
        file.write_bytes(PNG)
        return file


@pytest.fixture
def plain_url(postgres_url):
    """A database of its own beside the tests' one: the queue keeps tables in it too."""
    with database_of_its_own() as url:
        yield url


@pytest.fixture
def town(tmp_path, plain_url):
    port, wecom, plain = free_port(), free_port(), plain_url
    more = {
        "WECOM_TRUSTED_DOMAIN": "true",
        "WEB_WORKERS": "2",
        "RULES_ENCODER": "off",
        "BROADCAST_APPROVAL_ABOVE": "1",
        "QUIET_HOURS": "off",
    }
    env = bot_environment(tmp_path, port, wecom, DATABASE_URL=plain, QUEUE_URL=plain, **more)
    made = Town(tmp_path, env)
    made.shell("migrate")
    made.shell("operators", "add", "xiaolin", "--name=小林", "--mail=xiaolin@example.com", "--role=owner", "--role=operator")
    made.shell("operators", "add", "xiaozhou", "--name=小周", "--mail=xiaozhou@example.com", "--role=approver", "--as=xiaolin")
    made.shell("providers", "import", str(ROOT / "docs" / "providers.example.csv"), "--as=xiaolin")
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(running(name, env=env, cwd=tmp_path)) for name in ("sandbox", "serve", "worker")]
        wait_for(f"{made.wecom}/", children[0])
        wait_for(f"http://127.0.0.1:{port}/readyz", children[1])
        yield made


class Operator:
    """One of our people at their desk."""

    def __init__(self, browser: Browser, town: Town, login: str) -> None:
        self.page: Page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text) if is_complaint(said) else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._town, self._login, self._shots = town, login, 0
        link = re.search(r"https?://\S+", town.shell("operators", "link", login))
        assert link
        self.page.goto(link[0])
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("待办")

    def open(self, path: str) -> Page:
        self.page.goto(f"{self._town.console}{path}")
        self.look()
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def is_told(self, words: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=words).first).to_be_visible()
        self.look()

    def look(self) -> None:
        self._shots += 1
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"day-{self._login}-{self._shots:02d}.png", full_page=True)
        assert serious(self.page) == [], self.page.url
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_the_day_of_an_operator(town):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        phone = browser.new_context(viewport=PHONE).new_page()
        phone.set_default_timeout(PATIENCE_MS)
        admin = Admin(phone, town, "day")
        admin.say(ASKED)
        lin, zhou = Operator(browser, town, "xiaolin"), Operator(browser, town, "xiaozhou")
        number = a_case_is_written_and_approved(lin, zhou)
        a_report_is_taken_and_reviewed(lin, admin, number, town.picture())
        a_broadcast_goes_out(lin, zhou, admin)
        a_rule_change_is_published(lin, zhou, town, admin)
        a_question_is_tied(lin, admin)
        lin.open(f"/cases/{number}")
        lin.open("/settings")
        assert lin.complaints == []
        assert zhou.complaints == []
        browser.close()


def a_case_is_written_and_approved(lin, zhou):
    page = lin.open("/cases/new")
    page.get_by_label("查找服务商或应用").fill("星河")
    page.get_by_label("星河客户管理").check()
    page.get_by_label("依据").select_option("2.9")
    page.get_by_label("取消推荐").check()
    page.get_by_label("认定的事实").fill("打开应用后只有一张图片和“添加客服”按钮。")
    page.get_by_label("处理理由").fill("应用没有提供介绍中的功能。")
    page.get_by_label("恢复条件").fill("提供应用介绍中的全部功能。")
    page.get_by_label("联系方式").fill("平台运营 ops@example.com")
    page.get_by_label("整改期限").fill("7")
    expect(page.locator(".phone-title")).to_be_visible()
    lin.look()
    lin.press("保存并提交审批")
    lin.is_told("已提交审批")
    found = re.search(r"V\d{4}-\d{6}", page.url)
    assert found
    number = found[0]
    zhou.open("/")
    zhou.page.get_by_role("link", name=re.compile(number)).click()
    zhou.press("审批通过")
    zhou.is_told("通知正在发出")
    return number


def a_report_is_taken_and_reviewed(lin, admin, number, picture):
    admin.is_told(f"违规处理通知 {number}-1")
    admin.press("确认收到")
    admin.is_told("确认收到不等于同意")
    page = lin.open(f"/cases/{number}")
    page.get_by_role("button", name="确认已执行").first.click()
    lin.is_told("已确认执行")
    admin.say("提交整改报告")
    admin.press("写整改报告")
    admin.is_told("截图也可以直接发到这里")
    admin.send_picture(picture)
    admin.is_told("已加入")
    form = admin.open("整改报告 R")
    write_report(form)
    report = submit(form, admin)
    page = lin.open("/?what=report")
    page.get_by_role("button", name=f"领取 {report}").click()
    lin.is_told("已领取")
    page.get_by_role("radio", name="通过").check()
    lin.press("作出决定")
    lin.is_told("已决定")
    admin.is_told("整改报告通过通知")


def a_broadcast_goes_out(lin, zhou, admin):
    page = lin.open("/broadcasts")
    page.get_by_role("link", name="写一条广播").click()
    page.get_by_label("标题", exact=True).fill("系统维护")
    page.get_by_label("正文").fill("本周六夜间维护，届时后台暂停使用。")
    page.get_by_label("全部服务商的管理员").check()
    lin.press("保存草稿，核对收件人")
    lin.is_told("草稿已保存")
    lin.press("提交审批")
    lin.look()
    address = page.url.partition("/console")[2].partition("?")[0]
    zhou.open(address)
    zhou.press("审批通过")
    zhou.look()
    admin.is_told("本周六夜间维护")
    page = lin.open(address)
    expect(page.locator("#progress")).to_have_attribute("data-state", "done")
    lin.look()


def a_rule_change_is_published(lin, zhou, town, admin):
    dated = clock.today()
    text = latest().source.replace("2024/06/17", dated.replace("-", "/")).replace("测试数据。", "测试数据和退款。")
    page = lin.open("/rulebooks")
    page.get_by_role("link", name="上传新版本").click()
    page.get_by_label("或粘贴全文").fill(text)
    lin.press("上传并对照")
    lin.look()
    page.get_by_label("生效日期").fill(dated)
    page.get_by_label("修改说明").fill("交易流水不含退款。")
    for choice in page.locator("select[name^='lineage:']").all():
        choice.select_option(index=1)
    lin.press("确认，开始准备")
    expect(page.get_by_role("button", name="提交审批", exact=True)).to_be_visible(timeout=12 * PATIENCE_MS)  # the worker has made it ready
    lin.look()
    lin.press("提交审批")
    lin.look()
    zhou.open(f"/rulebooks/{dated}")
    zhou.press("批准")
    zhou.look()
    expect(zhou.page.get_by_text("现行").first).to_be_visible()

    def answers_with_it():
        admin.say("版本")
        return admin.log.get_by_text(f"最后更新 {dated}").count() > 0

    eventually(answers_with_it)
    assert fetch(f"{town.console.removesuffix('/console')}/readyz")[0] == 200


def a_question_is_tied(lin, admin):
    page = lin.page
    for _ in range(60):  # the worker gathers what is half a minute old
        page.goto(lin._town.console + "/questions")
        if page.get_by_role("link", name=ASKED).count():
            break
        page.wait_for_timeout(1_000)
    lin.look()
    page.get_by_role("link", name=ASKED).click()
    page.get_by_label("由哪一条回答").select_option("none")
    page.get_by_label("要说的话").fill(SAID)
    lin.press("看看会改变什么")
    expect(page.get_by_text("都不受影响")).to_be_visible()
    lin.look()
    lin.press("确定这个答案")
    lin.is_told("答案已生效")

    def answers_so():
        admin.say(ASKED)
        return admin.log.get_by_text(SAID).count() > 0

    eventually(answers_so)
    admin.say("有用")
    admin.is_told("已记下这个答复有用")
