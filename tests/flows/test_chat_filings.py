"""The way back from chat: what each command shows, what the buttons under it begin and open, and for whom."""

import re

import pytest
from sqlalchemy import func, select

from bot.actions import cases, filings, reviews
from bot.actions.filings import Written
from bot.actions.reviews import Decision
from bot.context import Context
from bot.model.case import Planned
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Listing
from bot.model.texts import chat_filings as texts
from bot.model.texts import filings as filing_texts
from bot.model.texts import my_cases
from bot.store import filings as rows
from bot.store import notices, providers
from bot.store.tables import filings as table
from bot.store.tables import links
from rules.catalogue import Measure
from tests.cast import finding, issue, permanent, reminder
from tests.platform import Person, message_of
from tests.way_back import WANG, apply, decide, hand_in, lift

TWO = (Planned(measure=Measure.CANCEL_RECOMMENDATION), Planned(measure=Measure.CANCEL_SEARCH))


@pytest.fixture
def ctx(house):
    return lambda: Context(house)


def begun(house):
    """All filings, oldest first."""
    with house.database.read() as connection:
        return rows.listed(connection, limit=1_000)


def count(house, wanted):
    with house.database.read() as connection:
        return connection.execute(select(func.count()).select_from(wanted)).scalar_one()


def path_of(house, text):
    """Where the personal link in a message leads."""
    assert re.search(r'href="[^"]+/portal/links/[^"]+"', text), text
    with house.database.read() as connection:
        return connection.execute(select(links.c.path).order_by(links.c.expires_at.desc())).scalars().first()


# One fitting case


@pytest.mark.parametrize(
    ("command", "key", "kind"),
    [
        ("提交整改报告", "begin:report::{}", FilingKind.REPORT),
        ("我要申诉", "begin:objection:cancel_recommendation:{}", FilingKind.OBJECTION),
        ("提出异议", "begin:objection:cancel_recommendation:{}", FilingKind.OBJECTION),
        ("申请恢复", "begin:report::{}", FilingKind.REPORT),
        ("撤出推荐", "begin:withdrawal:app:{}", FilingKind.WITHDRAWAL),
    ],
)
def test_a_command_shows_the_only_case_and_a_press_on_its_card_begins_the_draft(house, cast, chat, wang, command, key, kind):
    number = "app-1" if kind is FilingKind.WITHDRAWAL else issue(house, cast, finding())
    heard = chat.say(wang, command)
    assert ("日程助手" if kind is FilingKind.WITHDRAWAL else number) in heard.now
    assert "尚未开始" in heard.now
    assert key.format(number) in heard.keys
    assert begun(house) == []  # the words alone change nothing
    pressed = chat.press(wang, key.format(number))
    (draft,) = begun(house)
    assert (draft.kind, draft.state) == (kind, FilingState.DRAFT)
    assert path_of(house, pressed.texts[0]) == f"/portal/filings/{draft.number}"


def test_pressing_again_opens_the_same_draft_and_the_command_says_that_it_is_there(house, cast, chat, wang, li):
    number = issue(house, cast, finding())
    for person in (wang, wang, li):
        assert "草稿" in chat.press(person, f"begin:report::{number}").texts[0]
    (draft,) = begun(house)
    heard = chat.say(li, "提交整改报告")
    assert f"{draft.number}：草稿，轮到您填写" in heard.now
    assert heard.keys[0] == f"open:filing::{draft.number}"
    assert path_of(house, chat.press(li, heard.keys[0]).texts[0]) == f"/portal/filings/{draft.number}"


def test_a_draft_that_is_opened_by_a_press_takes_pictures_again(house, cast, chat, ctx, wang):
    number = issue(house, cast, finding())
    report = hand_in(house, number)
    decide(house, cast["approver"], report.number, "need_more", reasons="请补充截图。")
    chat.clock.tick(days=3)
    assert chat.send(wang, message_of(wang, "image", MediaId="first")).now == texts.NO_PLACE
    chat.press(wang, f"open:filing::{report.number}")
    assert report.number in chat.send(wang, message_of(wang, "image", MediaId="second")).now


