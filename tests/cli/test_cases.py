"""A case from the shell: every command, and what is said where something cannot be."""

import json
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import clock as product_clock
from bot.actions import notices
from bot.context import Context
from bot.model.case import State, Step
from bot.model.texts import findings
from bot.store import notices as notice_rows
from bot.store import operator_tasks as task_rows
from bot.store.tables import cases as case_rows
from bot.store.tables import counters, events
from bot.store.tables import notices as notice_table
from tests.cast import at, case_of, draft, issue, pending, permanent, reminder

_FILLED = {
    "【填写服务商编号】": "A",
    "【填写应用编号】": "app-1",
    "【填写发现日期】": "2026-03-01",
    "【此处填写认定的事实：时间、页面、现象】": "应用没有任何功能。",
    "【此处填写处理理由】": "经两次核查。",
    "【此处填写恢复条件】": "补齐功能。",
    "【填写联系方式】": "平台运营 ops@example.com",
}
AUTHOR, APPROVER, APPROVER2 = ("--as", "author"), ("--as", "approver"), ("--as", "approver2")


def filled(template: str, *but: str) -> str:
    """A template with its placeholders filled in, all but those that begin so."""
    for mark, words in _FILLED.items():
        if not mark.startswith(but or ("\x00",)):
            template = template.replace(mark, words)
    return template


@pytest.fixture
def file(tmp_path):
    """Write a draft file. Returns its path."""

    def write(text: str, name: str = "case.toml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def good(file):
    return file(filled(findings.template()))


def count(house, *tables):
    with house.database.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def notice_id(house, number):
    with house.database.read() as connection:
        return notice_rows.of_case(connection, case_of(house, number).id)[0].id


# Opening


@pytest.mark.parametrize(("kind", "kinds"), [((), "violation"), (("--reminder",), "reminder"), (("--permanent",), "violation")])
def test_a_filled_template_opens_a_case(bot, house, cast, file, kind, kinds):
    text = bot("cases", "template", *kind).out
    assert tomllib.loads(text)["kind"] == kinds
    done = bot("cases", "open", file(filled(text)), *AUTHOR)
    assert done.status == 0, done.err
    assert "V2026-000001（草稿）" in done.out
    assert "cases submit V2026-000001" in done.out
    assert case_of(house, "V2026-000001").kind == kinds


def test_a_template_that_nobody_filled_in_opens_nothing(bot, house, cast, file):
    done = bot("cases", "open", file(bot("cases", "template").out), *AUTHOR)
    assert done.status == 1
    for name in ("provider", "app", "found_on"):
        assert f"{name} 还没有填写" in done.err
    assert count(house, case_rows, counters, events) == [0, 0, 0]


@pytest.mark.parametrize("left", ["【此处填写认定", "【此处填写处理理由", "【此处填写恢复条件", "【填写联系方式"])
def test_what_is_not_filled_in_is_not_submitted(bot, house, cast, file, left):
    assert bot("cases", "open", file(filled(bot("cases", "template").out, left)), *AUTHOR).status == 0
    done = bot("cases", "submit", "V2026-000001", *AUTHOR)
    assert done.status == 1
    assert left in done.err
    assert case_of(house, "V2026-000001").state is State.DRAFT


def test_the_same_file_twice_opens_one_case_and_says_so(bot, house, cast, good):
    bot("cases", "open", good, *AUTHOR)
    again = bot("cases", "open", good, *AUTHOR)
    assert again.status == 0
    assert "没有再开：V2026-000001" in again.out
    assert count(house, case_rows) == [1]
    with_key = [bot("cases", "open", good, "--key", "march", *AUTHOR) for _ in range(2)]
    assert "已开案：V2026-000002" in with_key[0].out
    assert "没有再开：V2026-000002" in with_key[1].out


def test_a_draft_comes_through_standard_input_too(bot, house, cast, good, monkeypatch):
    with Path(good).open("rb") as stdin:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stdin}))
        assert bot("cases", "open", "-", *AUTHOR).status == 0
    assert "没有再开" in bot("cases", "open", good, *AUTHOR).out


