"""What the product counts about itself, for /metrics. Labels hold classes and numbers, never ids, names or texts."""

from collections.abc import Callable

from prometheus_client import Counter, Histogram

CALLBACKS = Counter("bot_callbacks", "Callbacks by outcome", ["outcome"])
HANDLING = Histogram(
    "bot_callback_seconds", "Time from arrival to answer", buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
DUPLICATES = Counter("bot_inbox_duplicates", "Repeats of a delivery that was already stored or running")
ANSWERS = Counter("bot_answers", "Questions by what the bot could say", ["kind"])
API_CALLS = Counter("bot_api_calls", "Calls to WeCom by name and errcode", ["api", "errcode"])
API_SECONDS = Histogram("bot_api_seconds", "How long WeCom took to answer", ["api"], buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30))
DELIVERIES = Counter("bot_deliveries", "Recipients by what became of the message", ["state"])
ALARMS = Counter("bot_alarms", "Faults that need a person", ["what"])


class Tally:
    """Callbacks by outcome on their way to CALLBACKS, a few times a second: adding one by one took longer than wording an answer."""

    EVERY_S = 0.2

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def note(self, outcome: str, later: Callable[[float, Callable[[], None]], object]) -> None:
        """Count one. later: calls a function after so many seconds, in this thread."""
        if not self._counts:
            later(self.EVERY_S, self.tell)
        self._counts[outcome] = self._counts.get(outcome, 0) + 1

    def tell(self) -> None:
        """Add what was counted."""
        counts, self._counts = self._counts, {}
        for outcome, number in counts.items():
            CALLBACKS.labels(outcome).inc(number)


def observe_api(api: str, errcode: int, seconds: float) -> None:
    """Record one vendor call; the hook the API client is given."""
    API_CALLS.labels(api, str(errcode)).inc()
    API_SECONDS.labels(api).observe(seconds)
