"""Who has a case's notices, who has not and why; and sending the notice again to those who have not."""

from collections.abc import Iterable, Sequence

from bot import clock
from bot.actions import notices
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import Case
from bot.model.case_file import Issued
from bot.model.delivered import Reach, Sent, Told
from bot.model.notice import Notice
from bot.model.operator import Operator, Role
from bot.model.provider import Address, Admin
from bot.model.texts import deliveries as texts
from bot.store import cases, deliveries, providers, trail
from bot.store import notices as notice_rows
from bot.store.database import Tx

Deliveries = dict[int, list[tuple[Address, Sent]]]  # by the notice's id


def of_case(ctx: Context, number: str) -> list[Told]:
    """Each notice of a case, oldest first, with everybody it was sent to. Raises NotFound.

    While the case is open, the first notice also names the admins whom it never went to.
    """
    with ctx.read() as connection:
        case = cases.by_number(connection, number)
        issued = notice_rows.issued(connection, notice_rows.of_case(connection, case.id))
    return of_file(ctx, case, issued)


def of_file(ctx: Context, case: Case, issued: Sequence[Issued]) -> list[Told]:
    """The same for whoever has read the case already, with its notices."""
    if not issued:
        return []
    with ctx.read() as connection:
        sent = _sent(connection, [one.notice for one in issued])
        known = providers.admins(connection, case.provider_id, departed=True)
    owed = [admin for admin in known if admin.is_active] if case.is_open else []
    return [_told(ctx, one, sent, known, owed if one == issued[0] else []) for one in issued]


def resend_missing(ctx: Context, actor: Operator, number: str) -> list[Admin]:
    """Queue the card of a case's notice again, for the active admins whom nothing shows to have it. Returns who they are.

    Who has it, has it on its way, or confirmed is left alone; so is whom it may have reached, as long as it is being repeated. A second
    call finds the first one's cards on their way. Raises NotFound, UserMistake.
    """
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.get(tx, cases.by_number(tx, number).id, lock=True)
        issued = notice_rows.of_case(tx, case.id)
        if not issued:
            raise UserMistake(texts.NO_NOTICE)
        if not case.is_open:
            raise UserMistake(texts.ONLY_OPEN)
        known = providers.admins(tx, case.provider_id, departed=True)
        speaking = [admin for admin in known if admin.is_active]
        told = _told(ctx, notice_rows.issued(tx, issued[:1])[0], _sent(tx, issued[:1]), known, speaking)
        missing = {reach.address for reach in told.people if reach.misses_card(clock.now())}
        to = [admin for admin in speaking if admin.address in missing]
        if to:
            people = {"to": [str(admin.address) for admin in to]}
            content = {"notice": issued[0].number, "people": len(to)}
            trail.record(tx, by(actor), "resend_missing", content, case_id=case.id, personal=people)
            notices.send_cards(ctx, tx, issued[0], to, "resend")
        return to


def _sent(connection: Tx, issued: Iterable[Notice]) -> Deliveries:
    found: Deliveries = {notice.id: [] for notice in issued}
    for notice_id, address, sent in deliveries.of_notices(connection, found.keys()):
        found[notice_id].append((address, sent))
    return found


def _told(ctx: Context, issued: Issued, sent: Deliveries, known: Iterable[Admin], owed: Iterable[Admin]) -> Told:
    """known: the provider's admins, the departed too. owed: who has to be named, sent to or not."""
    notice = issued.notice
    names = {admin.address: admin.name for admin in known}
    speaking = {admin.address for admin in known if admin.is_active}
    here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
    seen = {address: at for address, _, at in issued.views}
    receipts = {receipt.address: receipt.at for receipt in issued.receipts}
    by_address: dict[Address, list[Sent]] = {admin.address: [] for admin in owed}
    for address, one in sent[notice.id]:
        by_address.setdefault(address, []).append(one)
    people = [
        Reach(
            address=address,
            name=names.get(address, ""),
            is_active=address in speaking,
            is_here=(address.corpid, address.agentid) == here,
            seen_at=seen.get(address),
            confirmed_at=receipts.get(address),
            sent=tuple(each),
        )
        for address, each in by_address.items()
    ]
    return Told(notice=notice, people=tuple(people))
