"""The list of what waits."""

import re

import pytest
from sqlalchemy import event

from bot import clock as product_clock
from bot.actions import queue, reviews
from bot.actions.queue import PAGE
from bot.context import Context
from bot.model.human import Said
from bot.model.queue import Record, Wanted, What
from bot.store import humans, operator_tasks
from tests import rulebooks
from tests.cast import at, finding, issue, pending
from tests.store.rows import all_of
from tests.way_back import hand_in
from tests.web.console.visitors import press, signed_in


def ask_human(house, userid="WangWei", key="k1"):
    now = product_clock.now()
    with house.database.write() as tx:
        return humans.add(tx, at(userid), Said(key, "为什么被下架？", "请看 2.9。"), now, now)


@pytest.fixture
def all_kinds(house, cast, clock):
    """One thing of most kinds waits. Returns the number of the case in force, and of its report."""
    number = issue(house, cast, finding())
    pending(house, cast, finding(app="app-2"), key="second")
    report = hand_in(house, number).number
    ask_human(house)
    with house.database.write() as tx:
        operator_tasks.add(tx, "admins:2", "admins", "乙公司只有 1 位管理员", product_clock.now(), provider_id=2)
    clock.tick(minutes=1)
    return number, report


def shown(page):
    return re.findall(r'<a class="what" href="([^"]+)"', page.text)


def test_everything_that_waits_stands_in_one_list_and_leads_to_where_it_is_done(site, house, cast, all_kinds):
    number, report = all_kinds
    page = signed_in(site, house, "author").get("/console/")
    assert page.status_code == 200
    leads = shown(page)
    assert f"/console/filings/{report}" in leads
    assert f"/console/cases/{number}#measures" in leads
    assert any(one.startswith("/console/humans/") for one in leads)
    assert any(one.startswith("/console/tasks/") for one in leads)
    browser = signed_in(site, house, "author")
    assert [browser.get(one.partition("#")[0]).status_code for one in leads] == [200] * len(leads)


def test_counts_are_those_of_the_list(site, house, cast, all_kinds):
    told = dict(line.split() for line in signed_in(site, house, "author").get("/console/counts").text.splitlines())
    assert {name: int(number) for name, number in told.items() if number != "0"} == {
        "approval": 1,
        "report": 1,
        "human": 1,
        "measure": 1,
        "contacts": 1,
        "all": 5,
        "late": 1,  # the wish for a person is due at once
    }


@pytest.mark.parametrize("what", list(What))
def test_a_filter_shows_its_kind_alone(house, cast, all_kinds, what):
    ctx = Context(house)
    every = queue.page(ctx, cast["author"], Wanted()).lines
    found = queue.page(ctx, cast["author"], Wanted(what=what)).lines
    assert list(found) == [one for one in every if one.what is what]


def test_what_is_late_or_claimed_can_be_looked_at_alone(site, house, cast, all_kinds):
    ctx, me = Context(house), cast["author"]
    assert [one.what for one in queue.page(ctx, me, Wanted(is_late=True)).lines] == [What.HUMAN]
    assert queue.page(ctx, me, Wanted(whose="mine")).lines == []
    reviews.take(ctx, me, all_kinds[1])
    assert [one.number for one in queue.page(ctx, me, Wanted(whose="mine")).lines] == [all_kinds[1]]
    assert all_kinds[1] not in [one.number for one in queue.page(ctx, me, Wanted(whose="free")).lines]
    assert queue.counts(ctx, cast["approver"]).mine == 0


def test_pages_follow_each_other_without_a_gap_whatever_is_done_meanwhile(house, cast):
    ctx, me = Context(house), cast["author"]
    with house.database.write() as tx:
        for number in range(PAGE * 2 + 7):
            operator_tasks.add(tx, f"admins:{number}", "admins", f"{number}", product_clock.now(), provider_id=1)
    seen, wanted = [], Wanted()
    while True:
        page = queue.page(ctx, me, wanted)
        seen += [one.detail for one in page.lines]
        with house.database.write() as tx:
            operator_tasks.finish(tx, f"admins:{page.lines[0].detail}", me.id, product_clock.now())
        if page.is_last:
            break
        wanted = Wanted(after=page.lines[-1].place)
    assert seen == [str(number) for number in range(PAGE * 2 + 7)]


def test_the_address_keeps_filter_and_page(site, house, cast):
    with house.database.write() as tx:
        for number in range(PAGE + 1):
            operator_tasks.add(tx, f"admins:{number}", "admins", f"第{number}项", product_clock.now(), provider_id=1)
    browser = signed_in(site, house, "author")
    first = browser.get("/console/?what=contacts&whose=free")
    assert len(shown(first)) == PAGE
    [following] = re.findall(r'class="button" href="([^"]+)">后面的待办', first.text)
    following = following.replace("&amp;", "&")
    assert "what=contacts" in following
    assert "whose=free" in following
    second = browser.get(following)
    assert len(shown(second)) == 1
    assert not set(shown(second)) & set(shown(first))


@pytest.mark.parametrize(
    "query", ["what=none", "whose=x", "late=7", "after=x", "after=2026-01-01~approval~1", "after=~~", "what=%00", "after=" + "9" * 500]
)
def test_an_address_that_means_nothing_shows_the_whole_list(site, house, cast, all_kinds, query):
    page = signed_in(site, house, "author").get(f"/console/?{query}")
    assert page.status_code == 200
    assert len(shown(page)) == 5


