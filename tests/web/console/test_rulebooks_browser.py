"""A rule change in a real browser: uploaded, confirmed, made ready, approved, in force, told; every page fits and can be used."""

import pytest
from playwright.sync_api import expect

from bot.actions import packaged, rulebook_fits
from bot.context import Context
from bot.model.rulebook import RuleState
from rules.documents import latest
from tests.cast import issue
from tests.rulebooks import DATED, ORIGINS, PHRASES, SOURCE, TODAY, few, read
from tests.web.console.test_browser import (  # noqa: F401  fixtures
    OPEN_ALL,
    come_in,
    look,
    page,
    pytestmark,
    served,
    settings,
)


@pytest.fixture
def known(house, cast):
    packaged.take_in(house.database)
    issue(house, cast)


def test_a_rule_change_goes_all_the_way(served, house, cast, known, page, clock):  # noqa: F811
    come_in(page, served, house, "author")
    page.goto(f"{served}/rulebooks")
    look(page, "rulebooks")
    page.get_by_role("link", name="上传新版本").click()
    page.evaluate(OPEN_ALL)
    look(page, "rulebook-new")
    page.get_by_label("或粘贴全文").fill(SOURCE.replace("1. **用户：**", "- 用户："))
    page.get_by_role("button", name="上传并对照").click()
    expect(page.get_by_role("alert")).to_contain_text("行不能解析")
    look(page, "rulebook-refused")
    page.get_by_label("或粘贴全文").fill("")
    changed = SOURCE.replace("没有提供实际产品功能", "没有提供任何实际的产品功能")
    page.get_by_label("规则全文").set_input_files([{"name": "规则.md", "mimeType": "text/markdown", "buffer": changed.encode()}])
    page.get_by_role("button", name="上传并对照").click()
    page.wait_for_url(f"{served}/rulebooks/{DATED}*")
    look(page, "rulebook-draft")
    for clause, origin in ORIGINS.items():
        page.locator(f"select[name='lineage:{clause}']").select_option(origin)
    page.locator("input[name='name:2.8']").fill("广告主")
    page.locator("textarea[name='phrases:2.8']").fill("\n".join(PHRASES))
    page.get_by_label("生效日期").fill(TODAY)
    page.get_by_label("修改说明").fill("增加广告主的定义。")
    page.get_by_role("button", name="确认，开始准备").click()
    expect(page.get_by_role("heading", name="正在准备")).to_be_visible()
    look(page, "rulebook-fitting")
    assert rulebook_fits.run(Context(house), few) == 1
    expect(page.get_by_role("heading", name="试答问题集")).to_be_visible(timeout=10_000)  # by itself
    look(page, "rulebook-ready")
    page.get_by_role("button", name="提交审批").click()
    expect(page.get_by_role("status")).to_contain_text("已提交审批")
    page.get_by_role("button", name="退出").click()
    come_in(page, served, house, "approver")
    page.goto(f"{served}/rulebooks/{DATED}")
    page.evaluate(OPEN_ALL)
    look(page, "rulebook-approve")
    page.get_by_label("已看过，可以接受").check()
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已批准并生效")
    assert read(house).state is RuleState.IN_FORCE
    page.get_by_role("button", name="退出").click()
    come_in(page, served, house, "author")
    page.goto(f"{served}/rulebooks/{DATED}")
    page.get_by_role("button", name="起草通知广播").click()
    expect(page.get_by_role("status")).to_contain_text("广播的草稿已写好")
    look(page, "rulebook-told")
    page.goto(f"{served}/rulebooks/{latest().version}")
    look(page, "rulebook-before")
    page.goto(f"{served}/rulebooks")
    look(page, "rulebooks-after")
