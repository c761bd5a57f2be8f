"""A question about the rules, and looking at their text."""

from bot.actions import questions
from bot.context import InboundContext
from bot.model.inbound import Inbound, Text
from bot.model.reply import Reply, say
from bot.model.texts import answers
from handlers.commands import clause_id


def ask_rule(message: Text, ctx: InboundContext) -> Reply:
    """Quote the clause that answers, or say plainly that none does."""
    return say(questions.ask(ctx, message.content))


def clause(message: Text, ctx: InboundContext) -> Reply:
    """A bare clause id: its text, whole."""
    book = ctx.book()
    found = book.clause(clause_id(message) or "")
    ctx.outcome = found.id if found else "unknown"
    return say(answers.clause_text(found, book) if found else answers.no_such_clause(book))


def contents(_message: Inbound, ctx: InboundContext) -> Reply:
    """All clauses with their first words; more than one message."""
    return say("\n".join(answers.contents(ctx.book())))


def version(_message: Inbound, ctx: InboundContext) -> Reply:
    """Which text is quoted, its date and where it stands."""
    return say(answers.version(ctx.book()))
