"""What a provider's admins do on their way back: write, hand in and take back reports, objections, re-applications and withdrawals.

Any admin of the provider may go on with what another began. Whoever asks is looked up in the database at every use; what is not
theirs does not exist for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from bot import clock
from bot.actions import alarms, lapses
from bot.actions.offers import Offer, admin_at, app_offers, barred, no_withdrawal, offer_of, own, own_app, own_case, refusal
from bot.actions.words import MOST_CHARS, can_be_kept
from bot.context import Context
from bot.errors import NotFound, Stale, TransitionNotAllowed, UserMistake
from bot.files import Files, Stored
from bot.model.case import Case, Imposed
from bot.model.days import DayKind, deadline
from bot.model.filing import MACHINES, PARTS, FiledFile, Filing, FilingKind, FilingState, Item, Missing, digest, missing
from bot.model.provider import Address, Admin, App
from bot.model.texts import filings as texts
from bot.model.trail import by_admin
from bot.store import cases, filings, grounds, providers, trail
from bot.store.database import Tx
from rules import Book
from rules.catalogue import GROUNDS, Measure

_AGREED_TO = ("4.3", "4.4")  # shown before a withdrawal is handed in
_NAME_CHARS = 200


class Incomplete(UserMistake):
    """Something is still to be filled in. missing: what."""

    def __init__(self, found: Sequence[Missing], titles: Mapping[str, str]) -> None:
        super().__init__(texts.incomplete(found, dict(titles)))
        self.missing = tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an admin has typed into a form. version: of the filing that the form was made from. items: by clause, each by part."""

    version: int
    words: str = ""
    items: Mapping[str, Mapping[str, str]] | None = None


# Reading


def shown(ctx: Context, address: Address, number: str) -> Filing:
    """One filing, for an admin of its provider. Raises NotFound."""
    with ctx.read() as connection:
        return own(connection, admin_at(connection, address), number)


# Beginning


def start(ctx: Context, address: Address, kind: FilingKind, *, case: str = "", measure: Measure | None = None, app: str = "") -> Filing:
    """The draft of a filing about a case (by number) or an app (by code); what is under way already where there is something.

    measure: which an objection is against; the only one where there is one. Raises NotFound, and UserMistake that says why not.
    """
    book = ctx.book()
    with ctx.transaction() as tx:
        admin = admin_at(tx, address)
        if case:
            about = own_case(tx, admin, case, lock=True)
            one = _objected(about, measure) if kind is FilingKind.OBJECTION else None
            offer = offer_of(ctx, tx, about, kind, one)
            return offer.filing or _begin(tx, admin, offer, _about_case(about, one), _items(tx, about, kind, book))
        found = own_app(tx, admin, app)
        providers.lock_app(tx, found.id)
        for offer in app_offers(ctx, tx, found):
            if offer.kind is kind:
                return offer.filing or _begin(tx, admin, offer, _about_app(tx, found, kind), ())
        raise UserMistake(texts.NO_WITHDRAWAL)


def _begin(tx: Tx, admin: Admin, offer: Offer, about: Mapping[str, Any], items: Iterable[Item]) -> Filing:
    if offer.refusal:
        raise UserMistake(offer.refusal)
    now = clock.now()
    number = cases.next_number(tx, f"{offer.kind.prefix}{clock.today()[:4]}")
    values = {**about, "number": number, "kind": offer.kind, "provider_id": admin.provider_id, "admin_id": admin.id}
    return filings.add(tx, {**values, "started_at": now, "touched_at": now}, list(items))


def _about_case(case: Case, measure: Imposed | None) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "app_id": case.app_id,
        "measure_id": measure.id if measure else None,
        "case_author_id": case.author_id,
        "case_approver_id": case.approver_id,
        "case_second_approver_id": case.second_approver_id,
    }


def _about_app(tx: Tx, app: App, kind: FilingKind) -> dict[str, Any]:
    withdrawal = filings.living(tx, FilingKind.WITHDRAWAL, app_id=app.id) if kind is FilingKind.REAPPLICATION else None
    return {"app_id": app.id, "parent_id": withdrawal.id if withdrawal else None}


def _objected(case: Case, measure: Measure | None) -> Imposed | None:
    if measure is None:
        if len(case.measures) > 1:
            raise UserMistake(texts.WHICH_MEASURE)
        return case.measures[0] if case.measures else None
    for one in case.measures:
        if one.measure is measure:
            return one
    raise NotFound("measure")