def test_a_case_tells_state_clock_and_next_step(house, cast, chat, wang):
    number = issue(house, cast, finding())
    heard = chat.say(wang, "提交整改报告")
    for part in (number, "日程助手", "取消推荐", "处理中", "整改期限", "下一步"):
        assert part in heard.now


def test_what_was_handed_in_tells_when_it_is_to_be_reviewed_and_that_it_is_late(house, cast, chat, ctx, wang):
    number = issue(house, cast, finding())
    report = hand_in(house, number)
    assert f"{report.number}：待审核，审核期限 2026-03-09 23:59" in chat.say(wang, "提交整改报告").now
    chat.clock.tick(days=8)
    reviews.look_after(ctx())
    for command in ("提交整改报告", "进度"):
        assert "已超期" in chat.say(wang, command).now


def test_each_measure_can_be_objected_to_by_a_button_of_its_own(house, cast, chat, wang):
    issue(house, cast, finding(measures=TWO))
    heard = chat.say(wang, "我要申诉")
    assert heard.labels[:2] == ["提出异议：取消推荐", "提出异议：取消搜索"]
    for key in heard.keys[:2]:
        chat.press(wang, key)
    assert len({one.measure_id for one in begun(house)}) == 2
    assert [label.partition("：")[0] for label in chat.say(wang, "我要申诉").labels[:2]] == ["继续填写", "继续填写"]


def test_recovery_says_what_is_still_owed_and_opens_the_right_one(house, cast, chat, ctx, wang):
    number = issue(house, cast, finding(measures=TWO))
    apply(house, cast, number)
    assert "1." in chat.say(wang, "申请恢复").now
    assert filing_texts.REPORT_FIRST in chat.say(wang, "重新申请").now
    report = hand_in(house, number)
    decide(house, cast["approver"], report.number, "accept")
    heard = chat.say(wang, "申请恢复")
    assert "重新申请推荐、搜索" in heard.now
    assert f"begin:reapplication::{number}" in heard.keys
    again = hand_in(house, number, FilingKind.REAPPLICATION)
    decide(house, cast["approver"], again.number, "accept")
    assert "等待平台解除：" in chat.say(wang, "申请恢复").now
    lift(house, cast, number, Measure.CANCEL_SEARCH, Measure.CANCEL_RECOMMENDATION)
    assert "已恢复" in chat.say(wang, "申请恢复").now


# Several, and none


def test_of_several_the_card_asks_which_one(house, cast, chat, wang):
    numbers = [issue(house, cast, finding(app=app), app) for app in ("app-1", "app-2")]
    heard = chat.say(wang, "提交整改报告")
    assert "有 2 个可以办理" in heard.now
    assert heard.keys == [f"show:report::{number}" for number in reversed(numbers)]
    assert begun(house) == []
    shown = chat.press(wang, heard.keys[1])
    assert numbers[0] in shown.texts[0]
    assert f"begin:report::{numbers[0]}" in shown.keys
    assert begun(house) == []


def test_of_several_recommended_apps_the_card_asks_which_one_is_withdrawn(house, cast, chat, wang):
    with house.database.write() as tx:
        app = providers.app_by_code(tx, "app-2")
        assert app
        providers.change_app(tx, app, app.name, Listing(listed=True, searchable=True, recommended=True))
    heard = chat.say(wang, "撤出推荐")
    assert (heard.keys, heard.labels) == (["show:withdrawal:app:app-1", "show:withdrawal:app:app-2"], ["日程助手", "考勤助手"])
    assert "begin:withdrawal:app:app-2" in chat.press(wang, heard.keys[1]).keys


