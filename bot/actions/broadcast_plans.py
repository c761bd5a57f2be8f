"""What a broadcast would do, told before it does: who gets it, with how many calls, out of which quota, from when until when."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import clock
from bot.context import Context
from bot.delivery.pacing import DAY_SHARE, Bucket, Quiet, day_of, opens_at
from bot.model.audience import Audience
from bot.model.texts import broadcasts as texts
from bot.store import audiences
from bot.store.audiences import Person, Reach
from bot.store.database import Tx
from bot.wecom.limits import TOUSER, Rates

AHEAD = 100  # people to whom it goes first, alone; the others follow when the platform has answered for these
_CALLS_PER_S = 10.0  # what a worker manages with room to spare, for the expected end
_PEOPLE_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Advice:
    """Why a time is not good, and the next one that is; None where none is."""

    say: str
    good_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A dry run. left: person-times that may still be sent in 24 hours, None where no ceiling is set; most: of a whole day.

    shown: a page of who gets it; following: after whom the next one begins, 0 for nobody. refused_before: how many WeCom refused
    lately. nobody_at: providers without anybody here; elsewhere: how many of their admins are in other apps. advice: what is wrong
    with the time.
    """

    people: int
    calls: int
    left: int | None
    most: int | None
    begins_at: datetime
    ends_at: datetime
    shown: tuple[Person, ...]
    following: int
    refused_before: int
    nobody_at: tuple[str, ...]
    elsewhere: int
    needs_approval: bool
    advice: Advice | None


def plan(ctx: Context, audience: Audience, send_at: datetime | None, after: int = 0) -> Plan:
    """The dry run, from after the person with this id on. Changes nothing."""
    with ctx.read() as connection:
        reach = resolved(ctx, connection, audience)
        people = audiences.number(connection, reach) if audience.is_named else 0
        shown = audiences.page(connection, reach, after, _PEOPLE_SHOWN + 1) if people else []
        nobody_at, elsewhere = audiences.out_of_reach(connection, reach) if audience.is_named else ([], 0)
        left, most = quota(ctx, connection, send_at or clock.now())
        calls = calls_for(people)
        begins_at = opens_at(max(send_at or clock.now(), clock.now()), quiet_of(ctx))
        return Plan(
            people=people,
            calls=calls,
            left=left,
            most=most,
            begins_at=begins_at,
            ends_at=begins_at + timedelta(seconds=2 + math.ceil(calls / _CALLS_PER_S)),
            shown=tuple(shown[:_PEOPLE_SHOWN]),
            following=shown[_PEOPLE_SHOWN - 1].id if len(shown) > _PEOPLE_SHOWN else 0,
            refused_before=audiences.refused_before(connection, reach) if people else 0,
            nobody_at=tuple(nobody_at),
            elsewhere=elsewhere,
            needs_approval=needs_approval(ctx, people),
            advice=advice(ctx, connection, send_at, people),
        )


def resolved(ctx: Context, connection: Tx, audience: Audience) -> Reach:
    """Who belongs to it now, of those whom this house's app sends to."""
    return audiences.resolve(connection, audience, ctx.settings.wecom_corpid, ctx.settings.wecom_agentid, clock.now())


def calls_for(people: int) -> int:
    """How many calls it takes to send to so many."""
    if people <= TOUSER:
        return min(people, 1)
    return 1 + math.ceil((people - AHEAD) / TOUSER)


def needs_approval(ctx: Context, people: int) -> bool:
    """Whether somebody else has to agree to so many."""
    return people > ctx.settings.broadcast_approval_above


def quiet_of(ctx: Context) -> Quiet | None:
    """The house's quiet hours."""
    return Quiet(*ctx.settings.quiet) if ctx.settings.quiet else None


def advice(ctx: Context, connection: Tx, send_at: datetime | None, people: int) -> Advice | None:
    """What is wrong with sending to so many then; None where nothing is. At once (None) may wait for the minutes and hours by itself."""
    now = clock.now()
    at = send_at or now
    good = opens_at(max(at, now + timedelta(minutes=1)), quiet_of(ctx))
    if send_at is not None:
        if send_at <= now:
            return Advice(texts.past(send_at, good), good)
        if opens_at(send_at, None) > send_at:
            return Advice(texts.peak(send_at, good), good)
        if good > send_at:
            return Advice(texts.quiet(send_at, good), good)
    left, most = quota(ctx, connection, at)
    if left is None or most is None or people <= left:
        return None
    if people > most:
        return Advice(texts.beyond_any_day(people, most), None)
    later = opens_at(_enough_at(ctx, connection, people, at), quiet_of(ctx))
    return Advice(texts.beyond_quota(people, left, later), later)


def quota(ctx: Context, connection: Tx, at: datetime) -> tuple[int | None, int | None]:
    """(person-times that may be sent at this time, of a whole day); None where the account ceiling is not set."""
    day = _day(ctx)
    if day is None:
        return None, None
    most = int(day.most * DAY_SHARE)
    return max(0, most - (day.most - day.left(connection, at))), most


def _day(ctx: Context) -> Bucket | None:
    settings = ctx.settings
    return day_of(settings.wecom_corpid, settings.wecom_agentid, settings.wecom_account_ceiling, Rates())


def _enough_at(ctx: Context, connection: Tx, people: int, at: datetime) -> datetime:
    """When as many as are needed have come free: looked at slot by slot."""
    day = _day(ctx)
    assert day is not None
    step, until = timedelta(seconds=day.slot_s), at + timedelta(seconds=day.length_s + 2 * day.slot_s)
    while at < until:
        at += step
        left, _ = quota(ctx, connection, at)
        if left is not None and left >= people:
            break
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)
