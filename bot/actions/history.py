"""A provider's past and present, for one page."""

from bot.actions import listings
from bot.actions.case_files import errand, named
from bot.context import Context
from bot.errors import UserMistake
from bot.model.history import History, Shown, duties, errands
from bot.model.texts import providers as texts
from bot.store import cases, filings, operator_tasks, providers
from bot.store.database import Tx


def of_provider(ctx: Context, code: str) -> History:
    """All cases of a provider, what is owed by whom and by when, whom messages reach, and its apps as they stand. Raises UserMistake."""
    here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
    with ctx.read() as connection:
        provider = providers.by_code(connection, code)
        if provider is None:
            raise UserMistake(texts.unknown(code))
        found = cases.of_provider(connection, provider.id)
        numbers = {case.id: case.number for case in found}
        tasks = [errand(task, numbers.get(task.case_id or 0, "")) for task in operator_tasks.of_provider(connection, provider.id)]
        owed = [duty for case in found for duty in duties(case)]
        return History(
            standing=providers.standings(connection, *here, of=[provider.id])[0],
            admins=tuple(providers.admins(connection, provider.id)),
            apps=tuple(apps(connection, provider.id)),
            cases=tuple(named(connection, found)),
            duties=(*owed, *errands(tasks)),
            is_barred=cases.is_barred(connection, provider.id),
        )


def apps(tx: Tx, provider_id: int) -> list[Shown]:
    """All apps of a provider, as they stand."""
    standings = listings.of_provider(tx, provider_id)
    out = filings.withdrawn(tx, [app.id for app, _ in standings])
    return [Shown(app=app, now=standing, is_withdrawn=app.id in out) for app, standing in standings]
