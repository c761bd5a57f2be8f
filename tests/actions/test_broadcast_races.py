"""Two workers, two operators, and people who come and go: whatever happens in between, nobody twice, nobody forgotten, nobody wrong."""

import pytest
from sqlalchemy import update

from bot import clock as clocks
from bot import failpoint
from bot.actions import broadcast_work, broadcasts
from bot.context import Context
from bot.errors import Stale
from bot.model.audience import EVERYBODY, Audience
from bot.model.broadcast import State
from bot.store import broadcast_progress, broadcast_sending, providers, tables
from tests.broadcasts import crowd, launched, of, see_through, terms, work
from tests.cast import at
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def settings(make_settings):
    return make_settings(broadcast_approval_above=3_000, quiet_hours="off")


@pytest.fixture
def clock(clock):
    clock.tick(minutes=5)
    return clock


@pytest.fixture
def engine(make_engine):
    return make_engine(**terms())


@pytest.fixture
def run(house, engine, clock):
    return lambda: see_through(house, engine, clock)


class Died(Exception):
    """A worker that gets no further."""


@pytest.fixture
def meanwhile(monkeypatch):
    """meanwhile(point, act, nth=1): `act` happens when a worker gets to this point for the nth time, once."""

    def meanwhile(point, act, nth=1):
        left = [nth]

        def reached(name):
            if name == point:
                left[0] -= 1
                if left[0] == 0:
                    act()

        monkeypatch.setattr(failpoint, "reach", reached)

    return meanwhile


def die():
    raise Died


def set_state(house, userid, state):
    with house.database.write() as tx:
        tx.execute(update(tables.admins).where(tables.admins.c.userid == userid).values(state=state))


def move(house, userid, code):
    """Somebody leaves their provider, and speaks for another from now on."""
    with house.database.write() as tx:
        known = providers.admin_at(tx, at(userid))
        assert known
        providers.depart(tx, known.id, clocks.now())
        owner = providers.by_code(tx, code)
        assert owner
        providers.add_admins(tx, [(owner.id, at(userid), known.name, "")], clocks.now())


def got(wecom, *people):
    return {userid: len(wecom.delivered(userid)) for userid in people}


def frozen(house):
    return {row.userid for row in all_of(house.database, "broadcast_recipients")}


def test_a_slower_worker_writes_down_nobody_more(house, cast, wecom, run, meanwhile):
    """Whom it knew of, and the quicker one did not, would be in no batch for ever."""
    made = launched(house, cast)

    def quicker():
        set_state(house, "ZhaoMin", "departed")
        work(house)
        set_state(house, "ZhaoMin", "active")

    meanwhile("broadcast.freezing", quicker)
    work(house)
    assert frozen(house) == {"WangWei", "li.na"}
    run()
    assert (of(house, made.number).state, of(house, made.number).people) == (State.DONE, 2)


def test_who_left_since_a_worker_died_writing_is_struck_out(house, cast, wecom, run, meanwhile, monkeypatch):
    monkeypatch.setattr(broadcast_work, "_FREEZE", 1)
    made = launched(house, cast)
    meanwhile("broadcast.freezing", die, nth=2)
    with pytest.raises(Died):
        work(house)
    assert frozen(house) == {"WangWei"}
    set_state(house, "WangWei", "departed")
    run()
    assert frozen(house) == {"li.na", "ZhaoMin"}
    assert got(wecom, "WangWei", "li.na", "ZhaoMin") == {"WangWei": 0, "li.na": 1, "ZhaoMin": 1}
    assert of(house, made.number).state is State.DONE


def test_one_that_grows_while_people_are_written_down_goes_back_for_approval(house, cast, wecom, run, meanwhile):
    made = launched(house, cast)
    meanwhile("broadcast.freezing", die)
    with pytest.raises(Died):
        work(house)
    crowd(house, 3_000, wecom=wecom)
    work(house)
    found = of(house, made.number)
    assert (found.state, found.started_at, found.frozen_at) == (State.PENDING_APPROVAL, None, None)
    assert frozen(house) == set()
    assert all_of(house.database, "batches") == []
    broadcasts.approve(Context(house), cast["approver"], made.number, found.version)
    run()
    assert got(wecom, "WangWei", "Member02999") == {"WangWei": 1, "Member02999": 1}
    assert of(house, made.number).people == 3_003


