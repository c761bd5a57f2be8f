import time
from datetime import UTC, datetime

import pytest

from bot import clock as product_clock


@pytest.fixture
def own_clock(monkeypatch):
    monkeypatch.setattr(product_clock, "_clock", product_clock._Clock())


def test_a_day_is_chinas(clock):
    with product_clock.freeze(datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC)):
        assert product_clock.today() == "2026-03-02"
    with product_clock.freeze(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)):
        assert product_clock.today() == "2026-03-03"


def test_a_stopped_clock_moves_by_ticks_and_by_sleeping(clock):
    before = product_clock.now()
    clock.tick(minutes=5)
    product_clock.sleep(30)
    assert (product_clock.now() - before).total_seconds() == 330


def test_a_stopped_clock_runs_again_afterwards():
    with product_clock.freeze(datetime(2000, 1, 1, tzinfo=UTC)), product_clock.freeze(datetime(2001, 1, 1, tzinfo=UTC)):
        pass
    assert abs(product_clock.timestamp() - time.time()) < 60


def test_two_processes_with_one_origin_agree(own_clock):
    origin = time.time() - 100
    product_clock.speed_up(60, origin)
    first = product_clock.timestamp()
    other = product_clock._Clock()
    other.rate, other.origin = 60, origin
    assert 0 <= other.timestamp() - first < 60
    assert first >= origin + 6_000


def test_what_lasts_an_hour_on_a_fast_clock_is_waited_for_in_real_seconds(own_clock):
    product_clock.speed_up(3_600, time.time())
    assert product_clock.real_s(3_600) == 1.0
    before = product_clock.timestamp()
    product_clock.sleep(36)
    assert product_clock.timestamp() - before >= 36


def test_now_is_aware():
    assert product_clock.now().tzinfo is UTC
