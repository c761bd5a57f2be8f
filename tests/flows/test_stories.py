"""Four ways through the demo, as people go them: a provider's admin in a real browser, our own staff in the shell.

Pictures of every page on the way are left in test-results/.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from tests.flows.processes import ROOT, environment, free_port, running
from tests.flows.test_demo import announced

CHROMIUM = "/usr/bin/chromium"
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")]
SHOTS = ROOT / "test-results"
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 20_000
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
CASE = """\
kind = "violation"
provider = "xinghe"
app = "xinghe-crm"
ground = "2.9"
power = "3.1"
found_on = "2026-03-02"
facts = "打开应用后只有一张图片和“添加客服”按钮。"
reasons = "应用没有提供介绍中的功能。"
recovery = "提供应用介绍中的全部功能。"
contact = "平台运营 ops@example.com"
rectify_days = 7
objection_days = 7
deem_days = 7
day_kind = "natural"

[[measures]]
measure = "cancel_recommendation"
"""
CONDUCT = """\
kind = "violation"
provider = "xinghe"
app = ""
ground = "4.4"
power = "4.4"
found_on = "2026-03-02"
facts = "处理期间引导已安装企业迁往别的平台。"
contact = "平台运营 ops@example.com"
objection_days = 7
deem_days = 7
day_kind = "natural"

[[measures]]
measure = "permanent_delist"
"""


class Demo:
    """The running demo: its folder, the stand-in's address, and the shell of our own staff."""

    def __init__(self, folder: Path, wecom: str) -> None:
        self.wecom = wecom
        self._folder = folder
        self._env = environment(ENV_FILE=str(folder / "data" / "demo.env"))

    def staff(self, login: str, *words: str) -> str:
        """One command of one of our people. Returns what it printed."""
        return self.shell(*words, "--as", login)

    def shell(self, *words: str) -> str:
        command = [sys.executable, "-m", "bot", *words]
        done = subprocess.run(command, cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self, name: str, text: str | bytes) -> Path:
        file = self._folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def issue(self) -> str:
        """A case against 星河客户管理, in force and applied. Returns its number."""
        file = self.write("case.toml", CASE)
        number = self.number(self.staff("xiaolin", "cases", "open", str(file)))
        self.staff("xiaolin", "cases", "submit", number)
        self.staff("xiaozhou", "cases", "approve", number)
        self.staff("xiaolin", "cases", "applied", number, "cancel_recommendation")
        return number

    @staticmethod
    def number(printed: str) -> str:
        found = re.search(r"[VROAW]\d{4}-\d{6}", printed)
        assert found, printed
        return found[0]


class Admin:
    """王伟 at a phone."""

    def __init__(self, page: Page, demo: Demo, story: str) -> None:
        self.chat = page
        self._story = story
        self._shots = 0
        page.goto(f"{demo.wecom}/?user=WangWei")
        self.log = page.get_by_role("log")

    def say(self, words: str) -> None:
        self._type().fill(words)
        self.chat.keyboard.press("Enter")
        expect(self.log.get_by_text(words, exact=True).last).to_be_visible()

    def send_picture(self, file: Path) -> None:
        self._type()
        self.chat.locator("#picture").set_input_files(file)

    def is_told(self, words: str) -> None:
        expect(self.log.get_by_text(words).last).to_be_visible(timeout=PATIENCE_MS)
        self.shot()

    def press(self, words: str) -> None:
        """The newest button of this name."""
        button = self.log.locator(".press", has_text=words).last
        expect(button).to_be_visible(timeout=PATIENCE_MS)
        button.click()

    def open(self, words: str) -> Page:
        """The page behind the newest link whose card or text says so, as WeCom opens it: with its authorisation."""
        link = self.log.locator("a", has_text=words).last
        expect(link).to_be_visible(timeout=PATIENCE_MS)
        with self.chat.context.expect_page() as opened:
            link.click()
        page = opened.value
        page.set_default_timeout(PATIENCE_MS)
        page.wait_for_url(re.compile("/portal/|/connect/oauth2/"))
        if "/connect/oauth2/" in page.url:
            page.get_by_text("王伟").first.click()
        page.wait_for_url(re.compile("/portal/"))
        self.shot(page)
        return page

    def shot(self, page: Page | None = None) -> None:
        self._shots += 1
        SHOTS.mkdir(exist_ok=True)
        (page or self.chat).screenshot(path=SHOTS / f"{self._story}-{self._shots:02d}.png", full_page=page is not None)

    def _type(self) -> Locator:
        box = self.chat.get_by_label("消息", exact=True)
        if not box.is_visible():
            self.chat.get_by_role("button", name="切换键盘与菜单").click()
        return box


@pytest.fixture
def demo(tmp_path):
    bot, wecom = free_port(), free_port()
    with running(
        "demo", env=environment(BIND=f"127.0.0.1:{bot}", SANDBOX_BIND=f"127.0.0.1:{wecom}", WEB_WORKERS="1"), cwd=tmp_path
    ) as process:
        announced(process)
        yield Demo(tmp_path, f"http://127.0.0.1:{wecom}")


@pytest.fixture
def admin(demo, request):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport=PHONE).new_page()
        page.set_default_timeout(PATIENCE_MS)
        made = Admin(page, demo, request.node.name.removeprefix("test_"))
        yield made
        browser.close()


def submit(page: Page, admin: Admin) -> str:
    """Hand in the form that is open. Returns the number of what was handed in."""
    number = Demo.number(page.get_by_role("heading", level=1).inner_text())
    admin.shot(page)
    page.locator("button.main").click()
    expect(page.get_by_text("待审核").first).to_be_visible()
    admin.shot(page)
    return number


