"""Notices by mail: one to each admin, with a link of their own that reads and no more."""

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.actions import links
from bot.context import Context
from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.model.notice import Notice
from bot.model.provider import Admin
from bot.model.texts import mails
from bot.model.trail import SYSTEM
from bot.store import notices as store
from bot.store import trail
from bot.store.database import Tx
from config.settings import Settings


def may_mail(settings: Settings) -> bool:
    """A mail server is set up, and mail is wanted."""
    return bool(settings.smtp_url) and settings.notice_mail != "never"


def is_at_once(settings: Settings) -> bool:
    """Every notice goes by mail too as it is issued; then the ladder mails nothing more."""
    return may_mail(settings) and settings.notice_mail == "always"


def send(ctx: Context, tx: Tx, notice: Notice, admins: Iterable[Admin], step: str) -> int:
    """Queue the notice by mail for every active admin with an address. Returns for how many."""
    to = [admin for admin in admins if admin.is_active and admin.mail]
    host = urlsplit(ctx.settings.public_url).hostname or "localhost"
    for admin in to:
        url = links.to_notice(ctx, tx, admin, notice)
        subject, text, html = mails.notice(notice.statement, admin.name, url)
        message_id = f"<{notice.number}.{secrets.token_hex(8)}@{host}>"
        mail = {"to": admin.mail, "subject": subject, "text": text, "html": html, "message_id": message_id}
        address = admin.address
        batch_id = outbox.enqueue_mail(tx, address.corpid, address.agentid, address.userid, mail, Priority.URGENT)
        store.sent_with(tx, notice.id, batch_id, step)
        ctx.wake(batch_id)
    people = {"to": [str(admin.address) for admin in to]}
    trail.record(tx, SYSTEM, "queued_mail", {"notice": notice.number, "people": len(to)}, case_id=notice.case_id, personal=people)
    return len(to)
