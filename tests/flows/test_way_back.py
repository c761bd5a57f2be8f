"""From a violation back to where the app was (4.2), by what people do: the provider's admins, two of our own staff, and the platform."""

import io

import pytest

from bot.actions import cases, filings, reviews
from bot.actions.filings import Written
from bot.actions.listings import of_app
from bot.actions.reviews import Decision
from bot.context import Context
from bot.files import Files
from bot.model.case import Planned, State
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Listing
from bot.store import notices, providers
from rules.catalogue import Measure
from tests.cast import at, case_of, finding, issue

WANG, LI = at("WangWei"), at("li.na")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\1\0\0\5\0\1\r\n-\xb4\0\0\0\0IEND\xaeB`\x82"
WORDS = {"2.9": {"root_cause": "上线时没有做功能。", "done": "已补齐介绍中的全部功能。", "prevention": "每次上线前由两人核对。"}}


@pytest.fixture
def ctx(house):
    return lambda: Context(house)


def applied(ctx, cast, number):
    for one in case_of(ctx().house, number).measures:
        cases.move_measure(ctx(), cast["author"], number, one.measure, "apply")


def hand_in(ctx, address, kind, number, words="", items=None, **more):
    """Begin, write and hand in, with a picture where a report needs one."""
    filing = filings.start(ctx(), address, kind, case=number, **more)
    if items:
        stored = Files.of(ctx().settings).put(io.BytesIO(PNG), "a.png", max_bytes=1 << 20)
        filings.attach(ctx(), address, filing.number, "2.9", "截图.png", stored)
    return filings.submit(ctx(), address, filing.number, Written(version=filing.version, words=words, items=items))


def decide(ctx, staff, number, action, **more):
    reviews.take(ctx(), staff, number)
    return reviews.decide(ctx(), staff, number, Decision(action=action, **more))


def listing_of(house, code):
    with house.database.read() as connection:
        return of_app(connection, providers.app_by_code(connection, code))


def titles(house, number):
    with house.database.read() as connection:
        return [notice.statement.title for notice in notices.of_case(connection, case_of(house, number).id)]


def test_a_report_and_a_reapplication_bring_an_app_back(house, cast, ctx, wecom, run_worker):
    measures = tuple(Planned(measure=one) for one in (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH, Measure.DELIST))
    number = issue(house, cast, finding(measures=measures))
    applied(ctx, cast, number)
    assert listing_of(house, "app-1") == Listing(listed=False, searchable=False, recommended=False)

    report = hand_in(ctx, WANG, FilingKind.REPORT, number, items=WORDS)
    assert report.state is FilingState.SUBMITTED
    back = decide(ctx, cast["approver"], report.number, "send_back", remarks={"2.9": "请补充改版的时间。"})
    assert (back.state, back.items[0].verdict, back.items[0].remark) == (FilingState.RETURNED, "wanting", "请补充改版的时间。")
    words = {"2.9": {**WORDS["2.9"], "done": "三月一日已补齐介绍中的全部功能。"}}
    report = filings.submit(ctx(), LI, report.number, Written(version=back.version, items=words))
    assert report.round == 2
    decide(ctx, cast["author"], report.number, "accept")
    case = case_of(house, number)
    assert case.state is State.RECOVERING
    assert {one.measure: one.state for one in case.measures} == {
        Measure.CANCEL_RECOMMENDATION: "applied",
        Measure.CANCEL_SEARCH: "applied",
        Measure.DELIST: "lifting",
    }
    cases.move_measure(ctx(), cast["author"], number, Measure.DELIST, "lift")
    assert listing_of(house, "app-1") == Listing(listed=True, searchable=False, recommended=False)

    again = hand_in(ctx, LI, FilingKind.REAPPLICATION, number, words="功能齐全，符合推荐条件。")
    decide(ctx, cast["approver"], again.number, "accept")
    for measure in (Measure.CANCEL_SEARCH, Measure.CANCEL_RECOMMENDATION):
        assert case_of(house, number).state is State.RECOVERING
        cases.move_measure(ctx(), cast["author"], number, measure, "lift")
    assert case_of(house, number).state is State.RECOVERED
    assert listing_of(house, "app-1") == Listing(listed=True, searchable=True, recommended=True)
    assert titles(house, number) == ["违规处理通知", "整改报告退回通知", "整改报告通过通知", "重新申请通过通知", "恢复通知"]
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    run_worker()
    assert len(wecom.delivered("WangWei")) == len(wecom.delivered("li.na")) == 5
    assert wecom.delivered("ZhaoMin") == []
