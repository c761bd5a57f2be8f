"""What cannot be a case: refused by name, all faults at once, and nothing written."""

from datetime import timedelta
from typing import Any

import pytest

from bot import clock as product_clock
from bot.actions import cases
from bot.context import Context, House
from bot.errors import UserMistake
from bot.model.case import Planned, State
from bot.model.texts import cases as texts
from rules.catalogue import Measure
from tests.actions.conftest import rows
from tests.cast import Cast, case_of, draft, finding, issue, permanent, reminder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ground": "9.9"}, "“9.9”不能作为处理依据"),
        ({"ground": "row:none"}, "没有录入“none”"),
        ({"power": "9.9"}, "第 9.9 条没有赋予处理措施"),
        ({"power": "4.4"}, "不能适用第 4.4 条"),
        ({"measures": (Planned(measure=Measure.PERMANENT_DELIST),)}, "第 3.1 条没有“永久下架"),
        ({"measures": (Planned(measure=Measure.SUSPEND_SERVICE),)}, "第 3.1 条没有“暂停服务”"),
        ({"measures": ()}, "没有写处理措施"),
        ({"measures": (Planned(measure=Measure.DELIST),) * 2}, "写了两次"),
        ({"app": ""}, "不能针对服务商整体"),
        ({"reasons": ""}, "处理理由"),
        ({"provider": "Z"}, "“Z”的服务商"),
        ({"app": "nothing"}, "“nothing”的应用"),
        ({"app": "app-b"}, "不属于服务商“A”"),
        ({"facts": " \n"}, "“认定的事实”没有填写"),
        ({"facts": "x" * 4_001}, "“认定的事实”超过 4000 字"),
        ({"facts": "a\x00b"}, "不能显示的字符"),
        ({"contact": "x" * 201}, "“联系方式”超过 200 字"),
        ({"found_on": "2026-3-1"}, "YYYY-MM-DD"),
        ({"found_on": "2999-01-01"}, "不晚于今天"),
        ({"rectify_days": 0}, "1 到 365"),
        ({"objection_days": 366}, "1 到 365"),
        ({"app": "\ud800"}, "不能显示的字符"),
    ],
)
def test_what_the_rules_or_the_form_do_not_give_is_refused_by_name_and_writes_nothing(
    house: House, ctx: Context, cast: Cast, change: dict[str, Any], words: str
) -> None:
    written = rows(house)
    with pytest.raises(UserMistake, match=words):
        cases.open_case(ctx, cast["author"], finding(**change), "bad")
    assert rows(house) == written
    number = draft(house, cast)
    before, written = case_of(house, number), rows(house)
    with pytest.raises(UserMistake, match=words):
        cases.amend(ctx, cast["author"], number, finding(**change))
    assert (case_of(house, number), rows(house)) == (before, written)


def test_all_faults_are_named_at_once(ctx: Context, cast: Cast) -> None:
    with pytest.raises(UserMistake) as refused:
        cases.open_case(ctx, cast["author"], finding(provider="Z", facts="", rectify_days=-1), "bad")
    assert len(refused.value.say.splitlines()) == 3


@pytest.mark.parametrize(("start", "end"), [(0, -1), (2, 2), (None, -1)])
def test_a_measure_does_not_end_before_it_begins(ctx: Context, cast: Cast, start: int | None, end: int) -> None:
    now = product_clock.now()
    starts_at = None if start is None else now + timedelta(days=start)
    one = Planned(measure=Measure.DELIST, starts_at=starts_at, ends_at=now + timedelta(days=end))
    with pytest.raises(UserMistake, match="要晚于开始时间"):
        cases.open_case(ctx, cast["author"], finding(measures=(one,)), "bad")


def test_what_is_for_good_has_no_end(ctx: Context, cast: Cast) -> None:
    one = Planned(measure=Measure.PERMANENT_DELIST, ends_at=product_clock.now() + timedelta(days=9))
    with pytest.raises(UserMistake, match="永久下架没有结束时间"):
        cases.open_case(ctx, cast["author"], permanent(measures=(one,)), "bad")


@pytest.mark.parametrize(
    ("name", "words"),
    [("facts", "{页面}打不开"), ("reasons", "【待填写】"), ("recovery", "____"), ("contact", "xxx"), ("facts", "见【此处填写截图】")],
)
def test_an_unfilled_placeholder_is_named_and_not_submitted(house: House, ctx: Context, cast: Cast, name: str, words: str) -> None:
    number = draft(house, cast, finding(**{name: words}))
    with pytest.raises(UserMistake, match=f"“{texts.FIELDS[name]}”里的"):
        cases.submit(ctx, cast["author"], number)
    assert case_of(house, number).state is State.DRAFT


def test_nor_does_one_go_out_in_a_revocation(house: House, ctx: Context, cast: Cast) -> None:
    number = issue(house, cast)
    written = rows(house)
    with pytest.raises(UserMistake, match="没填完的地方"):
        cases.revoke(ctx, cast["approver"], number, "因{原因}撤销")
    assert rows(house) == written


@pytest.mark.parametrize("reason", ["", " ", "x" * 4_001, "a\x00", "\udcff"])
def test_a_reason_is_words_that_can_be_kept(house: House, ctx: Context, cast: Cast, reason: str) -> None:
    number = issue(house, cast)
    with pytest.raises(UserMistake, match=texts.WHY_REVOKED):
        cases.revoke(ctx, cast["approver"], number, reason)
    assert case_of(house, number).state is State.IN_FORCE


def test_a_reminder_has_neither_measure_nor_power(ctx: Context, cast: Cast) -> None:
    for change in ({"power": "3.1"}, {"measures": finding().measures}):
        with pytest.raises(UserMistake, match="提醒不带处理措施"):
            cases.open_case(ctx, cast["author"], reminder(**change), "bad")
