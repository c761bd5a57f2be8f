"""Providers as our own staff look for them and at them; and one row of who is who changed by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot import clock
from bot.actions import providers as taking_in
from bot.actions.case_files import errand
from bot.actions.providers import Summary
from bot.context import Context
from bot.errors import NotFound
from bot.model import sheet
from bot.model.case import ISSUED, Case, listing
from bot.model.history import Shown
from bot.model.operator import Operator
from bot.model.provider import App
from bot.model.provider_list import ProviderLine, ProviderPage, Reached, SoughtProviders
from bot.model.texts import providers as texts
from bot.store import cases, filings, humans, operator_tasks, provider_list, providers

PAGE = 50
_ASKED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """is_last: nothing comes after."""

    lines: Sequence[ProviderLine]
    is_last: bool


def listed(ctx: Context, wanted: SoughtProviders) -> Found:
    """A page of those that are looked for."""
    here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
    with ctx.read() as connection:
        ids = provider_list.page(connection, wanted, here, PAGE + 1)
        standings = providers.standings(connection, *here, of=ids[:PAGE]) if ids else []
        opened = provider_list.open_cases(connection, ids)
    lines = []
    for one in standings:
        number, is_barred = opened.get(one.provider.id, (0, False))
        lines.append(ProviderLine(standing=one, open_cases=number, is_barred=is_barred))
    return Found(lines=lines, is_last=len(ids) <= PAGE)


def read(ctx: Context, code: str) -> ProviderPage:
    """All that is known of one. Raises NotFound."""
    here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
    with ctx.read() as connection:
        provider = providers.by_code(connection, code)
        if provider is None:
            raise NotFound("provider")
        known = cases.of_provider(connection, provider.id)
        apps = providers.apps(connection, provider.id)
        out = filings.withdrawn(connection, [app.id for app in apps])
        people = providers.admins(connection, provider.id, departed=True)
        accepted = provider_list.last_accepted(connection, [one.address for one in people if one.is_active])
        seen = provider_list.last_seen(connection, provider.id)
        handed_in = filings.of_provider(connection, provider.id, inside=False)
        tasks = operator_tasks.of_provider(connection, provider.id)
        asked = humans.of_people(connection, [one.address for one in people], _ASKED)
        [standing] = providers.standings(connection, *here, of=[provider.id])
    numbers = {one.id: one.number for one in known}
    return ProviderPage(
        provider=provider,
        standing=standing,
        apps=[_shown(app, known, is_withdrawn=app.id in out) for app in apps],
        admins=[
            Reached(
                admin=one,
                accepted_at=accepted.get(one.address),
                seen_at=seen.get(one.address),
                is_elsewhere=(one.address.corpid, one.address.agentid) != here,
            )
            for one in sorted(people, key=lambda each: not each.is_active)
        ],
        cases=known,
        filings=[one for one in reversed(handed_in) if one.round],
        tasks=[errand(one, numbers.get(one.case_id or 0, "")) for one in tasks],
        asked=asked,
        barred_by=next((one for one in known if one.is_permanent and one.is_open), None),
    )


def _shown(app: App, known: Sequence[Case], *, is_withdrawn: bool) -> Shown:
    imposed = [one for case in known if case.state in ISSUED and case.app_id in (app.id, None) for one in case.measures]
    return Shown(app=app, now=listing(app.baseline, imposed, clock.now(), is_withdrawn=is_withdrawn), is_withdrawn=is_withdrawn)


def write_row(ctx: Context, actor: Operator, row: Mapping[str, str], seen: str) -> Summary:
    """Change or add one provider, app or admin, as a file of one row would: with the same checks, and the same that follows.

    row: cells by column, as bot.model.texts.providers.COLUMNS. seen: the mark of what the form was filled in over, "" for something new.
    Raises UserMistake, Stale.
    """
    return taking_in.import_providers(ctx, sheet.write(texts.COLUMNS, [row]), actor, seen)
