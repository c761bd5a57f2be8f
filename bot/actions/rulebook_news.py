"""Telling providers of a version: a broadcast as a draft, which goes its own way from there."""

from bot.actions import broadcasts, rulebook_pages
from bot.context import Context
from bot.errors import UserMistake
from bot.model.audience import Audience
from bot.model.broadcast import SOURCE_RULES, Broadcast, Content, Form, Source
from bot.model.operator import Operator
from bot.model.rulebook import KNOWN, RuleState
from bot.model.texts import rulebooks as texts

_WORDS_CHARS = 2_000  # the card shows their beginning, a press brings all of them


def draft(ctx: Context, actor: Operator, dated: str) -> Broadcast:
    """A draft to all providers that says what changes from when, with a link to the comparison and a receipt; one that is there already.

    Raises UserMistake for a version that is not approved yet.
    """
    page = rulebook_pages.page(ctx, dated)
    if page.book.state not in KNOWN | {RuleState.APPROVED}:
        raise UserMistake(texts.NOT_APPROVED_YET)
    if page.telling:
        return page.telling
    content = content_of(ctx, page)
    source = Source(kind=SOURCE_RULES, key=dated)
    key = f"rules-{dated}-{len(page.told) + 1}"
    return broadcasts.draft(ctx, actor, content, Audience(everybody=True), key, source=source)


def content_of(ctx: Context, page: rulebook_pages.Page) -> Content:
    """What such a broadcast says."""
    counts = [(kind, page.count(kind)) for kind in ("added", "changed", "moved", "removed")]
    lineage = rulebook_pages.cited(rulebook_pages.REVISIONS)
    revisions = next((change.new for change in page.changes if change.new and change.lineage == lineage), None)
    words = texts.broadcast_words(page.book, counts, page.changes, revisions, _WORDS_CHARS)
    return Content(
        form=Form.CARD,
        title=texts.broadcast_title(page.book.dated),
        words=words,
        url=f"{ctx.settings.public_url}/portal/rules/{page.book.dated}",
        url_label=texts.BROADCAST_LABEL,
        asks_receipt=True,
    )
