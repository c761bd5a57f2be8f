"""What the pages of a version show, and what a new version touches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot import clock
from bot.actions import broadcasts as broadcasting
from bot.actions import rulebook_texts
from bot.actions.notices import RIGHTS
from bot.context import Context
from bot.errors import NotFound
from bot.model.broadcast import SOURCE_RULES, Broadcast, Receipts, Source, State
from bot.model.operator import Operator
from bot.model.rulebook import KNOWN, Rulebook, RuleState
from bot.store import broadcasts, operators, rulebooks, ties
from bot.store.database import Tx
from bot.store.rulebooks import Touched
from rules import Clause, Document, Tie, compare
from rules.catalogue import cited_lineage
from rules.compare import Change

REVISIONS = "7.1"  # what going on means, in the rules' own words
_MOST_TOUCHED = 50  # a page
_SHOWN = 10  # beside the version


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseChoice:
    """A clause of a draft and where it comes from. is_settled: the same words under the same number. guess: as it seems to be."""

    clause: Clause
    chosen: str
    is_settled: bool
    guess: Clause | None
    name: str
    phrases: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A version and the one before it. base: what it is compared with; None for the first of all."""

    book: Rulebook
    base: Rulebook | None
    changes: Sequence[Change]

    def count(self, kind: str) -> int:
        """How many clauses of a kind of change."""
        return sum(change.kind == kind for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Comparison):
    """origins: clauses of the base that others may come from.

    touched: open cases and providers. lost: ties that answer no more.
    said: ties in whose words a person said what the rules leave open, or added to a clause that reads otherwise now; newest first.
    """

    choices: Sequence[ClauseChoice]
    origins: Sequence[Clause]
    touched: Touched
    lost: Sequence[Tie]
    said: Sequence[Tie]
    staff: Mapping[int, Operator]
    told: Sequence[tuple[Broadcast, Receipts | None]]
    today: str

    @property
    def telling(self) -> Broadcast | None:
        """The broadcast that tells of what was approved last; one from before that approval told of another text, perhaps."""
        since = self.book.approved_at
        living = (one for one, _ in self.told if one.state is not State.CANCELLED)
        return next((one for one in living if since is not None and one.made_at >= since), None)


def listed(ctx: Context) -> tuple[Sequence[Rulebook], Mapping[int, Operator]]:
    """Every version that was not discarded, the newest first; our own staff by id."""
    with ctx.read() as connection:
        return rulebooks.listed(connection), {one.id: one for one in operators.everyone(connection)}


def page(ctx: Context, dated: str) -> Page:
    """A version with all that there is to be seen before it is decided on. Raises NotFound."""
    with ctx.read() as connection:
        book = rulebooks.dated(connection, dated)
        base = _base(connection, book)
        is_draft = book.state is RuleState.DRAFT
        old = base.document() if base else None
        changes = changes_of(book, old)
        choices = _choices(book, old) if is_draft and old else []
        settled = {one.chosen for one in choices if one.is_settled}
        overlay = ties.overlay(connection)
        lineages = {clause.lineage for change in changes if (clause := change.new)}
        differing = {change.lineage for change in changes if change.kind == "changed"}
        said = [tie for tie in reversed(overlay.ties) if tie.lineage is None or (tie.say and tie.lineage in differing)]
        told = broadcasts.of_source(connection, Source(kind=SOURCE_RULES, key=dated))
        return Page(
            book=book,
            base=base,
            changes=changes,
            choices=choices,
            origins=[clause for clause in old.clauses if clause.lineage not in settled] if old else (),
            touched=_touched(connection, changes) if book.is_open else Touched.none(),
            lost=[tie for tie in overlay.ties if tie.lineage and tie.lineage not in lineages] if book.is_open else [],
            said=said if book.is_open else [],
            staff={one.id: one for one in operators.everyone(connection)},
            told=[(one, broadcasting.receipts(ctx, one.number) if one.has_begun else None) for one in told],
            today=clock.today(),
        )


def changes_of(book: Rulebook, old: Document | None) -> Sequence[Change]:
    """Clause by clause against what was before it; what nobody confirmed yet is compared as it seems to be."""
    if old is None:
        return [Change("added", clause.lineage, None, clause) for clause in book.document().clauses]
    lineages = rulebook_texts.guessed(old, book) if book.state is RuleState.DRAFT else book.lineages
    return compare.compare(old, book.document_with(lineages))


def cited(name: str) -> str:
    """The lineage of the clause that this product calls by an id, whatever its number is by now."""
    return cited_lineage()[name]


def published(ctx: Context, dated: str) -> Comparison:
    """A version that providers may see: approved, in force, or once in force. Asks little: everybody comes at once. Raises NotFound."""
    with ctx.read() as connection:
        book = rulebooks.dated(connection, dated)
        if book.state not in KNOWN | {RuleState.APPROVED}:
            raise NotFound("rulebook")
        base = _base(connection, book)
    return Comparison(book=book, base=base, changes=changes_of(book, base.document() if base else None))


def _base(connection: Tx, book: Rulebook) -> Rulebook | None:
    if book.state is RuleState.DRAFT:
        return rulebooks.in_force(connection)
    return rulebooks.get(connection, book.base_id) if book.base_id else None


def _choices(book: Rulebook, base: Document) -> list[ClauseChoice]:
    found = rulebook_texts.clauses(book)
    settled = rulebook_texts.settled(base, found)
    proposed = compare.propose(base, found)
    by_lineage = {clause.lineage: clause for clause in base.clauses}
    choices = []
    for clause in found:
        lineage = book.lineages.get(clause.id, "")
        guess = by_lineage.get(proposed.get(clause.id, ""))
        if not lineage and guess and guess.text == clause.text:  # it only moved
            lineage = guess.lineage
        choices.append(
            ClauseChoice(
                clause=clause,
                chosen=rulebook_texts.NEW if lineage in book.names else lineage,
                is_settled=clause.id in settled and lineage == settled[clause.id],
                guess=guess,
                name=book.names.get(lineage, ""),
                phrases="\n".join(book.phrases.get(lineage, [])),
            )
        )
    return choices


def touched(ctx: Context, dated: str, after: int) -> tuple[Touched, bool]:
    """(a page of what a version on its way touches, whether it is the last one). after: the id of the last case seen. Raises NotFound."""
    with ctx.read() as connection:
        book = rulebooks.dated(connection, dated)
        if not book.is_open:
            return Touched.none(), True
        base = _base(connection, book)
        found = _touched(connection, changes_of(book, base.document() if base else None), after, _MOST_TOUCHED + 1)
        return replace(found, cases=found.cases[:_MOST_TOUCHED]), len(found.cases) <= _MOST_TOUCHED


def _touched(connection: Tx, changes: Sequence[Change], after: int = 0, most: int = _SHOWN) -> Touched:
    """Open cases that rest on a clause which reads otherwise or is gone, or whose notices quote one."""
    lineages = {change.lineage for change in changes if change.kind in ("changed", "removed")}
    own = {cited for cited, lineage in cited_lineage().items() if lineage in lineages}
    quoting = {power for power, quoted in RIGHTS.items() if own.intersection(quoted)}
    return rulebooks.touched(connection, sorted(own | quoting), most, after)