def test_a_provider_short_of_admins_is_named_when_a_case_is_opened(bot, cast, file):
    text = filled(findings.template()).replace('"A"', '"B"').replace("app-1", "app-b")
    assert "可送达的管理员 1 人" in bot("cases", "open", file(text), *AUTHOR).out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("facts =", "fact ="), "不认识“fact”，是不是想写“facts”"),
        (("rectify_days = 7", 'rectify_days = "7"'), "rectify_days 应是整数"),
        (('kind = "violation"', 'kind = "warning"'), "kind 只能是：violation、reminder"),
        (('ground = "2.9"', 'ground = "9.9"'), "“9.9”不能作为处理依据"),
        (('power = "3.1"', 'power = "2.2"'), "第 2.2 条没有赋予处理措施"),
        (('"cancel_recommendation"', '"permanent_delist"'), "没有“永久下架全部应用并纳入黑名单”这项措施"),
        (('"cancel_recommendation"', '"ban"'), "measure 只能是"),
        (('"2026-03-01"', '"2026-03-03"'), "发现日期"),
        (('"app-1"', '"app-b"'), "不属于服务商“A”"),
        (('"A"', '"Z"'), "没有编码为“Z”的服务商"),
        (('"A"', '"A\\u0000"'), "不能显示的字符"),
        (("kind =", "kind = ="), "第 5 行不合 TOML 的写法"),
    ],
)
def test_a_file_that_cannot_be_a_case_is_refused_by_name_and_nothing_is_written(bot, house, cast, file, change, words):
    text = filled(findings.template())
    assert change[0] in text
    done = bot("cases", "open", file(text.replace(change[0], change[1], 1)), *AUTHOR)
    assert done.status == 1
    assert words in done.err
    assert count(house, case_rows, counters, events) == [0, 0, 0]


def test_all_that_is_wrong_is_named_at_once(bot, cast, file):
    done = bot("cases", "open", file("provder = 'A'\n[[measures]]\nmeasure = 3\n"), *AUTHOR)
    for words in ("没有写 kind", "provder", "第 1 段 [[measures]]：measure 应是文字"):
        assert words in done.err


def test_who_acts_must_be_said(bot, cast, good):
    assert "--as" in bot("cases", "open", good).err
    assert "没有“运营”权限" in bot("cases", "open", good, *APPROVER).err


def test_a_draft_is_written_anew_by_its_author(bot, house, cast, file):
    number = draft(house, cast)
    text = filled(findings.template()).replace("应用没有任何功能。", "换了一种写法。")
    assert bot("cases", "amend", number, file(text), *AUTHOR).status == 0
    assert case_of(house, number).facts == "换了一种写法。"
    bot("cases", "submit", number, *AUTHOR)
    done = bot("cases", "amend", number, file(text), *AUTHOR)
    assert "案件现在是“待审批”，不能修改" in done.err
    assert "现在可以审批、退回" in done.err


# The way of a case


def test_a_case_from_its_draft_to_the_notice(bot, house, cast, good):
    bot("cases", "open", good, *AUTHOR)
    number = "V2026-000001"
    shown = bot("cases", "preview", number).out
    for words in (number, "甲公司", "应用没有任何功能。", "取消推荐", "如何提出异议"):
        assert words in shown
    assert "待审批" in bot("cases", "submit", number, *AUTHOR).out
    refused = bot("cases", "approve", number, *AUTHOR)
    assert refused.status == 1
    assert "已通过并发出通知" in bot("cases", "approve", number, *APPROVER).out
    assert case_of(house, number).state is State.IN_FORCE
    assert bot("cases", "preview", number).out == shown  # as it was issued
    again = bot("cases", "approve", number, *APPROVER2)
    assert again.status == 1
    assert "案件现在是“处理中”，不能审批；现在可以结束、撤销" in again.err
    people = json.loads(bot("deliveries", "--case", number, "--json").out)[0]["people"]
    assert [(one["userid"], one["level"]) for one in people] == [("WangWei", "queued"), ("li.na", "queued")]


def test_permanent_delisting_goes_out_with_the_second_approval(bot, house, cast):
    number = pending(house, cast, permanent())
    assert "还要另一位审批人" in bot("cases", "approve", number, *APPROVER).out
    assert "您已经审批过" in bot("cases", "approve", number, *APPROVER).err
    assert count(house, notice_table) == [0]
    assert "已通过并发出通知" in bot("cases", "approve", number, *APPROVER2).out
    assert "Approver、Approver2" in bot("cases", "show", number).out


