"""A provider's history: what holds for its apps, and what is owed by whom and by when."""

from datetime import timedelta

import pytest

from bot import clock as product_clock
from bot.actions import cases, history, notices
from bot.clock import Frozen
from bot.context import Context, House
from bot.errors import UserMistake
from bot.model.case import Planned
from bot.model.history import Duty, Ower
from bot.model.provider import Listing
from bot.store import notices as notice_rows
from rules.catalogue import Measure
from tests.cast import Cast, at, case_of, draft, finding, issue, pending, permanent, reminder


def owed(ctx: Context, code: str = "A") -> set[tuple[str, str, str]]:
    return {(one.who.value, one.what, one.case) for one in history.of_provider(ctx, code).duties}


def shown(ctx: Context) -> dict[str, Listing]:
    return {one.app.code: one.now for one in history.of_provider(ctx, "A").apps}


def confirm(ctx: Context, house: House, number: str) -> None:
    with ctx.read() as connection:
        notice = notice_rows.of_case(connection, case_of(house, number).id)[0]
    notices.confirm(ctx, notice.id, at("WangWei"), "portal")


def test_each_state_owes_what_comes_next(ctx: Context, house: House, cast: Cast) -> None:
    new, waiting = draft(house, cast, key="1"), pending(house, cast, key="2")
    running, reminded = issue(house, cast, key="3"), issue(house, cast, reminder(rectify_days=None), key="4")
    assert owed(ctx) == {
        ("author", "submit", new),
        ("approver", "approve", waiting),
        ("provider", "confirm", running),
        ("provider", "rectify", running),
        ("operator", "apply", running),
        ("provider", "confirm", reminded),
    }
    assert owed(ctx, "B") == set()


def test_the_day_is_named_from_service_on_and_passes(ctx: Context, house: House, cast: Cast, clock: Frozen) -> None:
    number = issue(house, cast)
    rectify = lambda: next(one for one in history.of_provider(ctx, "A").duties if one.what == "rectify")  # noqa: E731
    assert rectify().by is None
    confirm(ctx, house, number)
    assert rectify().by == case_of(house, number).rectify_by
    assert ("provider", "confirm", number) not in owed(ctx)
    assert not rectify().is_late(product_clock.now())
    clock.tick(days=8)
    assert rectify().is_late(product_clock.now())


def test_a_revoked_case_owes_nothing_but_to_lift_what_was_applied(ctx: Context, house: House, cast: Cast) -> None:
    number = issue(house, cast)
    cases.move_measure(ctx, cast["author"], number, Measure.CANCEL_RECOMMENDATION, "apply")
    cases.revoke(ctx, cast["approver"], number, "认定有误。")
    assert owed(ctx) == {("operator", "lift", number)}


def test_an_app_stands_as_its_baseline_less_all_that_is_in_force(ctx: Context, house: House, cast: Cast) -> None:
    first = issue(house, cast, key="1")
    later = Planned(measure=Measure.DELIST, starts_at=product_clock.now() + timedelta(days=3))
    issue(house, cast, finding(measures=(later,)), key="2")
    assert shown(ctx)["app-1"] == Listing(listed=True, searchable=True, recommended=False)
    cases.revoke(ctx, cast["approver"], first, "认定有误。")
    assert shown(ctx)["app-1"] == Listing(listed=True, searchable=True, recommended=True)
    draft(house, cast, finding(measures=(Planned(measure=Measure.DELIST),)), key="3")  # a draft takes nothing
    assert shown(ctx)["app-1"].listed


def test_what_is_delisted_for_good_takes_all_apps_with_it(ctx: Context, house: House, cast: Cast) -> None:
    issue(house, cast, permanent())
    assert set(shown(ctx).values()) == {Listing(listed=False, searchable=False, recommended=False)}


def test_all_cases_stand_there_newest_first_and_only_its_own(ctx: Context, house: House, cast: Cast) -> None:
    numbers = [draft(house, cast, key=str(n)) for n in range(3)]
    draft(house, cast, finding(provider="B", app="app-b"), key="b")
    found = history.of_provider(ctx, "A")
    assert [one.case.number for one in found.cases] == numbers[::-1]
    assert (found.standing.reachable, found.standing.is_short) == (2, False)
    assert history.of_provider(ctx, "B").standing.is_short


def test_an_unknown_provider_is_named(ctx: Context, cast: Cast) -> None:
    with pytest.raises(UserMistake, match="没有服务商 Z"):
        history.of_provider(ctx, "Z")


def test_a_duty_without_a_day_is_never_late() -> None:
    assert not Duty(who=Ower.PROVIDER, what="confirm", case="V2026-000001").is_late(product_clock.now())
