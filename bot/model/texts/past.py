"""Wording of answers about the rules of another time: which version was in force then, and what it says; or that it is not known."""

from dataclasses import replace

from bot.model.texts import answers
from rules import Book
from rules.past import Past

_REFUSED = "这一版里没有找到能直接回答的条款，我不猜测。请带上时间换个说法，或直接问其中一条，例如：{version} 版第 {clause} 条。"


def word(past: Past, book: Book) -> str:
    """The whole reply. book: of now."""
    said = past.dated.period.said.strip(" ,，的按在以照依据根")
    if past.is_future:
        return f"您问的是“{said}”，那时还没有到，届时的规则现在不能引用。\n{_now(book)}"
    if past.book is None:
        first = book.editions[0]
        return (
            f"您问的是“{said}”，我没有收录那时的规则：收录的最早版本是 {first.version} 版（自 {first.effective_on} 起）。"
            f"没有原文的，我不猜测。\n{_now(book)}"
        )
    if past.answer is None:
        return "\n".join([_opening(past, past.book, book, said), _no_clause(past, past.book) or answers.dated_version(past.book)])
    if past.answer.kind == "clause":  # what stands beside it would be quoted from the version of now
        worded = answers.word(replace(past.answer, neighbours=()), past.book)
    else:
        worded = _REFUSED.format(version=past.book.version, clause=past.book.clauses[0].id)
    return "\n".join([_opening(past, past.book, book, said), worded])


def _opening(past: Past, then: Book, book: Book, said: str) -> str:
    state = "，也是现行版本" if then is book else f"；现行的是 {book.version} 版"
    lines = [f"您问的是“{said}”。以下按 {then.version} 版回答（自 {then.effective_on} 起生效{state}）。"]
    if past.others:
        lines.append(f"这段时间内规则换过版本，此前是 {'、'.join(one.version for one in past.others)} 版。")
    if past.begins_before:
        lines.append("更早的版本没有收录。")
    return "\n".join(lines)


def _no_clause(past: Past, then: Book) -> str:
    return answers.no_such_clause(then) if past.dated.clause_id else ""


def _now(book: Book) -> str:
    return f"现行的是 {book.version} 版，可以直接问我，或回复“目录”看全部条款。"