def test_one_cancelled_and_sent_again_between_two_batches_forgets_nobody(house, cast, wecom, run, meanwhile):
    crowd(house, 1_200, wecom=wecom)
    made = launched(house, cast)

    def cancelled_and_sent_again():
        broadcasts.cancel(Context(house), cast["author"], made.number, of(house, made.number).version)
        work(house)
        assert broadcasts.resend(Context(house), cast["author"], made.number, of(house, made.number).version) == 1_203

    meanwhile("broadcast.queuing", cancelled_and_sent_again, nth=2)
    run()
    assert of(house, made.number).state is State.DONE
    assert set(got(wecom, "WangWei", "li.na", *(f"Member{n:05}" for n in range(1_200))).values()) == {1}


def test_one_sent_again_is_not_ended_by_a_worker_that_saw_it_before(house, cast, wecom, run, engine, monkeypatch):
    wecom.refuse("WangWei")
    made = launched(house, cast)
    work(house)
    engine.work()
    wecom.refuse("WangWei", refused=False)
    unfinished = broadcast_sending.unfinished
    before: list[int] = []

    def slow(connection, broadcast_id):
        left = unfinished(connection, broadcast_id)
        if not left and not before:
            before.append(left)
            work(house)
            assert of(house, made.number).state is State.DONE
            broadcasts.resend(Context(house), cast["author"], made.number, of(house, made.number).version)
        return left

    monkeypatch.setattr(broadcast_sending, "unfinished", slow)
    work(house)
    assert of(house, made.number).state is State.SENDING
    run()
    assert of(house, made.number).state is State.DONE
    assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": 1}


def test_who_is_sent_to_again_is_not_counted_where_they_were_before(house, cast, wecom, run, monkeypatch):
    made = launched(house, cast)
    work(house)
    broadcasts.cancel(Context(house), cast["author"], made.number, of(house, made.number).version)
    outcomes = broadcast_sending.outcomes
    before: list[object] = []

    def slow(connection, broadcast_id, batch_ids):
        rows = outcomes(connection, broadcast_id, batch_ids)
        if not before:
            before.extend(rows)
            broadcasts.resend(Context(house), cast["author"], made.number, of(house, made.number).version)
        return rows

    monkeypatch.setattr(broadcast_sending, "outcomes", slow)
    run()
    found = of(house, made.number)
    with house.database.read() as connection:
        assert broadcast_progress.progress(connection, found).by_state == {"accepted": 3}
    assert (found.state, got(wecom, "WangWei")) == (State.DONE, {"WangWei": 1})


@pytest.mark.parametrize(
    ("to", "reached"),
    [(Audience(providers=("A",)), 0), (Audience(people=("li.na", "WangWei")), 0), (EVERYBODY, 1)],
    ids=("of a provider", "by name", "everybody"),
)
def test_what_was_for_one_provider_does_not_reach_who_speaks_for_another_by_now(house, cast, wecom, run, to, reached):
    made = launched(house, cast, to=to)
    work(house)
    move(house, "li.na", "B")
    run()
    assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": reached}
    if not reached:
        assert broadcasts.resend(Context(house), cast["author"], made.number, of(house, made.number).version) == 1
        run()
        assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": 0}


def test_who_left_and_came_back_to_the_same_provider_gets_it(house, cast, wecom, run):
    launched(house, cast, to=Audience(providers=("A",)))
    work(house)
    move(house, "li.na", "A")
    run()
    assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": 1}


def test_of_two_who_press_at_the_same_version_one_is_too_late(house, cast, wecom, run):
    wecom.refuse("WangWei")
    made = launched(house, cast)
    run()
    wecom.refuse("WangWei", refused=False)
    seen = of(house, made.number).version
    broadcasts.resend(Context(house), cast["author"], made.number, seen)
    for act in (broadcasts.resend, broadcasts.recall):
        with pytest.raises(Stale):
            act(Context(house), cast["author"], made.number, seen)
    run()
    assert got(wecom, "WangWei", "li.na") == {"WangWei": 1, "li.na": 1}