def _items(tx: Tx, case: Case, kind: FilingKind, book: Book) -> list[Item]:
    """The parts of a report: one a clause that was violated."""
    if kind is not FilingKind.REPORT:
        return []
    if case.ground.startswith("row:"):
        row = grounds.get(tx, case.ground.removeprefix("row:"))
        title = row.title if row else case.ground
    else:
        title = GROUNDS[case.ground].title if case.ground in GROUNDS else case.ground
    there = book.of_case(case.rule_version).cited(case.ground)
    return [Item(clause=case.ground, title=texts.item_title(there.id if there else case.ground, title)[:200])]


# Writing and handing in


def save(ctx: Context, address: Address, number: str, written: Written) -> Filing:
    """Keep a draft as it stands. Raises Stale where somebody else changed it meanwhile, UserMistake, NotFound."""
    with ctx.transaction() as tx:
        filing = own(tx, admin_at(tx, address), number)
        if filing.is_writable and _says(filing, written):  # the same form a second time
            return filing
        return _save(tx, filing, written)


def submit(ctx: Context, address: Address, number: str, written: Written, *, agreed: bool = False) -> Filing:
    """Hand a filing in. The same content a second time changes nothing, so that a form sent twice is one report.

    agreed: of a withdrawal, that its consequences (4.3) and duties (4.4) were read. Raises Incomplete, UserMistake, Stale, NotFound.
    """
    with ctx.transaction() as tx:
        admin = admin_at(tx, address)
        filing = own(tx, admin, number)
        case = cases.get(tx, filing.case_id, lock=True) if filing.case_id else None
        filing = filings.get(tx, filing.id, lock=True)
        if not filing.is_writable and filing.round and _says(filing, written):
            return filing
        if filing.state is FilingState.LAPSED and (why := _refused_now(ctx, tx, filing, case)):
            raise UserMistake(why)
        filing = _save(tx, filing, written)
        MACHINES[filing.kind].next(filing.state, "submit")
        if left := missing(filing):
            raise Incomplete(left, {item.clause: item.title for item in filing.items})
        if filing.kind is FilingKind.WITHDRAWAL and not agreed:
            raise UserMistake(texts.NOT_AGREED)
        if refused := _refused_now(ctx, tx, filing, case):
            raise UserMistake(refused)
        return _hand_in(ctx, tx, filing, case, admin)


def _refused_now(ctx: Context, tx: Tx, filing: Filing, case: Case | None) -> str:
    """A draft may have been begun when things were otherwise."""
    if case:
        return refusal(ctx, tx, case, filing.kind)
    if filing.kind is FilingKind.WITHDRAWAL and filing.app_id:
        return no_withdrawal(ctx, tx, providers.app(tx, filing.app_id))
    return barred(ctx, tx, filing.provider_id)


def _hand_in(ctx: Context, tx: Tx, filing: Filing, case: Case | None, admin: Admin) -> Filing:
    now, number = clock.now(), filing.round + 1
    deadline_ = _window(filing, case)
    filing = filings.change(
        tx,
        filing,
        "submit",
        round=number,
        submitted_at=filing.submitted_at or now,
        touched_at=now,
        is_late=filing.is_late or bool(deadline_ and filing.submitted_at is None and now > deadline_),
        due_at=deadline(now, ctx.settings.review_days, DayKind.WORKING),
        overdue_at=None,
        decided_at=None,
    )
    filings.handed_in(tx, filing.id, number)
    content = filing.content()
    filings.add_round(tx, filing, content, digest(content), admin.id, now)
    told: dict[str, Any] = {"filing": filing.number, "kind": filing.kind, "round": number, "sha256": digest(content)}
    if filing.is_late:
        told["is_late"] = True
    if filing.kind is FilingKind.WITHDRAWAL:
        book = ctx.book()
        told["agreed"] = [f"{clause.id} ({book.version})" for clause in map(book.cited, _AGREED_TO) if clause]
    trail.record(tx, by_admin(admin.address), "filed", told, case_id=filing.case_id, personal=content)
    alarms.raise_alarm(ctx, f"filed_{filing.kind}", f"filed:{filing.number}:{number}", number=filing.number)
    return filings.get(tx, filing.id)


def _window(filing: Filing, case: Case | None) -> Any:
    if case is None:
        return None
    return {FilingKind.OBJECTION: case.object_by, FilingKind.REPORT: case.rectify_by}.get(filing.kind)


def drop(ctx: Context, address: Address, number: str) -> Filing:
    """Throw a draft away, or take back a withdrawal that nobody has looked at yet. Raises UserMistake, NotFound."""
    with ctx.transaction() as tx:
        admin = admin_at(tx, address)
        filing = own(tx, admin, number)
        if filing.state is FilingState.DROPPED:
            return filing
        try:
            filing = filings.change(tx, filing, "drop", decided_at=clock.now())
        except TransitionNotAllowed as error:
            raise UserMistake(texts.NOT_OPEN if filing.is_open else texts.ENDED) from error
        if filing.round:
            trail.record(tx, by_admin(admin.address), "filing_dropped", {"filing": filing.number}, case_id=filing.case_id)
            lapses.clear_alarms(tx, filing)
        return filing


