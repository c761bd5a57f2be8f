"""Questions that got no answer: gathered from the inbox in groups of what is alike, and answered by what an operator says.

Nobody's name comes with them. What an operator ties is looked through first: which answers of the kept questions it would change.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache

from bot import clock, failpoint
from bot.actions.rights import by, must
from bot.actions.words import can_be_kept
from bot.context import Context
from bot.errors import Stale, UserMistake
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.model.question import Asked, Group, GroupState, Phrasing, Thumb, Tied, Wanted
from bot.model.texts import operators as operator_texts
from bot.model.texts import questions_asked as texts
from bot.store import humans, operators, questions, rulebooks, ties, trail
from bot.store.database import Tx
from rules import Answer, Overlay, Tie, regress
from rules.dates import asked_of
from rules.normalize import bigrams, has_words, tidy
from rules.overlay import MAX_SAY_CHARS
from rules.overlay import key as evened

PAGE, PHRASINGS = 50, 100
ALIKE = 0.5  # share of bigrams in common from which two questions stand in one group
_ROWS, _MOST, _HEADS, _OLD = 2_000, 50, 5_000, 2_000  # so few at once that nobody waits long for a turn to write
_YOUNG = timedelta(seconds=30)  # a row that was given its number earlier may be committed later, but not by more than this
_MOST_A_RUN = 60


# Gathering


def gather(ctx: Context) -> int:
    """Put what was refused since the last time into groups. Returns how many. Safe to run in several workers, and to be killed.

    What is like what is found out before anything is locked; how far it got is noted in the transaction that counts, so that each
    message counts once.
    """
    total, likeness = 0, None
    for _ in range(_MOST_A_RUN):
        with ctx.read() as connection:
            after = questions.read_until(connection)
            found, last = questions.refused(connection, after, clock.now() - _YOUNG, _ROWS, _MOST)
            if last == after:
                return total
            times, newest = _counted(found)
            fresh = newest.keys() - questions.known(connection, list(newest))
            if fresh and likeness is None:
                likeness = _Likeness(questions.heads(connection, _HEADS))
        with ctx.transaction() as tx:
            if not questions.note_read(tx, after, last):  # another worker has them
                return total
            for text, asked in newest.items():
                if not questions.counted(tx, text, asked.at, times[text]):
                    likeness = likeness or _Likeness(questions.heads(tx, _HEADS))
                    likeness.add(questions.add(tx, text, asked, times[text], likeness.closest(text)), text)
            failpoint.reach("questions.grouped")
        total += len(found)
    return total


def _counted(found: Sequence[Asked]) -> tuple[Counter[str], dict[str, Asked]]:
    """How often each way of asking was used, and the first who asked so at the time of the last."""
    times: Counter[str] = Counter()
    newest: dict[str, Asked] = {}
    for asked in found:
        text = evened(tidy(asked.text))
        if has_words(text):
            times[text] += 1
            first = newest.get(text) or replace(asked, text=texts.kept(asked.text))
            newest[text] = replace(first, at=asked.at)
    return times, newest


class _Likeness:
    """Finds the group that a question is most like."""

    def __init__(self, heads: Sequence[tuple[int, str]]) -> None:
        self._sizes: dict[int, int] = {}
        self._holders: dict[str, list[int]] = defaultdict(list)
        for group_id, text in heads:
            self.add(group_id, text)

    def add(self, group_id: int, text: str) -> None:
        if group_id in self._sizes:
            return
        own = _bigrams(text)
        self._sizes[group_id] = len(own)
        for bigram in own:
            self._holders[bigram].append(group_id)

    def closest(self, text: str) -> int | None:
        own = _bigrams(text)
        shared = Counter(group_id for bigram in own for group_id in self._holders.get(bigram, ()))
        like = [(number / (len(own) + self._sizes[group_id] - number), -group_id) for group_id, number in shared.items()]
        best = max(like, default=(0.0, 0))
        return -best[1] if best[0] >= ALIKE else None


@lru_cache(2 * _HEADS)  # evening a text out takes longer than all the rest
def _bigrams(text: str) -> frozenset[str]:
    return bigrams(text)


def forget(ctx: Context) -> int:
    """Delete what nobody has asked for as long as messages are kept, and nobody tied. Returns how much. A little at a time."""
    before = clock.now() - timedelta(days=ctx.settings.inbox_keep_days)
    with ctx.read() as connection:
        gone = questions.old(connection, before, _OLD)
    if gone.phrasings or gone.groups or gone.thumbs:
        with ctx.transaction() as tx:
            questions.forget(tx, gone, before)
            failpoint.reach("questions.forgotten")
    return len(gone.phrasings) + len(gone.thumbs)


# Looking


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """groups: the most frequent first. thumbs: (helped, did not)."""

    groups: Sequence[Group]
    totals: Mapping[GroupState, int]
    thumbs: tuple[int, int]
    down: Sequence[Thumb]
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPage:
    """answer: what the bot says to it now. tied: what it was tied to, the newest first. staff: names by operator's id."""

    group: Group
    phrasings: Sequence[Phrasing]
    tied: Sequence[Tied]
    answer: Answer
    staff: Mapping[int, str]


