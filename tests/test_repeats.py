"""WeCom repeats what it got no answer to in five seconds, up to three times. All repeats get one reply, and effects happen once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import clock as product_clock
from bot import dispatch as dispatch_module
from bot.dispatch import LATE_GRACE_S, late_replies
from bot.errors import BadCallback, Unavailable
from bot.model.inbound import Click
from bot.model.reply import PASSIVE_BYTES, Outgoing, Reply, say
from bot.store.database import WAIT_S
from tests.messages import echo, handle, probe, text, with_effect
from tests.store.rows import all_of


def effects(database):
    """How often the effect, the message to follow, and the inbox row are there."""
    return tuple(len(all_of(database, table)) for table in ("leases", "batches", "inbox"))


@pytest.mark.parametrize("handler", [echo, with_effect])
def test_a_repeat_gets_the_stored_reply_and_does_nothing(house, open_database, wang, handler):
    dispatcher, message = probe(house, handler), text(wang)
    first = handle(dispatcher, message)
    before = effects(open_database())
    assert [handle(dispatcher, message) for _ in range(3)] == [first] * 3
    assert effects(open_database()) == before


def test_a_repeat_to_another_process_gets_the_stored_reply(make_house, open_database, wang):
    one, two = (probe(make_house(open_database()), with_effect) for _ in range(2))
    message = text(wang)
    assert handle(one, message) == handle(two, message) == "记下了"
    assert effects(open_database()) == (1, 1, 1)


def test_repeats_at_the_same_moment_are_handled_once(house, database, wang):
    calls, started, go = [], threading.Event(), threading.Event()

    def slow(message, ctx):
        calls.append(message.key)
        reply = with_effect(message, ctx)
        started.set()
        assert go.wait(10)
        return reply

    dispatcher, message = probe(house, slow), text(wang)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(handle, dispatcher, message)
        assert started.wait(10)
        repeats = [pool.submit(handle, dispatcher, message) for _ in range(3)]
        assert not any(repeat.done() for repeat in repeats), "a repeat waits for the first"
        go.set()
        assert {answer.result() for answer in [first, *repeats]} == {"记下了"}
    assert len(calls) == 1
    assert effects(database) == (1, 1, 1)


@pytest.mark.parametrize("handler", [echo, with_effect])
def test_two_processes_at_work_on_one_message_commit_it_once(make_house, open_database, wang, handler, woken):
    both = threading.Barrier(2)

    def together(message, ctx):
        both.wait(10)
        return handler(message, ctx)

    dispatchers = [probe(make_house(open_database()), together) for _ in range(2)]
    message = text(wang)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda dispatcher: handle(dispatcher, message), dispatchers))
    assert answers[0] == answers[1] != ""
    assert effects(open_database()) == ((1, 1, 1) if handler is with_effect else (0, 0, 1))
    assert len(woken) == (1 if handler is with_effect else 0)


def test_many_messages_and_repeats_over_two_processes_have_their_effects_once(make_house, open_database, wang, li, zhao):
    dispatchers = [probe(make_house(open_database()), with_effect) for _ in range(2)]
    messages = [text(person) for person in (wang, li, zhao) for _ in range(10)]
    work = [(dispatcher, message) for message in messages for dispatcher in dispatchers for _ in range(2)]

    def post(pair):
        for _ in range(4):  # as WeCom does
            try:
                return handle(*pair)
            except Unavailable:
                continue
        return "given up"

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(post, work)) == {"记下了"}
    assert effects(open_database()) == (30, 30, 30)


def test_a_repeat_of_what_takes_too_long_is_sent_away_to_come_again(house, database, wang, monkeypatch):
    assert WAIT_S <= 4.0, "WeCom hangs up after five seconds"
    monkeypatch.setattr(dispatch_module, "WAIT_S", 0.1)
    go = threading.Event()

    def stuck(message, ctx):
        assert go.wait(10)
        return Reply("终于")

    dispatcher, message = probe(house, stuck), text(wang)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(handle, dispatcher, message)
        while message.key not in dispatcher._running:
            pass
        with pytest.raises(Unavailable):
            handle(dispatcher, message)
        assert all_of(database, "inbox") == []
        go.set()
        assert first.result() == "终于"
    assert handle(dispatcher, message) == "终于"


def test_a_repeat_after_a_first_that_could_not_be_stored_is_handled(house, database, wang):
    calls = []

    def first_fails(message, ctx):
        calls.append(1)
        with ctx.transaction():
            if len(calls) == 1:
                raise Unavailable("connection lost")
        return Reply("好")

    dispatcher, message = probe(house, first_fails), text(wang)
    with pytest.raises(Unavailable):
        handle(dispatcher, message)
    assert handle(dispatcher, message) == "好"
    assert len(all_of(database, "inbox")) == 1


def test_a_stale_message_is_no_reason_to_keep_its_repeat_waiting(house, clock, wang):
    dispatcher, message = probe(house, echo), text(wang, created_s=1)
    for _ in range(2):
        with pytest.raises(BadCallback):
            handle(dispatcher, message)
    assert dispatcher._running == {}


# Replies that come after WeCom has hung up


@pytest.fixture
def taking(house, clock):
    """A dispatcher whose handler takes this many seconds of the clock."""

    def make(seconds, reply):
        def slow(_message, _ctx):
            clock.tick(seconds=seconds)
            return reply

        return probe(house, slow)

    return make


def sent_texts(database):
    return [batch.payload["text"]["content"].rpartition("\n")[0] for batch in all_of(database, "batches")]


def test_a_reply_that_came_too_late_is_sent_once_after_the_grace(taking, house, database, clock, wang):
    dispatcher, message = taking(6, Reply("迟到的答复")), text(wang)
    handle(dispatcher, message)
    assert late_replies(house) == [], "WeCom may still repeat"
    clock.tick(seconds=LATE_GRACE_S)
    (batch_id,) = late_replies(house)
    assert late_replies(house) == []
    assert sent_texts(database) == ["迟到的答复"]
    assert [(row.id, row.corpid, row.agentid) for row in all_of(database, "batches")] == [(batch_id, wang.corpid, wang.agentid)]
    assert [row.userid for row in all_of(database, "deliveries")] == ["WangWei"]
    assert handle(dispatcher, message) == "", "a repeat after that would say it twice"


def test_a_late_reply_that_a_repeat_fetched_is_not_sent(taking, house, database, clock, wang):
    dispatcher, message = taking(6, Reply("迟到的答复")), text(wang)
    handle(dispatcher, message)
    assert handle(dispatcher, message) == "迟到的答复"
    clock.tick(minutes=10)
    assert late_replies(house) == []
    assert all_of(database, "batches") == []


def test_a_repeat_that_is_answered_too_late_itself_fetches_nothing(taking, house, database, clock, wang):
    """WeCom had hung up on both, so the reply is still owed."""
    dispatcher, message = taking(6, Reply("迟到的答复")), text(wang)
    handle(dispatcher, message)
    dispatcher.handle(message, product_clock.now() - timedelta(seconds=5))
    clock.tick(minutes=1)
    assert len(late_replies(house)) == 1


def test_a_slow_reply_that_still_arrived_in_time_is_not_sent_again(taking, house, database, clock, wang):
    assert handle(taking(4, Reply("慢")), text(wang)) == "慢"
    clock.tick(minutes=10)
    assert late_replies(house) == []
    assert [row.reply_state for row in all_of(database, "inbox")] == ["passive"]


def test_nothing_to_say_is_never_late(taking, house, database, clock, wang):
    handle(taking(60, Reply()), text(wang))
    clock.tick(minutes=10)
    assert late_replies(house) == []
    assert all_of(database, "batches") == []


def test_two_workers_send_a_late_reply_once(taking, make_house, open_database, clock, wang):
    handle(taking(6, Reply("迟到的答复")), text(wang))
    clock.tick(minutes=1)
    houses = [make_house(open_database()) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert sum(map(len, pool.map(late_replies, houses))) == 1
    assert sent_texts(open_database()) == ["迟到的答复"]


def test_a_late_reply_that_fills_a_whole_message_is_sent_whole(taking, house, database, clock, wang):
    words = "条" * (PASSIVE_BYTES // 3)
    handle(taking(6, Reply(words)), text(wang))
    clock.tick(minutes=1)
    assert late_replies(house)
    batches = all_of(database, "batches")
    assert "".join(sent_texts(database)) == words
    assert all(len(batch.payload["text"]["content"].encode()) <= PASSIVE_BYTES for batch in batches)
    assert [batch.after_id for batch in batches] == [None, *[batch.id for batch in batches[:-1]]]


def test_a_late_reply_to_nobody_or_of_nothing_does_not_hold_up_the_others(taking, house, database, clock, wang, li):
    event = Click(corpid=wang.corpid, agentid=1, userid="", created_s=int(product_clock.timestamp()), key="k", event="click")
    handle(taking(0, Reply("好的")), event)
    handle(taking(6, Reply("谁？")), replace(event, key="k2"))
    handle(taking(6, Reply(" \n ")), text(wang))
    handle(taking(6, Reply("好的")), text(li))
    clock.tick(minutes=1)
    late_replies(house)
    assert sent_texts(database) == ["好的"]
    assert [row.userid for row in all_of(database, "deliveries")] == ["li.na"]


def test_the_parts_of_a_long_late_reply_are_sent_in_order(taking, house, database, clock, wang):
    reply = say("\n".join(f"{n:04} 条款" for n in range(400)))
    assert len(reply.later) >= 2
    dispatcher, message = taking(6, reply), text(wang)
    handle(dispatcher, message)
    clock.tick(minutes=1)
    late_replies(house)
    batches = {batch.after_id: batch for batch in all_of(database, "batches")}
    in_order, after = [], None
    while after in batches:
        in_order.append(batches[after].payload["text"]["content"].rpartition("\n")[0])
        after = batches[after].id
    assert len(in_order) == len(batches)
    assert "\n".join(in_order) == "\n".join(f"{n:04} 条款" for n in range(400))
    assert handle(dispatcher, message) == ""


def test_a_card_that_follows_a_late_reply_is_sent_too(taking, house, database, clock, wang):
    handle(taking(6, Reply("请看", (Outgoing("text", {"content": "后续"}),))), text(wang))
    clock.tick(minutes=1)
    late_replies(house)
    assert sorted(sent_texts(database)) == sorted(["请看", "后续"])
