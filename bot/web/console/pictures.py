"""What came of a broadcast over time, as numbers that a page can draw: bars of equal length of time, each in three parts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.broadcast import NOT_REACHED, Tally

WIDTH, HEIGHT = 640, 180  # of the picture's own measure
_BARS = 32
_LENGTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """From `at` on. x, width and the heights of its parts: of the picture's measure."""

    at: datetime
    accepted: int
    failed: int
    uncertain: int
    x: float = 0.0
    width: float = 0.0
    accepted_height: float = 0.0
    failed_height: float = 0.0
    uncertain_height: float = 0.0

    @property
    def number(self) -> int:
        return self.accepted + self.failed + self.uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """bars: without those in which nothing happened. length_s: of each. most: people in the highest."""

    bars: tuple[Bar, ...]
    length_s: int
    most: int
    begins_at: datetime
    ends_at: datetime


def over_time(tallies: Sequence[Tally]) -> Picture | None:
    """None while nothing is known."""
    timed = [one for one in tallies if one.at is not None and one.state != "cancelled"]
    if not timed:
        return None
    first, last = min(one.at for one in timed if one.at), max(one.at for one in timed if one.at)
    span_s = (last - first).total_seconds() + 1
    length_s = next((length for length in _LENGTHS_S if span_s <= length * _BARS), int(span_s // _BARS) + 1)
    counted: Counter[tuple[int, str]] = Counter()
    for one in timed:
        assert one.at is not None
        part = "failed" if one.state in NOT_REACHED else one.state
        counted[int((one.at - first).total_seconds() // length_s), part] += one.number
    places = max(8, int((span_s - 1) // length_s) + 1)
    bars = [
        Bar(
            at=first + timedelta(seconds=place * length_s),
            accepted=counted[place, "accepted"],
            failed=counted[place, "failed"],
            uncertain=counted[place, "uncertain"],
        )
        for place in sorted({place for place, _ in counted})
    ]
    most = max(bar.number for bar in bars)
    step = WIDTH / places
    drawn = tuple(_drawn(bar, int((bar.at - first).total_seconds() // length_s) * step, step * 0.8, most) for bar in bars)
    return Picture(bars=drawn, length_s=length_s, most=most, begins_at=first, ends_at=first + timedelta(seconds=places * length_s))


def _drawn(bar: Bar, x: float, width: float, most: int) -> Bar:
    def height(number: int) -> float:
        return round(max(2.0, HEIGHT * number / most), 1) if number else 0.0

    return Bar(
        at=bar.at,
        accepted=bar.accepted,
        failed=bar.failed,
        uncertain=bar.uncertain,
        x=round(x, 1),
        width=round(width, 1),
        accepted_height=height(bar.accepted),
        failed_height=height(bar.failed),
        uncertain_height=height(bar.uncertain),
    )