def _save(tx: Tx, filing: Filing, written: Written) -> Filing:
    _must_be_writable(filing)
    if filing.version != written.version:
        raise Stale(filing.number)
    given = written.items or {}
    if not set(given) <= {item.clause for item in filing.items}:
        raise UserMistake(texts.NO_SUCH_PART)
    items = [
        replace(item, **{part: _kept(given.get(item.clause, {}).get(part, getattr(item, part))) for part in PARTS}) for item in filing.items
    ]
    filings.write_items(tx, filing.id, items)
    return filings.change(tx, filing, words=_kept(written.words), touched_at=clock.now())


def _says(filing: Filing, written: Written) -> bool:
    """Whether a form holds what the filing says already."""
    given, known = written.items or {}, {item.clause: item for item in filing.items}
    return (
        _even(written.words) == filing.words
        and set(given) <= set(known)
        and all(_even(words) == getattr(known[clause], part, None) for clause, parts in given.items() for part, words in parts.items())
    )


def _even(text: str) -> str:
    """As typed, with the line ends of a browser made one."""
    return text.replace("\r\n", "\n").strip()


def _kept(text: str) -> str:
    """Raises UserMistake where it is too long, or no database could keep it."""
    text = _even(text)
    if len(text) > MOST_CHARS or not can_be_kept(text):
        raise UserMistake(texts.too_long(MOST_CHARS))
    return text


def _must_be_writable(filing: Filing) -> None:
    if not filing.is_writable:
        raise UserMistake(texts.NOT_OPEN if filing.is_open else texts.ENDED)


# Files


def may_attach(ctx: Context, address: Address, number: str) -> Filing:
    """The filing, if this person may give it one more file now: asked before a byte is read. Raises UserMistake, NotFound."""
    with ctx.read() as connection:
        filing = own(connection, admin_at(connection, address), number)
        _must_take_one_more(ctx, connection, filing)
        return filing


def attach(
    ctx: Context, address: Address, number: str, clause: str, name: str, stored: Stored, *, how: str = "portal"
) -> tuple[FiledFile | None, Filing]:
    """Give a filing a file that lies in the store. None where it has these bytes already. Raises UserMistake, NotFound.

    clause: of the item it is evidence for, "" for the whole. name: what the provider calls it, already cleaned (bot.actions.uploads).
    """
    with ctx.transaction() as tx:
        admin = admin_at(tx, address)
        filing = filings.get(tx, own(tx, admin, number).id, lock=True)
        if clause and clause not in {item.clause for item in filing.items}:
            raise UserMistake(texts.NO_SUCH_PART)
        if stored.sha256 not in {file.sha256 for file in filing.files}:
            _must_take_one_more(ctx, tx, filing)
        _must_be_writable(filing)
        now = clock.now()
        values = {
            "clause": clause,
            "name": name[:_NAME_CHARS],
            "media_type": stored.media_type,
            "bytes": stored.bytes,
            "sha256": stored.sha256,
            "flags": list(stored.flags),
            "admin_id": admin.id,
            "how": how,
            "added_at": now,
        }
        added = filings.attach(tx, filing.id, values)
        if added:
            filings.touch(tx, filing.id, now)
        return added, filings.get(tx, filing.id)


def detach(ctx: Context, address: Address, number: str, file_id: int) -> Filing:
    """Take a file off again. Raises UserMistake, NotFound."""
    with ctx.transaction() as tx:
        filing = own(tx, admin_at(tx, address), number)
        _must_be_writable(filing)
        if not filings.detach(tx, filing.id, file_id, clock.now()):
            raise NotFound("file")
        return filings.get(tx, filing.id)


def opened(ctx: Context, address: Address, number: str, file_id: int) -> tuple[FiledFile, BinaryIO]:
    """A file of one's own filing, to be read and closed. Raises NotFound."""
    with ctx.read() as connection:
        filing = own(connection, admin_at(connection, address), number)
        found = filings.file(connection, filing.id, file_id)
    if found.destroyed_at:  # though the same bytes may lie here for another
        raise NotFound("file")
    return found, Files.of(ctx.settings).open(found.sha256)


def _must_take_one_more(ctx: Context, tx: Tx, filing: Filing) -> None:
    _must_be_writable(filing)
    if filings.count_files(tx, filing.id) >= ctx.settings.filing_max_files:
        raise UserMistake(texts.too_many_files(ctx.settings.filing_max_files))
