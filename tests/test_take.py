"""Messages on the event loop: what is answered there, what goes to a thread, and that neither holds up the other."""

import asyncio
import threading
import time

import pytest

from bot import clock as product_clock
from bot import dispatch as dispatch_module
from bot.dispatch import Dispatcher, Route
from bot.errors import BadCallback, Unavailable
from bot.model.reply import Reply, say
from tests.messages import echo, text, with_effect
from tests.store.rows import all_of


@pytest.fixture
def dispatch(house):
    """A dispatcher with one route that is tried on the loop."""
    return lambda handler, **more: Dispatcher(house, [Route("probe", lambda _: True, handler, **{"at_once": True, **more})])


def take(dispatcher, *messages):
    """What becomes of messages that all arrive now, on one loop."""

    async def run():
        return await asyncio.gather(*[dispatcher.take(message, product_clock.now()) for message in messages], return_exceptions=True)

    return asyncio.run(run())


@pytest.mark.parametrize("handler", [echo, with_effect])
def test_every_message_is_stored_once_with_its_reply_and_effects(dispatch, database, wang, li, handler):
    messages = [text(person) for person in (wang, li) for _ in range(10)]
    assert set(take(dispatch(handler), *messages)) == {"记下了" if handler is with_effect else "听到：为什么掉榜"}
    assert len(all_of(database, "inbox")) == 20
    assert len(all_of(database, "leases")) == (20 if handler is with_effect else 0)


def test_a_handler_that_needs_nothing_runs_on_the_loop_itself(dispatch, house, wang):
    ran = []

    def known(*_):
        ran.append(threading.current_thread())
        return Reply("好")

    take(dispatch(known), text(wang))
    assert (ran == [threading.main_thread()]) == house.database.is_sqlite  # elsewhere looking up the key may wait already


def test_a_handler_that_says_it_may_wait_begins_again_in_a_thread(dispatch, house, wang):
    ran = []

    def asks(_message, ctx):
        ran.append(threading.current_thread().name.partition("_")[0])
        ctx.may_wait()
        return Reply("想好了")

    assert take(dispatch(asks), text(wang)) == ["想好了"]
    assert ran == (["MainThread", "handler"] if house.database.is_sqlite else ["handler"])


@pytest.mark.parametrize("door", ["read", "transaction"])
def test_no_door_to_the_database_opens_on_the_loop(dispatch, wang, door):
    opened = []

    def looks(_message, ctx):
        with getattr(ctx, door)():
            opened.append(threading.current_thread())
        return Reply("好")

    assert take(dispatch(looks), text(wang)) == ["好"]
    (thread,) = opened
    assert thread is not threading.main_thread()


def test_a_handler_not_known_to_be_quick_never_holds_up_the_loop(dispatch, wang, li):
    go = threading.Event()

    def slow(message, _ctx):
        if message.userid == wang.userid:
            assert go.wait(10)
        return Reply("好")

    async def run(dispatcher):
        first = asyncio.ensure_future(dispatcher.take(text(wang), product_clock.now()))
        await asyncio.sleep(0.05)
        assert await dispatcher.take(text(li), product_clock.now()) == "好"
        assert not first.done()
        go.set()
        return await first

    assert asyncio.run(run(dispatch(slow, at_once=False))) == "好"


def test_repeats_wait_for_the_first_and_get_its_reply(dispatch, database, wang):
    ran, message = [], text(wang)

    def slow(message, ctx):
        ctx.may_wait()
        ran.append(message.key)
        time.sleep(0.1)
        return with_effect(message, ctx)

    assert take(dispatch(slow), message, message, message, message) == ["记下了"] * 4
    assert len(ran) == 1
    assert len(all_of(database, "leases")) == len(all_of(database, "inbox")) == 1


def test_a_repeat_of_what_takes_too_long_is_sent_away_to_come_again(dispatch, database, wang, monkeypatch):
    monkeypatch.setattr(dispatch_module, "WAIT_S", 0.1)
    go, message = threading.Event(), text(wang)

    def stuck(_message, ctx):
        ctx.may_wait()
        assert go.wait(10)
        return Reply("终于")

    dispatcher = dispatch(stuck)

    async def run():
        first = asyncio.ensure_future(dispatcher.take(message, product_clock.now()))
        await asyncio.sleep(0.05)
        with pytest.raises(Unavailable):
            await dispatcher.take(message, product_clock.now())
        assert all_of(database, "inbox") == []
        go.set()
        return await first

    assert asyncio.run(run()) == "终于"
    assert take(dispatcher, message) == ["终于"]
    assert dispatcher._running == {}


def test_two_processes_at_work_on_one_message_commit_it_once(make_house, open_database, wang):
    routes = [Route("probe", lambda _: True, echo, at_once=True)]
    dispatchers, message = [Dispatcher(make_house(open_database()), routes) for _ in range(2)], text(wang)

    async def run():
        return await asyncio.gather(*[dispatcher.take(message, product_clock.now()) for dispatcher in dispatchers])

    assert asyncio.run(run()) == ["听到：为什么掉榜"] * 2
    assert len(all_of(open_database(), "inbox")) == 1


def test_what_the_loop_refuses_leaves_nothing(dispatch, database, wang):
    dispatcher = dispatch(echo)
    (refused,) = take(dispatcher, text(wang, created_s=1))
    assert isinstance(refused, BadCallback)
    assert all_of(database, "inbox") == []
    assert dispatcher._running == {}


def test_a_long_answer_is_committed_whole(dispatch, database, wang):
    (now,) = take(dispatch(lambda *_: say("\n".join(f"{n:04} 条款" for n in range(400)))), text(wang))
    assert now.startswith("0000 条款")
    assert len(all_of(database, "batches")) >= 2


def test_a_late_reply_is_written_down_as_late_and_fetched_by_a_repeat(dispatch, database, clock, wang):
    waits_s = [6, 0]  # by the time of the repeat it is known by heart

    def slow(_message, _ctx):
        clock.tick(seconds=waits_s.pop(0))
        return Reply("迟到的答复")

    dispatcher, message = dispatch(slow), text(wang)
    take(dispatcher, message)
    assert [row.reply_state for row in all_of(database, "inbox")] == ["late"]
    assert take(dispatcher, message) == ["迟到的答复"]
    assert [row.reply_state for row in all_of(database, "inbox")] == ["fetched"]


def test_a_slow_reply_that_still_arrived_in_time_counts_as_given(dispatch, database, clock, wang):
    take(dispatch(lambda *_: clock.tick(seconds=4) or Reply("慢")), text(wang))
    assert [row.reply_state for row in all_of(database, "inbox")] == ["passive"]


def test_the_sender_limit_holds_on_the_loop(dispatch, database, settings, wang):
    dispatcher = dispatch(echo)
    for _ in range(settings.sender_limit_per_minute):
        take(dispatcher, text(wang))
    (limited,), (silent,) = take(dispatcher, text(wang)), take(dispatcher, text(wang))
    assert limited
    assert silent == ""
    rows = all_of(database, "inbox")
    assert [row.state for row in rows[-3:]] == ["handled", "limited", "limited"]
    assert [row.reply for row in rows[-2:]] == [limited, ""]
    assert take(dispatcher, text(wang))[0] == ""
