"""What a provider's admins hand in, through the database: who may, what is refused and why, and that nothing is lost or doubled."""

import pytest
from sqlalchemy import select

from bot import clock as product_clock
from bot.actions import cases, filings, reviews
from bot.actions.filings import Incomplete, Written
from bot.context import Context
from bot.errors import NotFound, Stale, UserMistake
from bot.model.filing import FilingKind, FilingState, digest
from bot.model.texts import errors
from bot.store import filings as rows
from bot.store.tables import events, filing_rounds
from bot.store.tables import filings as table
from tests.actions.conftest import at_once
from tests.cast import case_of, finding, issue
from tests.way_back import (
    LI,
    REPORT,
    WANG,
    ZHAO,
    apply,
    decide,
    filing_of,
    hand_in,
    hand_in_about_app,
    keep,
    rows_of,
    started,
    written,
)

REPORTS, OBJECTIONS = FilingKind.REPORT, FilingKind.OBJECTION
AGAIN = FilingKind.REAPPLICATION


def actions_of(house):
    with house.database.read() as connection:
        return list(connection.execute(select(events.c.action).order_by(events.c.id)).scalars())


# Writing


def test_a_draft_keeps_what_was_typed_with_one_kind_of_line_end(ctx, house, cast):
    filing = started(house, issue(house, cast))
    saved = filings.save(ctx, WANG, filing.number, written(filing, words="  一\r\n二  ", items={"2.9": {"done": "甲\r\n乙"}}))
    assert (saved.words, saved.items[0].done, saved.items[0].root_cause) == ("一\n二", "甲\n乙", "")
    assert filings.save(ctx, WANG, filing.number, written(filing, words="一\r\n二", items={"2.9": {"done": "甲\r\n乙"}})) == saved, "twice"


def test_a_form_made_before_somebody_else_saved_is_stale_and_overwrites_nothing(ctx, house, cast):
    filing = started(house, issue(house, cast))
    filings.save(ctx, LI, filing.number, written(filing, items={"2.9": {"done": "李娜写的"}}))
    for act in (filings.save, filings.submit):
        with pytest.raises(Stale):
            act(ctx, WANG, filing.number, written(filing))
    assert filing_of(house, filing.number).items[0].done == "李娜写的"


def test_two_admins_who_save_at_once_do_not_mix(house, elsewhere, cast):
    filing = started(house, issue(house, cast))
    parts = {who: {"2.9": dict.fromkeys(REPORT["2.9"], who)} for who in ("王伟", "李娜")}
    done = at_once(
        lambda: filings.save(Context(house), WANG, filing.number, written(filing, items=parts["王伟"])),
        lambda: filings.save(Context(elsewhere), LI, filing.number, written(filing, items=parts["李娜"])),
    )
    assert sorted(isinstance(one, Stale) for one in done) == [False, True]
    item = filing_of(house, filing.number).items[0]
    assert len({item.root_cause, item.done, item.prevention}) == 1


@pytest.mark.parametrize("bad", ["x" * 4_001, "a\x00b", "\ud800"])
def test_what_cannot_be_kept_is_refused_and_nothing_changes(ctx, house, cast, bad):
    filing = started(house, issue(house, cast))
    for more in ({"words": bad}, {"items": {"2.9": {"done": bad}}}):
        with pytest.raises(UserMistake, match="4000"):
            filings.save(ctx, WANG, filing.number, written(filing, **more))
    assert filing_of(house, filing.number) == filing


def test_a_part_of_another_clause_is_refused(ctx, house, cast):
    filing = started(house, issue(house, cast))
    with pytest.raises(UserMistake, match="没有这个条款"):
        filings.save(ctx, WANG, filing.number, written(filing, items={"2.10": {"done": "x"}}))
    with pytest.raises(UserMistake, match="没有这个条款"):
        filings.attach(ctx, WANG, filing.number, "2.10", "b.png", keep(house, b"b"))


# Handing in


