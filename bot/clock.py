"""Time for the whole product: aware UTC, one place to speed it up or stop it.

Against the sandbox every process may run at `CLOCK_RATE` times real speed from a shared `CLOCK_ORIGIN`, so that hour and day
windows can be watched in minutes. Tests freeze it. Nothing else in the product asks the system for the time of day.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class _Clock:
    def __init__(self) -> None:
        self.rate = 1.0
        self.origin = 0.0
        self.frozen: float | None = None

    def timestamp(self) -> float:
        if self.frozen is not None:
            return self.frozen
        real = time.time()
        return real if self.rate == 1.0 else self.origin + (real - self.origin) * self.rate


_clock = _Clock()


def speed_up(rate: float, origin: float) -> None:
    """Run at `rate` times real speed counted from `origin` (epoch seconds, the same in every process)."""
    _clock.rate, _clock.origin = rate, origin


def timestamp() -> float:
    """Seconds since the epoch."""
    return _clock.timestamp()


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.fromtimestamp(_clock.timestamp(), UTC)


def today() -> str:
    """The calendar day in China, as YYYY-MM-DD: the day in which people count."""
    return datetime.fromtimestamp(_clock.timestamp(), SHANGHAI).strftime("%Y-%m-%d")


def real_s(seconds: float) -> float:
    """How many real seconds `seconds` of this clock last: what a sleep or socket time-out must be given."""
    return seconds / _clock.rate


def sleep(seconds: float) -> None:
    """Sleep for `seconds` of this clock. A frozen clock moves ahead at once."""
    if _clock.frozen is not None:
        _clock.frozen += seconds
        return
    time.sleep(max(0.0, real_s(seconds)))


class Frozen:
    """The handle on a stopped clock."""

    def tick(self, **by: float) -> None:
        """Move ahead, by the keywords of timedelta: tick(minutes=5)."""
        assert _clock.frozen is not None
        _clock.frozen += timedelta(**by).total_seconds()


@contextmanager
def freeze(at: datetime) -> Iterator[Frozen]:
    """Stop the clock of this process at `at` (aware) for the length of the block. For tests."""
    before = _clock.frozen
    _clock.frozen = at.timestamp()
    try:
        yield Frozen()
    finally:
        _clock.frozen = before