def test_a_case_is_sent_back_and_dropped(bot, house, cast):
    number = pending(house, cast)
    assert "草稿" in bot("cases", "send-back", number, "--reason", "事实不够具体", *APPROVER).out
    assert "已作废" in bot("cases", "discard", number, *AUTHOR).out
    assert [one.state for one in case_of(house, number).measures] == [Step.VOID]
    assert "现在可以恢复草稿" in bot("cases", "submit", number, *AUTHOR).err
    assert "已恢复草稿" in bot("cases", "restore", number, *AUTHOR).out
    assert [one.state for one in case_of(house, number).measures] == [Step.PLANNED]


def test_a_measure_is_confirmed_and_after_a_revocation_lifted(bot, house, cast):
    number = issue(house, cast)
    assert "已确认执行" in bot("cases", "applied", number, "cancel_recommendation", *AUTHOR).out
    assert "现在是“已执行”，不能确认已执行" in bot("cases", "applied", number, "cancel_recommendation", *AUTHOR).err
    assert "没有这项措施" in bot("cases", "applied", number, "delist", *AUTHOR).err
    assert "待填写" in bot("cases", "revoke", number, "--reason", "待填写", *APPROVER).err
    assert "已撤销" in bot("cases", "revoke", number, "--reason", "复核认定有误", *APPROVER).out
    assert "解除措施" in bot("cases", "tasks").out
    assert "已确认解除" in bot("cases", "lifted", number, "cancel_recommendation", *AUTHOR).out
    assert "没有待办" in bot("cases", "tasks").out
    assert case_of(house, number).measures[0].lifted_at is not None


def test_a_reminder_is_closed_and_a_violation_is_not(bot, house, cast):
    number, other = issue(house, cast, reminder()), issue(house, cast, key="other")
    assert "已结束" in bot("cases", "close", number, *AUTHOR).out
    assert "只有提醒可以直接结束" in bot("cases", "close", other, *AUTHOR).err


# Looking


def test_a_number_that_is_none_is_answered_with_where_to_look(bot, cast):
    for words in (("show",), ("submit",), ("preview",)):
        done = bot("cases", *words, "V2026-000404", *(AUTHOR if words == ("submit",) else ()))
        assert done.status == 1
        assert "cases list" in done.err
    assert "没有服务商 Z" in bot("cases", "history", "Z").err
    assert "没有这项待办" in bot("cases", "task-done", "404", "--note", "x", *AUTHOR).err


def test_the_list_is_narrowed_by_state_and_by_deadline(bot, house, cast, clock):
    late, waiting = issue(house, cast), pending(house, cast, key="second")
    notices.confirm(Context(house), notice_id(house, late), at("WangWei"), "portal")
    with house.database.write() as tx:
        tx.execute(case_rows.update().where(case_rows.c.number == late).values(overdue_at=case_of(house, late).served_at))
    listed = lambda *words: [one["number"] for one in json.loads(bot("cases", "list", "--json", *words).out)]  # noqa: E731
    assert listed() == [waiting, late]
    assert listed("--state", "pending_approval") == [waiting]
    assert listed("--overdue") == [late]
    assert listed("--limit", "1") == [waiting]
    assert "更早" in bot("cases", "list", "--limit", "1").out
    assert "处理中，已逾期" in bot("cases", "list").out
    assert "没有这样的案件" in bot("cases", "list", "--state", "revoked").out


def test_a_case_is_shown_with_all_that_our_staff_may_see(bot, house, cast):
    number = issue(house, cast)
    bot("cases", "note", number, "疑似同一团队", *AUTHOR)
    notices.confirm(Context(house), notice_id(house, number), at("li.na"), "portal")
    shown = bot("cases", "show", number)
    assert shown.status == 0, shown.err
    for words in (
        "疑似同一团队",
        "服务商看不到",
        "2026-03-02 09:00  Author\n",
        "李娜",
        "页面上确认",
        "待执行",
        "提醒",
        "已送达，不再需要",
        "执行措施",
    ):
        assert words in shown.out, words
    told = json.loads(bot("cases", "show", number, "--json").out)
    assert (told["number"], told["state"], told["served_how"]) == (number, "in_force", "receipt")
    assert told["provider"] == {"code": "A", "name": "甲公司"}
    assert told["notices"][0]["receipts"][0]["name"] == "李娜"
    assert told["notes"][0]["text"] == "疑似同一团队"
    assert "key" not in told["notices"][0]