def test_what_is_missing_is_named_and_the_draft_is_kept_as_it_was(ctx, house, cast):
    filing = filings.start(ctx, WANG, REPORTS, case=issue(house, cast))
    form = written(filing, items={"2.9": {"root_cause": "没有做功能。"}})
    with pytest.raises(Incomplete) as why:
        filings.submit(ctx, WANG, filing.number, form)
    assert [one.part for one in why.value.missing] == ["done", "prevention", "evidence"]
    assert "第 2.9 条 套壳应用：整改措施、预防措施、证据材料" in why.value.say
    now = filing_of(house, filing.number)
    assert (now.state, now.round, now.items[0].root_cause) == (FilingState.DRAFT, 0, ""), "the page keeps what was typed"


def test_handing_in_freezes_a_round_and_stands_on_the_trail(ctx, house, cast, clock):
    number = issue(house, cast)
    filing = hand_in(house, number)
    assert (filing.state, filing.round, filing.submitted_at) == (FilingState.SUBMITTED, 1, product_clock.now())
    assert filing.due_at is not None
    assert {file.round for file in filing.files} == {1}
    with house.database.read() as connection:
        (frozen,) = rows.rounds(connection, filing.id)
        content, personal = connection.execute(
            select(events.c.content, events.c.personal).where(events.c.action == "filed", events.c.case_id == filing.case_id)
        ).one()
    assert frozen.sha256 == digest(frozen.content) == content["sha256"]
    assert personal["of"] == frozen.content
    assert frozen.content["items"][0]["done"] == REPORT["2.9"]["done"]
    assert "整改措施" not in str(content), "nobody's words stay for ever"


def test_a_form_sent_twice_is_one_report(ctx, house, cast):
    filing = started(house, issue(house, cast))
    form = written(filing, words="一\r\n二", items={"2.9": {**REPORT["2.9"], "done": "甲\r\n乙"}})
    first = filings.submit(ctx, WANG, filing.number, form)
    assert filings.submit(ctx, WANG, filing.number, form) == first
    assert len(rows_of(house, "filing_rounds")) == 1
    assert actions_of(house).count("filed") == 1


def test_a_form_sent_twice_at_once_is_one_report(house, elsewhere, cast):
    filing = started(house, issue(house, cast))
    form = written(filing)
    done = at_once(
        lambda: filings.submit(Context(house), WANG, filing.number, form),
        lambda: filings.submit(Context(elsewhere), WANG, filing.number, form),
    )
    assert [getattr(one, "round", one) for one in done] == [1, 1]
    assert len(rows_of(house, "filing_rounds")) == 1


def test_two_admins_who_hand_in_different_words_at_once_leave_one_of_them(house, elsewhere, cast):
    filing = started(house, issue(house, cast))
    done = at_once(
        lambda: filings.submit(Context(house), WANG, filing.number, written(filing)),
        lambda: filings.submit(Context(elsewhere), LI, filing.number, written(filing, words="另一份")),
    )
    assert sorted(isinstance(one, UserMistake | Stale) for one in done) == [False, True]
    assert len(rows_of(house, "filing_rounds")) == 1


def test_an_old_form_that_comes_back_after_the_review_hands_in_nothing(ctx, house, cast):
    filing = started(house, issue(house, cast))
    form = written(filing)
    filings.submit(ctx, WANG, filing.number, form)
    decide(house, cast["approver"], filing.number, "need_more", reasons="请补充截图。")
    with pytest.raises(Stale):
        filings.submit(ctx, WANG, filing.number, form)
    assert filing_of(house, filing.number).state is FilingState.NEEDS_MORE


def test_while_it_is_under_review_nobody_changes_it(ctx, house, cast):
    filing = hand_in(house, issue(house, cast))
    for act in (
        lambda: filings.save(ctx, WANG, filing.number, written(filing, words="再补一句")),
        lambda: filings.submit(ctx, LI, filing.number, written(filing, words="再补一句")),
        lambda: filings.drop(ctx, WANG, filing.number),
        lambda: filings.attach(ctx, WANG, filing.number, "", "b.png", keep(house, b"b")),
        lambda: filings.detach(ctx, WANG, filing.number, filing.files[0].id),
    ):
        with pytest.raises(UserMistake, match="正等待审核"):
            act()
    assert filing_of(house, filing.number) == filing


def test_a_draft_of_a_case_that_ended_meanwhile_is_refused_by_the_cases_name(ctx, house, cast):
    number = issue(house, cast)
    filing = started(house, number)
    cases.revoke(ctx, cast["approver"], number, "认定有误。")
    assert filing_of(house, filing.number).state is FilingState.LAPSED
    with pytest.raises(UserMistake, match=f"案件 {number} 已撤销"):
        filings.submit(ctx, WANG, filing.number, written(filing))


