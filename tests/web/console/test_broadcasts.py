"""The pages of broadcasts: written, looked at, let go, followed and ended in a browser."""

import csv
import io
import re

import pytest
from sqlalchemy import event

from bot.actions import broadcasts
from bot.context import Context
from bot.model.broadcast import State
from tests.broadcasts import crowd, draft, launched, of, receipt_card, terms, work
from tests.cast import at
from tests.web.console.visitors import HERE, press, signed_in, token

pytestmark = pytest.mark.usefixtures("clock")
FIELDS = {"form": "markdown", "title": "规则更新", "words": "请查看 **新版** 全文。", "to": "everybody", "when": "now"}


@pytest.fixture
def settings(make_settings):
    return make_settings(broadcast_approval_above=10, quiet_hours="22:00-08:00")


@pytest.fixture
def clock(clock):
    clock.tick(minutes=5)
    return clock


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


@pytest.fixture
def approver(site, house, cast):
    return signed_in(site, house, "approver")


@pytest.fixture
def engine(make_engine):
    return make_engine(**terms())


def write(browser, do="save", **fields):
    page = browser.get("/console/broadcasts/new")
    (key,) = re.findall(r'name="key" value="([^"]+)"', page.text)
    sent = {"token": token(page), "key": key, **FIELDS, **fields, "do": do}
    return browser.post("/console/broadcasts/write", data=sent, headers=HERE)


def step(browser, number, name, **fields):
    page = browser.get(f"/console/broadcasts/{number}")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    return press(browser, f"/console/broadcasts/{number}/{name}", version=version[1] if version else "0", **fields)


def made(answer):
    assert answer.status_code == 303, answer.text
    (number,) = re.findall(r"B\d{4}-\d{6}", answer.headers["Location"])
    return number


def test_a_broadcast_is_written_seen_and_let_go(author, house, engine):
    number = made(write(author))
    page = author.get(f"/console/broadcasts/{number}")
    assert "<b>新版</b>" in page.text
    assert "王伟" in page.text
    assert "立即发送" in page.text
    assert step(author, number, "submit").headers["Location"].endswith("said=launched")
    work(house)
    engine.work()
    work(house)
    assert of(house, number).state is State.DONE
    done = author.get(f"/console/broadcasts/{number}")
    assert "平台受理</dt><dd>3" in done.text
    assert "<svg" in done.text
    assert 'data-live=""' in done.text


def test_what_is_wrong_is_said_and_what_was_typed_stays(author, house):
    answer = write(author, to="list", list="A\n无此人\nWangWei\nghost,某人", words="留着的正文")
    assert answer.status_code == 409
    assert "第 2 行“无此人”" in answer.text
    assert "第 4 行“ghost”" in answer.text
    assert "留着的正文" in answer.text
    assert "无此人\nWangWei" in answer.text
    number = made(write(author, to="list", list="A\nZhaoMin"))
    assert of(house, number).audience.providers == ("A",)
    assert of(house, number).audience.people == ("ZhaoMin",)


def test_a_list_comes_by_file_too(author, house):
    page = author.get("/console/broadcasts/new")
    raw = io.BytesIO("编号,名称\nB,乙公司\nli.na,李娜\n".encode("gb18030"))
    sent = {"token": token(page), "key": "k", **FIELDS, "to": "list", "do": "save", "list_file": (raw, "list.csv")}
    number = made(author.post("/console/broadcasts/write", data=sent, headers=HERE))
    assert of(house, number).audience.providers == ("B",)
    assert of(house, number).audience.people == ("li.na",)