def test_a_filing_is_claimed_from_the_list_by_one(site, house, cast, all_kinds):
    first, second = signed_in(site, house, "author"), signed_in(site, house, "approver")
    taken = press(first, f"/console/filings/{all_kinds[1]}/take")
    assert taken.headers["Location"].startswith(f"/console/filings/{all_kinds[1]}")
    refused = press(second, f"/console/filings/{all_kinds[1]}/take")
    assert refused.status_code == 409
    assert "Author" in refused.text
    assert press(first, f"/console/filings/{all_kinds[1]}/release").status_code == 303
    assert press(second, f"/console/filings/{all_kinds[1]}/take").status_code == 303


def lines(page, what):
    """The rows of this list that are of this kind, by the name that people read."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.text, re.S)
    return [row for row in rows if re.search(rf'<span class="state \w+">{what}</span>', row)]


def claiming(row):
    return re.findall(r'<form method="post" action="([^"]+)"', row)


@pytest.mark.parametrize(
    ("what", "who"), [("申请人工", "author"), ("管理员不足", "author"), ("执行措施", "author"), ("待审批", "approver")]
)
def test_whatever_waits_is_claimed_by_one_whom_others_see(site, house, cast, clock, all_kinds, what, who):
    other = {"author": "approver", "approver": "approver2"}[who]
    first, second = signed_in(site, house, who), signed_in(site, house, other)
    address = claiming(lines(first.get("/console/?late="), what)[0])[0].replace("&amp;", "&")
    back = press(first, address)
    assert back.status_code == 303
    assert "said=claimed" in back.headers["Location"]
    [mine] = lines(first.get("/console/?whose=mine"), what)
    assert "放弃" in mine
    [theirs] = lines(second.get("/console/"), what)
    assert who.title() in theirs
    assert claiming(theirs) == []
    if what not in ("执行措施",):  # which an operator alone does
        refused = press(second, address)
        assert refused.status_code == 409
        assert f"{who.title()}已经领取了这一项" in refused.text
    assert press(first, claiming(mine)[0].replace("&amp;", "&")).status_code == 303
    assert claiming(lines(second.get("/console/"), what)[0]) or what == "执行措施"
    press(first, address)
    clock.tick(hours=5)  # by itself it ends too
    assert lines(first.get("/console/?whose=mine"), what) == []


def test_claiming_keeps_the_filter_and_is_offered_to_whoever_can_do_it(site, house, cast, all_kinds):
    author, approver = signed_in(site, house, "author"), signed_in(site, house, "approver")
    [address] = claiming(lines(author.get("/console/?what=human&whose=free"), "申请人工")[0])
    assert press(author, address.replace("&amp;", "&")).headers["Location"] == "/console/?what=human&whose=free&said=claimed"
    assert claiming(lines(author.get("/console/"), "待审批")[0]) == []
    assert claiming(lines(approver.get("/console/"), "执行措施")[0]) == []
    assert claiming(lines(signed_in(site, house, "auditor").get("/console/"), "整改报告")[0]) == []


@pytest.mark.parametrize("address", ["none/1", "filing/1", "task/999", "human/99999999999999999999", "case/1"])
def test_nothing_else_can_be_claimed(site, house, cast, all_kinds, address):
    answer = press(signed_in(site, house, "author"), f"/console/waiting/{address}/claim")
    assert answer.status_code in (404, 409)
    assert all_of(house.database, "queue_claims") == []


def test_a_row_says_what_is_to_be_done_and_repeats_nothing(site, house, cast, all_kinds):
    page = signed_in(site, house, "author").get("/console/")
    assert "执行“取消推荐”<span" in page.text
    assert "请在平台上执行" not in page.text
    with house.database.write() as tx:
        operator_tasks.add(tx, "overdue:1", "overdue", "案件 V2026-000001：整改期限已过，请核查整改情况。", product_clock.now(), case_id=1)
    assert "核查整改情况<span" in signed_in(site, house, "author").get("/console/").text


def test_the_shell_lists_what_is_to_be_done_by_hand_as_the_page_does(house, cast, all_kinds):
    ctx = Context(house)
    listed = [(one.id, one.due_at) for one in queue.tasks(ctx)]
    assert listed == [(one.id, one.due_at) for one in queue.page(ctx, cast["author"], Wanted()).lines if one.record is Record.TASK]
    assert len(listed) == 2


def test_an_empty_list_says_what_will_come(site, house, cast):
    browser = signed_in(site, house, "author")
    assert "都办完了" in browser.get("/console/").text
    assert "这里没有待办" in browser.get("/console/?what=report").text


def test_a_page_asks_the_database_twenty_times_at_most(site, house, cast, all_kinds):
    browser = signed_in(site, house, "author")
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    browser.get("/console/")
    assert 0 < len(asked) <= 20


@pytest.mark.parametrize(
    ("typed", "leads"), [("v2026-000001 ", "/console/cases/V2026-000001"), ("R2026-000009", "/console/filings/R2026-000009")]
)
def test_a_number_leads_to_its_page(site, house, cast, typed, leads):
    assert signed_in(site, house, "author").get("/console/find", query_string={"number": typed}).headers["Location"] == leads


@pytest.mark.parametrize("typed", ["", "x", "V2026", "//evil", "V2026-0000011", "９" * 10])
def test_what_is_no_number_is_said_to_be_none(site, house, cast, typed):
    answer = signed_in(site, house, "author").get("/console/find", query_string={"number": typed})
    assert answer.status_code == 409
    assert "没有看懂这个编号" in answer.text


def test_a_version_of_the_rules_waits_for_its_approver_with_a_due_time(site, house, cast):
    rulebooks.submitted(house, cast)
    page = signed_in(site, house, "approver").get("/console/?what=rules")
    assert f"审批规则 {rulebooks.DATED} 版" in page.text
    assert f'href="/console/rulebooks/{rulebooks.DATED}"' in page.text
    assert "明天内" in page.text
