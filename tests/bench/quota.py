"""Every limit of the platform, kept by a stand-in that enforces it: nothing dropped or refused, and nearly all that is permitted used.

The clock runs fast, so that an hour passes in minutes. Part of the members get only what is urgent (all of their 30 a minute and 1 000 an
hour), the others only what is not (four fifths of it: the rest is kept for what is urgent).
"""

import time
from datetime import timedelta
from typing import Any

from bot import clock
from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.wecom import payloads
from tests.bench import common
from tests.bench.common import Run, emit
from tests.bench.outgoing import Scene

BAR = 0.9
_RATE = 10.0
_MEMBERS = 8
_MINUTES = {False: 68, True: 4}  # of the product's clock
_SHARE = {Priority.URGENT: 1.0, Priority.CHAT: 0.8}
PER_MINUTE, PER_HOUR = 30, 1_000
PERSON_TIMES, API_PER_MINUTE = 200, 10_000
_CEILING = 1
_DAY_RATE, _DAY_S = 3_600.0, 86_400


def run(run: Run) -> bool:
    """Members, then the app's day, then card changes."""
    return all([_members(run), _day(run), _card_changes(run)])


def _members(run: Run) -> bool:
    minutes = _MINUTES[run.sample]
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=_MEMBERS, rate=_RATE, WECOM_ACCOUNT_CEILING="1000000")
        try:
            scene.vendor.tune(account_ceiling=1_000_000)
            half = _MEMBERS // 2
            groups = {Priority.URGENT: scene.people[:half], Priority.CHAT: scene.people[half:]}
            for priority, people in groups.items():
                each = _permitted(minutes, _SHARE[priority]) + 100
                for n in range(each):
                    scene.put_one_each(f"第 {n} 条", priority, people)
            worker = scene.worker()
            began = scene.first_send()
            time.sleep(clock.real_s(minutes * 60))
            worker.stop()
            until = began + timedelta(minutes=minutes)
            used = {}
            for priority, people in groups.items():
                names = ", ".join(f"'{userid}'" for userid in people)
                rows = scene.moments(f"SELECT sent_at FROM deliveries WHERE state = 'accepted' AND userid IN ({names})")
                got = sum(at <= until for (at,) in rows)
                used[priority.value] = got / len(people) / _permitted(minutes, _SHARE[priority])
            counts = scene.vendor.counts()
        finally:
            scene.close()
    return emit(
        "quota_members",
        min(used.values()),
        f">= {BAR} of what members may get, none dropped",
        reached=min(used.values()) >= BAR and counts["dropped"] == 0 and not blocked(counts),
        seed=run.seed,
        dropped=counts["dropped"],
        used={name: round(share, 4) for name, share in used.items()},
        minutes=minutes,
        errors=counts["errors"],
        calls=counts["calls"]["message/send"],
    )


def _permitted(minutes: int, share: float) -> int:
    """What one member may get in so many minutes that begin with the first message: the hour's limit cuts the minutes' short."""
    per_minute, per_hour = int(PER_MINUTE * share), int(PER_HOUR * share)
    full_hours, rest = divmod(minutes, 60)
    return full_hours * per_hour + min(rest * per_minute, per_hour)


def _day(run: Run) -> bool:
    """Whole days of an app with a small ceiling; the platform's day may begin at any time, so each of ours is counted from each send."""
    days = 1 if run.sample else 2
    allowed = _CEILING * PERSON_TIMES
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=allowed, rate=_DAY_RATE, WECOM_ACCOUNT_CEILING=str(_CEILING))
        try:
            scene.vendor.tune(account_ceiling=_CEILING)
            for n in range(days + 2):
                scene.put_one_each(f"第 {n} 天", Priority.URGENT)
            worker = scene.worker()
            began = scene.first_send()
            time.sleep(clock.real_s(days * _DAY_S + 3_600))
            worker.stop()
            got = scene.accepted()
            counts = scene.vendor.counts()
        finally:
            scene.close()
    permitted = allowed * (days + 1)  # one day's at the beginning, and the next when a day is over
    return emit(
        "quota_day",
        got / permitted,
        f">= {BAR} of the app's person-times, none refused",
        reached=permitted >= got >= BAR * permitted and counts["dropped"] == 0 and not blocked(counts),
        seed=run.seed,
        days=days,
        began=began.isoformat(),
        errors=counts["errors"],
    )


def _card_changes(run: Run) -> bool:
    """Two workers change cards as fast as the API lets them, by the clock on the wall.

    The codes are made up: what comes of a change is of no matter here, and one that is refused counts like any other.
    """
    minutes = 1 if run.sample else 3
    with common.work_folder() as folder:
        scene = Scene(run, folder, people=1)
        try:
            with scene.database.write() as tx:
                for n in range(API_PER_MINUTE * minutes + 1_000):
                    change = payloads.replaced_button("已确认")
                    outbox.enqueue_update(tx, scene.corpid, scene.agentid, scene.people, f"code-{n}", change, Priority.URGENT)
            workers = [scene.worker() for _ in range(2)]
            began = scene.first_send()
            time.sleep(minutes * 60 + 10)
            for worker in workers:
                worker.stop()
            sent = scene.moments("SELECT sent_at FROM attempts")
            counts = scene.vendor.counts()
        finally:
            scene.close()
    got = sum(at <= began + timedelta(minutes=minutes) for (at,) in sent)
    return emit(
        "quota_api",
        got / (API_PER_MINUTE * minutes),
        f">= {BAR} of {API_PER_MINUTE} calls a minute, none blocked",
        reached=got >= BAR * API_PER_MINUTE * minutes and not blocked(counts),
        seed=run.seed,
        minutes=minutes,
        in_all=len(sent),
        errors=counts["errors"],
    )


def blocked(counts: dict[str, Any]) -> int:
    """How often the platform said that it was too much."""
    return sum(number for what, number in counts["errors"].items() if what.endswith(" 45009"))
