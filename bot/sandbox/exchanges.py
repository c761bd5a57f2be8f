"""The record of what went over the wire, for the technical view, the tests and the figures."""

import itertools
import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from bot import clock

KEPT = 200
_SHOWN_CHARS = 20_000


@dataclass
class Try:
    """One delivery of a callback. status 0: no HTTP answer came; `error` says why."""

    status: int
    ms: float
    error: str = ""


@dataclass
class Exchange:
    """direction "callback": the platform asked the bot. "api": the bot asked the platform. state: running, ok, failed."""

    id: int
    direction: str
    name: str
    at: float
    userid: str = ""
    msgid: str = ""
    state: str = "running"
    signature: str = ""
    request_body: str = ""
    request_plain: str = ""
    answer_body: str = ""
    answer_plain: str = ""
    ms: float = 0.0
    tries: list[Try] = field(default_factory=list)


@dataclass
class Outcome:
    """How an exchange with the callback URL ended. reply: {"msgtype": …} or None for an empty acknowledgement."""

    msgid: str
    acknowledged: bool
    tries: list[Try]
    reply: dict[str, Any] | None = None
    exchange: int = 0

    @property
    def text(self) -> str:
        return str(self.reply.get("content", "")) if self.reply else ""

    def shown(self) -> dict[str, Any]:
        return asdict(self)


class ExchangeLog:
    """The newest exchanges, and counts of all since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.calls: Counter[str] = Counter()
            self.errors: Counter[tuple[str, int]] = Counter()
            self.callbacks: Counter[str] = Counter()

    def begin(self, direction: str, name: str, *, userid: str = "", msgid: str = "") -> Exchange:
        with self._lock:
            exchange = Exchange(next(self._ids), direction, name, clock.timestamp(), userid, msgid)
            self._kept.append(exchange)
            return exchange

    def count_call(self, api: str, errcode: int | None) -> None:
        """errcode None: the call got no JSON answer at all (a fault)."""
        with self._lock:
            self.calls[api] += 1
            if errcode:
                self.errors[api, errcode] += 1

    def count_callback(self, *names: str) -> None:
        with self._lock:
            self.callbacks.update(names)

    def newest(self, limit: int = 60) -> list[Exchange]:
        """Newest first."""
        with self._lock:
            return list(itertools.islice(reversed(self._kept), limit))


def cut(text: str) -> str:
    """At most what the technical view shows of one body."""
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + " …"


class Stopwatch:
    """Real milliseconds since it was made: what a person waits, whatever the speed of the clock."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    @property
    def ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 2)
