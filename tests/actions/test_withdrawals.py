"""撤出推荐 (4.3) and the way back from it: granted or not, carried out by a person, told in writing."""

import pytest

from bot.actions import cases, filings, reviews, withdrawals
from bot.actions.filings import Written
from bot.actions.reviews import Decision
from bot.context import Context
from bot.errors import NotFound, TransitionNotAllowed, UserMistake
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Listing
from bot.model.texts import filings as texts
from tests.actions.conftest import at_once
from tests.cast import finding, issue, permanent
from tests.way_back import (
    LI,
    WANG,
    apply,
    decide,
    filing_of,
    hand_in,
    hand_in_about_app,
    listing_of,
    rows_of,
    statements,
    third_approver,
    titles,
    whole,
    written,
)

WITHDRAWAL, AGAIN = FilingKind.WITHDRAWAL, FilingKind.REAPPLICATION
S = FilingState
OUT = Listing(listed=True, searchable=False, recommended=False)


def granted(house, cast):
    return decide(house, cast["approver"], hand_in_about_app(house, "app-1").number, "grant")


def returned(house, cast):
    """Asked for and accepted, and not carried out yet."""
    return decide(house, cast["approver"], hand_in_about_app(house, "app-1", AGAIN).number, "accept")


def tasks(house):
    return [(row["kind"], row["state"]) for row in rows_of(house, "operator_tasks") if row["kind"] in ("withdraw", "return")]


def test_the_consequences_must_have_been_read(ctx, house, cast):
    filing = filings.start(ctx, WANG, WITHDRAWAL, app="app-1")
    with pytest.raises(UserMistake) as why:
        filings.submit(ctx, WANG, filing.number, written(filing))
    assert why.value.say == texts.NOT_AGREED
    assert filing_of(house, filing.number).state is S.DRAFT
    done = filings.submit(ctx, WANG, filing.number, written(filing), agreed=True)
    assert done.state is S.SUBMITTED
    told = next(row["content"] for row in rows_of(house, "events") if row["action"] == "filed")
    assert [clause[:3] for clause in told["agreed"]] == ["4.3", "4.4"]


def test_a_granted_withdrawal_takes_recommendation_and_search_and_is_confirmed(ctx, house, cast, book):
    filing = granted(house, cast)
    assert listing_of(house, "app-1") == OUT
    assert tasks(house) == [("withdraw", "open")]
    done = withdrawals.confirm(ctx, cast["author"], filing.number)
    assert (done.applied_by, tasks(house)) == (cast["author"].id, [("withdraw", "done")])
    assert titles(house, filing.number) == ["撤出推荐同意通知", "撤出推荐完成通知"]
    first, last = map(whole, statements(house, filing.number))
    assert book.clause("4.3").text in first
    assert book.clause("4.4").text in first
    assert "已安装的企业可继续正常使用" in first
    assert "日程助手：在架、不可搜索、不在推荐中。" in last
    with pytest.raises(UserMistake, match="已经确认过"):
        withdrawals.confirm(ctx, cast["author"], filing.number)


def test_only_an_operator_confirms_and_only_what_was_granted(ctx, house, cast):
    filing = hand_in_about_app(house, "app-1")
    with pytest.raises(UserMistake, match="没有需要确认"):
        withdrawals.confirm(ctx, cast["author"], filing.number)
    decide(house, cast["approver"], filing.number, "grant")
    for who in ("approver", "auditor"):
        with pytest.raises(UserMistake, match="权限"):
            withdrawals.confirm(ctx, cast[who], filing.number)
    with pytest.raises(NotFound):
        withdrawals.confirm(ctx, cast["author"], "W2026-999999")


def test_two_confirmations_at_once_tell_once(house, elsewhere, cast):
    filing = granted(house, cast)
    done = at_once(*(lambda h=h: withdrawals.confirm(Context(h), cast["author"], filing.number) for h in (house, elsewhere)))
    assert sorted(isinstance(one, UserMistake) for one in done) == [False, True]
    assert titles(house, filing.number) == ["撤出推荐同意通知", "撤出推荐完成通知"]


def test_a_refused_one_says_why_and_may_be_asked_for_again(ctx, house, cast):
    filing = hand_in_about_app(house, "app-1")
    done = decide(house, cast["approver"], filing.number, "refuse", reasons="尚有未处理的投诉。")
    assert (done.state, listing_of(house, "app-1").recommended) == (S.REFUSED, True)
    assert "尚有未处理的投诉。" in whole(statements(house, filing.number)[-1])
    assert hand_in_about_app(house, "app-1", by=LI).number == "W2026-000002"


