"""Where a provider stands, and a case with all that was said, as its admins see them."""

import re

import pytest

from bot import clock as product_clock
from bot.actions import filings, notices
from bot.context import Context
from bot.model.case import Planned
from bot.model.days import DayKind
from bot.model.filing import FilingKind
from bot.model.texts import filings as filing_texts
from bot.model.texts import my_cases as texts
from bot.store import notices as notice_rows
from bot.store import providers
from bot.web.sessions import Session
from rules.catalogue import Measure
from tests import way_back
from tests.cast import at, case_of, finding, issue, permanent, reminder
from tests.way_back import LI, WANG, ZHAO, decide, hand_in, started
from tests.web.scene import play
from tests.web.visitors import first_notice, with_session


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_trusted_domain=True, public_url="http://127.0.0.1:9")


@pytest.fixture
def read(site, settings):
    """What somebody sees at a path: words alone, in their order."""

    def page(path, who=WANG):
        answer = with_session(site, settings, Session(who, "oauth")).get(path)
        assert answer.status_code == 200, path
        body = re.sub(r"<[^>]+>", "\n", answer.text.partition("<main>")[2].partition("</main>")[0])
        return "\n".join(line.strip() for line in body.splitlines() if line.strip())

    return page


def in_order(page, *words):
    """Whether these stand on the page one after the other."""
    at_ = 0
    for word in words:
        found = page.find(word, at_)
        assert found >= 0, f"{word} is not after what stands before it"
        at_ = found + len(word)
    return True


def test_a_recovery_half_done_shows_what_is_lifted_what_is_being_lifted_and_what_still_holds(house, cast, read):
    number = issue(house, cast, finding(measures=way_back.ALL_THREE))
    way_back.apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    page = read(f"/portal/cases/{number}").partition("处理措施与恢复进度")[2]
    assert in_order(page, "应用下架", "待解除", "取消搜索", "仍生效", "取消推荐", "仍生效")
    way_back.lift(house, cast, number, Measure.DELIST)
    page = read(f"/portal/cases/{number}").partition("处理措施与恢复进度")[2]
    assert in_order(page, "应用下架", "已解除", "取消搜索", "仍生效", "取消推荐", "仍生效")
    assert texts.REAPPLY in read("/portal/")


def test_what_other_cases_hold_against_the_same_app_stands_beside_it(house, cast, read):
    one = issue(house, cast, finding(), key="one")
    other = issue(house, cast, finding(measures=(Planned(measure=Measure.CANCEL_SEARCH),)), key="other")
    elsewhere = issue(house, cast, finding(app="app-2", measures=(Planned(measure=Measure.DELIST),)), key="elsewhere")
    page = read(f"/portal/cases/{one}").partition("同一应用的其他案件")[2]
    assert in_order(page, "取消搜索", other)
    assert elsewhere not in page


def test_the_conversation_is_whole_and_in_its_order(house, cast, clock, read):
    scene = play(house, cast, clock)
    talk = read(f"/portal/cases/{scene.half_way}").partition("全部往来")[2]
    assert in_order(
        talk,
        "违规处理通知",
        "王伟",
        "确认收到通知",
        "已执行：取消推荐",
        "第 1 次提交 整改报告",
        way_back.PARTS["root_cause"],
        "截图.png",
        "退回修改",
        "整改方向正确，细节不足。",
        "请补充改版的时间和截图。",
        "整改报告退回通知",
        "李娜",
        "第 2 次提交 整改报告",
        "三月三日已补齐",
        "通过",
        "整改报告通过通知",
        "第 1 次提交 异议",
    )
    assert talk.count("整改报告退回通知") == 1  # told with its round, and not once more
    assert "Approver" not in talk  # our reviewers are not named


def test_who_confirmed_is_said_at_each_notice(house, cast, read):
    number = issue(house, cast)
    for who in (WANG, LI):
        notices.confirm(Context(house), first_notice(house, number).id, who, "portal")
    page = read(f"/portal/cases/{number}").partition("通知与签收")[2]
    assert in_order(page, "违规处理通知", "王伟（2026-03-02 09:00）", "李娜（2026-03-02 09:00）")


def test_every_clock_is_told(house, cast, clock, read):
    number = issue(house, cast, finding(day_kind=DayKind.WORKING))
    page = read(f"/portal/cases/{number}")
    assert "送达后 7 天\n（工作日）" in page or "送达后 7 天（工作日）" in page
    notices.confirm(Context(house), first_notice(house, number).id, WANG, "portal")
    page = read(f"/portal/cases/{number}")
    assert page.count("2026-03-11 23:59") >= 2
    clock.tick(days=15)
    assert "仍可提出，注明逾期" in read(f"/portal/cases/{number}")
    assert "已逾期，请尽快" in read("/portal/")