def test_more_than_a_card_holds_are_the_newest_five_and_a_button_for_all(house, cast, chat, wang):
    numbers = [issue(house, cast, finding(), f"case {n}") for n in range(7)]
    heard = chat.say(wang, "提交整改报告")
    assert heard.keys == [*(f"show:report::{number}" for number in reversed(numbers[2:])), "open:home::"]
    assert len(heard.card["button_list"]) == 6
    assert all(len(key.encode()) <= 1_024 for key in heard.keys)
    assert path_of(house, chat.press(wang, "open:home::").texts[0]) == "/portal/"


def test_only_what_can_go_on_is_asked_for(house, cast, chat, wang):
    number = issue(house, cast, finding())
    issue(house, cast, reminder(rectify_days=None), "reminder")
    heard = chat.say(wang, "提交整改报告")
    assert number in heard.now
    assert heard.keys[0] == f"begin:report::{number}"


NOTHING = {"进度": my_cases.NOTHING, "我的处理": my_cases.NOTHING, "提出异议": texts.nothing("objection", "4.1")}
NOTHING |= {command: texts.nothing(want, clause) for want, (command, clause) in texts.COMMANDS.items()}


@pytest.mark.parametrize("command", NOTHING)
def test_a_stranger_and_another_provider_get_the_words_of_somebody_with_nothing(house, cast, chat, wang, zhao, command):
    with house.database.write() as tx:  # so that nothing of their own can be withdrawn
        app = providers.app_by_code(tx, "app-b")
        assert app
        providers.change_app(tx, app, app.name, Listing(listed=True, searchable=True, recommended=False))
    number = issue(house, cast, finding())
    assert chat.say(Person(wang.corpid, wang.agentid, "nobody"), command).all == NOTHING[command]
    theirs = chat.say(zhao, command)
    assert theirs.now == NOTHING[command] or "报销助手" in theirs.now
    assert number not in theirs.all
    assert "日程助手" not in theirs.all


# Refusals by name


def test_a_case_that_is_over_refuses_by_name(house, cast, chat, ctx, wang):
    number = issue(house, cast, finding())
    cases.revoke(ctx(), cast["approver"], number, "复核认定有误。")
    for command in ("提交整改报告", "我要申诉"):
        assert f"案件 {number} 已撤销" in chat.say(wang, command).now
    pressed = chat.press(wang, f"begin:report::{number}")  # a card that is older than the end
    assert f"案件 {number} 已撤销" in pressed.texts[0]
    assert begun(house) == []


def test_a_permanent_delisting_takes_an_objection_and_no_report(house, cast, chat, wang):
    number = issue(house, cast, permanent())
    assert filing_texts.PERMANENT in chat.say(wang, "提交整改报告").now
    assert f"begin:objection:permanent_delist:{number}" in chat.say(wang, "我要申诉").keys
    assert "黑名单" in chat.say(wang, "撤出推荐").now


def test_an_objection_after_the_window_is_still_begun(house, cast, chat, ctx, wang):
    number = issue(house, cast, finding())
    chat.clock.tick(days=60)
    chat.press(wang, f"begin:objection:cancel_recommendation:{number}")
    assert [one.kind for one in begun(house)] == [FilingKind.OBJECTION]


# Withdrawal, and back


def test_a_withdrawal_and_the_way_back_from_it(house, cast, chat, ctx, wang):
    heard = chat.say(wang, "撤出推荐")  # app-2 is not recommended
    assert heard.keys[0] == "begin:withdrawal:app:app-1"
    assert "撤出后果" in chat.press(wang, heard.keys[0]).texts[0]
    (draft,) = begun(house)
    filings.submit(ctx(), WANG, draft.number, Written(version=draft.version, words="暂停运营。"), agreed=True)
    assert f"{draft.number}：待审核" in chat.say(wang, "进度").now
    reviews.take(ctx(), cast["approver"], draft.number)
    reviews.decide(ctx(), cast["approver"], draft.number, Decision(action="grant"))
    heard = chat.say(wang, "重新申请")
    assert "begin:reapplication:app:app-1" in heard.keys
    chat.press(wang, "begin:reapplication:app:app-1")
    assert begun(house)[-1].parent_id == draft.id


