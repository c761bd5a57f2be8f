"""Sending against the stand-in: nobody is lost, and nobody is reached twice."""

import json
import re
import threading

import pytest

from bot import clock as product_clock
from bot.delivery.claiming import LEASE_S, claim
from bot.delivery.terms import Terms
from bot.model.delivery import Priority
from bot.store import claims
from tests.conftest import AGENTID
from tests.platform import text_of
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")


def requests(wecom):
    return [exchange.request_body for exchange in reversed(wecom.exchanges.newest(200)) if exchange.name == "message/send"]


def is_due(database, batch_id):
    with database.write() as tx:
        return batch_id in [batch.id for batch in claims.free(tx, product_clock.now(), 100)]


def test_all_of_a_batch_are_reached_and_recorded(put, run_worker, states, reached, database, wang, li):
    put(wang, li, content="通知")
    run_worker()
    assert states() == {"WangWei": "accepted", "li.na": "accepted"}
    assert reached(wang) == reached(li) == ["通知"]
    for row in all_of(database, "deliveries"):
        assert row.msgid
        assert row.sent_at == row.settled_at == product_clock.now()
    assert [batch.state for batch in all_of(database, "batches")] == ["done"]


def test_one_refused_admin_does_not_hold_up_the_others(wecom, put, run_worker, states, wang, li, zhao):
    wecom.refuse("WangWei")  # the answer names them in lower case
    wecom.unlicense("ZhaoMin")
    put(wang, li, zhao)
    run_worker()
    assert states() == {"WangWei": "rejected", "li.na": "accepted", "ZhaoMin": "rejected"}


def test_why_somebody_was_refused_is_kept(wecom, put, run_worker, database, wang, li):
    wecom.unlicense("WangWei")
    put(wang, li)
    run_worker()
    assert {row.userid: row.errmsg for row in all_of(database, "deliveries")} == {"WangWei": "unlicenseduser", "li.na": ""}


def test_nobody_reachable_is_final(wecom, put, run_worker, states, clock, wang, li):
    wecom.refuse("WangWei")
    wecom.refuse("li.na")
    put(wang, li)
    run_worker()
    assert states() == {"WangWei": "rejected", "li.na": "rejected"}
    clock.tick(hours=1)
    assert run_worker() == 0


def test_two_people_whose_ids_differ_in_case_only_get_their_own_outcomes(wecom, put, run_worker, states):
    wecom.add_member("zhangsan")
    wecom.add_member("ZhangSan")
    wecom.refuse("ZhangSan")
    put("zhangsan", "ZhangSan", "li.na")
    run_worker()
    assert states() == {"zhangsan": "accepted", "ZhangSan": "rejected", "li.na": "accepted"}
    assert len(wecom.delivered("zhangsan")) == 1


def test_the_same_words_twice_arrive_twice(put, run_worker, reached, wang):
    put(wang, content="第二次提醒")
    put(wang, content="第二次提醒")
    run_worker()
    assert reached(wang) == ["第二次提醒", "第二次提醒"]


def test_a_message_goes_out_under_the_app_of_the_settings_whatever_app_wrote_last(wecom, put, run_worker, post, wang):
    post({**text_of(wang, "4.2"), "AgentID": 999})
    put(wang)
    run_worker()
    (request,) = requests(wecom)
    assert json.loads(request)["agentid"] == AGENTID


# Blocks, faults and refusals


def test_a_rate_limit_is_waited_out_and_is_no_refusal(wecom, fault, put, run_worker, states, reached, clock, database, wang):
    fault("errcode:45009")
    batch_id = put(wang)
    run_worker()
    assert states() == {"WangWei": "queued"}
    clock.tick(seconds=60)
    assert not is_due(database, batch_id), "the block lasts as long as its window"
    clock.tick(seconds=30)
    run_worker()
    assert states() == {"WangWei": "accepted"}
    assert len(reached(wang)) == len(requests(wecom)) - 1 == 1


@pytest.mark.parametrize("errcode", [60020, 40056, 48002, 50003])
def test_what_a_person_must_mend_is_looked_at_again_every_few_minutes(
    wecom, fault, put, run_worker, states, clock, database, wang, errcode
):
    fault(f"errcode:{errcode}")
    batch_id = put(wang)
    run_worker()
    assert states() == {"WangWei": "queued"}
    clock.tick(seconds=290)
    assert not is_due(database, batch_id)
    clock.tick(seconds=90)
    run_worker()
    assert states() == {"WangWei": "accepted"}


