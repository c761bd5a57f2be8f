"""A provider's past and present, for one page."""

from bot.actions import listings
from bot.actions.case_files import errand, named
from bot.context import Context
from bot.errors import UserMistake
from bot.model.history import History, Shown, duties, errands
from bot.model.texts import providers as texts
from bot.store import cases, operator_tasks, providers


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
        shown = [Shown(app=app, now=standing) for app, standing in listings.of_provider(connection, provider.id)]
        return History(
            standing=providers.standings(connection, *here, of=[provider.id])[0],
            admins=tuple(providers.admins(connection, provider.id)),
            apps=tuple(shown),
            cases=tuple(named(connection, found)),
            duties=(*owed, *errands(tasks)),
        )
