"""A dry run names whom it reaches, with how many calls, out of which quota and until when; a bad time comes with a good one."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock as product_clock
from bot.actions import broadcast_lists, broadcast_plans
from bot.context import Context
from bot.model.audience import EVERYBODY, Audience
from bot.store import quotas
from tests.broadcasts import crowd
from tests.cast import AGENTID, CORPID

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_account_ceiling=1, quiet_hours="22:00-08:00", broadcast_approval_above=2)  # 190 person-times a day


@pytest.fixture
def clock(clock):
    clock.tick(minutes=5)
    return clock


def at(hour, minute, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def plan(house, audience=EVERYBODY, send_at=None, after=0):
    return broadcast_plans.plan(Context(house), audience, send_at, after)


def test_it_names_everybody_page_by_page(house, cast):
    crowd(house, 60)
    first = plan(house)
    assert (first.people, first.calls, len(first.shown)) == (63, 1, 50)
    assert [one.name for one in first.shown[:3]] == ["王伟", "李娜", "赵敏"]
    assert len(plan(house, after=first.following).shown) == 13
    assert plan(house, after=first.following).following == 0


@pytest.mark.parametrize(("people", "calls"), [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (1_100, 2), (1_101, 3), (100_000, 101)])
def test_calls_are_those_that_will_be_made(people, calls):
    assert broadcast_plans.calls_for(people) == calls


def test_it_needs_approval_above_the_size(house, cast):
    assert plan(house).needs_approval
    assert not plan(house, Audience(providers=("A",))).needs_approval


@pytest.mark.parametrize(
    ("send_at", "good"),
    [
        (at(9, 0), at(9, 6)),
        (at(10, 0), at(10, 1)),
        (at(10, 30), at(10, 31)),
        (at(23, 15), at(8, 1, day=3)),
        (at(3, 15, day=3), at(8, 1, day=3)),
    ],
)
def test_a_bad_time_comes_with_the_next_good_one(house, cast, send_at, good):
    advice = plan(house, send_at=send_at).advice
    assert advice.good_at == good
    assert plan(house, send_at=good).advice is None


def test_a_good_time_needs_no_advice(house, cast):
    assert plan(house, send_at=at(10, 5)).advice is None
    assert plan(house).advice is None


def test_beyond_the_quota_it_says_when_there_is_enough(house, cast):
    now = product_clock.now()
    with house.database.write() as tx:
        quotas.take(tx, f"day {CORPID} {AGENTID}", int(now.timestamp()) // 600 * 600, 189)
    found = plan(house)
    assert (found.left, found.most) == (1, 190)
    assert "额度只剩 1 人次" in found.advice.say
    assert found.advice.good_at > now + timedelta(hours=23)
    assert plan(house, send_at=found.advice.good_at).advice is None


def test_beyond_any_day_it_says_so(house, cast):
    crowd(house, 190)
    advice = plan(house).advice
    assert advice.good_at is None
    assert "超过一天最多能发的 190 人次" in advice.say


def test_within_quiet_hours_it_begins_after_them(house, cast, clock):
    clock.tick(hours=14)
    assert plan(house).begins_at == at(8, 1, day=3)


@pytest.mark.parametrize(
    ("text", "providers", "people", "wrong"),
    [
        ("A\nB", ("A", "B"), (), 0),
        ("userid\nWangWei\nli.na\n\n", (), ("WangWei", "li.na"), 0),
        ("A,甲公司\nghost,某人", ("A",), (), 1),
        ("A、B;WangWei", ("A", "B"), ("WangWei",), 0),
        ("A,B\nA", ("A", "B"), (), 0),
        ("wangwei\n" + "x" * 500, (), (), 2),
        ('"A', ("A",), (), 0),
    ],
)
def test_a_list_is_read_line_by_line(house, cast, text, providers, people, wrong):
    named = broadcast_lists.read(Context(house), text)
    assert (named.providers, named.people, len(named.wrong)) == (providers, people, wrong)