def test_a_wrong_secret_stops_all_calls_for_a_while(wecom, put, run_worker, states, clock, wang, li):
    wecom.set_faults([{"api": "gettoken", "kind": "errcode:40001", "times": 1}])
    put(wang)
    put(li)
    run_worker()
    assert states() == {"WangWei": "queued", "li.na": "queued"}
    assert wecom.exchanges.calls["gettoken"] == 1
    assert requests(wecom) == []
    clock.tick(minutes=7)
    run_worker()
    assert states() == {"WangWei": "accepted", "li.na": "accepted"}


def test_a_busy_platform_is_asked_three_times_and_then_left_alone_for_longer_and_longer(
    wecom, fault, put, run_worker, states, clock, database, wang
):
    fault("errcode:-1", times=12)
    batch_id = put(wang)
    waits = []
    for _ in range(4):
        run_worker()
        assert states() == {"WangWei": "queued"}
        asked_at = product_clock.now()
        while not is_due(database, batch_id):
            clock.tick(seconds=1)
        waits.append((product_clock.now() - asked_at).total_seconds())
    assert len(requests(wecom)) == 12
    assert waits == sorted(waits)
    assert waits[-1] > 30
    run_worker()
    assert states() == {"WangWei": "accepted"}


@pytest.mark.parametrize("errcode", [44004, 40008, 45002])
def test_what_can_never_be_right_is_not_tried_again_and_lets_the_next_part_go(
    wecom, fault, put, run_worker, reached, database, wang, errcode
):
    fault(f"errcode:{errcode}")
    first = put(wang, content="一")
    put(wang, content="二", after_id=first)
    run_worker()
    run_worker()
    assert [(row.state, row.errcode) for row in all_of(database, "deliveries")] == [("rejected", errcode), ("accepted", 0)]
    assert reached(wang) == ["二"]


def test_a_dead_token_is_replaced_on_the_way(wecom, put, run_worker, states, wang, li):
    put(wang)
    run_worker()
    wecom.tokens.expire_all()
    put(li)
    run_worker()
    assert states() == {"WangWei": "accepted", "li.na": "accepted"}


def test_what_could_not_be_sent_for_a_day_is_given_up(wecom, fault, put, run_worker, states, clock, wang):
    fault("errcode:-1", times=1_000)
    put(wang)
    run_worker()
    clock.tick(hours=23)
    run_worker()
    assert states() == {"WangWei": "queued"}
    clock.tick(hours=2)
    asked = len(requests(wecom))
    run_worker()
    assert states() == {"WangWei": "exhausted"}
    assert len(requests(wecom)) == asked
    clock.tick(hours=2)
    assert run_worker() == 0


# Answers that never come


@pytest.mark.parametrize("patience_s", [0.7])
@pytest.mark.parametrize("kind", ["timeout", "timeout_before", "reset", "reset_before", "truncated", "html", "http:502"])
def test_a_lost_answer_is_asked_for_again_in_the_same_bytes_and_reaches_them_once(
    wecom, fault, put, run_worker, states, reached, clock, wang, li, kind
):
    fault(kind)
    put(wang, li, content="唯一的通知")
    run_worker()
    assert states() == {"WangWei": "uncertain", "li.na": "uncertain"}
    clock.tick(minutes=5)
    run_worker()
    assert states() == {"WangWei": "accepted", "li.na": "accepted"}
    assert reached(wang) == reached(li) == ["唯一的通知"]
    first, second = requests(wecom)
    assert first == second
    swallowed = kind in ("timeout", "reset", "truncated")
    assert wecom.exchanges.callbacks["duplicates_swallowed"] == swallowed


def test_an_unsure_part_of_a_batch_is_repeated_before_the_others_go(wecom, fault, put, run_worker, states, clock, wang, li, zhao):
    for _ in range(24):
        put(zhao)
    run_worker()  # zhao has had what a minute allows
    fault("reset")
    put(wang, li, zhao)
    run_worker()
    assert states() == {"WangWei": "uncertain", "li.na": "uncertain", "ZhaoMin": "queued"}
    clock.tick(minutes=5)
    run_worker()
    assert set(states().values()) == {"accepted"}
    touser = [json.loads(request)["touser"] for request in requests(wecom)[-3:]]
    assert touser == ["WangWei|li.na", "WangWei|li.na", "ZhaoMin"]


def test_inside_the_window_it_is_still_repeated(wecom, fault, put, run_worker, states, clock, wang):
    fault("reset")
    put(wang)
    run_worker()
    clock.tick(hours=3, minutes=49)
    run_worker()
    assert states() == {"WangWei": "accepted"}
    assert len(wecom.delivered("WangWei")) == 1


