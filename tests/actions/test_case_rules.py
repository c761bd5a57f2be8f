"""A draft that was written before the rules changed."""

import pytest

from bot.actions import case_rules, cases
from bot.bookshelf import Bookshelf
from bot.context import Context, House
from bot.errors import TransitionNotAllowed, UserMistake
from rules.documents import latest
from tests.cast import case_of, draft, finding, issue, pending
from tests.rulebooks import DATED, approved


@pytest.fixture
def newer(house, cast):
    """The house after a new version came into force, and one case of each kind from before."""
    numbers = {"draft": draft(house, cast), "pending": pending(house, cast, finding(app="app-2"), "two")}
    numbers["issued"] = issue(house, cast, finding(ground="2.10"), "three")
    approved(house, cast)
    shelf = Bookshelf(house.database, "off")
    shelf.open()
    return House(settings=house.settings, database=house.database, book=lambda: shelf.book, wake=house.wake), numbers


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
