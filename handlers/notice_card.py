"""Presses on the card of a notice. A press has no passive reply (path/90240): the card changes, and a message says what was done."""

from bot.actions import chat_presses, notice_cards, notices
from bot.context import InboundContext
from bot.errors import UserMistake
from bot.model.filing import FilingKind
from bot.model.inbound import TemplateCardEvent
from bot.model.provider import Address
from bot.model.reply import Reply, messages
from bot.model.texts import notices as texts


def notice_card(message: TemplateCardEvent, ctx: InboundContext) -> Reply:
    """Take the receipt, begin or open a draft, or send a link to the full text: for addressees only, and each of them once."""
    address = Address(message.corpid, message.agentid, message.userid)
    try:
        notice = notices.pressed(ctx, message.task_id, address)  # before anything is written
    except UserMistake as mistake:
        return _told(mistake.say)
    ctx.outcome = f"{message.event_key} {notice.number}"
    match message.event_key:
        case notice_cards.CONFIRM:
            given = notices.confirm(ctx, notice.id, address, "card", message.response_code)
            word = texts.confirmed if given.is_first else texts.confirmed_before
            return _told(word(notice.number, given.receipt.at))
        case notice_cards.REPORT | notice_cards.OBJECT as what:
            kind = FilingKind.REPORT if what == notice_cards.REPORT else FilingKind.OBJECTION
            return Reply(later=tuple(chat_presses.of_notice(ctx, address, notice, kind)))
        case notice_cards.READ:
            return _told(texts.personal_link(notice.number, notices.personal_link(ctx, notice.id, address)))
        case _:
            return _told(texts.NO_SUCH_CARD)


def _told(words: str) -> Reply:
    return Reply(later=tuple(messages(words)))
