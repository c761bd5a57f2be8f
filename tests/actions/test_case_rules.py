"""A draft that was written before the rules changed."""

import pytest

from bot.actions import case_rules, cases, filings, rulebook_fits, rulebooks
from bot.actions.filings import Written
from bot.actions.rulebook_texts import NEW
from bot.bookshelf import Bookshelf
from bot.context import Context, House
from bot.errors import TransitionNotAllowed, UserMistake
from bot.model.filing import FilingKind
from bot.store import notices as notice_rows
from bot.store import trail
from rules.documents import latest
from tests.cast import at, case_of, draft, finding, issue, pending
from tests.rulebooks import DATED, ORIGINS, PHRASES, SOURCE, approved, few, read, typed, uploaded


def now(house):
    """The house with the book that the database describes by now."""
    shelf = Bookshelf(house.database, "off")
    shelf.open()
    return House(settings=house.settings, database=house.database, book=lambda: shelf.book, wake=house.wake)


@pytest.fixture
def newer(house, cast):
    """The house after a new version came into force, and one case of each kind from before."""
    numbers = {"draft": draft(house, cast), "pending": pending(house, cast, finding(app="app-2"), "two")}
    numbers["issued"] = issue(house, cast, finding(ground="2.10"), "three")
    approved(house, cast)
    return now(house), numbers


def test_a_draft_keeps_its_version_until_its_author_says_otherwise(newer, cast):
    house, numbers = newer
    ctx = Context(house)
    assert case_of(house, numbers["draft"]).rule_version == latest().version
    older = case_rules.standing(ctx, case_of(house, numbers["draft"]))
    assert older == case_rules.Older(DATED, ())
    renewed = case_rules.renew(ctx, cast["author"], numbers["draft"])
    assert renewed.rule_version == DATED
    assert case_rules.standing(ctx, renewed) is None
    assert case_rules.renew(ctx, cast["author"], numbers["draft"]) == renewed


def test_what_is_handed_in_or_issued_stays_as_it_is(newer, cast):
    house, numbers = newer
    ctx = Context(house)
    for name in ("pending", "issued"):
        with pytest.raises(TransitionNotAllowed):
            case_rules.renew(ctx, cast["author"], numbers[name])
    assert case_rules.standing(ctx, case_of(house, numbers["pending"]))
    assert case_rules.standing(ctx, case_of(house, numbers["issued"])) is None
    assert cases.approve(ctx, cast["approver"], numbers["pending"]).rule_version == latest().version


def test_nobody_else_takes_a_draft_over(newer, cast):
    house, numbers = newer
    with pytest.raises(UserMistake):
        case_rules.renew(Context(house), cast["approver"], numbers["draft"])


def test_a_case_keeps_the_version_it_was_opened_under(house, cast):
    number = pending(house, cast)
    approved(house, cast)
    new = now(house)
    case = cases.approve(Context(new), cast["approver"], number)
    assert case.rule_version == latest().version
    with house.database.read() as connection:
        statement = notice_rows.of_case(connection, case.id)[0].statement
    headings = [section.heading for section in statement.sections]
    assert f"规则原文（第 2.9 条，{latest().version} 版）" in headings


def test_a_case_opened_later_quotes_the_clause_under_its_new_number(house, cast):
    approved(house, cast)
    new = now(house)
    number = issue(new, cast)
    case = case_of(house, number)
    assert case.rule_version == DATED
    with house.database.read() as connection:
        statement = notice_rows.of_case(connection, case.id)[0].statement
    assert f"规则原文（第 2.10 条，{DATED} 版）" in [section.heading for section in statement.sections]


def test_a_report_names_its_clause_as_the_version_of_its_case_numbers_it(newer, cast):
    house, numbers = newer
    ctx = Context(house)
    case_rules.renew(ctx, cast["author"], numbers["draft"])
    cases.submit(ctx, cast["author"], numbers["draft"])
    cases.approve(ctx, cast["approver"], numbers["draft"])
    titles = [filings.start(ctx, at("WangWei"), FilingKind.REPORT, case=numbers[name]).items[0].title[:8] for name in ("draft", "issued")]
    assert titles == ["第 2.10 条", "第 2.10 条"], "2.9 套壳应用 by the new numbers, 2.10 克隆应用 by the old ones"


def test_a_withdrawal_keeps_the_numbers_of_the_clauses_that_were_agreed_to(house, cast):
    inserted = SOURCE.replace("###### **四、违规/降权的处理流程**\n", "###### **四、违规/降权的处理流程**\n1. 新的第一条。\n")
    known = {clause.id: clause.lineage for clause in latest().clauses}
    fourth = {"4.1": NEW, "4.2": "notice", "4.3": "recovery", "4.4": "withdrawal", "4.5": "conduct"}
    shapes = {"names": {"2.8": "广告主", "4.1": "新条"}, "phrases": dict.fromkeys(("2.8", "4.1"), "\n".join(PHRASES))}
    made = uploaded(house, cast, inserted)
    form = typed(lineages={**known, **ORIGINS, **fourth}, **shapes)
    ctx = Context(house)
    rulebooks.confirm(ctx, cast["author"], DATED, made.version, form)
    assert rulebook_fits.run(ctx, few) == 1
    pending = rulebooks.submit(ctx, cast["author"], DATED, read(house).version)
    rulebooks.approve(ctx, cast["approver"], DATED, pending.version, accepts_broken=True)
    ctx = Context(now(house))
    filing = filings.start(ctx, at("WangWei"), FilingKind.WITHDRAWAL, app="app-1")
    filings.submit(ctx, at("WangWei"), filing.number, Written(version=filing.version, words="换代"), agreed=True)
    with house.database.snapshot() as snapshot:
        told = next(event.content for event in trail.read(snapshot, "house") if event.action == "filed")
    assert told["agreed"] == [f"4.4 ({DATED})", f"4.5 ({DATED})"]
