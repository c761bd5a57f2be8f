"""How things went: the numbers of a small story, and the sums of each day."""

import subprocess
import sys
from datetime import date, timedelta

import pytest

from bot import clock as product_clock
from bot.actions import overview
from bot.context import Context
from bot.model.overview import Grid, buckets
from bot.store import inbox
from tests.cast import at
from tests.flows.processes import environment
from tests.store.rows import all_of
from tests.web.scene import play


def message(number, outcome, took_s=0.05):
    now = product_clock.now()
    who = at("WangWei")
    return inbox.Received(
        key=f"k{number}",
        corpid=who.corpid,
        agentid=who.agentid,
        userid=who.userid,
        kind="text",
        fields={"content": "x"},
        arrived_at=now,
        handled_at=now + timedelta(seconds=took_s),
        state="handled",
        outcome=outcome,
        reply="y",
        reply_state="passive",
    )


def chart(page, name):
    return next(one for one in page.charts if one.name == name)


def total(found, series):
    at_ = found.series.index(series)
    return sum(values[at_] or 0 for _, values in found.rows)


def test_a_story_told_in_numbers(house, cast, clock):
    play(house, cast, clock)
    with house.database.write() as tx:
        outcomes = ["ask_rule 4.2"] * 2 + ["ask_rule 2024-06-17 4.2", "ask_rule 2024-06-17 refusal deadline", "ask_rule greeting", "help"]
        inbox.insert(tx, [message(n, outcome) for n, outcome in enumerate(outcomes)])
    overview.sum_days(Context(house))
    page = overview.read(Context(house), 30)
    states = chart(page, "states")
    assert [total(states, one) for one in states.series[1:]] == [4, 0, 1, 0]
    assert states.rows[-1][1][0] == page.headline.open_cases == 3
    assert page.headline.reversed == 25.0
    assert page.headline.answered == 75.0
    assert page.headline.delay == 50
    assert {day for day, _ in states.rows} == {day for day, _ in chart(page, "times").rows}
    questions = chart(page, "questions")
    assert [total(questions, one) for one in questions.series] == [3, 1]
    assert chart(page, "grounds").series == ("2.9", "2.10")
    assert page.headline.to_report is not None


def test_levels_are_counted_as_the_rows_stand(house, cast, clock):
    play(house, cast, clock)
    overview.sum_days(Context(house))
    deliveries = chart(overview.read(Context(house), 30), "deliveries")
    made = [row.state for row in all_of(house.database, "deliveries")]
    assert total(deliveries, "accepted") == made.count("accepted")
    assert total(deliveries, "seen") == len(all_of(house.database, "views"))
    assert total(deliveries, "confirmed") == len(all_of(house.database, "receipts")) > 0


def test_a_day_that_was_not_over_when_no_worker_went_on_is_summed_again(house, cast, clock):
    overview.sum_days(Context(house))
    with house.database.write() as tx:
        inbox.insert(tx, [message(1, "ask_rule 4.2")])
    clock.tick(days=6)
    overview.sum_days(Context(house))
    assert total(chart(overview.read(Context(house), 30), "questions"), "answered") == 1


def test_an_empty_house_has_pages_and_no_numbers(house, cast):
    page = overview.read(Context(house), 365)
    assert all(one.is_empty for one in page.charts)
    assert page.headline.to_receipt is None


def test_summing_again_changes_nothing_and_goes_back_until_all_days_have_sums(house, cast):
    overview.sum_days(Context(house))
    first = {(row.day, row.name): row.number for row in all_of(house.database, "days")}
    for _ in range(25):
        overview.sum_days(Context(house))
    rows = {(row.day, row.name): row.number for row in all_of(house.database, "days")}
    assert first.items() <= rows.items()
    assert len({day for day, _ in rows}) == overview._LONGEST


@pytest.mark.parametrize("length", [30, 90, 365])
def test_buckets_cover_every_day_once(length):
    today = date(2026, 3, 2)
    starts = buckets(today, length)
    grid = Grid(starts)
    places = [grid.place(today - timedelta(days=n)) for n in range(length)]
    assert all(grid.has(place) for place in places)
    assert places == sorted(places, reverse=True)
    assert places[0] == len(starts) - 1
    assert not grid.has(grid.place(today + timedelta(days=7)))


def test_a_kill_between_two_days_leaves_whole_days_and_the_rest_for_the_next_time(house, cast, settings, database):
    point = "overview.summed:3"
    program = (
        "from bot import failpoint; from bot.actions import overview; from bot.app import App; from bot.context import Context;"
        "import sys; from config.settings import load; app = App(load()); failpoint.arm(sys.argv[1]); overview.sum_days(Context(app.house))"
    )
    hidden = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known = {name.upper(): getattr(settings, name).get_secret_value() for name in hidden}
    plain = ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir")
    shown = {name.upper(): str(getattr(settings, name)) for name in plain}
    url = database.url.render_as_string(hide_password=False)
    env = environment(**shown, **known, DATABASE_URL=url, ENV_FILE="/dev/null")
    died = subprocess.run([sys.executable, "-c", program, point], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert died.returncode == -9, died.stderr
    assert len({row.day for row in all_of(house.database, "days")}) == 2
