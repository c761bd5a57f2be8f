"""Presses on the card of a broadcast: a receipt, once a person, and the whole text for whom the card shows its opening only."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from bot import clock
from bot.actions import broadcast_messages
from bot.context import Context
from bot.delivery import outbox
from bot.errors import NotFound
from bot.model.broadcast import Broadcast
from bot.model.delivery import Priority
from bot.model.provider import Address
from bot.model.trail import by_admin
from bot.store import broadcasts, providers, trail
from bot.store.database import Tx
from bot.wecom import payloads


@dataclass(frozen=True, slots=True)
class Given:
    """A receipt. is_first: this press made it."""

    number: str
    at: datetime
    is_first: bool


def confirm(ctx: Context, number: str, address: Address, response_code: str) -> Given:
    """Take the receipt of somebody who was sent to; a second press changes nothing. With response_code their card shows it.

    Raises NotFound for whoever was not sent to, or no longer speaks for a provider.
    """
    with ctx.read() as connection:  # before anything is written
        one = _theirs(connection, number, address)
    with ctx.transaction() as tx:
        admin = providers.admin_at(tx, address)
        if admin is None:
            raise NotFound("broadcast")
        now = clock.now()
        is_first = broadcasts.confirm(tx, one.id, address, admin.name, now)
        if is_first:
            trail.record(tx, by_admin(address), "broadcast_receipt", {"broadcast": one.number})
        at = broadcasts.confirmed_at(tx, one.id, address) or now
        if response_code:
            _show(ctx, tx, one, address, response_code, at)
        return Given(one.number, at, is_first)


def whole(ctx: Context, number: str, address: Address) -> str:
    """All of its words. Raises NotFound for whoever was not sent to."""
    with ctx.read() as connection:
        one = _theirs(connection, number, address)
    link = f"\n{one.content.url}" if one.content.url else ""
    return f"{one.content.title}\n{one.content.words}{link}"


def _theirs(connection: Tx, number: str, address: Address) -> Broadcast:
    one = broadcasts.by_number(connection, number)
    if not broadcasts.is_recipient(connection, one.id, address) or providers.admin_at(connection, address) is None:
        raise NotFound("broadcast")
    return one


def _show(ctx: Context, tx: Tx, one: Broadcast, address: Address, response_code: str, at: datetime) -> None:
    task_id = f"{one.number}-r-{secrets.token_hex(6)}"
    change = payloads.replaced_card(broadcast_messages.card(one.content, one.number, task_id, at))
    to = address.corpid, address.agentid, [address.userid]
    ctx.wake(outbox.enqueue_update(tx, *to, response_code, change, Priority.CHAT))
