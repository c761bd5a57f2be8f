"""Presses on the buttons of chat: show, begin, open.

Whoever presses is looked up again: a card that was passed on opens nothing. All that can be refused is asked while nothing is written
yet, for a press has no reply of its own: what fails while writing is undone in silence.
"""

from dataclasses import dataclass

from bot import clock
from bot.actions import filings as acts
from bot.actions import links, offers
from bot.actions.chat_filings import APP, HOME, About, Want, card, key_of, of_app, of_case, page, stands
from bot.context import Context
from bot.errors import NotFound
from bot.model.filing import Filing, FilingKind
from bot.model.notice import Notice
from bot.model.provider import Address
from bot.model.reply import Outgoing, messages
from bot.model.texts import chat_filings as texts
from bot.model.texts import filings as filing_texts
from bot.store import cases, filings, notices
from bot.store.database import Tx
from bot.wecom import payloads
from rules.catalogue import Measure

VERBS = frozenset({"show", "begin", "open"})  # what keys of these buttons begin with
_ID_DIGITS = 18


class _NotTheirs(Exception):
    """Found out while only reading: nothing was begun that would have to be undone."""


def pressed(ctx: Context, address: Address, key: str) -> list[Outgoing]:
    """What a press on one of these buttons brings. To whoever it is not for, that there is nothing."""
    parts = key.split(":", 3)
    try:
        verb, what, where, target = parts
        match verb:
            case "show":
                return _show(ctx, address, Want(what), where, target)
            case "begin":
                return _begin(ctx, address, FilingKind(what), where, target)
            case _:
                return _open(ctx, address, what, target)
    except (ValueError, _NotTheirs):
        return messages(texts.NOT_YOURS)


def of_notice(ctx: Context, address: Address, notice: Notice, kind: FilingKind) -> list[Outgoing]:
    """What a press on 提交整改报告 or 提出异议 under a notice brings."""
    with ctx.read() as tx:
        number = cases.get(tx, notice.case_id).number if notice.case_id else ""
    return pressed(ctx, address, key_of("begin", kind, "", number))


def _show(ctx: Context, address: Address, want: Want, where: str, target: str) -> list[Outgoing]:
    with ctx.read() as tx:
        about = _theirs(ctx, tx, address, want, where, target)
    reply = stands(ctx, want, about)
    return [*messages(reply.now), *reply.later]


def _theirs(ctx: Context, tx: Tx, address: Address, want: Want, where: str, target: str) -> About:
    try:
        admin = offers.admin_at(tx, address)
        if where == APP:
            return of_app(ctx, tx, want, offers.own_app(tx, admin, target))
        return of_case(ctx, tx, want, offers.own_case(tx, admin, target))
    except NotFound as error:
        raise _NotTheirs from error


def _begin(ctx: Context, address: Address, kind: FilingKind, where: str, target: str) -> list[Outgoing]:
    """Begin a draft, or open what is under way; a refusal is told by name. Looks first: what fails while writing can't be answered."""
    want, measure = Want(kind), Measure(where) if where not in ("", APP) else None
    with ctx.read() as tx:
        about = _theirs(ctx, tx, address, want, where, target)
    fitting = [one for one in about.offers if measure is None or (one.measure and one.measure.measure is measure)]
    if not fitting:
        raise _NotTheirs
    if len(fitting) > 1:
        return [*messages(texts.WHICH_MEASURE), card(ctx, want, about)]
    (offer,) = fitting
    if offer.refusal:
        return messages(offer.refusal)
    with ctx.transaction() as tx:
        if offer.filing:
            filing = offer.filing
        elif about.app:
            filing = acts.start(ctx, address, kind, app=target)
        else:
            filing = acts.start(ctx, address, kind, case=target, measure=offer.measure.measure if offer.measure else None)
        return _brought(ctx, tx, address, _of_filing(filing))


def _open(ctx: Context, address: Address, what: str, target: str) -> list[Outgoing]:
    with ctx.read() as tx:
        place = _place(tx, address, what, target)
    with ctx.transaction() as tx:
        return _brought(ctx, tx, address, place)


@dataclass(frozen=True, slots=True)
class _Place:
    """A page of this person. filing: whose page it is."""

    path: str
    label: str
    words: str
    filing: Filing | None = None


def _of_filing(filing: Filing) -> _Place:
    return _Place(page(filing), filing_texts.named(filing), texts.opened(filing), filing)


def _place(tx: Tx, address: Address, what: str, target: str) -> _Place:
    try:
        admin = offers.admin_at(tx, address)
        match what:
            case "filing":
                return _of_filing(offers.own(tx, admin, target))
            case "case":
                case = offers.own_case(tx, admin, target)
                return _Place(f"/portal/cases/{case.number}", f"{texts.CASE} {case.number}", texts.opened_case(case))
            case "notice" if target.isascii() and target.isdigit() and len(target) <= _ID_DIGITS:
                notice = notices.get(tx, int(target))
                if notice.provider_id != admin.provider_id:
                    raise _NotTheirs
                return _Place(f"/portal/notices/{notice.key}", f"{texts.NOTICE} {notice.number}", texts.opened_notice(notice))
            case "home":
                return _Place(HOME, texts.EVERYTHING, texts.OPENED_ALL)
    except NotFound as error:
        raise _NotTheirs from error
    raise _NotTheirs


def _brought(ctx: Context, tx: Tx, address: Address, place: _Place) -> list[Outgoing]:
    """The card or link that opens a page. Who opens a draft is at it: pictures sent from now on join it."""
    if place.filing and place.filing.is_writable:
        filings.touch(tx, place.filing.id, clock.now())
    if ctx.settings.wecom_trusted_domain:
        return [payloads.textcard(place.label, place.words, f"{ctx.settings.public_url}{place.path}", texts.OPEN)]
    return messages(texts.link(place.label, links.to_page(ctx, tx, offers.admin_at(tx, address), place.path), place.words))
