"""Telling providers of a version: a broadcast as a draft, which goes its own way from there."""

from bot.actions import broadcasts, rulebook_pages
from bot.actions.rulebook_pages import SOURCE
from bot.context import Context
from bot.errors import UserMistake
from bot.model.audience import Audience
from bot.model.broadcast import Broadcast, Content, Form, Source, State
from bot.model.operator import Operator
from bot.model.rulebook import RuleState
from bot.model.texts import rulebooks as texts

_WORDS_CHARS = 400  # of a card that is read on a phone; the whole stands on the page behind it


def draft(ctx: Context, actor: Operator, dated: str) -> Broadcast:
    """A draft to all providers that says what changes from when, with a link to the comparison and a receipt; one that is there already.

    Raises UserMistake for a version that is not approved yet.
    """
    page = rulebook_pages.page(ctx, dated)
    if page.book.state not in (RuleState.APPROVED, RuleState.IN_FORCE):
        raise UserMistake(texts.NOT_APPROVED_YET)
    content = content_of(ctx, page)
    source = Source(kind=SOURCE, key=dated)
    living = [one for one, _ in page.told if one.state is not State.CANCELLED]
    if living:
        return living[0]
    key = f"rules-{dated}-{len(page.told) + 1}"
    return broadcasts.draft(ctx, actor, content, Audience(everybody=True), key, source=source)


def content_of(ctx: Context, page: rulebook_pages.Page) -> Content:
    """What such a broadcast says."""
    counts = [(kind, page.count(kind)) for kind in ("added", "changed", "moved", "removed")]
    touched = [change for change in page.changes if change.kind in ("added", "changed")]
    ids = [change.new.id for change in touched if change.new]
    revisions = next((change.new.id for change in page.changes if change.new and change.lineage == "revisions"), "")
    words = texts.broadcast_words(page.book, counts, ids, revisions, _WORDS_CHARS)
    return Content(
        form=Form.CARD,
        title=texts.broadcast_title(page.book.dated),
        words=words,
        url=f"{ctx.settings.public_url}/portal/rules/{page.book.dated}",
        url_label=texts.BROADCAST_LABEL,
        asks_receipt=True,
    )
