"""The way back in chat: what a command shows of the asker's own cases and apps, and what the buttons under it do.

A text changes nothing. A button's key names the case, app or filing, and whoever presses it is looked up again: a card that was passed
on opens nothing. Links name the page where the page can tell its reader, else a press fetches a personal one.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot import clock
from bot.actions import filings as acts
from bot.actions import links, my_cases, offers
from bot.actions.offers import Offer
from bot.context import Context
from bot.errors import NotFound
from bot.model.case import Case, Kind
from bot.model.filing import Filing, FilingKind
from bot.model.my_case import MyCase
from bot.model.notice import Notice
from bot.model.provider import Address, Admin, App
from bot.model.reply import Outgoing, Reply, messages, say
from bot.model.texts import chat_filings as texts
from bot.model.texts import filings as filing_texts
from bot.model.texts.notices import SOURCE
from bot.store import cases, filings, notices, providers
from bot.store.database import Tx
from bot.wecom import payloads
from bot.wecom.cards import Button, Card, Row, cut_chars
from rules.catalogue import Measure

VERBS = frozenset({"show", "begin", "open"})  # what keys of these buttons begin with
_NAMED = 5  # of six buttons; one is kept for all the others
_LABEL_CHARS = 16
_ID_DIGITS = 18
_HOME, _APP = "/portal/", "app"


class Want(StrEnum):
    """What a command asks for."""

    REPORT = "report"
    OBJECTION = "objection"
    RECOVERY = "recovery"
    REAPPLICATION = "reapplication"
    WITHDRAWAL = "withdrawal"


_KINDS = {
    Want.REPORT: (FilingKind.REPORT,),
    Want.OBJECTION: (FilingKind.OBJECTION,),
    Want.RECOVERY: (FilingKind.REPORT, FilingKind.REAPPLICATION),
    Want.REAPPLICATION: (FilingKind.REAPPLICATION,),
    Want.WITHDRAWAL: (FilingKind.WITHDRAWAL,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """A case, or an app, and what may be handed in about it. Exactly one of mine and app is there."""

    mine: MyCase | None = None
    app: App | None = None
    offers: tuple[Offer, ...]

    @property
    def is_live(self) -> bool:
        """Something can be begun, or is under way."""
        return any(one.filing.is_open if one.filing else not one.refusal for one in self.offers)

    @property
    def where(self) -> str:
        """Whether a key names a case or an app: the code of an app may look like the number of a case."""
        return _APP if self.app else ""

    @property
    def target(self) -> str:
        """As a key names it."""
        return self.mine.case.number if self.mine else self.app.code if self.app else ""

    @property
    def label(self) -> str:
        """As a button names it."""
        return self.mine.case.number if self.mine else self.app.name if self.app else ""

    @property
    def name(self) -> str:
        """The app's; "" where a case is about the provider itself."""
        return self.mine.app if self.mine else self.app.name if self.app else ""


# Commands


def asked(ctx: Context, address: Address, want: Want) -> Reply:
    """What a command is answered with: where the one fitting case stands, or a card that asks which one. Changes nothing."""
    with ctx.read() as tx:
        admin = providers.admin_at(tx, address)
        now_open, over = _found(ctx, tx, admin, want) if admin else ([], [])
    live = [one for one in now_open if one.is_live] or [one for one in over if one.is_live]
    if len(live) == 1:
        return _stands(ctx, want, live[0])
    if live:
        return Reply(texts.which(want, len(live), min(len(live), _NAMED)), (_which(ctx, want, live),))
    told = now_open or over
    if not told:
        return say(texts.nothing(want))
    if len(told) == 1:
        return _stands(ctx, want, told[0])
    return say(texts.told([texts.told_of(one.label, _lines(one)) for one in told[:_NAMED]]))


def _found(ctx: Context, tx: Tx, admin: Admin, want: Want) -> tuple[list[_About], list[_About]]:
    """(what is open, the newest of what is over), newest first; apps stand behind cases."""
    now_open: list[_About] = []
    over: list[_About] = []
    if want is not Want.WITHDRAWAL:
        mine = cases.of_provider(tx, admin.provider_id, issued=True)
        now_open += _of_cases(ctx, tx, want, (case for case in mine if case.is_open))
        over += _of_cases(ctx, tx, want, [case for case in mine if not case.is_open][:_NAMED])
    if want not in (Want.REPORT, Want.OBJECTION):
        for app in providers.apps(tx, admin.provider_id):
            if (found := _of_app(ctx, tx, want, app)).offers:
                now_open.append(found)
    return now_open, over


