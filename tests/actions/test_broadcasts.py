"""A broadcast from draft to done: nobody twice, nobody forgotten, and nothing sent that was not meant."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from bot.actions import broadcasts
from bot.context import Context
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.model.audience import EVERYBODY, Audience
from bot.model.broadcast import State
from bot.model.texts import broadcasts as texts
from bot.store import broadcast_sending, tables
from bot.store import broadcasts as rows
from tests.broadcasts import content, crowd, draft, launched, of, receipt_card, see_through, terms, work
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def few(make_settings):
    """Nobody need approve."""
    return make_settings(broadcast_approval_above=1_000_000, quiet_hours="off")


@pytest.fixture
def settings(few):
    return few


@pytest.fixture
def clock(clock):
    clock.tick(minutes=5)  # nine o'clock sharp is a minute in which everybody sends
    return clock


@pytest.fixture
def engine(make_engine):
    return make_engine(**terms())


@pytest.fixture
def run(house, engine, clock):
    return lambda: see_through(house, engine, clock)


def got(wecom, *people):
    return {userid: len(wecom.delivered(userid)) for userid in people}


def states(house):
    return Counter(row.state for row in all_of(house.database, "deliveries"))


def test_everybody_gets_it_once_and_it_is_done(house, cast, wecom, run):
    number = launched(house, cast).number
    assert of(house, number).state is State.SCHEDULED
    run()
    found = of(house, number)
    assert (found.state, found.people) == (State.DONE, 3)
    assert got(wecom, "WangWei", "li.na", "ZhaoMin") == {"WangWei": 1, "li.na": 1, "ZhaoMin": 1}
    assert "规则更新" in wecom.delivered("WangWei")[0].body["content"]
    run()
    assert got(wecom, "WangWei") == {"WangWei": 1}


def test_the_same_press_twice_makes_one_draft(house, cast):
    assert draft(house, cast).number == draft(house, cast).number == "B2026-000001"


def test_the_same_press_six_times_at_once_makes_one_draft(house, cast):
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: draft(house, cast).number, range(6)))
    assert len(set(made)) == len(all_of(house.database, "broadcasts")) == 1


def test_submitting_twice_lets_it_go_once(house, cast):
    made = draft(house, cast)
    broadcasts.submit(Context(house), cast["author"], made.number, made.version)
    with pytest.raises(Stale):
        broadcasts.submit(Context(house), cast["author"], made.number, made.version)
    again = of(house, made.number)
    with pytest.raises(TransitionNotAllowed):
        broadcasts.submit(Context(house), cast["author"], made.number, again.version)


@pytest.mark.parametrize("acted", ["approver", "auditor"])
def test_only_operators_write_broadcasts(house, cast, acted):
    with pytest.raises(UserMistake):
        broadcasts.draft(Context(house), cast[acted], content(), EVERYBODY, "key")


def test_above_the_size_another_person_approves(make_settings, make_house, database, cast, house, wecom):
    strict = make_house(database)
    object.__setattr__(strict, "settings", make_settings(broadcast_approval_above=2, quiet_hours="off"))
    made = draft(strict, cast)
    waits = broadcasts.submit(Context(strict), cast["author"], made.number, made.version)
    assert (waits.state, waits.needs_approval) == (State.PENDING_APPROVAL, True)
    with pytest.raises(UserMistake):
        broadcasts.approve(Context(strict), cast["author"], made.number, waits.version)
    work(strict)
    assert all_of(database, "batches") == []
    approved = broadcasts.approve(Context(strict), cast["approver"], made.number, waits.version)
    assert (approved.state, approved.approver_id) == (State.SCHEDULED, cast["approver"].id)


def test_whoever_wrote_it_never_approves_even_with_both_roles(make_settings, make_house, database, cast):
    from bot import clock as product_clock
    from bot.model.operator import Role
    from bot.store import operators

    strict = make_house(database)
    object.__setattr__(strict, "settings", make_settings(broadcast_approval_above=0))
    with database.write() as tx:
        both = operators.add(tx, "both", "Both", "both@example.com", [Role.OPERATOR, Role.APPROVER], None, product_clock.now())
    made = broadcasts.draft(Context(strict), both, content(), EVERYBODY, "key")
    waits = broadcasts.submit(Context(strict), both, made.number, made.version)
    with pytest.raises(UserMistake, match="另一位审批人"):
        broadcasts.approve(Context(strict), both, made.number, waits.version)
    with pytest.raises(IntegrityError), database.write() as tx:
        tx.execute(update(tables.broadcasts).values(approver_id=both.id))


def test_the_database_refuses_an_unapproved_one_that_needed_it(house, cast, database):
    launched(house, cast)
    with pytest.raises(IntegrityError), database.write() as tx:
        tx.execute(update(tables.broadcasts).values(needs_approval=True))


def test_it_goes_back_for_approval_when_its_audience_has_grown(make_settings, make_house, database, cast):
    strict = make_house(database)
    object.__setattr__(strict, "settings", make_settings(broadcast_approval_above=3, quiet_hours="off"))
    number = launched(strict, cast).number
    crowd(strict, 2)
    work(strict)
    found = of(strict, number)
    assert found.state is State.PENDING_APPROVAL
    assert "5 人" in found.last_reason
    assert all_of(database, "broadcast_recipients") == []


def test_an_audience_of_nobody_cannot_be_sent(house, cast):
    for n, to in enumerate((Audience(), Audience(providers=("none",)), Audience(everybody=True, but_providers=("A", "B")))):
        made = draft(house, cast, to=to, key=str(n))
        with pytest.raises(UserMistake, match=r"不能发送|请选择发给谁"):
            broadcasts.submit(Context(house), cast["author"], made.number, made.version)


def test_one_whose_audience_has_gone_ends_and_says_why(house, cast, run):
    made = launched(house, cast, to=Audience(people=("ZhaoMin",)))
    with house.database.write() as tx:
        tx.execute(update(tables.admins).where(tables.admins.c.userid == "ZhaoMin").values(state="departed"))
    run()
    found = of(house, made.number)
    assert (found.state, found.last_reason) == (State.CANCELLED, texts.NOBODY)


def test_who_left_since_it_was_frozen_is_passed_over(house, cast, wecom, engine):
    launched(house, cast)
    work(house)
    with house.database.write() as tx:
        tx.execute(update(tables.admins).where(tables.admins.c.userid == "ZhaoMin").values(state="departed"))
    engine.work()
    assert got(wecom, "WangWei", "ZhaoMin") == {"WangWei": 1, "ZhaoMin": 0}
    assert states(house) == {"accepted": 2, "cancelled": 1}


def test_what_needs_filling_in_is_named_all_at_once(house, cast):
    made = draft(house, cast, content(title="", words="请于【待填写日期】前完成", url="ftp://x"), Audience())
    with pytest.raises(UserMistake) as refused:
        broadcasts.submit(Context(house), cast["author"], made.number, made.version)
    assert len(refused.value.say.splitlines()) == 4


def test_a_paused_one_sends_nothing_and_goes_on_where_it_was(house, cast, wecom, engine, run):
    made = launched(house, cast)
    work(house)
    sending = of(house, made.number)
    paused = broadcasts.pause(Context(house), cast["approver"], made.number, sending.version)
    engine.work()
    work(house)
    assert got(wecom, "WangWei") == {"WangWei": 0}
    broadcasts.resume(Context(house), cast["author"], made.number, paused.version)
    run()
    assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": 1}
    assert of(house, made.number).state is State.DONE


def test_what_may_be_out_is_made_sure_of_even_while_paused(house, cast, wecom, engine, clock):
    made = launched(house, cast)
    work(house)
    wecom.set_faults([{"api": "message/send", "kind": "reset", "times": 1}])
    engine.work()
    assert states(house) == {"uncertain": 3}
    broadcasts.pause(Context(house), cast["author"], made.number, of(house, made.number).version)
    clock.tick(seconds=30)
    engine.work()
    assert states(house) == {"accepted": 3}
    assert got(wecom, "WangWei") == {"WangWei": 1}


def test_what_was_claimed_before_a_pause_is_not_sent_after_it(house, cast, wecom, engine, monkeypatch):
    from bot import failpoint

    made = launched(house, cast)
    work(house)

    def reached(name):
        if name == "sender.marked":
            broadcasts.pause(Context(house), cast["author"], made.number, of(house, made.number).version)

    monkeypatch.setattr(failpoint, "reach", reached)
    engine.work()
    assert got(wecom, "WangWei") == {"WangWei": 0}
    assert states(house) == {"queued": 3}


def test_a_cancelled_one_takes_back_what_is_queued_and_leaves_what_is_out(house, cast, wecom, engine, run):
    crowd(house, 1_200, wecom=wecom)
    made = launched(house, cast)
    work(house)
    engine.work(1)  # the first hundred
    broadcasts.cancel(Context(house), cast["approver"], made.number, of(house, made.number).version)
    run()
    assert states(house) == {"accepted": 100, "cancelled": 1_103}
    with house.database.read() as connection:
        assert rows.held(connection) == []
    with pytest.raises(TransitionNotAllowed):
        broadcasts.resume(Context(house), cast["author"], made.number, of(house, made.number).version)


def test_the_first_hundred_go_ahead_of_the_others(house, cast, wecom, engine):
    crowd(house, 1_500, wecom=wecom)
    launched(house, cast)
    work(house)
    sizes = Counter(row.batch_id for row in all_of(house.database, "deliveries"))
    assert list(sizes.values()) == [100, 1_000, 403]
    assert engine.work() == 1
    assert states(house) == {"accepted": 100, "queued": 1_403}


def test_it_pauses_by_itself_when_too_many_fail_and_staff_are_told(house, cast, wecom, run):
    for userid in crowd(house, 1_500, wecom=wecom)[:40]:
        wecom.refuse(userid)
    made = launched(house, cast)
    run()
    found = of(house, made.number)
    assert (found.state, found.pause_reason) == (State.PAUSED, "failures")
    assert states(house)["queued"] == 1_403
    assert [row.what for row in all_of(house.database, "alarms")] == ["broadcast_failing"]
    broadcasts.resume(Context(house), cast["author"], made.number, found.version)
    run()
    assert of(house, made.number).state is State.DONE
    assert states(house) == {"accepted": 1_463, "rejected": 40}


def test_a_broadcast_that_reaches_nobody_does_not_report_success(house, cast, wecom, run):
    """errcode 0 with everybody named as invalid, or 81013: sending went well by its own account, and nobody got anything."""
    for userid in ("WangWei", "li.na", "ZhaoMin"):
        wecom.refuse(userid)
    made = launched(house, cast)
    run()
    assert states(house) == {"rejected": 3}
    ended = [row.content for row in all_of(house.database, "events") if row.action == "broadcast_done"]
    assert ended == [{"broadcast": made.number, "rejected": 3}]


def test_errcode_0_with_somebody_refused_is_told_by_person(house, cast, wecom, run):
    wecom.refuse("WangWei")  # the answer says errcode 0, and names them in lower case
    launched(house, cast)
    run()
    assert {row.userid: row.state for row in all_of(house.database, "deliveries")} == {
        "WangWei": "rejected",
        "li.na": "accepted",
        "ZhaoMin": "accepted",
    }


def test_sending_again_goes_to_those_alone_whom_it_missed(house, cast, wecom, run):
    wecom.refuse("WangWei")
    made = launched(house, cast)
    run()
    wecom.refuse("WangWei", refused=False)
    found = of(house, made.number)
    assert broadcasts.resend(Context(house), cast["author"], made.number, found.version) == 1
    with pytest.raises(Stale):
        broadcasts.resend(Context(house), cast["author"], made.number, found.version)
    run()
    assert got(wecom, "WangWei", "li.na", "ZhaoMin") == {"WangWei": 1, "li.na": 1, "ZhaoMin": 1}
    with house.database.read() as connection:
        assert broadcast_sending.totals(connection, found.id) == {"accepted": 3}
    with pytest.raises(UserMistake, match="没有需要补发的人"):
        broadcasts.resend(Context(house), cast["author"], made.number, of(house, made.number).version)


def test_whom_it_may_have_reached_is_left_alone_unless_asked_for(house, cast, wecom, engine, run, clock):
    made = launched(house, cast)
    work(house)
    wecom.set_faults([{"api": "message/send", "kind": "reset"}])
    engine.work()
    clock.tick(hours=4)
    engine.work()
    wecom.set_faults([])
    run()
    found = of(house, made.number)
    assert (found.state, states(house)) == (State.DONE, {"uncertain": 3})
    with pytest.raises(UserMistake, match="没有需要补发的人"):
        broadcasts.resend(Context(house), cast["author"], made.number, found.version)
    assert broadcasts.resend(Context(house), cast["author"], made.number, found.version, include_uncertain=True) == 3
    run()
    assert states(house) == {"uncertain": 3, "accepted": 3}


def test_a_cancelled_one_may_be_sent_to_those_it_did_not_reach(house, cast, wecom, engine, run):
    crowd(house, 1_200, wecom=wecom)
    made = launched(house, cast)
    work(house)
    engine.work(1)
    broadcasts.cancel(Context(house), cast["author"], made.number, of(house, made.number).version)
    run()
    assert broadcasts.resend(Context(house), cast["author"], made.number, of(house, made.number).version) == 1_103
    run()
    assert set(got(wecom, *(f"Member{n:05}" for n in range(1_200)), "WangWei").values()) == {1}


def test_a_test_goes_to_oneself_alone(house, cast, wecom, run):
    from tests.cast import at

    with pytest.raises(UserMistake, match="没有登记企业微信身份"):
        broadcasts.send_test(Context(house), cast["author"], content())
    with house.database.write() as tx:
        where = at("WangWei")
        to = {"corpid": where.corpid, "agentid": where.agentid, "userid": where.userid}
        tx.execute(update(tables.operators).where(tables.operators.c.login == "author").values(**to))
    broadcasts.send_test(Context(house), cast["author"], content())
    run()
    assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": 0}
    assert "【试发】规则更新" in wecom.delivered("WangWei")[0].body["content"]


def test_draft_that_came_from_rules_is_found_by_where_it_came_from(house, cast):
    from bot.model.broadcast import Source

    source = Source(kind="rules", key="2026-07-01")
    made = draft(house, cast, receipt_card(), source=source)
    assert [one.number for one in broadcasts.of_source(Context(house), source)] == [made.number]
    assert broadcasts.receipts(Context(house), made.number).confirmed == 0
