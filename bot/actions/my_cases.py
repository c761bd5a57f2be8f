"""A provider's own cases, as one of its admins may see them."""

from bot.context import Context
from bot.model.my_case import MyCase
from bot.model.provider import Address
from bot.store import cases, notices, providers


def shown_to(ctx: Context, address: Address) -> list[MyCase]:
    """What has been issued about this person's provider, newest first; nothing for a stranger, exactly as for somebody without cases."""
    with ctx.read() as connection:
        admin = providers.admin_at(connection, address)
        if admin is None or not admin.is_active:
            return []
        found = []
        for case in cases.of_provider(connection, admin.provider_id, issued=True):
            app = providers.app(connection, case.app_id).name if case.app_id else ""
            told = notices.of_case(connection, case.id)
            receipts = [receipt for notice in told for receipt in notices.receipts_of(connection, notice.id)]
            found.append(MyCase(case=case, app=app, notice=told[-1], is_confirmed=bool(receipts)))
        return found
