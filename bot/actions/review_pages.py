"""What providers handed in, as our own staff look at it. Drafts do not exist for them, nor what is being rewritten."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from bot import clock
from bot.actions import case_files, unchanged
from bot.actions.presences import LASTS
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import NotFound
from bot.files import Files
from bot.model.case_file import Listed
from bot.model.filing import FiledFile, Filing, FilingKind, FilingState
from bot.model.operator import Operator, Role
from bot.model.review_page import ReviewPage, Waiting
from bot.model.texts import operators as operator_texts
from bot.model.trail import Event
from bot.store import cases, filings, operators, presences, providers, trail
from bot.store.database import Tx

PAGE = 50


def listed(
    ctx: Context, states: Iterable[FilingState], *, kinds: Iterable[FilingKind] = (), overdue: bool = False, limit: int = 50
) -> list[Waiting]:
    """What was handed in and is in any of `states` (all where empty), oldest first. overdue: only what should have been reviewed by now."""
    wanted = set(states) or set(FilingState)
    with ctx.read() as connection:
        found: list[Filing] = []
        after = 0
        while len(found) < limit and (page := filings.listed(connection, wanted, kinds=kinds, overdue=overdue, after=after, limit=limit)):
            found += [one for one in page if one.round]
            after = page[-1].id
        return _waiting(connection, found[:limit])


def page(ctx: Context, kind: FilingKind | None, state: FilingState | None, before: int = 0) -> tuple[list[Waiting], bool]:
    """(what was handed in, newest first; whether nothing comes after). before: the id of the last one seen, 0 to begin."""
    with ctx.read() as connection:
        found = filings.sought(connection, kind, state, before, PAGE + 1)
        return _waiting(connection, found[:PAGE]), len(found) <= PAGE


def read(ctx: Context, number: str, me: int = 0) -> ReviewPage:
    """All that is known of a filing that was handed in. me: the operator who looks. Raises NotFound."""
    with ctx.read() as connection:
        filing = _handed_in(connection, number)
        known = cases.of_provider(connection, filing.provider_id)
        provider, apps = providers.get(connection, filing.provider_id), providers.apps(connection, filing.provider_id)
        case = next((one for one in known if one.id == filing.case_id), None)
        everyone, here = presences.staff(connection, number, clock.now() - LASTS)
        staff = operator_texts.names(everyone)
        named = {one.id: one for one in apps}
        app = named[filing.app_id] if filing.app_id else None
        return ReviewPage(
            waiting=Waiting(
                filing=filing,
                provider=provider,
                app=app,
                case=case.number if case else "",
                claimed_by=staff.get(filing.claimed_by or 0, ""),
            ),
            case=case,
            parent=filings.get(connection, filing.parent_id).number if filing.parent_id else "",
            rounds=tuple(filings.rounds(connection, filing.id)),
            files=tuple(filings.filed(connection, filing.id)),
            staff=staff,
            admins={one.id: one.name for one in providers.admins(connection, filing.provider_id, departed=True)},
            recovery=case_files.recovery(connection, [app] if app else apps, known, filing.case_id or 0),
            other_cases=tuple(
                Listed(case=one, provider=provider, app=named[one.app_id] if one.app_id else None) for one in known if one is not case
            ),
            here=tuple(staff[one] for one in here if one != me),
            is_barred=any(one.is_permanent and one.is_open for one in known),
        )


def events(ctx: Context, number: str, after: int = 0) -> Sequence[Event]:
    """What stands on the trail of a filing's case after its first `after` events; of one about no case, nothing."""
    with ctx.read() as connection:
        filing = _handed_in(connection, number)
        chain = cases.get(connection, filing.case_id).number if filing.case_id else ""
    return unchanged.events(ctx, chain, after) if chain else []


def opened(ctx: Context, actor: Operator, number: str, file_id: int) -> tuple[FiledFile, BinaryIO]:
    """A file that was handed in, to be read and closed; who fetched it stands on the trail. Raises NotFound, UserMistake."""
    with ctx.read() as connection:
        must(connection, actor, *Role)
        filing = _handed_in(connection, number)
        found = filings.file(connection, filing.id, file_id)
    if not found.round or found.destroyed_at:
        raise NotFound("file")
    stream = Files.of(ctx.settings).open(found.sha256)
    try:
        with ctx.transaction() as tx:
            must(tx, actor, *Role)
            trail.record(tx, by(actor), "file_fetched", {"filing": filing.number, "sha256": found.sha256}, case_id=filing.case_id)
    except BaseException:
        stream.close()
        raise
    return found, stream


def _handed_in(tx: Tx, number: str) -> Filing:
    filing = filings.by_number(tx, number)
    if not filing.round:
        raise NotFound("filing")
    return filing


def _waiting(tx: Tx, found: Sequence[Filing]) -> list[Waiting]:
    whose, apps = providers.named(tx, {one.provider_id for one in found}, {one.app_id for one in found if one.app_id})
    numbers = cases.numbers(tx, {one.case_id for one in found if one.case_id})
    staff = operator_texts.names(operators.everyone(tx))
    return [
        Waiting(
            filing=one,
            provider=whose[one.provider_id],
            app=apps[one.app_id] if one.app_id else None,
            case=numbers[one.case_id] if one.case_id else "",
            claimed_by=staff[one.claimed_by] if one.claimed_by else "",
        )
        for one in found
    ]
