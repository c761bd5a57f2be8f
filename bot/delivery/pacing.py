"""Keeping inside what the platform lets through: what is over is dropped without a word, or blocks the app (path/90454).

All of it is counted in the database, inside the transaction that marks people as being sent to, and such transactions come one after
another: so the figures hold for all processes together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot import clock
from bot.model.delivery import Batch, Priority, Recipient, Via
from bot.store import quotas
from bot.store.database import Tx
from bot.wecom.limits import Rates

MEMBER_SHARE = 0.8  # of what a member may get; the rest is kept for what is urgent
DAY_SHARE = 0.95  # of what an app may send in a day; a broadcast must not use up what a notice needs
_PEAKS = (0, 30)  # the platform asks not to be called in these minutes (path/90236)
_SLACK = timedelta(seconds=0.5)  # clocks are set now and then
_MINUTE, _HOUR = timedelta(minutes=1) + _SLACK, timedelta(hours=1) + _SLACK


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours, in China, in which nothing is sent that can wait. They may go over midnight."""

    begins: time
    ends: time

    def is_in(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


def opens_at(now: datetime, quiet: Quiet | None) -> datetime:
    """When what can wait may go: `now`, or after the quiet hours and the minutes in which everybody sends."""
    here = now.astimezone(clock.SHANGHAI)
    if quiet and quiet.is_in(here.time()):
        end = here.replace(hour=quiet.ends.hour, minute=quiet.ends.minute, second=0, microsecond=0)
        here = end if end > here else end + timedelta(days=1)
    if here.minute in _PEAKS:
        here = here.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return here.astimezone(UTC)


def can_wait(priority: int) -> bool:
    """Whether a batch of this rank keeps to quiet hours and peaks."""
    return priority >= Priority.BULK.rank


@dataclass(frozen=True, slots=True)
class Bucket:
    """A limit that slides: at most `most` in any `length_s`, counted in slots of `slot_s`.

    slack_s: how much later than we the platform may count; a slot is remembered for that much longer.
    """

    name: str
    most: int
    length_s: int
    slot_s: int
    slack_s: int

    def left(self, tx: Tx, now: datetime) -> int:
        used, _ = quotas.taken(tx, self.name, self._since(now))
        return max(0, self.most - used)

    def opens_at(self, tx: Tx, now: datetime) -> datetime:
        """When the next of it comes free; all of it may have been taken `now`, and is not written yet."""
        _, oldest = quotas.taken(tx, self.name, self._since(now))
        slot = self._slot(now) if oldest is None else oldest
        return datetime.fromtimestamp(slot + self.slot_s + self.slack_s + self.length_s, UTC)

    def take(self, tx: Tx, amount: int, at: datetime) -> None:
        """Count `amount`; fewer than nothing gives back what was taken `at` that time."""
        quotas.take(tx, self.name, self._slot(at), amount)

    def _slot(self, at: datetime) -> int:
        return int(at.timestamp()) // self.slot_s * self.slot_s

    def _since(self, now: datetime) -> float:
        return now.timestamp() - self.length_s - self.slack_s - self.slot_s


def day_of(corpid: str, agentid: int, ceiling: int | None, rates: Rates) -> Bucket | None:
    """The person-times one app may send in a day; None where the account ceiling is not known."""
    if ceiling is None:
        return None
    return Bucket(f"day {corpid} {agentid}", ceiling * rates.person_times_a_day, 86_400, 600, 120)


def of_api(corpid: str, api: str, rates: Rates) -> tuple[Bucket, ...]:
    """What one API of one corp may be called, and this machine's address may call. Sends are not counted (path/90454)."""
    return (
        Bucket(f"minute {corpid} {api}", rates.api_per_minute, 60, 1, 1),
        Bucket(f"hour {corpid} {api}", rates.api_per_hour, 3_600, 60, 5),
        Bucket("minute ip", rates.ip_per_minute, 60, 1, 1),
        Bucket("hour ip", rates.ip_per_hour, 3_600, 60, 5),
    )


class _Member:
    """What one person has got, and when the next messages for them may go."""

    def __init__(self, minute: int, hour: int) -> None:
        self.minute, self.hour = minute, hour
        self.now = 0  # let through in this transaction
        self.queues: dict[bool, _Queue] = {}  # by whether they are urgent


class _Queue:
    """Times for those who have to wait, one after another: `earlier` are the times of what counts already, oldest first."""

    def __init__(self, earlier: Sequence[datetime], per_minute: int, per_hour: int, now: datetime, waiting: int) -> None:
        self._times = list(earlier)
        self._counted = len(earlier)
        self._per_minute, self._per_hour = per_minute, per_hour
        self._now = now
        self._waiting = waiting
        self._back = 0

    def place(self, *, in_front: bool) -> datetime:
        """The time of the next free place: behind all who wait, or, for who has waited before and was overtaken, in front of them."""
        if in_front:
            turn, self._back = self._back, self._back + 1
        else:
            turn, self._waiting = self._waiting, self._waiting + 1
        while len(self._times) <= self._counted + turn:
            self._times.append(self._next())
        return self._times[self._counted + turn]

    def _next(self) -> datetime:
        times, at = self._times, self._now
        if len(times) >= self._per_minute:
            at = max(at, times[-self._per_minute] + _MINUTE)
        if len(times) >= self._per_hour:
            at = max(at, times[-self._per_hour] + _HOUR)
        return at


class Pace:
    """What may go in one transaction of claiming. Ask `ready` in the order in which things should go; `write` at the end."""

    def __init__(self, tx: Tx, now: datetime, rates: Rates) -> None:
        self._tx = tx
        self._now = now
        self._rates = rates
        self._members: dict[tuple[str, int, str], _Member] = {}
        self._left: dict[Bucket, int] = {}
        self._taken: Counter[Bucket] = Counter()

    def look_up(self, people: Iterable[tuple[Batch, Sequence[Recipient]]]) -> None:
        """Count, at once for all, what these have got."""
        of_app: dict[tuple[str, int], set[str]] = defaultdict(set)
        for batch, recipients in people:
            if batch.via is Via.MESSAGE:
                of_app[batch.corpid, batch.agentid].update(one.userid for one in recipients)
        for (corpid, agentid), userids in of_app.items():
            counts = quotas.sent_to(self._tx, corpid, agentid, userids, self._now - _MINUTE, self._now - _HOUR)
            for userid in userids:
                self._members[corpid, agentid, userid] = _Member(*counts.get(userid, (0, 0)))

    def ready(self, batch: Batch, queued: Sequence[Recipient], ceiling: int | None) -> tuple[list[Recipient], datetime]:
        """Who may be sent to now, and when to come back for the others.

        A call that is not for messages takes one from the API's limit, and one for messages a person-time of the day for each.
        """
        if batch.via is Via.MAIL:
            return list(queued), self._now
        if batch.via is Via.CARD_UPDATE:
            return self._if_room(of_api(batch.corpid, "message/update_template_card", self._rates), queued)
        fit, free_at = [], []
        for one in queued:
            at = self._free_at(batch, one.userid)
            if at is None:
                fit.append(one)
            else:
                free_at.append(at)
        day = day_of(batch.corpid, batch.agentid, ceiling, self._rates)
        if day is not None and len(fit) > (left := self._left_of(day, batch.priority)):
            fit = fit[:left]
            free_at.append(day.opens_at(self._tx, self._now))
        for one in fit:
            self._members[batch.corpid, batch.agentid, one.userid].now += 1
        if day is not None and fit:
            self._taken[day] += len(fit)
        return fit, min(free_at, default=self._now)

    def write(self) -> None:
        """Count what was let through."""
        for bucket, amount in self._taken.items():
            bucket.take(self._tx, amount, self._now)

    def _if_room(self, buckets: Sequence[Bucket], queued: Sequence[Recipient]) -> tuple[list[Recipient], datetime]:
        full = [bucket for bucket in buckets if self._left_of(bucket, Priority.URGENT.rank) < 1]
        if full:
            return [], max(bucket.opens_at(self._tx, self._now) for bucket in full)
        self._taken.update(buckets)
        return list(queued), self._now

    def _left_of(self, bucket: Bucket, priority: int) -> int:
        if bucket not in self._left:
            self._left[bucket] = bucket.left(self._tx, self._now)
        kept = 0 if priority == Priority.URGENT.rank else bucket.most - int(bucket.most * DAY_SHARE)
        return max(0, self._left[bucket] - self._taken[bucket] - kept)

    def _free_at(self, batch: Batch, userid: str) -> datetime | None:
        """None when this person may get one more now, else when this one may go."""
        member = self._members[batch.corpid, batch.agentid, userid]
        is_urgent = batch.priority == Priority.URGENT.rank
        share = 1.0 if is_urgent else MEMBER_SHARE
        per_minute, per_hour = int(self._rates.member_per_minute * share), int(self._rates.member_per_hour * share)
        if member.minute + member.now < per_minute and member.hour + member.now < per_hour:
            return None
        if is_urgent not in member.queues:
            who = batch.corpid, batch.agentid
            earlier = quotas.moments(self._tx, *who, userid, self._now - _HOUR, self._now)
            waiting = quotas.waiting(self._tx, *who, userid, batch.priority, self._now)
            member.queues[is_urgent] = _Queue([*earlier, *[self._now] * member.now], per_minute, per_hour, self._now, waiting)
        return member.queues[is_urgent].place(in_front=batch.has_waited)