def _of_cases(ctx: Context, tx: Tx, want: Want, found: Iterable[Case]) -> list[_About]:
    abouts = [_of_case(ctx, tx, want, case) for case in found]
    return [one for one in abouts if one.offers]


def _of_case(ctx: Context, tx: Tx, want: Want, case: Case) -> _About:
    wanted = [offer for offer in offers.offers(ctx, tx, case) if offer.kind in _KINDS[want]]
    if want is Want.RECOVERY and case.kind is Kind.REMINDER:  # nothing was taken away
        wanted = []
    return _About(mine=my_cases.as_mine(ctx, tx, case), offers=tuple(wanted))


def _of_app(ctx: Context, tx: Tx, want: Want, app: App) -> _About:
    return _About(app=app, offers=tuple(offer for offer in offers.app_offers(ctx, tx, app) if offer.kind in _KINDS[want]))


# What is shown


def _stands(ctx: Context, want: Want, about: _About) -> Reply:
    """Where one case or app stands, and a card to go on with."""
    now = clock.now()
    head = texts.case_lines(about.mine, now) if about.mine else texts.app_line(about.name)
    lines = [head, *_lines(about)]
    if want is Want.RECOVERY and about.mine and about.mine.case.is_open:
        lines.append(texts.owed(about.mine, now))
    first = say("\n".join(lines))
    return Reply(first.now, (*first.later, _card(ctx, want, about)))


def _lines(about: _About) -> list[str]:
    now = clock.now()
    return [texts.offer_line(one.kind, one.measure, one.filing, one.refusal, now) for one in about.offers]


def _card(ctx: Context, want: Want, about: _About) -> Outgoing:
    buttons = [button for offer in about.offers if (button := _button(ctx, about, offer))]
    if about.mine:
        buttons.append(_to(ctx, texts.LOOK_AT_CASE, "case", about.mine.case.number, f"/portal/cases/{about.mine.case.number}"))
    if not buttons:
        buttons.append(_to(ctx, texts.ALL, "home", "", _HOME))
    rows = [Row(texts.CASE, about.mine.case.number)] if about.mine else []
    rows.append(Row(texts.APP, texts.subject(about.name)))
    return _sent(texts.head(want, about.label), buttons[: _NAMED + 1], rows)


def _button(ctx: Context, about: _About, offer: Offer) -> Button | None:
    if offer.filing:
        words = texts.GO_ON if offer.filing.is_writable else texts.LOOK
        if len(about.offers) > 1:
            words = texts.of_which(words, offer.kind, offer.measure)
        return _to(ctx, words, "filing", offer.filing.number, _page(offer.filing))
    if offer.refusal:
        return None
    words = texts.BEGIN[offer.kind]
    if offer.measure and len(about.offers) > 1:
        words = texts.of_which(words, offer.kind, offer.measure)
    return Button(words, _key("begin", offer.kind, offer.measure.measure if offer.measure else about.where, about.target))


def _which(ctx: Context, want: Want, live: Sequence[_About]) -> Outgoing:
    shown = live[:_NAMED]
    buttons = [Button(cut_chars(one.label, _LABEL_CHARS), _key("show", want, one.where, one.target), style=2) for one in shown]
    if len(live) > len(shown):
        buttons.append(_to(ctx, texts.ALL, "home", "", _HOME))
    return _sent(texts.COMMANDS[want][0], buttons, [Row(cut_chars(one.label, _LABEL_CHARS), texts.subject(one.name)) for one in shown])


def _sent(title: str, buttons: Sequence[Button], rows: Sequence[Row]) -> Outgoing:
    task_id = f"way-{secrets.token_hex(12)}"
    card = Card(card_type="button_interaction", source=SOURCE, title=title, rows=rows, buttons=buttons, task_id=task_id)
    return payloads.template_card(card)


def _to(ctx: Context, words: str, what: str, target: str, path: str) -> Button:
    """Opens a page: at once where it knows its reader, else by a press that fetches a personal link."""
    if ctx.settings.wecom_trusted_domain:
        return Button(words, url=f"{ctx.settings.public_url}{path}", style=2)
    return Button(words, _key("open", what, "", target), style=2)


def _key(verb: str, what: str, where: str, target: str) -> str:
    """where: "app", the measure that is objected to, or ""."""
    return f"{verb}:{what}:{where}:{target}"


def _page(filing: Filing) -> str:
    return f"/portal/filings/{filing.number}"