def test_after_the_window_it_stays_uncertain_and_is_never_sent_again(wecom, fault, put, run_worker, states, clock, wang, logged):
    fault("reset")
    put(wang)
    run_worker()
    clock.tick(hours=3, minutes=51)
    run_worker()
    assert states() == {"WangWei": "uncertain"}
    clock.tick(days=2)
    assert run_worker() == 0
    assert len(requests(wecom)) == 1
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["uncertain_for_good"]


def test_the_window_begins_with_the_call_whose_answer_was_lost(wecom, fault, put, run_worker, states, clock, wang):
    """Refused for hours, then sent and lost: nothing of the earlier calls can have reached anybody."""
    fault("errcode:45009")
    put(wang)
    run_worker()
    clock.tick(hours=4)
    fault("reset")
    run_worker()
    assert states() == {"WangWei": "uncertain"}
    clock.tick(minutes=5)
    run_worker()
    assert states() == {"WangWei": "accepted"}
    assert len(wecom.delivered("WangWei")) == 1


def test_a_rate_limit_on_the_repeat_says_nothing_of_the_first(wecom, put, run_worker, states, clock, wang):
    wecom.set_faults([{"api": "message/send", "kind": kind, "times": 1} for kind in ("reset", "errcode:45009")])
    put(wang)
    run_worker()
    clock.tick(minutes=1)
    run_worker()
    assert states() == {"WangWei": "uncertain"}
    clock.tick(minutes=5)
    run_worker()
    assert states() == {"WangWei": "accepted"}
    assert len(wecom.delivered("WangWei")) == 1


def test_a_repeat_that_is_refused_for_good_leaves_it_uncertain(wecom, put, run_worker, states, clock, wang):
    wecom.set_faults([{"api": "message/send", "kind": kind, "times": 1} for kind in ("reset", "errcode:60111")])
    put(wang)
    run_worker()
    clock.tick(minutes=1)
    run_worker()
    assert len(wecom.delivered("WangWei")) == 1
    assert states() == {"WangWei": "uncertain"}, "it was reached: to call that 无法送达 would be wrong"
    clock.tick(hours=1)
    assert run_worker() == 0


def test_a_worker_that_died_before_sending_is_taken_over(database, put, run_worker, states, reached, clock, wang):
    batch_id = put(wang)
    with database.write() as tx:
        assert claim(tx, Terms(), "of one who died", 1, product_clock.now(), batch_id).calls
    assert run_worker() == 0
    assert states() == {"WangWei": "sending"}
    clock.tick(seconds=LEASE_S + 1)
    run_worker()
    assert states() == {"WangWei": "accepted"}
    assert len(reached(wang)) == 1


def test_many_workers_at_one_batch_send_it_once(wecom, put, make_engine, states, wang):
    put(wang)
    threads = [threading.Thread(target=make_engine().work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states() == {"WangWei": "accepted"}
    assert len(requests(wecom)) == 1


# Order and pace


def test_parts_arrive_in_order_though_the_first_has_to_wait(wecom, fault, put, run_worker, reached, clock, wang):
    fault("errcode:45009")
    after_id = None
    for n in range(4):
        after_id = put(wang, content=f"第{n}部分", after_id=after_id)
    run_worker()
    assert reached(wang) == []
    clock.tick(minutes=2)
    run_worker()
    assert reached(wang) == [f"第{n}部分" for n in range(4)]


def test_nobody_gets_more_than_the_platform_lets_through(wecom, put, run_worker, clock, wang, li):
    for _ in range(60):
        put(wang)
    put(li)
    run_worker()
    assert len(wecom.delivered("li.na")) == 1, "one who is full holds up nobody else"
    for _ in range(12):
        clock.tick(seconds=16)
        run_worker()
    assert len(wecom.delivered("WangWei")) == 60
    assert wecom.dropped("WangWei") == 0


def test_what_is_urgent_still_fits_into_a_full_minute(wecom, put, run_worker, wang):
    for _ in range(40):
        put(wang)
    run_worker()
    already = len(wecom.delivered("WangWei"))
    put(wang, content="加急", priority=Priority.URGENT)
    run_worker()
    assert len(wecom.delivered("WangWei")) == already + 1
    assert wecom.delivered("WangWei")[-1].body["content"].startswith("加急")


def test_no_name_or_text_is_logged(wecom, put, run_worker, clock, wang, li, logged):
    wecom.set_faults([{"api": "message/send", "kind": kind, "times": 1} for kind in ("reset", "errcode:45009", "errcode:44004")])
    put(wang, li, content="机密通知")
    for _ in range(5):
        run_worker()
        clock.tick(minutes=6)
    assert logged
    assert not re.search("机密|WangWei|li.na|access_token", json.dumps(logged, ensure_ascii=False, default=str))
