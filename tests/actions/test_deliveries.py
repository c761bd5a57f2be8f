"""Who has a notice, who has not and why; and sending it to those who have not."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from bot import clock as product_clock
from bot.actions import cases, deliveries, notices, providers
from bot.clock import Frozen
from bot.context import Context, House
from bot.errors import NotFound, UserMistake
from bot.model.delivered import Level, Reach
from bot.model.delivery import REPEAT_WINDOW, State
from bot.model.provider import Address
from bot.model.texts import deliveries as texts
from bot.sandbox import World
from bot.store import notices as notice_rows
from bot.store import providers as provider_rows
from bot.store.tables import deliveries as delivery_rows
from bot.store.tables import events
from tests.actions.conftest import at_once
from tests.cast import Cast, at, case_of, draft, issue, reminder

Run = Callable[[], int]


@pytest.fixture
def issued(house: House, cast: Cast) -> str:
    """The number of a case in force, of provider A; its cards wait."""
    return issue(house, cast)


def reached(ctx: Context, number: str, userid: str, notice: int = 0) -> Reach:
    people = deliveries.of_case(ctx, number)[notice].people
    return next(one for one in people if one.address.userid == userid)


def levels(ctx: Context, number: str) -> dict[str, Level]:
    return {one.address.userid: one.level for one in deliveries.of_case(ctx, number)[0].people}


def notice_id(house: House, number: str) -> int:
    with house.database.read() as connection:
        return notice_rows.of_case(connection, case_of(house, number).id)[0].id


def cards(house: House, number: str) -> dict[str, list[str]]:
    """Deliveries of the card by userid, as their states."""
    found: dict[str, list[str]] = {}
    for person in deliveries.of_case(Context(house), number)[0].people:
        found[person.address.userid] = [one.state.value for one in person.sent if one.is_card]
    return found


def test_nobody_has_it_before_it_is_sent(ctx: Context, issued: str) -> None:
    assert levels(ctx, issued) == {"WangWei": Level.QUEUED, "li.na": Level.QUEUED}
    assert texts.standing(reached(ctx, issued, "li.na")) == "等待发送"


def test_whom_the_platform_took_it_for_and_whom_it_refused_stand_apart(ctx: Context, issued: str, wecom: World, run_worker: Run) -> None:
    wecom.members.pop("li.na")
    run_worker()
    assert levels(ctx, issued) == {"WangWei": Level.ACCEPTED, "li.na": Level.FAILED}
    wang, li = reached(ctx, issued, "WangWei"), reached(ctx, issued, "li.na")
    assert wang.sent[0].msgid
    assert wang.sent[0].attempts[0].answered_at is not None
    assert "发出" in texts.standing(wang)
    assert texts.standing(li) == "账号无效或不在应用可见范围"
    assert (wang.name, li.name) == ("王伟", "李娜")


def test_looking_and_confirming_are_levels_of_their_own(house: House, ctx: Context, issued: str, wecom: World, run_worker: Run) -> None:
    run_worker()
    notices.seen(ctx, notice_id(house, issued), at("li.na"), "oauth")
    notices.confirm(ctx, notice_id(house, issued), at("WangWei"), "portal")
    run_worker()
    assert levels(ctx, issued) == {"WangWei": Level.CONFIRMED, "li.na": Level.SEEN}
    assert "确认收到" in texts.standing(reached(ctx, issued, "WangWei"))
    assert {one.step for one in reached(ctx, issued, "WangWei").sent} == {"card"}  # the changed card is no delivery


def test_a_draft_has_no_notice_and_a_strange_number_is_not_found(house: House, ctx: Context, cast: Cast) -> None:
    number = draft(house, cast)
    assert deliveries.of_case(ctx, number) == []
    with pytest.raises(UserMistake, match="还没有发出"):
        deliveries.resend_missing(ctx, cast["author"], number)
    with pytest.raises(NotFound):
        deliveries.of_case(ctx, "V2026-000999")
    with pytest.raises(NotFound):
        deliveries.resend_missing(ctx, cast["author"], "V2026-000999")


def test_it_goes_again_to_those_alone_whom_it_missed(
    house: House, ctx: Context, cast: Cast, issued: str, wecom: World, run_worker: Run
) -> None:
    li = wecom.members.pop("li.na")
    run_worker()
    wecom.members["li.na"] = li
    assert [admin.address.userid for admin in deliveries.resend_missing(ctx, cast["author"], issued)] == ["li.na"]
    assert cards(house, issued) == {"WangWei": ["accepted"], "li.na": ["rejected", "queued"]}
    run_worker()
    assert cards(house, issued) == {"WangWei": ["accepted"], "li.na": ["rejected", "accepted"]}
    assert levels(ctx, issued)["li.na"] is Level.ACCEPTED
    assert len(wecom.delivered("WangWei")) == len(wecom.delivered("li.na")) == 1
    assert "button_list" in wecom.delivered("li.na")[0].body  # the card with the buttons, not a bare reminder


def test_a_second_resend_finds_the_first_on_its_way(
    house: House, ctx: Context, cast: Cast, issued: str, wecom: World, run_worker: Run
) -> None:
    wecom.members.pop("li.na")
    run_worker()
    assert len(deliveries.resend_missing(ctx, cast["author"], issued)) == 1
    assert deliveries.resend_missing(ctx, cast["author"], issued) == []
    run_worker()  # refused again
    assert len(deliveries.resend_missing(ctx, cast["author"], issued)) == 1


def test_a_resend_stands_on_the_trail_and_one_that_sends_nothing_does_not(
    house: House, ctx: Context, cast: Cast, issued: str, wecom: World, run_worker: Run
) -> None:
    wecom.members.pop("li.na")
    run_worker()
    for _ in range(2):
        deliveries.resend_missing(ctx, cast["author"], issued)
    with house.database.read() as connection:
        found = connection.execute(select(events).where(events.c.action == "resend_missing")).all()
    assert [(row.actor, row.content["people"]) for row in found] == [("operator:author", 1)]
    assert found[0].personal["of"]["to"] == [str(at("li.na"))]
    assert "li.na" not in str(found[0].content)


def set_state(house: House, userid: str, state: State, *, settled: bool) -> None:
    """As a worker leaves it whose call had no answer."""
    now = product_clock.now()
    values = {"state": state, "sent_at": now, "settled_at": now if settled else None}
    with house.database.write() as tx:
        tx.execute(delivery_rows.update().where(delivery_rows.c.userid == userid).values(**values))


@pytest.mark.parametrize("settled", [False, True])
def test_whom_it_may_have_reached_is_left_alone_while_it_may_be_repeated(
    house: House, ctx: Context, cast: Cast, issued: str, clock: Frozen, settled: bool
) -> None:
    set_state(house, "WangWei", State.ACCEPTED, settled=True)
    set_state(house, "li.na", State.UNCERTAIN, settled=settled)
    assert deliveries.resend_missing(ctx, cast["author"], issued) == []
    clock.tick(seconds=REPEAT_WINDOW.total_seconds() + 1)
    again = deliveries.resend_missing(ctx, cast["author"], issued)
    assert [admin.address.userid for admin in again] == (["li.na"] if settled else [])  # unsettled: the engine has yet to look at it


@pytest.mark.parametrize("state", [State.SENDING, State.QUEUED, State.ACCEPTED])
def test_who_has_it_or_will_is_left_alone(house: House, ctx: Context, cast: Cast, issued: str, state: State) -> None:
    for userid in ("WangWei", "li.na"):
        set_state(house, userid, state, settled=state is State.ACCEPTED)
    assert deliveries.resend_missing(ctx, cast["author"], issued) == []


@pytest.mark.parametrize("state", [State.REJECTED, State.EXHAUSTED, State.CANCELLED])
def test_who_was_refused_or_given_up_is_sent_it(house: House, ctx: Context, cast: Cast, issued: str, state: State) -> None:
    for userid in ("WangWei", "li.na"):
        set_state(house, userid, state, settled=True)
    assert len(deliveries.resend_missing(ctx, cast["author"], issued)) == 2


def test_who_confirmed_elsewhere_needs_no_card(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    for userid in ("WangWei", "li.na"):
        set_state(house, userid, State.REJECTED, settled=True)
    notices.confirm(ctx, notice_id(house, issued), at("li.na"), "portal")
    assert [admin.address.userid for admin in deliveries.resend_missing(ctx, cast["author"], issued)] == ["WangWei"]


def test_who_left_is_named_as_gone_and_sent_nothing(
    house: House, ctx: Context, cast: Cast, issued: str, wecom: World, run_worker: Run
) -> None:
    wecom.members.pop("li.na")
    run_worker()
    providers.depart(ctx, cast["author"], "A", at("li.na"))
    assert deliveries.resend_missing(ctx, cast["author"], issued) == []
    assert texts.GONE in texts.standing(reached(ctx, issued, "li.na"))


def test_an_admin_of_another_app_is_named_with_why(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    elsewhere = Address("wwother", 7, "sun")
    with house.database.write() as tx:
        provider_rows.add_admins(tx, [(case_of(house, issued).provider_id, elsewhere, "孙", "")], product_clock.now())
    person = reached(ctx, issued, "sun")
    assert (person.level, texts.standing(person)) == (Level.FAILED, texts.NOT_HERE)
    assert deliveries.resend_missing(ctx, cast["author"], issued) == []


def test_a_case_that_is_over_is_not_sent_again(house: House, ctx: Context, cast: Cast) -> None:
    number = issue(house, cast, reminder())
    cases.close(ctx, cast["author"], number)
    with pytest.raises(UserMistake, match="已经结束"):
        deliveries.resend_missing(ctx, cast["author"], number)
    assert set(levels(ctx, number).values()) == {Level.FAILED}  # what was queued is taken back
    assert "撤回" in texts.standing(reached(ctx, number, "WangWei"))


def test_who_may_not_send_changes_nothing(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    for userid in ("WangWei", "li.na"):
        set_state(house, userid, State.REJECTED, settled=True)
    with pytest.raises(UserMistake, match="没有“运营”权限"):
        deliveries.resend_missing(ctx, cast["auditor"], issued)
    with house.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(delivery_rows)).scalar_one() == 2


def test_a_revocation_is_a_notice_of_its_own(house: House, ctx: Context, cast: Cast, issued: str, wecom: World, run_worker: Run) -> None:
    run_worker()
    cases.revoke(ctx, cast["approver"], issued, "复核认定有误。")
    run_worker()
    assert [told.notice.kind.value for told in deliveries.of_case(ctx, issued)] == ["decision", "revoked"]
    assert reached(ctx, issued, "WangWei", notice=1).sent[0].step == "revoked"


@pytest.mark.parametrize("round_", range(3))
def test_of_two_resends_at_once_one_sends(house: House, elsewhere: House, cast: Cast, issued: str, round_: int) -> None:
    for userid in ("WangWei", "li.na"):
        set_state(house, userid, State.REJECTED, settled=True)
    results = at_once(*[lambda one=one: deliveries.resend_missing(Context(one), cast["author"], issued) for one in (house, elsewhere)])
    assert sorted(len(one) for one in results if isinstance(one, list)) == [0, 2]
    assert cards(house, issued) == {"WangWei": ["rejected", "queued"], "li.na": ["rejected", "queued"]}


def test_a_press_on_the_card_of_a_revoked_case_leaves_it_revoked(
    house: House, ctx: Context, cast: Cast, issued: str, wecom: World, run_worker: Run
) -> None:
    run_worker()
    first = next(iter(wecom.outbox.sent))
    cases.revoke(ctx, cast["approver"], issued, "复核认定有误。")
    run_worker()
    code = wecom.outbox.issue_code(first, "WangWei")
    assert notices.confirm(ctx, notice_id(house, issued), at("WangWei"), "card", code).is_first
    run_worker()
    shown = wecom.outbox.sent[first].shown_to("WangWei")
    assert "已撤销" in shown["sub_title_text"]
    assert [button["text"] for button in shown["button_list"]] == ["查看全文"]