def listed(ctx: Context, state: GroupState, after: tuple[int, int] | None = None) -> ListPage:
    """A page of groups. after: (count, id) of the last one seen."""
    with ctx.read() as connection:
        found = questions.listed(connection, state, after, PAGE + 1)
        totals, thumbs = questions.totals(connection), questions.thumb_counts(connection)
        return ListPage(groups=found[:PAGE], totals=totals, thumbs=thumbs, down=(), is_last=len(found) <= PAGE)


def unhelpful(ctx: Context, after: tuple[datetime, str] | None = None) -> ListPage:
    """A page of answers that did not help, the newest first. after: (at, key) of the last one seen."""
    with ctx.read() as connection:
        found = questions.thumbs_down(connection, after, PAGE + 1)
        totals, thumbs = questions.totals(connection), questions.thumb_counts(connection)
        return ListPage(groups=(), totals=totals, thumbs=thumbs, down=found[:PAGE], is_last=len(found) <= PAGE)


def read(ctx: Context, group_id: int) -> GroupPage:
    """One group. Raises NotFound."""
    with ctx.read() as connection:
        group = questions.get(connection, group_id)
        tied, book = ties.of_group(connection, group_id), ctx.book()
        if tied:  # this process may not have swapped its book yet
            book = book.with_ties(ties.overlay(connection))
        return GroupPage(
            group=group,
            phrasings=questions.phrasings(connection, group_id, PHRASINGS),
            tied=tied,
            answer=book.ask(group.text),
            staff={one.id: operator_texts.named(one) for one in operators.everyone(connection)},
        )


# Tying


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What tying would do. mark: of exactly this; `tie` takes no other. texts: that would be answered so."""

    outcome: regress.Outcome
    texts: Sequence[str]
    mark: str


def look(ctx: Context, actor: Operator, group_id: int, wanted: Wanted) -> Effect:
    """What would change if a group were answered so: of the questions kept in the project, and of all that was tied before.

    Raises NotFound, UserMistake.
    """
    with ctx.read() as connection:
        must(connection, actor, Role.OPERATOR)
        questions.get(connection, group_id)
        found = _checked(ctx, connection, group_id, wanted)
        return _effect(ctx, connection, group_id, found, wanted)


def tie(ctx: Context, actor: Operator, group_id: int, version: int, wanted: Wanted, mark: str, *, accepted: bool = False) -> Group:
    """Have the bot answer so, in all processes, from now on. mark: of what was looked through. accepted: answers may be wrong by it.

    Raises Stale where somebody was quicker or the effect would be another by now, UserMistake, NotFound.
    """
    with ctx.read() as connection:  # asked before anything is locked: it takes a while
        generation = rulebooks.generation(connection)
        current = rulebooks.in_force(connection)
    if current is not None and current.dated != ctx.book().version:  # this process has not swapped its book yet
        raise Stale("rulebook")
    found = look(ctx, actor, group_id, wanted)
    if found.mark != mark:
        raise Stale("question")
    if found.outcome.count("broken") and not accepted:
        raise UserMistake(texts.BREAKS)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        rulebooks.bump(tx)  # first: whoever else changes the book waits, and what was looked at holds
        if rulebooks.generation(tx) != generation + 1:
            raise Stale("question")
        group = _unchanged(tx, group_id, version)
        now = clock.now()
        ties.end(tx, group_id, actor.id, now)
        ties.add(tx, group_id, found.texts, wanted.lineage, wanted.say.strip(), actor.id, now)
        group = questions.advance(tx, group, "tie")
        failpoint.reach("questions.tied")
        told = {"group": group_id, "lineage": wanted.lineage or "", "texts": len(found.texts)}
        trail.record(tx, by(actor), "question_tied", told, personal={"texts": list(found.texts), "say": wanted.say.strip()})
        return group


def undo(ctx: Context, actor: Operator, group_id: int, version: int) -> Group:
    """Take the answer back; from now on the rule book answers by itself again. Raises Stale, TransitionNotAllowed, NotFound."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        rulebooks.bump(tx)
        group = questions.advance(tx, _unchanged(tx, group_id, version), "undo")
        ties.end(tx, group_id, actor.id, clock.now())
        trail.record(tx, by(actor), "question_untied", {"group": group_id})
        return group


