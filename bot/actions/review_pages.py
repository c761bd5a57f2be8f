"""What providers handed in, as our own staff look at it. Drafts do not exist for them, nor what is being rewritten."""

from collections.abc import Iterable
from typing import BinaryIO

from bot import clock
from bot.actions import case_files
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
from bot.store import cases, filings, operators, presences, providers, trail
from bot.store.database import Tx


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
        return [_waiting(connection, one) for one in found[:limit]]


def read(ctx: Context, number: str, me: int = 0) -> ReviewPage:
    """All that is known of a filing that was handed in. me: the operator who looks. Raises NotFound."""
    with ctx.read() as connection:
        filing = _handed_in(connection, number)
        known = cases.of_provider(connection, filing.provider_id)
        provider, apps = providers.get(connection, filing.provider_id), providers.apps(connection, filing.provider_id)
        case = next((one for one in known if one.id == filing.case_id), None)
        everyone, here = presences.staff(connection, number, clock.now() - LASTS)
        staff = {one.id: operator_texts.named(one) for one in everyone}
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


def _waiting(tx: Tx, filing: Filing) -> Waiting:
    return Waiting(
        filing=filing,
        provider=providers.get(tx, filing.provider_id),
        app=providers.app(tx, filing.app_id) if filing.app_id else None,
        case=cases.get(tx, filing.case_id).number if filing.case_id else "",
        claimed_by=operator_texts.named(operators.get(tx, filing.claimed_by)) if filing.claimed_by else "",
    )
