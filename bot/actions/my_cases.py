"""A provider's own cases, as one of its admins may see them."""

from bot.actions import offers
from bot.context import Context
from bot.model.case import Case
from bot.model.filing import FilingState
from bot.model.my_case import MyCase
from bot.model.provider import Address
from bot.store import cases, filings, notices, providers
from bot.store.database import Tx

_GONE = frozenset({FilingState.DROPPED, FilingState.LAPSED})


def shown_to(ctx: Context, address: Address) -> list[MyCase]:
    """What has been issued about this person's provider, newest first; nothing for a stranger, exactly as for somebody without cases."""
    with ctx.read() as connection:
        admin = providers.admin_at(connection, address)
        if admin is None:
            return []
        return [as_mine(ctx, connection, case) for case in cases.of_provider(connection, admin.provider_id, issued=True)]


def as_mine(ctx: Context, tx: Tx, case: Case) -> MyCase:
    """An issued case, for its provider."""
    told = notices.of_case(tx, case.id)
    offered = offers.offers(ctx, tx, case) if case.is_open else []
    return MyCase(
        case=case,
        app=providers.app(tx, case.app_id).name if case.app_id else "",
        notice=told[-1],
        is_confirmed=any(notices.receipts_of(tx, notice.id) for notice in told),
        filings=tuple(one for one in filings.of_case(tx, case.id) if one.state not in _GONE),
        may=frozenset(offer.kind for offer in offered if not offer.refusal and offer.filing is None),
    )
