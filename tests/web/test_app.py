"""Health, readiness, metrics, and errors that say nothing."""

import re

import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.errors import Unavailable
from bot.metrics import CALLBACKS
from bot.web.app import create_app
from bot.web.pages import REFUSED


def ok():
    pass


def away() -> str:
    raise Unavailable("password=hunter2")


@pytest.fixture
def client():
    return create_app({"database": ok, "queue": ok}, [], 0).test_client()


def test_alive_is_alive(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready_when_all_it_needs_answers(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "database: ok\nqueue: ok\n")


def test_not_ready_while_something_is_away_and_says_which_without_why():
    answer = create_app({"database": ok, "queue": away}, [], 0).test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "database: ok\nqueue: unavailable\n")


def test_any_error_of_a_back_end_means_not_ready():
    answer = create_app({"queue": lambda: 1 // 0}, [], 0).test_client().get("/readyz")
    assert answer.status_code == 503


def test_metrics_count_callbacks_by_outcome(client):
    CALLBACKS.labels("test_outcome").inc(3)
    told = client.get("/metrics").text
    assert 'bot_callbacks_total{outcome="test_outcome"} 3.0' in told
    for name in ("bot_callback_seconds", "bot_answers", "bot_inbox_duplicates", "bot_api_calls", "bot_deliveries", "bot_alarms"):
        assert f"# TYPE {name}" in told


def test_metrics_ask_their_collectors_when_they_are_asked(client):
    class Age(Collector):
        value = 0.0

        def collect(self):
            yield GaugeMetricFamily("bot_test_age", "age", value=self.value)

    age = Age()
    app = create_app({}, [age], 0).test_client()
    assert "bot_test_age 0.0" in app.get("/metrics").text
    age.value = 7.0
    assert "bot_test_age 7.0" in app.get("/metrics").text


@pytest.mark.parametrize("path", ["/", "/console/", "/portal/1", "/static/x.js", "/../etc/passwd", "/wecom/callback/", "/%00"])
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_whoever_opens_another_address_in_a_browser_gets_a_page_of_ours(site):
    for path in ("/", "/console/", "/none"):
        answer = site.test_client().get(path, headers={"Accept": "text/html,*/*"})
        assert answer.status_code == 404
        assert "没有找到这个页面" in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
        assert site.test_client().get(path).text == "404 Not Found\n"


def test_browsers_find_an_icon_beside_whatever_they_show(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_what_was_refused_before_it_was_asked_is_not_done(client):
    assert client.get("/healthz", environ_overrides={REFUSED: 408}).status_code == 408


def test_only_reading_is_allowed(client):
    assert client.post("/healthz").status_code == 405


def test_a_fault_says_only_where_to_look(logged):
    app = create_app({}, [], 0)
    app.add_url_rule("/broken", "broken", lambda: str(1 // 0))
    app.add_url_rule("/gone", "gone", lambda: away() or "")
    answer = app.test_client().get("/broken?token=hunter2")
    assert answer.status_code == 500
    told = re.fullmatch(r"500 Internal Server Error\nrequest ([0-9a-f]{16})\n", answer.text)
    assert told
    assert [(line["request_id"], line["error"]) for line in logged] == [(told[1], "ZeroDivisionError")]
    assert "hunter2" not in str(logged)
    gone = app.test_client().get("/gone")
    assert gone.status_code == 503
    assert "hunter2" not in gone.text


def test_every_answer_is_marked_and_not_to_be_kept_framed_or_guessed(client):
    first, second = client.get("/healthz"), client.get("/nothing")
    for answer in (first, second):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_no_cookie_is_set(client):
    assert "Set-Cookie" not in client.get("/healthz").headers