def test_the_way_back_is_a_reapplication_that_is_reviewed_and_carried_out(ctx, house, cast):
    withdrawal = granted(house, cast)
    withdrawals.confirm(ctx, cast["author"], withdrawal.number)
    again = returned(house, cast)
    assert (again.parent_id, again.case_id, listing_of(house, "app-1")) == (withdrawal.id, None, OUT)
    withdrawals.confirm(ctx, cast["author"], again.number)
    assert listing_of(house, "app-1") == Listing(listed=True, searchable=True, recommended=True)
    assert filing_of(house, withdrawal.number).ended_at is not None
    assert titles(house, again.number) == ["重新申请通过通知", "恢复推荐、搜索通知"]
    assert "日程助手：在架、可搜索、推荐中。" in whole(statements(house, again.number)[-1])
    assert filings.start(ctx, WANG, WITHDRAWAL, app="app-1").number == "W2026-000002", "it may be withdrawn again"


def test_an_app_that_comes_back_under_a_measure_is_not_said_to_be_whole(ctx, house, cast):
    granted(house, cast)
    number = issue(house, cast)
    apply(house, cast, number)
    again = returned(house, cast)
    withdrawals.confirm(ctx, cast["author"], again.number)
    words = whole(statements(house, again.number)[-1])
    assert "日程助手：在架、可搜索、不在推荐中。" in words
    assert "还受其他案件的措施限制" in words


def test_a_return_before_the_withdrawal_was_carried_out_takes_its_task_too(ctx, house, cast):
    withdrawal = granted(house, cast)
    again = returned(house, cast)
    withdrawals.confirm(ctx, cast["author"], again.number)
    assert tasks(house) == [("withdraw", "done"), ("return", "done")]
    with pytest.raises(UserMistake, match="没有需要确认"):
        withdrawals.confirm(ctx, cast["author"], withdrawal.number)
    assert titles(house, withdrawal.number) == ["撤出推荐同意通知"]


def test_a_refused_return_leaves_it_withdrawn_and_may_be_asked_for_again(house, cast):
    granted(house, cast)
    first = hand_in_about_app(house, "app-1", AGAIN)
    decide(house, cast["approver"], first.number, "refuse", reasons="请先处理投诉。")
    assert listing_of(house, "app-1") == OUT
    assert hand_in_about_app(house, "app-1", AGAIN).id != first.id


def test_two_admins_who_ask_at_once_ask_once(house, elsewhere, cast):
    done = at_once(
        lambda: filings.start(Context(house), WANG, WITHDRAWAL, app="app-1"),
        lambda: filings.start(Context(elsewhere), LI, WITHDRAWAL, app="app-1"),
    )
    assert len({getattr(one, "number", one) for one in done}) == 1


def test_an_app_that_lost_its_recommendation_meanwhile_is_not_withdrawn(ctx, house, cast):
    filing = filings.start(ctx, WANG, WITHDRAWAL, app="app-1")
    apply(house, cast, issue(house, cast))
    with pytest.raises(UserMistake) as why:
        filings.submit(ctx, WANG, filing.number, Written(version=filing.version, words="换代"), agreed=True)
    assert why.value.say == texts.ONLY_RECOMMENDED


def test_the_black_list_ends_what_is_open_and_refuses_the_rest_with_the_clause(ctx, house, cast, book):
    waiting = hand_in_about_app(house, "app-1")
    reviews.take(ctx, cast["approver"], waiting.number)
    number = issue(house, cast, permanent())
    assert filing_of(house, waiting.number).state is S.LAPSED
    with pytest.raises(UserMistake) as why:
        filings.start(ctx, WANG, WITHDRAWAL, app="app-1")
    assert book.clause("4.4").text in why.value.say
    with pytest.raises(TransitionNotAllowed):
        reviews.decide(ctx, cast["approver"], waiting.number, Decision(action="grant"))
    decide(house, third_approver(house), hand_in(house, number, FilingKind.OBJECTION).number, "uphold")
    assert filings.start(ctx, WANG, WITHDRAWAL, app="app-1").state is S.DRAFT


def test_the_way_back_from_a_withdrawal_is_barred_too(ctx, house, cast):
    granted(house, cast)
    issue(house, cast, permanent())
    with pytest.raises(UserMistake, match="黑名单"):
        filings.start(ctx, WANG, AGAIN, app="app-1")


def test_a_case_does_not_touch_a_withdrawal_of_the_same_app(ctx, house, cast):
    filing = hand_in_about_app(house, "app-1")
    number = issue(house, cast, finding())
    cases.revoke(ctx, cast["approver"], number, "认定有误。")
    assert filing_of(house, filing.number).state is S.SUBMITTED