def test_a_colleagues_draft_is_everybodys_of_the_provider(house, cast, read):
    number = issue(house, cast)
    draft = started(house, number, by=LI).number
    assert in_order(read("/portal/"), "草稿和审核中的材料", draft, "草稿", "尚未提交")
    assert "继续填写" in read(f"/portal/cases/{number}")


def test_a_reminder_says_that_no_report_is_owed(house, cast, read):
    number = issue(house, cast, reminder(rectify_days=None))
    page = read(f"/portal/cases/{number}")
    assert filing_texts.REMINDER_OWES_NOTHING in page
    assert "提出异议" in page
    assert "处理措施" not in page.replace("提醒（无处理措施）", "").replace("每项处理措施", "")


def test_a_permanent_delisting_says_what_is_left_to_do(house, cast, read):
    number = issue(house, cast, permanent())
    page = read(f"/portal/cases/{number}")
    assert filing_texts.PERMANENT in page
    assert "永久下架全部应用并纳入黑名单" in page
    assert "黑名单" in read("/portal/apps/app-1/withdrawal")
    assert "已下架" in read("/portal/").partition("我的应用")[2]


def test_an_objection_that_was_upheld_ends_the_case_on_its_page(house, cast, read):
    number = issue(house, cast)
    raised = hand_in(house, number, FilingKind.OBJECTION).number
    decide(house, cast["approver2"], raised, "uphold", reasons="核查有误。")
    page = read(f"/portal/cases/{number}")
    assert in_order(
        page, "已撤销", "不需要再操作", "异议成立", "全部往来", "第 1 次提交 异议", "认定异议成立", "核查有误。", "处理撤销通知"
    )
    assert "开始填写" not in page


def test_apps_show_how_they_are_listed_now_and_what_takes_it_away(house, cast, read):
    number = issue(house, cast)
    apps = read("/portal/").partition("我的应用")[2]
    assert in_order(apps, "日程助手", "在架、可搜索、不在推荐中", "取消推荐", number, "考勤助手", "在架、可搜索、不在推荐中")
    assert "申请撤出推荐" not in apps
    assert "申请撤出推荐" in read("/portal/", ZHAO)


def test_a_withdrawal_is_followed_from_asking_to_being_back(house, cast, read):
    number = way_back.hand_in_about_app(house, "app-b", by=ZHAO).number
    assert in_order(read("/portal/", ZHAO), "撤出推荐申请", number, "待审核", "我的应用", "推荐中")
    decide(house, cast["author"], number, "grant")
    home = read("/portal/", ZHAO)
    assert in_order(home, "我的应用", "不可搜索、不在推荐中", texts.REAPPLY, "撤出和恢复推荐的通知", "撤出推荐同意通知")
    assert "平台尚未执行" in read(f"/portal/filings/{number}", ZHAO)
    again = way_back.hand_in_about_app(house, "app-b", FilingKind.REAPPLICATION, by=ZHAO).number
    decide(house, cast["author"], again, "accept")
    assert "平台尚未执行" in read(f"/portal/filings/{again}", ZHAO)
    assert number in read(f"/portal/filings/{again}", ZHAO)


@pytest.mark.parametrize("who", ["stranger", "new provider"])
def test_whoever_has_nothing_yet_is_told_what_will_stand_here(house, cast, read, who):
    if who == "new provider":
        with house.database.write() as tx:
            ids = providers.add(tx, [("C", "丙公司")], product_clock.now())
            providers.add_admins(tx, [(ids["C"], at("chenmo"), "陈默", "")], product_clock.now())
    page = read("/portal/", at("chenmo"))
    assert texts.NOTHING in page
    assert "收到处理通知后" in page
    assert "草稿会保存在这里" in page
    assert "应用由平台登记" in page


def test_a_notice_shows_what_fits_its_kind(house, cast, site, settings, read):
    number = issue(house, cast)
    way_back.recover(house, cast, number)
    told = {one.statement.title: one for one in _told(house, number)}
    assert told.keys() == {"违规处理通知", "整改报告通过通知", "重新申请通过通知", "恢复通知"}
    for title, notice in told.items():
        page = with_session(site, settings, Session(WANG, "oauth")).get(f"/portal/notices/{notice.key}").text
        assert "确认收到</button>" not in page, title
        assert "这个案件已恢复" in page
        assert "提交整改报告</button>" not in page
        assert "提出异议</button>" in page  # against what is recovered too
    assert filings.shown(Context(house), WANG, "R2026-000001").state == "accepted"


def _told(house, number):
    with house.database.read() as connection:
        return notice_rows.of_case(connection, case_of(house, number).id)
