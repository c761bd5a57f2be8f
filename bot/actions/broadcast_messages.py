"""A broadcast as WeCom shows it, and what is wrong with one that it would not take."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.actions.words import can_be_kept
from bot.model.broadcast import Content, Form
from bot.model.reply import MARK_BYTES, Outgoing
from bot.model.texts import broadcasts as texts
from bot.model.texts.notices import SOURCE
from bot.model.texts.placeholders import unfilled
from bot.wecom import limits, payloads
from bot.wecom.cards import BadPayload, Button, Card, Row, check_url, cut_chars

MARKDOWN_BYTES = limits.TEXT_BYTES - MARK_BYTES
RECEIPT, READ = "broadcast_receipt", "broadcast_read"  # what keys of the buttons begin with; behind the colon the broadcast's number
VERBS = (RECEIPT, READ)


def outgoing(content: Content, number: str, task_id: str, *, confirmed_at: datetime | None = None) -> Outgoing:
    """The message. task_id: of a card with buttons, unlike any other's. Raises BadPayload."""
    if content.form is Form.MARKDOWN:
        return payloads.markdown(markdown(content))
    if not content.asks_receipt:
        return payloads.textcard(content.title, content.words, content.url, texts.to_press(content)[: limits.TEXTCARD_BTNTXT_CHARS])
    return payloads.template_card(card(content, number, task_id, confirmed_at))


def card(content: Content, number: str, task_id: str, confirmed_at: datetime | None = None) -> Card:
    """The card that asks for a receipt: its opening, and a button that brings the whole. Once confirmed, the time stands there."""
    buttons = [Button(texts.READ, f"{READ}:{number}", style=2)]
    if content.url:
        buttons.append(Button(texts.to_press(content), url=content.url, style=2))
    rows = [Row(texts.CONFIRMED, texts.confirmed_row(confirmed_at))] if confirmed_at else []
    if not confirmed_at:
        buttons.insert(0, Button(texts.CONFIRM, f"{RECEIPT}:{number}"))
    return Card(
        card_type="button_interaction",
        source=SOURCE,
        title=content.title,
        sub_title=content.words,
        rows=rows,
        buttons=buttons,
        task_id=task_id,
    )


def card_words(content: Content) -> str:
    """Of the words, what a card shows: WeCom cuts the rest."""
    return cut_chars(content.words, limits.SUB_TITLE_CHARS if content.asks_receipt else limits.TEXTCARD_DESCRIPTION_CHARS)


def markdown(content: Content) -> str:
    """The text of a markdown message, its title in bold, without the mark that is added when it goes out."""
    link = f"\n\n[{texts.to_press(content)}]({content.url})" if content.url else ""
    return f"**{content.title}**\n{content.words}{link}"


def size(content: Content) -> tuple[int, int, str]:
    """(how long it is, how long it may be, in what) as WeCom counts what could be cut."""
    if content.form is Form.MARKDOWN:
        return len(markdown(content).encode(errors="replace")), MARKDOWN_BYTES, texts.BYTES
    return len(content.words), texts.WORDS_CHARS if content.asks_receipt else limits.TEXTCARD_DESCRIPTION_CHARS, texts.CHARS


def as_test(content: Content) -> Content:
    """The same, marked as a test in its title."""
    return replace(content, title=texts.TEST + content.title)


def unkeepable(content: Content) -> list[str]:
    """Why it cannot even be kept as a draft: far too long, or with what no database keeps."""
    limits_of = {texts.TITLE: (content.title, 128), texts.WORDS: (content.words, 20_000), texts.LABEL: (content.url_label, 64)}
    if not all(can_be_kept(text) for text in (content.title, content.words, content.url, content.url_label)):
        return [texts.UNPRINTABLE]
    # more than can be sent, so that nothing typed is lost
    wrong = [texts.too_long(name, limit, texts.CHARS, len(text)) for name, (text, limit) in limits_of.items() if len(text) > limit]
    return wrong + ([texts.BAD_URL] if len(content.url.encode()) > limits.URL_BYTES else [])


def mistakes(content: Content) -> list[str]:
    """Every reason why it cannot be sent; none where it can."""
    named = {texts.TITLE: content.title, texts.WORDS: content.words, texts.LABEL: content.url_label}
    if not all(can_be_kept(text) for text in (*named.values(), content.url)):
        return [texts.UNPRINTABLE]
    wrong = [] if content.title.strip() else [texts.NO_TITLE]
    wrong += [] if content.words.strip() else [texts.NO_WORDS]
    for name, limit in ((texts.TITLE, texts.TITLE_CHARS), (texts.LABEL, texts.LABEL_CHARS)):
        if len(named[name]) > limit:
            wrong.append(texts.too_long(name, limit, texts.CHARS, len(named[name])))
    is_now, limit, unit = size(content)
    if is_now > limit:
        wrong.append(texts.too_long(texts.ALL if content.form is Form.MARKDOWN else texts.WORDS, limit, unit, is_now))
    wrong += _wrong_parts(content)
    if left := unfilled(named):
        wrong.append(texts.unfilled(list(left.values())))
    return wrong


def _wrong_parts(content: Content) -> Sequence[str]:
    wrong = []
    if content.asks_receipt and content.form is not Form.CARD:
        wrong.append(texts.RECEIPT_IS_A_CARD)
    if content.form is Form.CARD and not content.url and not content.asks_receipt:
        wrong.append(texts.CARD_NEEDS_SOMETHING)
    if content.url_label and not content.url:
        wrong.append(texts.LABEL_WITHOUT_URL)
    if content.url:
        try:
            check_url("url", content.url)
        except BadPayload:
            wrong.append(texts.BAD_URL)
        else:
            if any(sign in content.url for sign in "()[]<>"):
                wrong.append(texts.BAD_URL)
    return wrong
