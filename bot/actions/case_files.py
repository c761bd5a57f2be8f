"""Cases as our own staff look at them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot import clock
from bot.actions.presences import LASTS
from bot.context import Context
from bot.model.case import IN_FORCE, ISSUED, Case, State, listing
from bot.model.case_file import CaseFile, Errand, Listed, Note, Recovery, Rung, Way
from bot.model.case_list import Sought
from bot.model.filing import Filing
from bot.model.provider import App
from bot.model.similar import Similar, summed
from bot.model.texts import operators as operator_texts
from bot.store import cases, evidence, filings, ladder, notices, operator_tasks, presences, providers
from bot.store.database import Tx
from bot.store.operator_tasks import OperatorTask

_MOST_SIMILAR = 100
PAGE = 50


def read(ctx: Context, number: str, me: int = 0) -> CaseFile:
    """All that is known of a case, private notes too. me: the operator who looks, and is not told that they are there. Raises NotFound."""
    with ctx.read() as connection:
        case, known = cases.with_others(connection, number)
        sent = notices.of_case(connection, case.id)
        shown = named(connection, [case])[0]
        staff, here = presences.staff(connection, number, clock.now() - LASTS)
        names = operator_texts.names(staff)
        return CaseFile(
            listed=shown,
            staff=names,
            evidence=tuple(evidence.of_case(connection, case.id)),
            notices=tuple(notices.issued(connection, sent)),
            ladder=tuple(
                Rung(step=step, due_at=due, done_at=done, result=result) for step, due, done, result in ladder.steps(connection, case.id)
            ),
            errands=tuple(errand(task, case.number) for task in operator_tasks.opened(connection, case_id=case.id)),
            notes=tuple(Note(author_id=author, at=at, text=text) for author, at, text in cases.notes(connection, case.id)),
            filings=tuple(filings.of_case(connection, case.id, drafts=False, inside=False)),
            recovery=_recovery(connection, shown, known) if case.issued_at and case.measures else None,
            here=tuple(names[one] for one in here if one != me),
            sprang_from=next((one.number for one in known if one.id == case.sprang_from_id), ""),
            sprung=tuple(one.number for one in reversed(known) if one.sprang_from_id == case.id),
        )


def head(ctx: Context, number: str) -> Listed:
    """A case with its provider and app, and nothing of what belongs to it. Raises NotFound."""
    with ctx.read() as connection:
        return named(connection, [cases.by_number(connection, number)])[0]


def similar(ctx: Context, case: Case) -> Similar:
    """How cases on the same ground went before, the newest hundred."""
    with ctx.read() as connection:
        return summed(cases.similar(connection, case, _MOST_SIMILAR))


def admins(ctx: Context, case: Case) -> int:
    """How many admins of this app speak for its provider: whom a notice would go to now."""
    here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
    with ctx.read() as connection:
        speaking = providers.admins(connection, case.provider_id)
    return sum((one.address.corpid, one.address.agentid) == here for one in speaking)


def listed(ctx: Context, states: Iterable[State] = (), *, overdue: bool = False, after: int = 0, limit: int = 50) -> list[Listed]:
    """Cases in any of `states` (all where empty), newest first; with `overdue` only open ones past their deadline.

    after: the case id of the last one seen, to page on.
    """
    with ctx.read() as connection:
        return named(connection, cases.listed(connection, states, overdue=overdue, after=after, limit=limit))


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """counts: how many cases are in each state, whatever is looked for. grounds: those that cases were opened on, to choose from."""

    lines: list[Listed]
    counts: Mapping[State, int]
    grounds: list[str]
    is_last: bool


def page(ctx: Context, wanted: Sought) -> CasePage:
    """A page of the list of cases."""
    with ctx.read() as connection:
        found = cases.sought(connection, wanted, PAGE + 1)
        return CasePage(
            lines=named(connection, found[:PAGE]),
            counts=cases.counts(connection),
            grounds=cases.grounds_used(connection),
            is_last=len(found) <= PAGE,
        )


def errands_of(ctx: Context, filing: Filing) -> list[Errand]:
    """What our staff have to do on the platform since a filing was decided: of its case, or of the withdrawal itself."""
    with ctx.read() as connection:
        if filing.case_id:
            number = cases.get(connection, filing.case_id).number
            found = [one for one in operator_tasks.opened(connection, case_id=filing.case_id) if one.kind == "lift"]
            return [errand(one, number) for one in found]
        keys = {f"{what}:{filing.id}" for what in ("withdraw", "return")}
        return [errand(one, "") for one in operator_tasks.of_provider(connection, filing.provider_id) if one.key in keys]


def errand(task: OperatorTask, number: str) -> Errand:
    """A task as people see it. number: of its case, "" where it has none."""
    return Errand(id=task.id, kind=task.kind, detail=task.detail, case=number, since=task.created_at, due_at=task.due_at)


def named(connection: Tx, found: Iterable[Case]) -> list[Listed]:
    """Cases with their provider and app."""
    kept = list(found)
    whose, apps = providers.named(connection, {case.provider_id for case in kept}, {case.app_id for case in kept if case.app_id})
    return [Listed(case=case, provider=whose[case.provider_id], app=apps[case.app_id] if case.app_id else None) for case in kept]


def recovery(tx: Tx, apps: Iterable[App], known: Iterable[Case], case_id: int) -> Recovery:
    """Where the end of a case leads these apps, all of one provider, beside what other cases keep. known: all cases of the provider."""
    shown, now = list(apps), clock.now()
    issued = [one for one in known if one.state in ISSUED]
    withdrawn = filings.withdrawn(tx, [app.id for app in shown])
    ways, others = [], {}
    for app in shown:
        about = [one for one in issued if one.app_id in (app.id, None)]
        kept = [(one.number, imposed) for one in about if one.id != case_id for imposed in one.measures]
        is_out = app.id in withdrawn
        ways.append(
            Way(
                app=app,
                before=app.baseline,
                now=listing(app.baseline, [imposed for one in about for imposed in one.measures], now, is_withdrawn=is_out),
                after=listing(app.baseline, [imposed for _, imposed in kept], now, is_withdrawn=is_out),
            )
        )
        others.update({imposed.id: (number, imposed) for number, imposed in kept if imposed.state in IN_FORCE})
    return Recovery(ways=tuple(ways), others=tuple(others.values()))


def _recovery(tx: Tx, shown: Listed, known: Iterable[Case]) -> Recovery:
    apps = [shown.app] if shown.app else providers.apps(tx, shown.provider.id)
    return recovery(tx, apps, known, shown.case.id)