def test_a_note_is_in_no_notice_and_not_on_the_trail(bot, house, cast):
    number = pending(house, cast)
    bot("cases", "note", number, "疑似同一团队", *AUTHOR)
    bot("cases", "approve", number, *APPROVER)
    with house.database.read() as connection:
        statement = notice_rows.of_case(connection, case_of(house, number).id)[0].statement
        trail = connection.execute(select(events.c.content, events.c.personal)).all()
    assert "疑似" not in statement.canonical().decode()
    assert "疑似" not in str(trail)


def test_the_history_tells_what_holds_and_what_is_owed(bot, house, cast):
    number = issue(house, cast)
    waiting = pending(house, cast, reminder(), key="second")
    page = bot("cases", "history", "A")
    assert page.status == 0, page.err
    for words in (
        "甲公司",
        "日程助手",
        "上架、可搜索、推荐",
        "受限",
        number,
        waiting,
        "确认收到通知",
        "自送达之日起算",
        "审批或退回",
        "王伟",
    ):
        assert words in page.out, words
    told = json.loads(bot("cases", "history", "A", "--json").out)
    assert [one["now"] for one in told["apps"] if one["code"] == "app-1"] == [{"listed": True, "searchable": True, "recommended": False}]
    owed = {(one["who"], one["what"]) for one in told["duties"]}
    assert owed == {("provider", "confirm"), ("provider", "rectify"), ("operator", "apply"), ("approver", "approve")}
    assert len(page.out.splitlines()) < 40


def test_a_task_is_ticked_off_with_what_was_done(bot, house, cast):
    number = issue(house, cast)
    with house.database.write() as tx:
        task_rows.add(tx, "overdue:test", "overdue", "整改期限已过，请核查", product_clock.now(), case_id=case_of(house, number).id)
    tasks = {one["kind"]: one["id"] for one in json.loads(bot("cases", "tasks", "--json").out)}
    assert tasks.keys() == {"apply", "overdue"}
    done = bot("cases", "task-done", str(tasks["apply"]), "--note", "好了", *AUTHOR)
    assert "不能单独办结" in done.err
    assert "请写办理结果" in bot("cases", "task-done", str(tasks["overdue"]), "--note", " ", *AUTHOR).err
    assert bot("cases", "task-done", str(tasks["overdue"]), "--note", "已电话答复", *AUTHOR).status == 0
    assert "没有再记一次" in bot("cases", "task-done", str(tasks["overdue"]), "--note", "已电话答复", *AUTHOR).err
    assert [one["kind"] for one in json.loads(bot("cases", "tasks", "--json").out)] == ["apply"]


# Deliveries


def test_deliveries_are_told_and_sent_again(bot, house, cast, wecom, run_worker):
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    number = issue(house, cast)
    assert "待发送" in bot("deliveries", "--case", number).out
    wecom.members.pop("li.na")
    run_worker()
    told = bot("deliveries", "--case", number).out
    for words in ("王伟", "平台受理", "李娜", "无法送达", "账号无效或不在应用可见范围", "通知卡片"):
        assert words in told, words
    again = bot("deliveries", "resend-missing", "--case", number, *AUTHOR)
    assert "李娜（li.na）" in again.out
    assert "王伟" not in again.out
    assert "没有需要补发的人" in bot("deliveries", "resend-missing", "--case", number, *AUTHOR).out
    assert "还没有发出过通知" in bot("deliveries", "--case", draft(house, cast, key="draft")).out


def test_columns_stand_under_each_other_and_no_name_commands_the_terminal(bot, house, cast):
    with house.database.write() as tx:
        tx.exec_driver_sql("UPDATE providers SET name = '甲\x1b[31m公司' WHERE code = 'A'")
    issue(house, cast)
    head, row = bot("cases", "list").out.splitlines()
    assert "\x1b" not in row
    cut = row.index("日程助手")
    assert sum(2 if char >= "⺀" else 1 for char in head[: head.index("应用")]) == sum(2 if char >= "⺀" else 1 for char in row[:cut])
