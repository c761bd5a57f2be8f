"""From a violation back to where the app was (4.2), by what people do: the provider's admins, two of our own staff, and the platform."""

from bot.actions import filings
from bot.context import Context
from bot.model.case import State
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Listing
from rules.catalogue import Measure
from tests import way_back
from tests.cast import case_of, finding, issue
from tests.way_back import ALL_THREE, LI, PARTS, apply, decide, hand_in, lift, listing_of, steps_of, titles


def test_a_report_and_a_reapplication_bring_an_app_back(house, cast, wecom, run_worker):
    number = issue(house, cast, finding(measures=ALL_THREE))
    apply(house, cast, number)
    assert listing_of(house, "app-1") == Listing(listed=False, searchable=False, recommended=False)

    report = hand_in(house, number)
    back = decide(house, cast["approver"], report.number, "send_back", remarks={"2.9": "请补充改版的时间。"})
    assert (back.state, back.items[0].verdict, back.items[0].remark) == (FilingState.RETURNED, "wanting", "请补充改版的时间。")
    words = {"2.9": {**PARTS, "done": "三月一日已补齐介绍中的全部功能。"}}
    report = filings.submit(Context(house), LI, report.number, way_back.written(back, items=words))
    assert report.round == 2
    decide(house, cast["author"], report.number, "accept")
    assert case_of(house, number).state is State.RECOVERING
    assert steps_of(house, number) == {"cancel_recommendation": "applied", "cancel_search": "applied", "delist": "lifting"}
    lift(house, cast, number, Measure.DELIST)
    assert listing_of(house, "app-1") == Listing(listed=True, searchable=False, recommended=False)

    again = hand_in(house, number, FilingKind.REAPPLICATION, LI)
    decide(house, cast["approver"], again.number, "accept")
    for measure in (Measure.CANCEL_SEARCH, Measure.CANCEL_RECOMMENDATION):
        assert case_of(house, number).state is State.RECOVERING
        lift(house, cast, number, measure)
    assert case_of(house, number).state is State.RECOVERED
    assert listing_of(house, "app-1") == Listing(listed=True, searchable=True, recommended=True)
    assert titles(house, number) == ["违规处理通知", "整改报告退回通知", "整改报告通过通知", "重新申请通过通知", "恢复通知"]
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    run_worker()
    assert len(wecom.delivered("WangWei")) == len(wecom.delivered("li.na")) == 5
    assert wecom.delivered("ZhaoMin") == []
