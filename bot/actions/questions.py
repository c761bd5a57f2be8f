"""Answering what people ask about the rules."""

from bot import clock
from bot.context import Context, InboundContext
from bot.metrics import ANSWERS
from bot.model.texts import answers
from bot.model.texts import past as past_texts
from rules import Answer, Book, past
from rules.dates import asked_of
from rules.normalize import tidy


def ask(ctx: Context, question: str) -> str:
    """The worded reply to `question`: the clause quoted and cited, or an honest refusal. What came of it goes on the inbox row."""
    book = ctx.book()
    if past.might_be(question):
        of_another_time = _of_another_time(ctx, book, question)
        if of_another_time:
            return of_another_time
    answer = book.remembered(question)
    if answer is None:
        ctx.may_wait()
        answer = book.ask(question)
    ANSWERS.labels(answer.kind).inc()
    if isinstance(ctx, InboundContext):
        ctx.outcome = outcome(answer)
    return answers.word(answer, book)


def _of_another_time(ctx: Context, book: Book, question: str) -> str:
    """The reply from the version in force at the time that is asked about; "" where none is."""
    if asked_of(tidy(question), clock.today()) is None:
        return ""
    ctx.may_wait()
    found = past.ask(book, question, clock.today())
    if found is None:
        return ""
    ANSWERS.labels(found.answer.kind if found.answer else "version").inc()
    if isinstance(ctx, InboundContext):
        version = found.book.version if found.book else "unknown"
        ctx.outcome = f"{version} {outcome(found.answer) if found.answer else ''}".strip()
    return past_texts.word(found, book)


def outcome(answer: Answer) -> str:
    """A few words for the record: the clause, or the kind and topic of what was said instead."""
    return answer.clause.id if answer.clause else f"{answer.kind} {answer.topic or ''}".strip()