# Presses


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


class _NotTheirs(Exception):
    """Found out while only reading: nothing was begun that would have to be undone."""


def of_notice(ctx: Context, address: Address, notice: Notice, kind: FilingKind) -> list[Outgoing]:
    """What a press on 提交整改报告 or 提出异议 under a notice brings."""
    with ctx.read() as tx:
        number = cases.get(tx, notice.case_id).number if notice.case_id else ""
    return pressed(ctx, address, _key("begin", kind, "", number))


def _show(ctx: Context, address: Address, want: Want, where: str, target: str) -> list[Outgoing]:
    with ctx.read() as tx:
        about = _theirs(ctx, tx, address, want, where, target)
    reply = _stands(ctx, want, about)
    return [*messages(reply.now), *reply.later]


def _theirs(ctx: Context, tx: Tx, address: Address, want: Want, where: str, target: str) -> _About:
    try:
        admin = offers.admin_at(tx, address)
        if where == _APP:
            return _of_app(ctx, tx, want, offers.own_app(tx, admin, target))
        return _of_case(ctx, tx, want, offers.own_case(tx, admin, target))
    except NotFound as error:
        raise _NotTheirs from error


def _begin(ctx: Context, address: Address, kind: FilingKind, where: str, target: str) -> list[Outgoing]:
    """Begin a draft, or open what is under way; a refusal is told by name. Looks first: what fails while writing can't be answered."""
    want, measure = Want(kind), Measure(where) if where not in ("", _APP) else None
    with ctx.read() as tx:
        about = _theirs(ctx, tx, address, want, where, target)
    fitting = [one for one in about.offers if measure is None or (one.measure and one.measure.measure is measure)]
    if not fitting:
        raise _NotTheirs
    if len(fitting) > 1:
        return [*messages(texts.WHICH_MEASURE), _card(ctx, want, about)]
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
        return _brought(ctx, tx, address, _page(filing), filing_texts.named(filing), texts.opened(filing))


def _open(ctx: Context, address: Address, what: str, target: str) -> list[Outgoing]:
    with ctx.read() as tx:
        path, label, words = _place(tx, address, what, target)
    with ctx.transaction() as tx:
        return _brought(ctx, tx, address, path, label, words)


def _place(tx: Tx, address: Address, what: str, target: str) -> tuple[str, str, str]:
    """(path, name, words) of a page of this person."""
    try:
        admin = offers.admin_at(tx, address)
        match what:
            case "filing":
                filing = offers.own(tx, admin, target)
                return _page(filing), filing_texts.named(filing), texts.opened(filing)
            case "case":
                case = offers.own_case(tx, admin, target)
                return f"/portal/cases/{case.number}", f"{texts.CASE} {case.number}", texts.opened_case(case)
            case "notice" if target.isascii() and target.isdigit() and len(target) <= _ID_DIGITS:
                notice = notices.get(tx, int(target))
                if notice.provider_id != admin.provider_id:
                    raise _NotTheirs
                return f"/portal/notices/{notice.key}", f"{texts.NOTICE} {notice.number}", texts.opened_notice(notice)
            case "home":
                return _HOME, texts.ALL.removeprefix("查看"), texts.OPENED_ALL
    except NotFound as error:
        raise _NotTheirs from error
    raise _NotTheirs


def _brought(ctx: Context, tx: Tx, address: Address, path: str, label: str, words: str) -> list[Outgoing]:
    if ctx.settings.wecom_trusted_domain:
        return [payloads.textcard(label, words, f"{ctx.settings.public_url}{path}")]
    return messages(texts.link(label, links.to_page(ctx, tx, offers.admin_at(tx, address), path), words))


# 进度


def progress(ctx: Context, address: Address) -> tuple[list[MyCase], list[tuple[str, Filing]]]:
    """(open cases, filings that belong to none with the names of their apps) of this person's provider; nothing for a stranger."""
    with ctx.read() as tx:
        admin = providers.admin_at(tx, address)
        if admin is None:
            return [], []
        mine = [my_cases.as_mine(ctx, tx, case) for case in cases.of_provider(tx, admin.provider_id, issued=True)]
        shown = [one for one in mine if one.case.is_open or any(filing.is_open for filing in one.filings)]
        loose = [one for one in filings.of_provider(tx, admin.provider_id, only_open=True) if one.case_id is None and one.app_id]
        return shown, [(providers.app(tx, one.app_id).name, one) for one in loose if one.app_id]
