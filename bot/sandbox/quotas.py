"""Frequency limits as the vendor's pages state them (path/90454, 90236). Every figure can be changed while running."""

from collections import deque
from dataclasses import dataclass, field

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


@dataclass
class Limits:
    """The figures in force. `counts_sends`: whether message/send is held to the per-API rate; the vendor says it is not."""

    api_per_minute: int = 10_000
    api_per_hour: int = 150_000
    ip_per_minute: int = 20_000
    ip_per_hour: int = 600_000
    counts_sends: bool = False
    member_per_minute: int = 30
    member_per_hour: int = 1_000
    account_ceiling: int = 1_000  # one app may send 200 times this many person-times a day
    failed_gettoken_per_hour: int = 2_000


@dataclass
class Window:
    """A fixed window that begins with the first call in it; a block lasts until its end."""

    length_s: float
    began_at: float = float("-inf")
    taken: int = 0

    def would_exceed(self, limit: int, at: float, amount: int = 1) -> bool:
        if at - self.began_at >= self.length_s:
            self.began_at, self.taken = at, 0
        return self.taken + amount > limit

    def take(self, limit: int, at: float, amount: int = 1) -> bool:
        """Count `amount` calls; False when that goes over the limit. Refused calls are not counted."""
        if self.would_exceed(limit, at, amount):
            return False
        self.taken += amount
        return True


@dataclass
class CallQuota:
    """So many calls a minute and so many an hour: 10 000 and 150 000 to one API of one corp, 20 000 and 600 000 from one address."""

    minute: Window = field(default_factory=lambda: Window(MINUTE_S))
    hour: Window = field(default_factory=lambda: Window(HOUR_S))

    def take(self, per_minute: int, per_hour: int, at: float) -> bool:
        if self.minute.would_exceed(per_minute, at) or self.hour.would_exceed(per_hour, at):
            return False
        self.minute.taken += 1
        self.hour.taken += 1
        return True


@dataclass
class MemberQuota:
    """30 messages in any minute and 1000 in any hour from one app to one member. What is over is dropped without an error.

    The window slides, the strictest reading of the vendor's page: a sender that keeps to it keeps to any other.
    """

    recent: deque[float] = field(default_factory=deque)

    def take(self, limits: Limits, at: float) -> bool:
        while self.recent and at - self.recent[0] >= HOUR_S:
            self.recent.popleft()
        if len(self.recent) >= limits.member_per_hour:
            return False
        if len(self.recent) >= limits.member_per_minute and at - self.recent[-limits.member_per_minute] < MINUTE_S:
            return False
        self.recent.append(at)
        return True
