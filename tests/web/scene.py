"""A bit of everything that a provider's pages can show, for tests that look at pages."""

from dataclasses import dataclass

from bot.actions import cases, filings, notices
from bot.context import Context
from bot.model.case import Planned
from bot.model.filing import FilingKind
from rules.catalogue import Measure
from tests import way_back
from tests.cast import finding, issue
from tests.way_back import LI, WANG, ZHAO, decide, hand_in, started
from tests.web.visitors import first_notice


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Numbers: half_way is a case that is being lifted, with a report sent back and accepted; fresh one that nobody has answered."""

    half_way: str
    fresh: str
    over: str
    report: str  # accepted
    objection: str  # under review, and late
    draft: str  # of a report, with evidence
    returned: str  # sent back with remarks
    withdrawal: str  # granted, of provider B


def play(house, cast, clock):
    """Returns the Scene; the clock has moved on by days."""
    ctx = Context(house)
    half_way = issue(house, cast, finding(measures=way_back.ALL_THREE), key="half way")
    notices.confirm(ctx, first_notice(house, half_way).id, WANG, "portal")
    way_back.apply(house, cast, half_way)
    clock.tick(hours=3)
    report = hand_in(house, half_way).number
    clock.tick(hours=20)
    decide(house, cast["approver"], report, "send_back", reasons="整改方向正确，细节不足。", remarks={"2.9": "请补充改版的时间和截图。"})
    clock.tick(hours=2)
    filing = way_back.filing_of(house, report)
    items = {"2.9": {**way_back.PARTS, "done": "三月三日已补齐介绍中的全部功能，\n并去掉引导添加客服的页面。"}}
    filings.submit(ctx, LI, report, way_back.written(filing, items=items))
    decide(house, cast["author"], report, "accept")
    way_back.lift(house, cast, half_way, Measure.DELIST)
    objection = hand_in(house, half_way, FilingKind.OBJECTION, LI, measure=Measure.CANCEL_SEARCH).number
    returned_in = issue(house, cast, finding(app="app-2", measures=(Planned(measure=Measure.CANCEL_SEARCH),)), key="second")
    returned = hand_in(house, returned_in).number
    decide(house, cast["author"], returned, "need_more", remarks={"2.9": "证据看不清，请重新截图。"})
    over = issue(house, cast, finding(app="app-2", measures=(Planned(measure=Measure.DELIST),)), key="over")
    cases.revoke(ctx, cast["approver"], over, "复核后认定有误。")
    withdrawal = way_back.hand_in_about_app(house, "app-b", by=ZHAO).number
    decide(house, cast["author"], withdrawal, "grant", reasons="同意。")
    clock.tick(days=9)
    fresh = issue(house, cast, finding(ground="2.10", facts="与另一应用的界面和介绍完全相同。"), key="fresh")
    draft = started(house, fresh).number
    clock.tick(hours=1)
    return Scene(
        half_way=half_way,
        fresh=fresh,
        over=over,
        report=report,
        objection=objection,
        draft=draft,
        returned=returned,
        withdrawal=withdrawal,
    )
