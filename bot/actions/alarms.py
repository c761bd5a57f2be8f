"""Alarms: what needs one of our own staff now. Written down once while it lasts, told by mail and WeCom at once and then ever more
rarely, and over by itself when its cause is gone.

However many things go wrong, people get at most one message a minute by each way. Nothing that happens to such a message raises an
alarm of its own kind again: it would only count one more of what is open already.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from bot import clock
from bot.actions import staff_mails
from bot.actions.rights import by, must
from bot.context import Context, House
from bot.delivery import outbox
from bot.delivery.terms import Mail
from bot.errors import MailError, NotFound, Unavailable, UserMistake
from bot.metrics import ALARMS
from bot.model.alarm import Alarm
from bot.model.broadcast import State
from bot.model.delivery import Priority
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.model.reply import messages
from bot.model.texts import alarms as texts
from bot.model.texts import mails
from bot.store import alarms as rows
from bot.store import broadcasts, cases, operators, pauses, trail
from bot.store import outbox as waiting
from bot.store.database import Tx

log = structlog.get_logger()

QUEUE_AGE_S = 600.0  # sending takes seconds; this long nothing waits that is due
_AT_MOST_EVERY = timedelta(minutes=1)  # one message to everybody
_SAME_AGAIN = timedelta(hours=1)  # what comes back within it is the same alarm
_SILENCE = timedelta(minutes=15)  # what repeats while it lasts, every five minutes at the least, and did not for so long is over
_OF_NO_USE_AFTER = timedelta(hours=1)  # a message that says what is wrong now
_UNTIL_TOLD_OTHERWISE = ("inactive_alert", "close_inactive_agent")
_DETAIL = frozenset({"errcode", "corpid", "agentid", "age_s", "number", "reason"})


def raise_alarm(ctx: Context, what: str, key: str = "", *, times: int = 1, **detail: object) -> None:
    """Write down that something needs a person, and tell everybody who is active unless they were told lately.

    key: what makes it the same alarm; `what` by default. detail: ids and numbers that help to find the cause, such as errcode; others are
    left out. Joins the transaction of `ctx` where one is open.
    """
    ALARMS.labels(what).inc(times)
    known = {name: value for name, value in detail.items() if name in _DETAIL and isinstance(value, int | str)}
    log.error("alarm", what=what, **known)
    now = clock.now()
    with ctx.transaction() as tx:
        rows.raise_(tx, (key or what)[:128], what[:64], known, now, times=times, again_after=now - _SAME_AGAIN)
        tell(ctx)


def clear_alarm(ctx: Context, *keys: str) -> int:
    """The causes are gone. Returns how many alarms were open."""
    with ctx.transaction() as tx:
        return rows.clear(tx, keys, clock.now())


def clear_by_hand(ctx: Context, actor: Operator, alarm_id: int) -> Alarm:
    """Take an alarm off the list. It comes back if its cause does. Raises NotFound, UserMistake where it is over."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER, Role.OWNER)
        alarm = rows.get(tx, alarm_id)
        if not rows.clear(tx, [alarm.key] if alarm.cleared_at is None else [], clock.now()):
            raise UserMistake(texts.GONE)
        trail.record(tx, by(actor), "alarm_cleared", {"alarm": alarm.id, "what": alarm.what})
        return rows.get(tx, alarm_id)


def tell(ctx: Context) -> int:
    """Tell of all that is due to be told, in one message, unless one went out within the last minute. Returns of how many alarms."""
    now = clock.now()
    with ctx.transaction() as tx:
        last = rows.last_told_at(tx)
        due = [alarm for alarm in rows.opened(tx, lock=True) if alarm.is_due(now)]
        if not due or (last and now - last < _AT_MOST_EVERY):
            return 0
        rows.told(tx, [alarm.id for alarm in due], now)
        batch_ids = _messages(ctx, tx, due)
        for batch_id in batch_ids:
            ctx.wake(batch_id)
        if not batch_ids:
            log.warning("alarm_reaches_nobody", alarms=len(due))
        return len(due)


def _messages(ctx: Context, tx: Tx, alarms: Sequence[Alarm]) -> list[int]:
    """By every way there is to each of the staff, but for one that the alarms say is broken, where there is another. Batch ids."""
    wecom_is_broken, mail_is_broken = all(alarm.is_of_wecom for alarm in alarms), all(alarm.is_of_mail for alarm in alarms)
    can_mail = bool(ctx.settings.smtp_url)
    staff = operators.active(tx)
    by_mail = [one for one in staff if can_mail and one.mail and not (mail_is_broken and one.address)]
    by_wecom = [one.address for one in staff if one.address and not (wecom_is_broken and can_mail and one.mail)]
    return [*_mails(ctx, tx, alarms, by_mail), *_texts(tx, alarms, by_wecom)]


