"""What the provider's pages show beside the list of cases: all of a case, all of a filing, and where the provider stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.actions import listings, my_cases, recovery
from bot.actions import offers as acts
from bot.actions.offers import Offer
from bot.context import Context
from bot.model.case import IN_FORCE, Case, Imposed
from bot.model.filing import Filing, FilingKind, FilingState, Round
from bot.model.my_case import MyCase
from bot.model.notice import Notice, Receipt
from bot.model.provider import Address, Admin, App, Listing
from bot.store import cases, filings, notices, providers
from bot.store.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice and who confirmed it."""

    notice: Notice
    receipts: Sequence[Receipt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a conversation. what: notice, receipt, served, round, outcome, applied, lifted or lapsed; by: an admin's name.

    Only what belongs to its kind is set.
    """

    at: datetime
    what: str
    by: str = ""
    notice: Notice | None = None
    filing: Filing | None = None
    round: Round | None = None
    imposed: Imposed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppView:
    """An app, how it is listed now, what takes it away (case and measure), and what may be asked for."""

    app: App
    listing: Listing
    imposed: Sequence[tuple[str, Imposed]]
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a provider stands. filings: those still open. told: notices about withdrawals, newest first. lists of a stranger are empty."""

    mine: Sequence[MyCase] = ()
    filings: Sequence[Filing] = ()
    apps: Sequence[AppView] = ()
    told: Sequence[Told] = ()
    is_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """All of a case. measures: in the order in which they are lifted. others: what other cases hold against the same app, still in force.

    conversation: oldest first.
    """

    mine: MyCase
    measures: Sequence[Imposed]
    others: Sequence[tuple[str, Imposed]]
    offers: Sequence[Offer]
    filings: Sequence[Filing]
    told: Sequence[Told]
    conversation: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingView:
    """All of a filing. case: None for a withdrawal and the way back from one. measure: what an objection is against.

    notices: by id, those that tell of its rounds. names: of the provider's admins, by id.
    """

    filing: Filing
    case: Case | None
    app: App | None
    measure: Imposed | None
    parent: Filing | None
    rounds: Sequence[Round]
    notices: Mapping[int, Notice]
    told: Sequence[Told]
    names: Mapping[int, str]


def who(ctx: Context, address: Address) -> tuple[str, str] | None:
    """(name, provider) of somebody who speaks for a provider now: pages say at their head as whom one reads."""
    with ctx.read() as connection:
        admin = providers.admin_at(connection, address)
        return (admin.name, providers.get(connection, admin.provider_id).name) if admin else None


def home(ctx: Context, address: Address) -> Home:
    """For a stranger, and for whoever left: nothing."""
    with ctx.read() as connection:
        admin = providers.admin_at(connection, address)
        if admin is None:
            return Home()
        return Home(
            mine=my_cases.shown_to(ctx, address),
            filings=filings.of_provider(connection, admin.provider_id, only_open=True),
            apps=[_app(ctx, connection, app, listing) for app, listing in listings.of_provider(connection, admin.provider_id)],
            told=[_told(connection, one) for one in reversed(notices.of_provider(connection, admin.provider_id))],
            is_admin=True,
        )


def _app(ctx: Context, tx: Tx, app: App, listing: Listing) -> AppView:
    imposed = _in_force(tx, app.provider_id, app.id)
    return AppView(app=app, listing=listing, imposed=imposed, offers=acts.app_offers(ctx, tx, app))


def app(ctx: Context, address: Address, code: str) -> AppView:
    """One app of one's own. Raises NotFound."""
    with ctx.read() as connection:
        found = acts.own_app(connection, acts.admin_at(connection, address), code)
        return _app(ctx, connection, found, listings.of_app(connection, found))


def case(ctx: Context, address: Address, number: str) -> CaseView:
    """A case that one's provider was told of. Raises NotFound."""
    with ctx.read() as connection:
        admin = acts.admin_at(connection, address)
        found = acts.own_case(connection, admin, number)
        told = [_told(connection, one) for one in notices.of_case(connection, found.id)]
        handed_in = filings.of_case(connection, found.id)
        return CaseView(
            mine=my_cases.as_mine(ctx, connection, found),
            measures=recovery.ordered(found.measures),
            others=_in_force(connection, found.provider_id, found.app_id, but=found.id) if found.app_id else (),
            offers=acts.offers(ctx, connection, found),
            filings=handed_in,
            told=told,
            conversation=_conversation(connection, admin, found, told, handed_in),
        )


def filing(ctx: Context, address: Address, number: str) -> FilingView:
    """A filing of one's own provider. Raises NotFound."""
    with ctx.read() as connection:
        admin = acts.admin_at(connection, address)
        found = acts.own(connection, admin, number)
        about = cases.get(connection, found.case_id) if found.case_id else None
        rounds = filings.rounds(connection, found.id)
        own = [] if about else [one for one in notices.of_provider(connection, found.provider_id) if one.number.startswith(f"{number}-")]
        return FilingView(
            filing=found,
            case=about,
            app=providers.app(connection, found.app_id) if found.app_id else None,
            measure=next((one for one in about.measures if one.id == found.measure_id), None) if about else None,
            parent=filings.get(connection, found.parent_id) if found.parent_id else None,
            rounds=rounds,
            notices={one.notice_id: notices.get(connection, one.notice_id) for one in rounds if one.notice_id},
            told=[_told(connection, one) for one in own],
            names=_names(connection, admin),
        )


def _in_force(tx: Tx, provider_id: int, app_id: int, but: int = 0) -> list[tuple[str, Imposed]]:
    return [(number, one) for number, one in cases.imposed_by_case(tx, provider_id, app_id, but=but) if one.state in IN_FORCE]


def _told(tx: Tx, notice: Notice) -> Told:
    return Told(notice=notice, receipts=notices.receipts_of(tx, notice.id))


def _names(tx: Tx, admin: Admin) -> dict[int, str]:
    return {one.id: one.name for one in providers.admins(tx, admin.provider_id, departed=True)}


def _conversation(tx: Tx, admin: Admin, about: Case, told: Sequence[Told], handed_in: Sequence[Filing]) -> list[Entry]:
    names = _names(tx, admin)
    found = [entry for one in handed_in for entry in _of_filing(tx, one, names, {each.notice.id: each.notice for each in told})]
    said = {entry.notice.id for entry in found if entry.notice}
    for one in told:
        if one.notice.id not in said:  # an outcome is told with its round
            found.append(Entry(at=one.notice.created_at, what="notice", notice=one.notice))
        found += [Entry(at=given.at, what="receipt", by=given.name, notice=one.notice) for given in one.receipts]
    if about.served_at:
        found.append(Entry(at=about.served_at, what="served", by=about.served_how))
    for each in about.measures:
        if each.applied_at:
            found.append(Entry(at=each.applied_at, what="applied", imposed=each))
        if each.lifted_at:
            found.append(Entry(at=each.lifted_at, what="lifted", imposed=each))
    return sorted(found, key=lambda entry: entry.at)


def _of_filing(tx: Tx, one: Filing, names: Mapping[int, str], told: Mapping[int, Notice]) -> list[Entry]:
    found = []
    for each in filings.rounds(tx, one.id):
        found.append(Entry(at=each.submitted_at, what="round", by=names.get(each.admin_id, ""), filing=one, round=each))
        if each.decided_at:
            notice = told.get(each.notice_id) if each.notice_id else None
            found.append(Entry(at=each.decided_at, what="outcome", filing=one, round=each, notice=notice))
    if one.state in (FilingState.LAPSED, FilingState.DROPPED) and one.round and one.decided_at:
        found.append(Entry(at=one.decided_at, what="lapsed", filing=one))
    return found


def offered(view: CaseView, kind: FilingKind) -> list[Offer]:
    """What a case offers of one kind."""
    return [one for one in view.offers if one.kind is kind]
