"""What a provider may begin about its cases and apps, and why not: one draft for all of its admins, nothing of anybody else."""

import pytest

from bot.actions import cases, filings
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.filing import FilingKind, FilingState
from rules.catalogue import Measure
from tests.actions.conftest import at_once
from tests.cast import finding, issue, permanent, reminder
from tests.way_back import (
    ALL_THREE,
    LI,
    WANG,
    ZHAO,
    decide,
    filing_of,
    hand_in,
    keep,
    recover,
    rows_of,
    started,
    written,
)

REPORTS, OBJECTIONS = FilingKind.REPORT, FilingKind.OBJECTION
AGAIN, WITHDRAWAL = FilingKind.REAPPLICATION, FilingKind.WITHDRAWAL


def refused(house, number, kind, by=WANG, **more):
    """Why it cannot even be begun."""
    with pytest.raises(UserMistake) as why:
        filings.start(Context(house), by, kind, case=number, **more)
    return why.value.say


def test_what_is_begun_is_one_draft_for_all_admins_of_the_provider(ctx, house, cast):
    number = issue(house, cast)
    first = filings.start(ctx, WANG, REPORTS, case=number)
    assert (first.number, first.state, [item.title for item in first.items]) == ("R2026-000001", "draft", ["第 2.9 条 套壳应用"])
    assert filings.start(ctx, LI, REPORTS, case=number).id == first.id
    assert len(rows_of(house, "filings")) == 1


def test_two_admins_who_begin_at_once_have_one_draft(house, elsewhere, cast):
    number = issue(house, cast)
    begun = at_once(
        lambda: filings.start(Context(house), WANG, REPORTS, case=number),
        lambda: filings.start(Context(elsewhere), LI, REPORTS, case=number),
    )
    assert len({getattr(one, "number", one) for one in begun}) == 1


@pytest.mark.parametrize("kind", [REPORTS, OBJECTIONS])
def test_a_case_of_another_provider_or_one_not_issued_does_not_exist(ctx, house, cast, kind):
    from tests.cast import pending

    number = issue(house, cast)
    hidden = pending(house, cast, key="second")
    for by, about in ((ZHAO, number), (WANG, hidden), (WANG, "V2026-999999"), (WANG, "%")):
        with pytest.raises(NotFound):
            filings.start(ctx, by, kind, case=about)
    assert rows_of(house, "filings") == []


def test_somebody_who_left_finds_nothing_of_what_they_began(ctx, house, cast):
    from bot.actions import providers

    filing = hand_in(house, issue(house, cast))
    providers.depart(ctx, cast["author"], "A", WANG)
    for act in (
        lambda: filings.shown(ctx, WANG, filing.number),
        lambda: filings.submit(ctx, WANG, filing.number, written(filing)),
        lambda: filings.drop(ctx, WANG, filing.number),
        lambda: filings.may_attach(ctx, WANG, filing.number),
        lambda: filings.opened(ctx, WANG, filing.number, filing.files[0].id),
    ):
        with pytest.raises(NotFound):
            act()
    assert filings.shown(ctx, LI, filing.number).state == "submitted"


def test_nothing_of_another_provider_can_be_touched(ctx, house, cast):
    filing = started(house, issue(house, cast))
    for act in (
        lambda: filings.shown(ctx, ZHAO, filing.number),
        lambda: filings.save(ctx, ZHAO, filing.number, written(filing)),
        lambda: filings.submit(ctx, ZHAO, filing.number, written(filing)),
        lambda: filings.drop(ctx, ZHAO, filing.number),
        lambda: filings.may_attach(ctx, ZHAO, filing.number),
        lambda: filings.attach(ctx, ZHAO, filing.number, "", "b.png", keep(house, b"b")),
        lambda: filings.detach(ctx, ZHAO, filing.number, filing.files[0].id),
        lambda: filings.opened(ctx, ZHAO, filing.number, filing.files[0].id),
        lambda: filings.start(ctx, ZHAO, WITHDRAWAL, app="app-1"),
    ):
        with pytest.raises(NotFound):
            act()
    assert filing_of(house, filing.number) == filing


def test_what_cannot_be_handed_in_is_refused_by_name(ctx, house, cast):
    told = issue(house, cast, reminder(rectify_days=None))
    assert "不需要提交整改报告" in refused(house, told, REPORTS)
    assert "不需要重新申请" in refused(house, told, AGAIN)
    cases.close(ctx, cast["author"], told)
    for kind in (REPORTS, OBJECTIONS):
        assert f"案件 {told} 已结束" in refused(house, told, kind)
    number = issue(house, cast, key="second")
    assert "请先提交整改报告" in refused(house, number, AGAIN)
    started(house, number)
    assert "请先提交整改报告" in refused(house, number, AGAIN), "a draft is no report yet"
    cases.revoke(ctx, cast["approver"], number, "认定有误。")
    for kind in (REPORTS, OBJECTIONS, AGAIN):
        assert f"案件 {number} 已撤销" in refused(house, number, kind)
    with pytest.raises(UserMistake, match="推荐"):
        filings.start(ctx, WANG, WITHDRAWAL, app="app-2")
    with pytest.raises(UserMistake, match="不需要重新申请"):
        filings.start(ctx, WANG, AGAIN, app="app-1")


def test_a_recovered_case_takes_an_objection_and_nothing_else(ctx, house, cast):
    number = issue(house, cast)
    recover(house, cast, number)
    assert filings.start(ctx, WANG, REPORTS, case=number).state is FilingState.ACCEPTED, "what was done is shown"
    assert filings.start(ctx, WANG, OBJECTIONS, case=number).state is FilingState.DRAFT


def test_permanent_delisting_takes_an_objection_only_and_bars_the_rest_with_the_clause(ctx, house, cast, book):
    other = issue(house, cast)
    number = issue(house, cast, permanent(), key="second")
    assert "永久下架不适用恢复程序" in refused(house, number, REPORTS)
    assert filings.start(ctx, WANG, OBJECTIONS, case=number).state is FilingState.DRAFT
    for words in (refused(house, other, REPORTS), _refused_withdrawal(ctx)):
        assert "黑名单" in words
        assert book.clause("4.4").text in words
    assert filings.start(ctx, WANG, OBJECTIONS, case=other).state is FilingState.DRAFT


def _refused_withdrawal(ctx):
    with pytest.raises(UserMistake) as why:
        filings.start(ctx, WANG, WITHDRAWAL, app="app-1")
    return why.value.say


def test_each_measure_takes_one_objection_and_which_must_be_said(ctx, house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE))
    assert "哪一项" in refused(house, number, OBJECTIONS)
    made = [filings.start(ctx, WANG, OBJECTIONS, case=number, measure=one.measure) for one in ALL_THREE]
    assert len({one.id for one in made}) == 3
    assert filings.start(ctx, LI, OBJECTIONS, case=number, measure=Measure.DELIST).id == made[2].id
    with pytest.raises(NotFound):
        filings.start(ctx, WANG, OBJECTIONS, case=number, measure=Measure.SUSPEND_SERVICE)


def test_an_objection_that_was_dismissed_is_not_made_again(ctx, house, cast):
    number = issue(house, cast)
    first = hand_in(house, number, OBJECTIONS)
    decide(house, cast["approver2"], first.number, "dismiss", reasons="核查无误。")
    assert filings.start(ctx, LI, OBJECTIONS, case=number).number == first.number
