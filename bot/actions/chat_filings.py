"""The way back in chat: what a command shows of the asker's own cases and apps, and the buttons under it.

A text changes nothing. A button's key names the case, app or filing; what a press does is in chat_presses. Links name the page where
the page can tell its reader, else a press fetches a personal one.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot import clock
from bot.actions import my_cases, offers
from bot.actions.offers import Offer
from bot.context import Context
from bot.model.case import Case, Kind
from bot.model.filing import Filing, FilingKind
from bot.model.my_case import MyCase
from bot.model.provider import Address, Admin, App
from bot.model.reply import Outgoing, Reply, say
from bot.model.texts import chat_filings as texts
from bot.model.texts.notices import SOURCE
from bot.store import cases, filings, providers
from bot.store.database import Tx
from bot.wecom import payloads
from bot.wecom.cards import Button, Card, Row, cut_chars

_NAMED = 5  # of six buttons; one is kept for all the others
_LABEL_CHARS = 16
HOME, APP = "/portal/", "app"


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
class About:
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
        return APP if self.app else ""

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
        return stands(ctx, want, live[0])
    if live:
        return Reply(texts.which(want, len(live), min(len(live), _NAMED)), (_which(ctx, want, live),))
    told = now_open or over
    if not told:
        clause = ctx.book().cited(texts.COMMANDS[want][1])
        return say(texts.nothing(want, clause.id if clause else ""))
    if len(told) == 1:
        return stands(ctx, want, told[0])
    return say(texts.told([texts.told_of(one.label, _lines(one)) for one in told[:_NAMED]]))


def _found(ctx: Context, tx: Tx, admin: Admin, want: Want) -> tuple[list[About], list[About]]:
    """(what is open, the newest of what is over), newest first; apps stand behind cases."""
    now_open: list[About] = []
    over: list[About] = []
    if want is not Want.WITHDRAWAL:
        mine = cases.of_provider(tx, admin.provider_id, issued=True)
        now_open += _of_cases(ctx, tx, want, (case for case in mine if case.is_open))
        over += _of_cases(ctx, tx, want, [case for case in mine if not case.is_open][:_NAMED])
    if want not in (Want.REPORT, Want.OBJECTION):
        for app in providers.apps(tx, admin.provider_id):
            if (found := of_app(ctx, tx, want, app)).offers:
                now_open.append(found)
    return now_open, over


def _of_cases(ctx: Context, tx: Tx, want: Want, found: Iterable[Case]) -> list[About]:
    abouts = [of_case(ctx, tx, want, case) for case in found]
    return [one for one in abouts if one.offers]


def of_case(ctx: Context, tx: Tx, want: Want, case: Case) -> About:
    """What may be handed in about an issued case, of what is wanted."""
    wanted = [offer for offer in offers.offers(ctx, tx, case) if offer.kind in _KINDS[want]]
    if want is Want.RECOVERY and case.kind is Kind.REMINDER:  # nothing was taken away
        wanted = []
    return About(mine=my_cases.as_mine(ctx, tx, case), offers=tuple(wanted))


def of_app(ctx: Context, tx: Tx, want: Want, app: App) -> About:
    """What may be handed in about an app itself, of what is wanted."""
    return About(app=app, offers=tuple(offer for offer in offers.app_offers(ctx, tx, app) if offer.kind in _KINDS[want]))


# What is shown


def stands(ctx: Context, want: Want, about: About) -> Reply:
    """Where one case or app stands, and a card to go on with."""
    now = clock.now()
    head = texts.case_lines(about.mine, now) if about.mine else texts.app_line(about.name)
    lines = [head, *_lines(about)]
    if want is Want.RECOVERY and about.mine and about.mine.case.is_open:
        lines.append(texts.owed(about.mine, now))
    first = say("\n".join(lines))
    return Reply(first.now, (*first.later, card(ctx, want, about)))


def _lines(about: About) -> list[str]:
    now = clock.now()
    return [texts.offer_line(one.kind, one.measure, one.filing, one.refusal, now) for one in about.offers]


def card(ctx: Context, want: Want, about: About) -> Outgoing:
    """The card under it: a button for each thing that can be begun, gone on with or looked at."""
    buttons = [button for offer in about.offers if (button := _button(ctx, about, offer))]
    if about.mine:
        buttons.append(_to(ctx, texts.LOOK_AT_CASE, "case", about.mine.case.number, f"/portal/cases/{about.mine.case.number}"))
    if not buttons:
        buttons.append(_to(ctx, texts.ALL, "home", "", HOME))
    rows = [Row(texts.CASE, about.mine.case.number)] if about.mine else []
    rows.append(Row(texts.APP, texts.app_value(about.name)))
    return _sent(texts.head(want, about.label), buttons[: _NAMED + 1], rows)


def _button(ctx: Context, about: About, offer: Offer) -> Button | None:
    if offer.filing:
        words = texts.GO_ON if offer.filing.is_writable else texts.LOOK
        if len(about.offers) > 1:
            words = texts.of_which(words, offer.kind, offer.measure)
        return _to(ctx, words, "filing", offer.filing.number, page(offer.filing))
    if offer.refusal:
        return None
    words = texts.BEGIN[offer.kind]
    if offer.measure and len(about.offers) > 1:
        words = texts.of_which(words, offer.kind, offer.measure)
    return Button(words, key_of("begin", offer.kind, offer.measure.measure if offer.measure else about.where, about.target))


def _which(ctx: Context, want: Want, live: Sequence[About]) -> Outgoing:
    shown = live[:_NAMED]
    buttons = [Button(cut_chars(one.label, _LABEL_CHARS), key_of("show", want, one.where, one.target), style=2) for one in shown]
    if len(live) > len(shown):
        buttons.append(_to(ctx, texts.ALL, "home", "", HOME))
    return _sent(texts.COMMANDS[want][0], buttons, [Row(cut_chars(one.label, _LABEL_CHARS), texts.app_value(one.name)) for one in shown])


def _sent(title: str, buttons: Sequence[Button], rows: Sequence[Row]) -> Outgoing:
    task_id = f"way-{secrets.token_hex(12)}"
    card = Card(card_type="button_interaction", source=SOURCE, title=title, rows=rows, buttons=buttons, task_id=task_id)
    return payloads.template_card(card)


def _to(ctx: Context, words: str, what: str, target: str, path: str) -> Button:
    """Opens a page: at once where it knows its reader, else by a press that fetches a personal link."""
    if ctx.settings.wecom_trusted_domain:
        return Button(words, url=f"{ctx.settings.public_url}{path}", style=2)
    return Button(words, key_of("open", what, "", target), style=2)


def key_of(verb: str, what: str, where: str, target: str) -> str:
    """where: "app", the measure that is objected to, or ""."""
    return f"{verb}:{what}:{where}:{target}"


def page(filing: Filing) -> str:
    """Where a filing is written and read."""
    return f"/portal/filings/{filing.number}"


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
