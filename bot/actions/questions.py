"""Answering what people ask about the rules."""

from bot.context import Context, InboundContext
from bot.metrics import ANSWERS
from bot.model.texts import answers
from rules import Answer


def ask(ctx: Context, question: str) -> str:
    """The worded reply to `question`: the clause quoted and cited, or an honest refusal. What came of it goes on the inbox row."""
    book = ctx.book()
    answer = book.remembered(question)
    if answer is None:
        ctx.may_wait()
        answer = book.ask(question)
    ANSWERS.labels(answer.kind).inc()
    if isinstance(ctx, InboundContext):
        ctx.outcome = outcome(answer)
    return answers.word(answer, book)


def outcome(answer: Answer) -> str:
    """A few words for the record: the clause, or the kind and topic of what was said instead."""
    return answer.clause.id if answer.clause else f"{answer.kind} {answer.topic or ''}".strip()