def take_up(ctx: Context, actor: Operator, key: str) -> int:
    """Put a question whose answer did not help among those that got none, so that it can be tied. Returns its group.

    Raises NotFound, and UserMistake for one about the rules of another time: those are answered from their own version.
    """
    with ctx.read() as connection:
        must(connection, actor, Role.OPERATOR)
        found = questions.thumb_of(connection, key)
        if asked_of(tidy(found.text), clock.today()) is not None:
            raise UserMistake(texts.OF_ANOTHER_TIME)
        known = questions.group_of(connection, text := evened(tidy(found.text)))
        if known is not None:
            return known
        likeness = _Likeness(questions.heads(connection, _HEADS))
    asked = Asked(text=texts.kept(found.text), topic="", at=found.at)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = questions.group_of(tx, text)
        if known is not None:
            return known
        group_id = questions.add(tx, text, asked, 1, likeness.closest(text))
        trail.record(tx, by(actor), "question_taken_up", {"group": group_id})
        return group_id


def pass_over(ctx: Context, actor: Operator, group_id: int, version: int, *, again: bool = False) -> Group:
    """It needs no answer; or, again, it does. Raises Stale, TransitionNotAllowed, NotFound."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        group = questions.advance(tx, _unchanged(tx, group_id, version), "reopen" if again else "pass")
        trail.record(tx, by(actor), "question_reopened" if again else "question_passed", {"group": group_id})
        return group


def _unchanged(tx: Tx, group_id: int, version: int) -> Group:
    group = questions.get(tx, group_id, lock=True)
    if group.version != version:
        raise Stale("question")
    return group


def _checked(ctx: Context, tx: Tx, group_id: int, wanted: Wanted) -> list[str]:
    say = wanted.say.strip()
    if len(say) > MAX_SAY_CHARS or not can_be_kept(say):
        raise UserMistake(texts.too_long(MAX_SAY_CHARS))
    if wanted.lineage is None and not say:
        raise UserMistake(texts.SAY_SOMETHING)
    if wanted.lineage is not None and wanted.lineage not in {clause.lineage for clause in ctx.book().clauses}:
        raise UserMistake(texts.NO_SUCH_CLAUSE)
    if texts.CITES.search(say):
        raise UserMistake(texts.NO_QUOTES)
    found = questions.texts(tx, group_id, wanted.phrasings[:PHRASINGS])
    if not found:
        raise UserMistake(texts.CHOOSE)
    return found


def _effect(ctx: Context, tx: Tx, group_id: int, found: Sequence[str], wanted: Wanted) -> Effect:
    """Only what a tie touches can change: the rest of the kept questions need not be asked."""
    book = ctx.book()
    old, others = ties.overlay(tx), ties.overlay(tx, but=group_id)
    new = Overlay((*others.ties, *(Tie(text, wanted.lineage, wanted.say.strip()) for text in found)))
    kept = [*_kept(), *regress.tied(others.ties)]
    touched = [one for one in kept if old.find(tidy(one.text)) != new.find(tidy(one.text))]
    outcome = regress.compare(book.with_ties(old), book.with_ties(new), touched)
    whole = [book.version, group_id, wanted.lineage, wanted.say.strip(), list(found), outcome.kept()]
    mark = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    return Effect(outcome=outcome, texts=found, mark=mark)


@cache
def _kept() -> tuple[regress.Asked, ...]:
    """The questions kept in the project."""
    return tuple(regress.questions())


# From chat


def thumb(ctx: Context, address: Address, *, is_good: bool) -> str:
    """What somebody says of the last answer they got. Returns the words to say."""
    with ctx.transaction() as tx:
        said = humans.last_said(tx, address)
        if said is None:
            return texts.NOTHING_TO_RATE
        questions.thumb(tx, said.key, texts.kept(said.about), questions.outcome_of(tx, said.key), clock.now(), is_good=is_good)
        return texts.THANKS_GOOD if is_good else texts.THANKS_BAD
