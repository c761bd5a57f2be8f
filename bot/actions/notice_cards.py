"""Notices as WeCom shows them."""

import secrets
from collections.abc import Sequence

from bot.model.notice import Notice, Receipt
from bot.model.reply import Outgoing
from bot.model.texts import notices as texts
from bot.wecom import payloads
from bot.wecom.cards import Button, Card, Row
from config.settings import Settings

CONFIRM, REPORT, OBJECT, READ = "receipt", "report", "object", "read"  # the keys of the buttons; the card's task_id names the notice
OPEN = "open:notice::"  # of the button under a notice that wants no answer; behind it the notice's id (bot.actions.chat_presses)
_ROWS = 5  # of six: one is kept for who confirmed


def address(settings: Settings, notice: Notice) -> str:
    """The page of a notice: it names the notice, and no person."""
    return f"{settings.public_url}/portal/notices/{notice.key}"


def card(settings: Settings, notice: Notice, task_id: str, receipts: Sequence[Receipt] = ()) -> Card:
    """The notice with its buttons; once somebody confirmed, with their name in place of the button."""
    statement, url = notice.statement, address(settings, notice)
    rows = [Row(name, value) for name, value in statement.lines[:_ROWS]]
    buttons = [Button(texts.REPORT, REPORT, style=2), Button(texts.OBJECT, OBJECT, style=2), _read(settings, url)]
    if receipts:
        rows.append(Row(texts.CONFIRMED, texts.confirmed_line(receipts)))
    else:
        buttons.insert(0, Button(texts.CONFIRM, CONFIRM))
    return Card(
        card_type="button_interaction",
        source=texts.SOURCE,
        title=texts.card_head(statement),
        sub_title=texts.card_opening(statement),
        rows=rows,
        url=url if settings.wecom_trusted_domain else "",
        buttons=buttons,
        task_id=task_id,
    )


def ended_card(settings: Settings, notice: Notice, task_id: str, words: str) -> Card:
    """What is left of a card whose case is over: the full text stays in reach."""
    statement = notice.statement
    return Card(
        card_type="button_interaction",
        source=texts.SOURCE,
        title=texts.card_head(statement),
        sub_title=words,
        rows=[Row(name, value) for name, value in statement.lines[:_ROWS]],
        buttons=[_read(settings, address(settings, notice))],
        task_id=task_id,
    )


def plain_card(settings: Settings, notice: Notice, title: str, words: str) -> Outgoing:
    """A card that only opens the page: reminders, and notices that want no answer.

    Without a trusted domain the page cannot tell its reader: then the card's button fetches a personal link.
    """
    if settings.wecom_trusted_domain:
        return payloads.textcard(title, words, address(settings, notice), texts.READ)
    rows = [Row(name, value) for name, value in notice.statement.lines[:_ROWS]]
    button = Button(texts.READ, f"{OPEN}{notice.id}")
    task_id = f"{notice.number}-{secrets.token_hex(6)}"
    card = Card(
        card_type="button_interaction", source=texts.SOURCE, title=title, sub_title=words, rows=rows, buttons=[button], task_id=task_id
    )
    return payloads.template_card(card)


def _read(settings: Settings, url: str) -> Button:
    """With a trusted domain the page knows its reader; without, a press fetches a personal link."""
    return Button(texts.READ, url=url, style=2) if settings.wecom_trusted_domain else Button(texts.READ, READ, style=2)