# The notice's card, a trusted domain, and 进度


def test_each_outcome_comes_back_as_a_card_that_opens_its_notice(house, cast, chat, ctx, wang):
    number = issue(house, cast, finding())
    report = hand_in(house, number)
    chat.run_worker()
    decide(house, cast["approver"], report.number, "send_back", reasons="请补充改版时间。")
    chat.run_worker()
    card = chat.wecom.delivered("WangWei")[-1].body
    assert "整改报告退回通知" in card["main_title"]["title"]
    (button,) = card["button_list"]
    pressed = chat.press(wang, button["key"], card["task_id"])
    with house.database.read() as connection:
        (outcome,) = [one for one in notices.of_case(connection, report.case_id or 0) if one.number == f"{number}-2"]
    assert path_of(house, pressed.texts[0]) == f"/portal/notices/{outcome.key}"
    assert "已退回，待修改" in chat.say(wang, "提交整改报告").now


@pytest.mark.parametrize(("key", "kind"), [("report", FilingKind.REPORT), ("object", FilingKind.OBJECTION)])
def test_the_buttons_of_a_notice_begin_the_draft(house, cast, chat, wang, zhao, key, kind):
    issue(house, cast, finding())
    chat.run_worker()
    task_id = next(one.body["task_id"] for one in chat.wecom.delivered("WangWei"))
    assert "没有作任何记录" in chat.press(zhao, key, task_id).texts[0]
    for _ in range(2):
        assert "/portal/links/" in chat.press(wang, key, task_id).texts[0]
    assert [one.kind for one in begun(house)] == [kind]


def test_a_notice_with_two_measures_asks_which_one_is_objected_to(house, cast, chat, wang):
    issue(house, cast, finding(measures=TWO))
    chat.run_worker()
    task_id = next(one.body["task_id"] for one in chat.wecom.delivered("WangWei"))
    heard = chat.press(wang, "object", task_id)
    assert texts.WHICH_MEASURE in heard.texts[0]
    assert len(heard.keys) == 3
    assert begun(house) == []


def test_with_a_trusted_domain_cards_name_the_page_and_nobody_gets_a_link(make_settings, house, cast, chat, wang):
    object.__setattr__(house, "settings", make_settings(wecom_trusted_domain=True))
    number = issue(house, cast, finding())
    heard = chat.say(wang, "提交整改报告")
    assert [button.get("url") for button in heard.card["button_list"]] == [None, f"http://127.0.0.1:9/portal/cases/{number}"]
    pressed = chat.press(wang, heard.keys[0])
    (draft,) = begun(house)
    assert pressed.card["url"] == f"http://127.0.0.1:9/portal/filings/{draft.number}"
    assert count(house, links) == 0


def test_progress_lists_all_that_is_open(house, cast, chat, ctx, wang):
    assert my_cases.NOTHING in chat.say(wang, "进度").now
    number = issue(house, cast, finding())
    objection = hand_in(house, number, FilingKind.OBJECTION)
    report = filings.start(ctx(), WANG, FilingKind.REPORT, case=number)
    said = chat.say(wang, "进度").now
    for part in (number, f"{objection.number}：待审核，审核期限", f"{report.number}：草稿，轮到您填写"):
        assert part in said


@pytest.mark.parametrize(
    "key",
    [
        "begin",
        "begin:",
        "begin:report",
        "begin:report::",
        "begin:x::V1",
        "show:report:x:V1",
        "open:x::y",
        "open:::",
        "begin:objection:x:V1",
        "show::::",
        "begin:report:::::",
        "begin:report:app:app-1",
        "open:filing::R2026-000001'--",
    ],
)
def test_a_key_that_nobody_made_opens_nothing(house, cast, chat, wang, key):
    assert chat.press(wang, key).texts[0].startswith(texts.NOT_YOURS)
    assert count(house, table) == count(house, links) == 0