def test_an_objection_after_the_window_is_marked_and_taken(ctx, house, cast, clock):
    from bot.actions import notices
    from bot.store import notices as sent

    number = issue(house, cast, finding(objection_days=3))
    early = started(house, number, OBJECTIONS)
    with house.database.read() as connection:
        notice = sent.of_case(connection, case_of(house, number).id)[0]
    notices.confirm(ctx, notice.id, WANG, "portal")
    clock.tick(days=5)
    window = case_of(house, number).object_by
    assert window
    assert window < product_clock.now()
    late = filings.submit(ctx, WANG, early.number, written(early))
    assert (late.state, late.is_late) == (FilingState.SUBMITTED, True)
    decide(house, cast["approver2"], late.number, "need_more", reasons="请补充。")
    now = filing_of(house, late.number)
    assert filings.submit(ctx, WANG, late.number, written(now, words="补充了。")).is_late
    assert decide(house, cast["approver2"], late.number, "uphold").state is FilingState.UPHELD


def test_before_service_nothing_is_late(house, cast, clock):
    number = issue(house, cast)
    clock.tick(days=60)
    assert not hand_in(house, number, OBJECTIONS).is_late


# Taking back


def test_a_draft_is_dropped_and_another_may_be_begun(ctx, house, cast):
    number = issue(house, cast)
    filing = started(house, number)
    assert filings.drop(ctx, LI, filing.number).state is FilingState.DROPPED
    assert filings.drop(ctx, WANG, filing.number).state is FilingState.DROPPED, "twice is once"
    assert filings.start(ctx, WANG, REPORTS, case=number).number == "R2026-000002"


def test_a_withdrawal_is_taken_back_until_somebody_looks_at_it(ctx, house, cast):
    filing = hand_in_about_app(house, "app-1")
    assert filings.drop(ctx, WANG, filing.number).state is FilingState.DROPPED
    assert [row["state"] for row in rows_of(house, "alarms")] == ["cleared"]
    second = hand_in_about_app(house, "app-1")
    reviews.take(ctx, cast["approver"], second.number)
    with pytest.raises(UserMistake):
        filings.drop(ctx, WANG, second.number)


# Rules that the database holds


def test_the_database_itself_keeps_one_report_a_case(house, cast):
    filing = hand_in(house, issue(house, cast))
    from sqlalchemy.exc import IntegrityError

    values = {"kind": "report", "provider_id": filing.provider_id, "case_id": filing.case_id, "admin_id": filing.admin_id, "state": "draft"}
    moments = {"started_at": filing.started_at, "touched_at": filing.started_at}
    with pytest.raises(IntegrityError), house.database.write() as tx:
        tx.execute(table.insert().values(number="R2026-999999", **values, **moments))


def test_every_mistake_has_words(ctx, house, cast):
    filing = hand_in(house, issue(house, cast))
    with pytest.raises(NotFound) as gone:
        filings.shown(ctx, ZHAO, filing.number)
    assert errors.say(gone.value) != "没有找到。"
    with house.database.read() as connection:
        assert connection.execute(select(filing_rounds.c.round)).scalar_one() == 1


def test_applications_wait_for_nobody_but_their_own_report(house, cast):
    number = issue(house, cast)
    apply(house, cast, number)
    hand_in(house, number)
    assert hand_in(house, number, AGAIN).state is FilingState.SUBMITTED, "both may lie with us at once"


def test_a_reapplication_that_was_refused_may_be_made_again(house, cast):
    number = issue(house, cast)
    hand_in(house, number)
    first = hand_in(house, number, AGAIN)
    decide(house, cast["approver"], first.number, "refuse", reasons="功能还不齐全。")
    assert hand_in(house, number, AGAIN).number == "A2026-000002"


def test_an_empty_form_is_no_objection(ctx, house, cast):
    filing = filings.start(ctx, WANG, OBJECTIONS, case=issue(house, cast))
    with pytest.raises(Incomplete):
        filings.submit(ctx, WANG, filing.number, Written(version=filing.version, words=" \r\n "))
