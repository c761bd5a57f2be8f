"""A draft that was written under another version of the rules than the one in force: kept as it is, or taken over to that one."""

from dataclasses import dataclass

from bot.actions import findings
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import TransitionNotAllowed, UserMistake
from bot.model.case import Case, State
from bot.model.operator import Operator, Role
from bot.model.texts import cases as texts
from bot.store import cases as rows
from bot.store import trail
from rules import Book
from rules.catalogue import cited_lineage


def renew(ctx: Context, actor: Operator, number: str) -> Case:
    """Have one's own draft rest on the version in force. Raises UserMistake where that one lacks a clause which the draft rests on."""
    book = ctx.book()
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = rows.get(tx, rows.by_number(tx, number).id, lock=True)
        if case.state is not State.DRAFT:
            raise TransitionNotAllowed("case", "renew", case.state)
        if case.author_id != actor.id:
            raise UserMistake(texts.ONLY_THE_AUTHOR)
        if gone := findings.gone_from(book, case.ground, case.power or ""):
            raise UserMistake("\n".join(texts.clause_gone(one, book.version) for one in gone))
        before = case.rule_version
        if before == book.version:
            return case
        case = rows.rewrite(tx, case, {"rule_version": book.version})
        trail.record(tx, by(actor), "renew_rules", {"from": before, "to": book.version}, case_id=case.id)
        return case


@dataclass(frozen=True, slots=True)
class Older:
    """A case not issued yet that rests on an earlier version. differing: ids, as cases cite them, of clauses that read otherwise now."""

    current: str
    differing: tuple[str, ...]


def standing(ctx: Context, case: Case) -> Older | None:
    """What to know of the version that a case rests on before it is issued; None where that one is in force, or nothing can change."""
    book = ctx.book()
    if case.state not in (State.DRAFT, State.PENDING_APPROVAL) or case.rule_version == book.version:
        return None
    own = book.of_version(case.rule_version)
    cited = [one for one in dict.fromkeys((case.ground, case.power or "")) if one in cited_lineage()]
    return Older(book.version, tuple(one for one in cited if _text(own, one) != _text(book, one)))


def _text(book: Book | None, cited: str) -> str:
    clause = book.cited(cited) if book else None
    return clause.text if clause else ""
