"""Mail to our own staff."""

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.context import Context
from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.model.operator import Operator
from bot.model.provider import Address
from bot.store.database import Tx


def send(ctx: Context, tx: Tx, to: Iterable[Operator], name: str, words: tuple[str, str, str]) -> list[int]:
    """Queue one mail for each. name: what its id begins with, such as "alarm-3". words: subject, text, HTML. Returns the batches' ids."""
    settings = ctx.settings
    host = urlsplit(settings.public_url).hostname or "localhost"
    subject, text, html = words
    batch_ids = []
    for one in to:
        where = one.address or Address(settings.wecom_corpid, settings.wecom_agentid, f"operator:{one.login}")
        message_id = f"<{name}.{secrets.token_hex(8)}@{host}>"
        mail = {"to": one.mail, "subject": subject, "text": text, "html": html, "message_id": message_id}
        batch_ids.append(outbox.enqueue_mail(tx, where.corpid, where.agentid, where.userid, mail, Priority.CHAT))
    return batch_ids
