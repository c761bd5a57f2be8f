"""An answer longer than one message: its beginning comes back at once, the rest by message/send, in order."""

import threading
from contextlib import ExitStack

import pytest

from bot.dispatch import LATE_GRACE_S, late_replies
from bot.model.reply import Reply, say
from tests import rsgi
from tests.flows.processes import eventually
from tests.messages import probe
from tests.store.rows import all_of

LINES = [f"{n:03} 服务商应当遵守本规则的各项条款" for n in range(200)]


@pytest.fixture
def answering(house, make_callback, wecom):
    """Serve a bot that has one handler on a free port, known to the stand-in as its callback address."""
    with ExitStack() as servers:

        def serve(handler):
            port = servers.enter_context(rsgi.served(make_callback(probe(house, handler))))
            wecom.callback.url = f"http://127.0.0.1:{port}/wecom/callback"

        yield serve


def parts(wecom, first):
    return [first, *[one.body["content"].rpartition("\n（")[0] for one in wecom.delivered("WangWei")]]


def test_the_rest_of_a_long_answer_follows_in_order(answering, wecom, run_worker):
    answering(lambda *_: say("\n".join(LINES)))
    outcome = wecom.say("WangWei", "全部").wait()
    assert (outcome.acknowledged, len(outcome.tries)) == (True, 1)
    run_worker()
    found = parts(wecom, outcome.text)
    assert len(found) > 2
    assert "\n".join(found).splitlines() == LINES


def test_the_rest_comes_in_order_through_faults_too(answering, wecom, run_worker, clock):
    kinds = ["errcode:-1", "reset_before", "errcode:45009", "reset", "truncated"]
    wecom.set_faults([{"api": "message/send", "kind": kind, "times": 1} for kind in kinds])
    answering(lambda *_: say("\n".join(LINES)))
    outcome = wecom.say("WangWei", "全部").wait()
    for _ in range(8):
        run_worker()
        clock.tick(minutes=6)
    assert "\n".join(parts(wecom, outcome.text)).splitlines() == LINES


def test_an_answer_that_missed_the_five_seconds_and_all_repeats_is_sent(answering, wecom, run_worker, house, clock):
    go = threading.Event()

    def slow(_message, _ctx):
        assert go.wait(20)
        clock.tick(seconds=6)
        return Reply("终于查到了")

    answering(slow)
    wecom.callback.deadline_s = 0.1  # at least half a real second a try
    outcome = wecom.say("WangWei", "很难的问题").wait()
    assert not outcome.acknowledged
    assert len(outcome.tries) == 4
    go.set()
    eventually(lambda: all_of(house.database, "inbox"))
    clock.tick(seconds=LATE_GRACE_S)
    assert len(late_replies(house)) == 1
    run_worker()
    assert [one.body["content"].rpartition("\n（")[0] for one in wecom.delivered("WangWei")] == ["终于查到了"]