def _mails(ctx: Context, tx: Tx, alarms: Sequence[Alarm], to: Sequence[Operator]) -> list[int]:
    words = mails.plain(texts.subject(alarms), texts.paragraphs(alarms, clock.now()))
    return staff_mails.send(ctx, tx, to, f"alarm-{alarms[0].id}", words)


def _texts(tx: Tx, alarms: Sequence[Alarm], to: Sequence[Address]) -> list[int]:
    now = clock.now()
    words = "\n\n".join([texts.subject(alarms), *texts.paragraphs(alarms, now)])
    people: dict[tuple[str, int], list[str]] = defaultdict(list)
    for address in to:
        people[address.corpid, address.agentid].append(address.userid)
    batch_ids = []
    for (corpid, agentid), userids in people.items():
        before = None
        for part in messages(words):
            before = outbox.enqueue(tx, corpid, agentid, userids, part, Priority.CHAT, after_id=before, give_up_at=now + _OF_NO_USE_AFTER)
            batch_ids.append(before)
    return batch_ids


# What is looked after again and again


def look_after(ctx: Context) -> int:
    """Raise what can only be seen by looking, end what is over, tell of what is due. Returns of how many alarms people were told."""
    _look_at_queue(ctx)
    with ctx.read() as connection:
        resting = pauses.all_of(connection)
        over = [alarm.key for alarm in rows.opened(connection) if _is_over(connection, alarm, resting)]
    if over:
        clear_alarm(ctx, *over)
    return tell(ctx)


def _look_at_queue(ctx: Context) -> None:
    """Something waits that is due. Not while an app or an API rests, or has just been tried again: that is the reason, and told of."""
    now = clock.now()
    with ctx.read() as connection:
        oldest = waiting.oldest_due(connection)
        is_resting = any(pause.until_at > now - timedelta(seconds=QUEUE_AGE_S) for pause in pauses.all_of(connection).values())
        is_known = any(alarm.what == "queue_age" for alarm in rows.opened(connection))
    age_s = (now - oldest).total_seconds() if oldest else 0.0
    if age_s > QUEUE_AGE_S and not is_resting:
        raise_alarm(ctx, "queue_age", age_s=int(age_s))
    elif is_known and age_s <= QUEUE_AGE_S:
        clear_alarm(ctx, "queue_age")


def _is_over(connection: Tx, alarm: Alarm, resting: Mapping[str, pauses.Pause]) -> bool:
    match alarm.what:
        case "queue_age":
            return False  # looked at above
        case "app_paused":
            return not any(name.startswith("app ") for name in resting)
        case "api_blocked":
            return not any(name.startswith("api ") and pause.until_at > clock.now() - _SILENCE for name, pause in resting.items())
        case "undeliverable":
            return not _is_unserved(connection, str(alarm.detail.get("number", "")))
        case "broadcast_failing":
            return not _is_paused(connection, str(alarm.detail.get("number", "")))
        case _:
            return alarm.what not in _UNTIL_TOLD_OTHERWISE and clock.now() - alarm.last_at >= _SILENCE


def _is_unserved(connection: Tx, number: str) -> bool:
    try:
        case = cases.by_number(connection, number)
    except NotFound:
        return False
    return case.is_open and case.served_at is None


def _is_paused(connection: Tx, number: str) -> bool:
    try:
        return broadcasts.by_number(connection, number).state is State.PAUSED
    except NotFound:
        return False


# What raises them from where no transaction is open


class Bell:
    """What the engine and the API client ring, from any thread. One cause that rings all the time is written down now and then."""

    _EVERY_S = 10.0

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = threading.Lock()
        self._rung_at: dict[str, float] = {}
        self._held: Counter[str] = Counter()

    def __call__(self, what: str, **fields: object) -> None:
        """Raise an alarm; never fails. fields: as `detail` of raise_alarm; those with different errcodes are two alarms."""
        key = f"{what}:{fields['errcode']}" if "errcode" in fields else what
        with self._lock:
            self._held[key] += 1
            now = clock.timestamp()
            if now - self._rung_at.get(key, float("-inf")) < self._EVERY_S:
                return
            self._rung_at[key] = now
            times = self._held.pop(key)
        try:
            raise_alarm(Context(self._house), what, key, times=times, **fields)
        except Unavailable as error:  # it is in the log and the metrics, and rings again while it lasts
            log.error("alarm_not_kept", what=what, error=str(error))


class WatchedMail:
    """A way out for mails that rings when the server takes none of them."""

    _IN_A_ROW = 3

    def __init__(self, mail: Mail, bell: Bell) -> None:
        self._mail = mail
        self._bell = bell
        self._failed = 0

    def send(self, payload: Mapping[str, Any]) -> None:
        """As `Mail.send`."""
        try:
            self._mail.send(payload)
        except MailError as error:
            if not error.permanent and not error.of_mail:  # what the server says of one mail is no fault of the server
                self._failed += 1
                if self._failed >= self._IN_A_ROW:
                    self._bell("mail_failing", reason=str(error))
            raise
        self._failed = 0
