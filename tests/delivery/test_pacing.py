from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from bot.delivery import pacing
from bot.model.delivery import Priority
from bot.store import outbox, tables

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def ready(database):
    """Who of these may get one more now, after so many earlier sends: {userid: [seconds ago, …]}."""

    def ready(earlier, priority=Priority.CHAT):
        sends = [(userid, NOW - timedelta(seconds=age_s)) for userid, ages in earlier.items() for age_s in ages]
        who: dict[str, Any] = {"corpid": "ww1", "agentid": 7}
        with database.write() as tx:
            first_id = outbox.add_batch(tx, **who, touser=["nobody"], payload={}, priority=10, now=NOW)
            batches = [{**who, "payload": {}, "priority": 10, "state": "done", "created_at": NOW, "due_at": NOW} for _ in sends]
            tx.execute(insert(tables.batches), batches)
            rows = [
                {**who, "batch_id": first_id + n, "userid": userid, "channel": "wecom", "state": "accepted", "sent_at": at}
                for n, (userid, at) in enumerate(sends, 1)
            ]
            tx.execute(insert(tables.deliveries), rows)
            users = list(earlier)
            new_id = outbox.add_batch(tx, **who, touser=users, payload={}, priority=priority.rank, now=NOW)
            batch = outbox.claim(tx, new_id, NOW, 60)
            assert batch
            return pacing.ready(tx, batch, users, NOW)

    return ready


def test_who_has_room_gets_it_and_who_has_none_waits(ready):
    fit, come_back = ready({"full": [1] * 24, "nearly": [1] * 23, "new": []})
    assert fit == ["nearly", "new"]
    assert timedelta(0) < come_back - NOW < timedelta(minutes=1)


def test_a_minute_is_counted_a_second_longer_than_the_platform_does(ready):
    assert ready({"wang": [60.5] * 24})[0] == []
    assert ready({"li": [61.5] * 24})[0] == ["li"]


def test_an_hour_has_its_own_limit(ready):
    assert ready({"wang": [100] * 799})[0] == ["wang"]
    assert ready({"li": [100] * 800})[0] == []


def test_a_fifth_is_kept_for_what_is_urgent(ready):
    assert ready({"wang": [1] * 29}, Priority.URGENT)[0] == ["wang"]
    assert ready({"li": [1] * 30}, Priority.URGENT)[0] == []
