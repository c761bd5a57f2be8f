from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from bot import clock
from bot.delivery.pacing import Pace, Quiet, day_of, opens_at
from bot.model.delivery import Batch, Priority, Recipient, State, Via
from bot.store import tables
from bot.wecom.limits import Rates

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
APP: dict[str, Any] = {"corpid": "ww1", "agentid": 7}


def batch_of(priority=Priority.CHAT, via=Via.MESSAGE):
    return Batch(id=1, **APP, via=via, payload={}, priority=priority.rank, created_at=NOW, first_attempt_at=None, attempts=0)


def people(*userids):
    return [Recipient(id=n, userid=userid, state=State.QUEUED, sent_at=None) for n, userid in enumerate(userids)]


@pytest.fixture
def sent(database):
    """These got messages so long ago: {userid: [seconds, …]}; in which state, and how long the answer took."""

    def sent(earlier, state="accepted", took_s=0.0, channel="wecom"):
        sends = [(userid, NOW - timedelta(seconds=age_s)) for userid, ages in earlier.items() for age_s in ages]
        with database.write() as tx:
            values = {**APP, "payload": {}, "priority": 10, "state": "done", "created_at": NOW, "due_at": NOW}
            ids = [tx.execute(insert(tables.batches).values(values).returning(tables.batches.c.id)).scalar_one() for _ in sends]
            rows = [
                {
                    **APP,
                    "batch_id": batch_id,
                    "userid": userid,
                    "channel": channel,
                    "state": state,
                    "sent_at": at - timedelta(seconds=took_s),
                    "settled_at": at if state == "accepted" else None,
                }
                for batch_id, (userid, at) in zip(ids, sends, strict=True)
            ]
            tx.execute(insert(tables.deliveries), rows)

    return sent


@pytest.fixture
def ready(database):
    """Who of these may get one more now, and when to come back for the others. Each of `batches` is one more batch for them, at once."""

    def ready(*userids, priority=Priority.CHAT, ceiling=None, rates=None, batches=1, via=Via.MESSAGE):
        with database.write() as tx:
            pace, batch = Pace(tx, NOW, rates or Rates()), batch_of(priority, via)
            pace.look_up([(batch, people(*userids))])
            found = [pace.ready(batch, people(*userids), ceiling) for _ in range(batches)]
            pace.write()
        answers = [([one.userid for one in fit], come_back) for fit, come_back in found]
        return answers if batches > 1 else answers[0]

    return ready


def test_who_has_room_gets_it_and_who_has_none_waits_until_there_is_some(sent, ready):
    sent({"full": range(1, 25), "nearly": [1] * 23})
    fit, come_back = ready("full", "nearly", "new")
    assert fit == ["nearly", "new"]
    assert come_back == NOW - timedelta(seconds=24) + timedelta(seconds=60.5), "the oldest leaves the window then"


def test_those_who_wait_for_one_person_come_back_one_after_another(sent, ready):
    sent({"wang": [50, 40, *[10] * 22]})
    answers = ready("wang", batches=4)
    assert [fit for fit, _ in answers] == [[], [], [], []]
    seconds = [(come_back - NOW).total_seconds() for _, come_back in answers]
    assert seconds == [10.5, 20.5, 50.5, 50.5]


def test_what_goes_now_counts_for_what_comes_behind_it(sent, ready):
    sent({"wang": [1] * 22})
    assert [fit for fit, _ in ready("wang", batches=3)] == [["wang"], ["wang"], []]


def test_a_slow_answer_counts_from_when_it_came_and_one_that_is_out_counts_always(sent, ready):
    sent({"slow": [59] * 24}, took_s=30)
    sent({"quick": [61] * 24})
    sent({"out": [100] * 24}, state="sending")
    assert ready("slow", "quick", "out")[0] == ["quick"]


def test_what_was_refused_or_changed_a_card_was_no_message_to_anybody(sent, ready):
    sent({"refused": [1] * 24}, state="rejected")
    sent({"changed": [1] * 24}, channel="card")
    assert ready("refused", "changed")[0] == ["refused", "changed"]


def test_an_hour_has_its_own_limit(sent, ready):
    sent({"wang": [100] * 799, "li": [100] * 800})
    fit, come_back = ready("wang", "li")
    assert fit == ["wang"]
    assert come_back == NOW + timedelta(seconds=3_600.5 - 100)


def test_a_fifth_is_kept_for_what_is_urgent(sent, ready):
    sent({"wang": [1] * 29, "li": [1] * 30})
    assert ready("wang", "li", priority=Priority.URGENT)[0] == ["wang"]
    assert ready("wang", "li", priority=Priority.BULK)[0] == []


def test_an_app_keeps_to_its_person_times_of_the_day(ready, database):
    rates = Rates(person_times_a_day=10)
    everybody = [f"m{n}" for n in range(25)]
    assert len(ready(*everybody, ceiling=2, rates=rates)[0]) == 19, "a twentieth is kept for what is urgent"
    assert ready("m1", ceiling=2, rates=rates)[0] == []
    fit, come_back = ready("m1", "m2", ceiling=2, rates=rates, priority=Priority.URGENT)
    assert fit == ["m1"]
    assert NOW + timedelta(days=1) < come_back < NOW + timedelta(days=1, minutes=15)
    day = day_of("ww1", 7, 2, rates)
    assert day
    with database.write() as tx:
        assert day.left(tx, NOW + timedelta(hours=23)) == 0
        assert day.left(tx, come_back + timedelta(seconds=1)) == 20
        day.take(tx, -5, NOW)
        assert day.left(tx, NOW) == 5


def test_without_a_known_ceiling_the_day_has_no_limit(ready):
    assert len(ready(*[f"m{n}" for n in range(1_000)])[0]) == 1_000


@pytest.mark.parametrize("which", ["api_per_minute", "api_per_hour", "ip_per_minute", "ip_per_hour"])
def test_card_changes_keep_to_the_rates_of_their_api_and_of_this_address(ready, which):
    answers = ready("wang", "li", via=Via.CARD_UPDATE, rates=Rates(**{which: 3}), batches=5)
    assert [len(fit) for fit, _ in answers] == [2, 2, 2, 0, 0]
    assert answers[3][1] > NOW + timedelta(seconds=60 if "minute" in which else 3_600)


# Quiet hours and peaks

NIGHT = Quiet(time(22), time(8))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-02 21:59:59", "2026-03-02 21:59:59"),
        ("2026-03-02 22:00:00", "2026-03-03 08:01:00"),
        ("2026-03-03 03:15:00", "2026-03-03 08:01:00"),
        ("2026-03-03 08:00:30", "2026-03-03 08:01:00"),
        ("2026-03-03 12:30:00", "2026-03-03 12:31:00"),
        ("2026-03-03 12:29:59", "2026-03-03 12:29:59"),
    ],
)
def test_what_can_wait_waits_for_the_morning_and_past_the_peaks(now, opens):
    def moment(words):
        return datetime.fromisoformat(words).replace(tzinfo=clock.SHANGHAI)

    assert opens_at(moment(now), NIGHT) == moment(opens)


def test_quiet_hours_may_lie_in_the_day_or_nowhere():
    noon = datetime(2026, 3, 2, 4, 10, tzinfo=UTC)
    assert opens_at(noon, Quiet(time(12), time(14))) == datetime(2026, 3, 2, 6, 1, tzinfo=UTC)
    assert opens_at(noon, None) == noon