def test_what_a_file_names_stays_on_the_page_whatever_is_pressed_first(author, house):
    """A browser does not keep the file that was chosen: the draft would be for fewer people than were meant."""
    for do in ("preview", "test"):
        answer = write(author, do, to="list", list="WangWei", list_file=(io.BytesIO("userid,姓名\r\nli.na,李娜\r\n".encode()), "list.csv"))
        kept = re.findall(r'<textarea id="list"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
        assert kept == ["WangWei\nuserid,姓名\nli.na,李娜\n"]
    number = made(write(author, to="list", list=kept[0]))
    assert of(house, number).audience.people == ("WangWei", "li.na")


def test_a_list_of_as_many_lines_as_are_taken_comes_by_file(author, house):
    crowd(house, 2_000)
    lines = "".join(f"Member{n % 2_000:05},某某某某某某\n" for n in range(100_000))
    number = made(write(author, to="list", list_file=(io.BytesIO(lines.encode()), "list.csv")))
    assert len(of(house, number).audience.people) == 2_000
    again = write(author, "preview", to="list", list_file=(io.BytesIO(lines.encode()), "list.csv"))
    assert "没有留在页面上，请重新选择" in again.text


@pytest.mark.parametrize("send_at", ["9999-12-31T23:59", "0001-01-01T00:00", "2026-02-30T10:00", "明天"])
def test_a_time_that_is_none_is_told(author, send_at):
    refused = write(author, when="at", send_at=send_at)
    assert refused.status_code == 409
    assert "没有看懂定时的日期和时间" in refused.text


def test_bytes_are_counted_as_wecom_counts_them(author):
    answer = write(author, "preview", words="字" * 700)
    assert "整条消息 2117 / 2016 字节" in answer.text
    assert write(author, "preview", words="字" * 600).text.count("超过") <= 1


@pytest.mark.parametrize(
    ("send_at", "words"),
    [
        ("2026-03-02T09:00", "已经过去"),
        ("2026-03-02T10:00", "整点或半点"),
        ("2026-03-02T10:30", "整点或半点"),
        ("2026-03-02T23:10", "免打扰时段"),
    ],
)
def test_a_bad_time_is_told_and_the_next_good_one_offered(author, house, send_at, words):
    number = made(write(author, when="at", send_at=send_at))
    page = author.get(f"/console/broadcasts/{number}")
    assert words in page.text
    refused = step(author, number, "submit")
    assert refused.status_code == 409
    assert words in refused.text
    assert step(author, number, "reschedule").status_code == 303
    assert words not in author.get(f"/console/broadcasts/{number}").text
    assert step(author, number, "submit").status_code == 303


def test_a_form_that_comes_twice_makes_one_draft(author):
    page = author.get("/console/broadcasts/new")
    sent = {"token": token(page), "key": "once", **FIELDS, "do": "save"}
    first = author.post("/console/broadcasts/write", data=sent, headers=HERE)
    assert made(first) == made(author.post("/console/broadcasts/write", data=sent, headers=HERE))


def test_what_was_typed_survives_the_session(site, author):
    sent = {"token": "0" * 64, "key": "k", **FIELDS, "words": "写了很久的正文", "do": "save"}
    answer = site.test_client().post("/console/broadcasts/write", data=sent, headers=HERE)
    assert answer.status_code == 403
    assert "写了很久的正文" in answer.text


def test_the_page_moves_by_itself_before_it_begins_too(author, house):
    number = made(write(author, when="at", send_at="2026-03-02T10:05"))
    assert 'class="live"' not in author.get(f"/console/broadcasts/{number}").text
    step(author, number, "submit")
    page = author.get(f"/console/broadcasts/{number}").text
    assert 'data-live="5" data-state="scheduled not begun"' in page
    assert "2026-03-02 10:05 自动开始" in page
    assert "scheduled not begun" in author.get(f"/console/broadcasts/{number}/progress").text


def test_the_same_words_again_are_told_of_before_they_go(author, house, engine):
    first, second = made(write(author)), made(write(author))
    assert "一字不差" not in author.get(f"/console/broadcasts/{second}").text
    step(author, first, "submit")
    page = author.get(f"/console/broadcasts/{second}").text
    assert f'{first}">{first}</a>（等待发送）与这条一字不差' in page
    assert made(write(author, words="另一条")) not in (first, second)


def test_one_that_paused_when_nobody_was_left_says_what_going_on_does(author, house, cast, wecom, engine):
    for userid in crowd(house, 60, wecom=wecom):
        wecom.refuse(userid)
    number = launched(house, cast).number
    work(house)
    engine.work()
    page = author.get(f"/console/broadcasts/{number}").text
    assert "自动暂停，已没有要送出的人" in page
    assert "已经没有要送出的人：继续后这条广播就此结束" in page
    step(author, number, "resume")
    work(house)
    assert of(house, number).state is State.DONE
    assert "现在没收到的有 60 人" in author.get(f"/console/broadcasts/{number}").text


def test_approval_by_another_with_what_will_happen_said_before(author, approver, house):
    crowd(house, 20)
    number = made(write(author))
    assert "提交审批" in author.get(f"/console/broadcasts/{number}").text
    step(author, number, "submit")
    assert of(house, number).state is State.PENDING_APPROVAL
    assert press(author, f"/console/broadcasts/{number}/approve", version="2").status_code == 403
    waiting = approver.get(f"/console/broadcasts/{number}")
    assert "立即开始发给 23 人" in waiting.text
    assert step(approver, number, "send_back", reason="请写清生效日期。").status_code == 303
    assert "请写清生效日期" in author.get(f"/console/broadcasts/{number}/edit").text
    step(author, number, "submit")
    assert step(approver, number, "approve").status_code == 303
    assert of(house, number).state is State.SCHEDULED


def test_a_stale_page_changes_nothing_and_says_so(author, house, cast):
    one = launched(house, cast)
    work(house)
    now = of(house, one.number)
    broadcasts.pause(Context(house), cast["author"], one.number, now.version)
    answer = press(author, f"/console/broadcasts/{one.number}/cancel", version=str(now.version))
    assert answer.status_code == 409
    assert "已经改动" in answer.text
    assert of(house, one.number).state is State.PAUSED


def test_every_step_of_one_on_its_way(author, approver, house, cast, wecom, engine, clock):
    wecom.refuse("WangWei")
    one = launched(house, cast)
    work(house)
    assert step(approver, one.number, "pause").status_code == 303
    assert "由人暂停" in author.get(f"/console/broadcasts/{one.number}").text
    assert step(author, one.number, "resume").status_code == 303
    engine.work()
    work(house)
    page = author.get(f"/console/broadcasts/{one.number}")
    assert "账号无效或不在应用可见范围" in page.text
    missed = author.get(f"/console/broadcasts/{one.number}/people?which=missed")
    assert "王伟" in missed.text
    assert "李娜" not in missed.text
    wecom.refuse("WangWei", refused=False)
    assert step(author, one.number, "resend").status_code == 303
    work(house)
    engine.work()
    work(house)
    assert [len(wecom.delivered(userid)) for userid in ("WangWei", "li.na")] == [1, 1]
    assert "没有这样的人" in author.get(f"/console/broadcasts/{one.number}/people?which=missed").text
    assert step(author, one.number, "recall").status_code == 303
    assert "正在撤回 3 人" in author.get(f"/console/broadcasts/{one.number}").text


def test_the_csv_holds_everybody_and_no_formula(author, house, cast, engine):
    from sqlalchemy import update

    from bot.store import tables

    with house.database.write() as tx:
        tx.execute(update(tables.admins).where(tables.admins.c.userid == "li.na").values(name="=HYPERLINK(1)"))
    one = launched(house, cast)
    work(house)
    engine.work()
    answer = author.get(f"/console/broadcasts/{one.number}/people.csv")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(lines) == 4
    assert lines[2][1] == "'=HYPERLINK(1)"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_csv_of_very_many_is_whole_and_holds_nobody_up(author, house, cast):
    crowd(house, 2_300)
    one = launched(house, cast)
    work(house)
    answer = author.get(f"/console/broadcasts/{one.number}/people.csv", buffered=False)
    pages = iter(answer.response)
    begun = [next(pages), next(pages)]
    work(house)  # while whoever reads takes their time
    lines = list(csv.reader(io.StringIO(b"".join([*begun, *pages]).decode("utf-8-sig"))))
    assert len({line[2] for line in lines}) == len(lines) == 2_304


def test_receipts_are_shown_by_person(author, house, cast, engine):
    from bot.actions import broadcast_receipts

    one = launched(house, cast, receipt_card())
    work(house)
    engine.work()
    work(house)
    broadcast_receipts.confirm(Context(house), one.number, at("WangWei"), "")
    assert "已签收</dt><dd>1" in author.get(f"/console/broadcasts/{one.number}").text
    assert "王伟" not in author.get(f"/console/broadcasts/{one.number}/people?which=unconfirmed").text


def test_nobody_edits_what_another_wrote_or_what_is_no_draft(author, house, cast, site):
    from bot.model.operator import Role
    from tests.web.console.visitors import add

    one = draft(house, cast)
    add(house, "second", [Role.OPERATOR])
    assert signed_in(site, house, "second").get(f"/console/broadcasts/{one.number}/edit").status_code == 409
    broadcasts.submit(Context(house), cast["author"], one.number, one.version)
    assert author.get(f"/console/broadcasts/{one.number}/edit").status_code == 409


def test_hostile_words_stay_words(author, house):
    number = made(write(author, title="<b>x</b>", words="<script>alert(1)</script> [a](javascript:x) **<img src=x onerror=y>**"))
    page = author.get(f"/console/broadcasts/{number}")
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.fixture
def queries(house):
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    return asked


def test_no_page_asks_the_database_more_than_twenty_times(author, house, cast, engine, queries):
    crowd(house, 30)
    one = launched(house, cast, receipt_card())
    waiting = draft(house, cast, key="waiting")
    work(house)
    engine.work()
    work(house)
    for path in (
        "",
        "/new",
        f"/{one.number}",
        f"/{one.number}/progress",
        f"/{one.number}/people",
        f"/{waiting.number}",
        f"/{waiting.number}/edit",
    ):
        queries.clear()
        assert author.get(f"/console/broadcasts{path}").status_code == 200
        assert len([one for one in queries if one.startswith(("SELECT", "WITH"))]) <= 20, path


def test_one_that_waits_for_approval_is_in_the_list_of_what_waits(author, approver, house):
    crowd(house, 20)
    number = made(write(author))
    assert number not in approver.get("/console/").text
    step(author, number, "submit")
    waiting = approver.get("/console/?what=broadcast").text
    assert "审批广播：规则更新" in waiting
    assert f"/console/broadcasts/{number}" in waiting
    assert approver.get(f"/console/find?number={number.lower()}").headers["Location"].endswith(f"/broadcasts/{number}")
    step(approver, number, "approve")
    assert "审批广播" not in approver.get("/console/").text


def test_categories_are_written_and_can_be_chosen(author, house):
    answer = press(author, "/console/broadcasts/categories/put", lines="app-b,报销\nnone,日程")
    assert answer.status_code == 409
    assert "第 2 行“none”" in answer.text
    assert "app-b,报销\nnone,日程" in answer.text
    assert press(author, "/console/broadcasts/categories/put", lines="app-b,报销\napp-1,日程").status_code == 303
    assert "1 个应用" in author.get("/console/broadcasts/categories").text
    number = made(write(author, **{"category:报销": "1"}))
    assert of(house, number).audience.categories == ("报销",)
    assert "有应用属于报销" in author.get(f"/console/broadcasts/{number}").text
    assert "赵敏" in author.get(f"/console/broadcasts/{number}").text
    assert "王伟" not in author.get(f"/console/broadcasts/{number}").text
    assert press(author, "/console/broadcasts/categories/put", lines="app-b,\n").status_code == 303
    assert "报销" not in author.get("/console/broadcasts/new").text