def write_report(page: Page) -> None:
    for label, words in (
        ("问题原因", "上线时没有做功能。"),
        ("整改措施", "三月一日已补齐全部功能。"),
        ("预防措施", "每次上线前由两人核对。"),
    ):
        page.get_by_label(label).first.fill(words)


def test_a_report_and_a_reapplication_bring_the_app_back(demo, admin):
    case = demo.issue()
    admin.is_told(f"违规处理通知 {case}-1")
    admin.press("确认收到")
    admin.is_told("确认收到不等于同意")
    admin.say("提交整改报告")
    admin.press("写整改报告")
    admin.is_told("截图也可以直接发到这里")
    admin.send_picture(demo.write("shot.png", PNG))
    admin.is_told("已加入")
    page = admin.open("整改报告 R")
    write_report(page)
    report = submit(page, admin)
    demo.staff("xiaozhou", "filings", "take", report)
    demo.staff("xiaozhou", "filings", "send-back", report, "--remark", "2.9=请写明由谁核对。")
    admin.is_told("整改报告退回通知")
    page.reload()
    expect(page.get_by_text("请写明由谁核对。").first).to_be_visible()
    page.get_by_label("预防措施").first.fill("每次上线前由产品和测试两人核对。")
    submit(page, admin)
    demo.staff("xiaozhou", "filings", "take", report)
    demo.staff("xiaozhou", "filings", "accept", report)
    admin.is_told("整改报告通过通知")
    admin.say("重新申请")
    admin.press("重新申请")
    page = admin.open("重新申请 A")
    page.get_by_label("申请说明").fill("功能齐全，符合推荐条件。")
    again = submit(page, admin)
    demo.staff("xiaochen", "filings", "take", again)
    demo.staff("xiaochen", "filings", "accept", again)
    admin.is_told("重新申请通过通知")
    demo.staff("xiaolin", "cases", "lifted", case, "cancel_recommendation")
    admin.is_told("恢复通知")
    admin.say("进度")
    page.goto(page.url.partition("/portal/")[0] + f"/portal/cases/{case}")
    expect(page.get_by_text("已恢复").first).to_be_visible()
    admin.shot(page)


def test_an_objection_that_is_upheld_takes_the_case_back(demo, admin):
    case = demo.issue()
    admin.is_told(f"违规处理通知 {case}-1")
    admin.say("我要申诉")
    admin.press("提出异议")
    page = admin.open("异议 O")
    page.get_by_label("异议理由").fill("核查的是旧版本，新版本二月已经上线。")
    objection = submit(page, admin)
    demo.staff("xiaochen", "filings", "take", objection)
    demo.staff("xiaochen", "filings", "uphold", objection, "--reasons", "核查时新版本已经上线，认定有误。")
    admin.is_told("处理撤销通知")
    page = admin.open("处理撤销通知")
    expect(page.get_by_text("核查时新版本已经上线，认定有误。").first).to_be_visible()
    expect(page.get_by_text("无需提交整改报告").first).to_be_visible()
    demo.staff("xiaolin", "cases", "lifted", case, "cancel_recommendation")


def test_an_app_is_withdrawn_and_comes_back(demo, admin):
    admin.say("撤出推荐")
    admin.press("申请撤出推荐")
    page = admin.open("撤出推荐申请 W")
    page.get_by_label("撤出理由").fill("准备改版。")
    page.get_by_role("checkbox").check()
    withdrawal = submit(page, admin)
    demo.staff("xiaozhou", "filings", "take", withdrawal)
    demo.staff("xiaozhou", "filings", "grant", withdrawal)
    admin.is_told("撤出推荐同意通知")
    demo.staff("xiaolin", "filings", "done", withdrawal)
    admin.is_told("撤出推荐完成通知")
    admin.say("重新申请")
    admin.press("重新申请")
    page = admin.open("重新申请 A")
    page.get_by_label("申请说明").fill("改版完成。")
    again = submit(page, admin)
    demo.staff("xiaozhou", "filings", "take", again)
    demo.staff("xiaozhou", "filings", "accept", again)
    demo.staff("xiaolin", "filings", "done", again)
    admin.is_told("恢复推荐、搜索通知")


def test_forbidden_conduct_ends_in_permanent_delisting(demo, admin):
    case = demo.issue()
    admin.is_told(f"违规处理通知 {case}-1")
    proof = demo.write("proof.png", PNG)
    demo.staff("xiaolin", "cases", "conduct", case, "--facts", "引导已安装企业迁走。", "--evidence", str(proof))
    delisting = demo.number(demo.staff("xiaolin", "cases", "propose-delisting", case, str(demo.write("conduct.toml", CONDUCT))))
    demo.staff("xiaolin", "cases", "submit", delisting)
    demo.staff("xiaozhou", "cases", "approve", delisting)
    assert "黑名单" not in demo.shell("providers", "list")
    demo.staff("xiaochen", "cases", "approve", delisting)
    admin.is_told(f"违规处理通知 {delisting}-1")
    assert "黑名单" in demo.shell("providers", "list")
    admin.say("撤出推荐")
    admin.is_told("黑名单")
    admin.say("我要申诉")
    admin.press(delisting)
    admin.press("提出异议")
    page = admin.open("异议 O")
    page.get_by_label("异议理由").fill("并没有引导企业迁走。")
    submit(page, admin)


def test_the_pictures_are_no_part_of_the_project():
    ignored = subprocess.run(
        ["git", "check-ignore", str(SHOTS / "x.png")], cwd=ROOT, capture_output=True, check=False, env=dict(os.environ)
    )
    assert ignored.returncode in (0, 128)  # 128: no repository here
