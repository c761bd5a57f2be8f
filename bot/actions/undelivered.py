"""Notices of outcomes that reached nobody: by mail where that is set up and was not tried, else by hand.

The ladder looks after the notice that a case begins with; what is decided later wants no receipt, but must arrive all the same.
"""

from datetime import timedelta

import structlog

from bot import clock
from bot.actions import alarms, notice_mails
from bot.context import Context
from bot.errors import BotError
from bot.model.notice import Notice, NoticeKind
from bot.model.texts import cases as texts
from bot.model.trail import SYSTEM
from bot.store import notices, operator_tasks, providers, trail
from bot.store.database import Tx

log = structlog.get_logger()

_KINDS = (NoticeKind.OUTCOME, NoticeKind.REVOKED, NoticeKind.RECOVERED)
_LOOKED_AT = timedelta(days=30)


def look_after(ctx: Context) -> int:
    """Follow up every such notice. Returns how many. Safe to run in several workers at once; one that fails holds up no other."""
    with ctx.read() as connection:
        found = _found(connection)
    return sum(_safely(ctx, notice) for notice in found)


def _found(tx: Tx) -> list[Notice]:
    return notices.reached_nobody(tx, _KINDS, clock.now() - _LOOKED_AT)


def _safely(ctx: Context, notice: Notice) -> bool:
    try:
        return _follow_up(ctx, notice)
    except BotError as error:
        log.error("follow_up_failed", notice_id=notice.id, error=type(error).__name__)
        return False


def _follow_up(ctx: Context, notice: Notice) -> bool:
    with ctx.transaction() as tx:
        notices.lock(tx, notice.id)
        if notice.id not in {one.id for one in _found(tx)}:  # another worker was here meanwhile
            return False
        mailed = "mail" in notices.steps_of(tx, notice.id)
        may_mail = not mailed and notice_mails.may_mail(ctx.settings)
        if may_mail and notice_mails.send(ctx, tx, notice, providers.admins(tx, notice.provider_id), "mail"):
            return True
        now, key = clock.now(), f"serve:{notice.number}"
        detail = texts.to_serve_outcome(notice.number)
        if not operator_tasks.add(tx, key, "serve_outcome", detail, now, case_id=notice.case_id, provider_id=notice.provider_id):
            return False
        trail.record(tx, SYSTEM, "undeliverable", {"notice": notice.number}, case_id=notice.case_id)
        alarms.raise_alarm(ctx, "undeliverable", f"undeliverable:{notice.number}", number=notice.number)
        return True
