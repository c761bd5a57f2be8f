"""Forbidden conduct while a case is handled (4.4): recorded with evidence, proposed for permanent delisting, approved by two others."""

import io

import pytest

from bot.actions import cases, conduct, filings
from bot.actions.evidence import Upload
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.case import State
from bot.model.filing import FilingKind, FilingState
from bot.model.provider import Listing
from bot.store import cases as rows
from rules.catalogue import Measure
from tests.cast import case_of, draft, finding, issue, permanent
from tests.way_back import LI, WANG, apply, filing_of, hand_in, listing_of, rows_of, started, statements, whole, written

GONE = Listing(listed=False, searchable=False, recommended=False)


def seen(house, cast, number, words="处理期间另上架了内容相同的应用。", files=("截图.txt",)):
    uploads = [Upload(name, io.BytesIO(name.encode())) for name in files]
    return conduct.record(Context(house), cast["author"], number, words, uploads)


def proposed(house, cast, number, key="proposal"):
    return conduct.propose(Context(house), cast["author"], number, permanent(), key)


def test_what_was_seen_stands_on_the_case_with_its_evidence(ctx, house, cast):
    number = issue(house, cast)
    seen(house, cast, number)
    assert [row["name"] for row in rows_of(house, "evidence")] == ["截图.txt"]
    event = next(row for row in rows_of(house, "events") if row["action"] == "conduct")
    assert event["content"] == {"clause": "4.4", "evidence": [rows_of(house, "evidence")[0]["sha256"]]}
    assert event["personal"]["of"] == {"facts": "处理期间另上架了内容相同的应用。"}
    with house.database.read() as connection:
        assert "第 4.4 条所禁止的行为" in rows.notes(connection, case_of(house, number).id)[0][2]


@pytest.mark.parametrize("who", ["approver", "auditor"])
def test_only_an_operator_records_and_proposes(ctx, house, cast, who):
    number = issue(house, cast)
    with pytest.raises(UserMistake, match="权限"):
        conduct.record(ctx, cast[who], number, "所见", [Upload("a.txt", io.BytesIO(b"a"))])
    seen(house, cast, number)
    with pytest.raises(UserMistake, match="权限"):
        conduct.propose(ctx, cast[who], number, permanent(), "key")


def test_nothing_is_recorded_without_words_evidence_or_an_open_case(house, cast):
    number = issue(house, cast)
    for more in ({"words": " "}, {"files": ()}):
        with pytest.raises(UserMistake):
            seen(house, cast, number, **more)
    with pytest.raises(NotFound):
        seen(house, cast, "V2026-999999")
    cases.revoke(Context(house), cast["approver"], number, "认定有误。")
    with pytest.raises(UserMistake):
        seen(house, cast, number)
    assert [row for row in rows_of(house, "events") if row["action"] == "conduct"] == []


def test_a_proposal_takes_conduct_on_record(ctx, house, cast):
    number = issue(house, cast)
    with pytest.raises(UserMistake, match="登记"):
        proposed(house, cast, number)
    seen(house, cast, number)
    case = proposed(house, cast, number)
    assert (case.state, case.power, case.app_id, case.sprang_from_id) == (State.DRAFT, "4.4", None, case_of(house, number).id)
    assert proposed(house, cast, number).number == case.number, "the same wish again is the same case"
    assert [row["content"] for row in rows_of(house, "events") if row["action"] == "proposed_4.4"] == [{"case": case.number}]


def test_whatever_the_draft_says_the_subject_is_the_provider_of_the_case(house, cast):
    number = issue(house, cast)
    seen(house, cast, number)
    case = conduct.propose(Context(house), cast["author"], number, finding(provider="B", app="app-b"), "key")
    assert (case.provider_id, case.app_id, case.ground, [one.measure for one in case.measures]) == (
        case_of(house, number).provider_id,
        None,
        "4.4",
        [Measure.PERMANENT_DELIST],
    )


def test_it_takes_two_approvals_by_two_people_besides_the_author(ctx, house, cast):
    number = issue(house, cast)
    seen(house, cast, number)
    case = proposed(house, cast, number)
    cases.submit(ctx, cast["author"], case.number)
    with pytest.raises(UserMistake):
        cases.approve(ctx, cast["author"], case.number)
    assert cases.approve(ctx, cast["approver"], case.number).state is State.PENDING_APPROVAL
    with pytest.raises(UserMistake, match="另一位"):
        cases.approve(ctx, cast["approver"], case.number)
    assert cases.approve(ctx, cast["approver2"], case.number).state is State.IN_FORCE


def test_all_apps_go_the_provider_is_barred_and_what_was_open_lapses_but_objections(ctx, house, cast, book):
    number = issue(house, cast)
    report, objection = hand_in(house, number), hand_in(house, number, FilingKind.OBJECTION)
    other = issue(house, cast, finding(app="app-2"), key="second")
    begun = started(house, other, by=LI)
    black = issue(house, cast, permanent(), key="third")
    apply(house, cast, black)
    assert listing_of(house, "app-1") == listing_of(house, "app-2") == GONE
    assert listing_of(house, "app-b").recommended
    assert {filing_of(house, one.number).state for one in (report, begun)} == {FilingState.LAPSED}
    assert filing_of(house, objection.number).state is FilingState.SUBMITTED
    assert book.clause("4.4").text in whole(statements(house, black)[0])
    for kind, about in ((FilingKind.REPORT, other), (FilingKind.REPORT, number), (FilingKind.REAPPLICATION, number)):
        with pytest.raises(UserMistake) as why:
            filings.start(ctx, WANG, kind, case=about)
        assert book.clause("4.4").text in why.value.say


def test_a_report_handed_in_while_the_black_list_comes_is_refused_with_the_clause(ctx, house, cast):
    number = issue(house, cast)
    draft_ = started(house, number)
    issue(house, cast, permanent(), key="second")
    with pytest.raises(UserMistake, match="黑名单"):
        filings.submit(ctx, WANG, draft_.number, written(draft_))


def test_conduct_may_be_seen_on_a_draft_too(house, cast):
    number = draft(house, cast)
    assert seen(house, cast, number).number == number
