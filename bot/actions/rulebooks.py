"""What operators do with a version of the rules, and how it comes into force.

The text is kept as a draft once it parses. Confirmed, it goes to a worker (bot/actions/rulebook_fits), which makes its model and asks the
question set; only what was made of exactly this content can be submitted and approved. It comes into force on its day, by the worker,
or at once, and every process swaps its rule book by the generation number that moves in the same transaction.
"""

from typing import Any

from bot import clock, failpoint
from bot.actions import outdated, packaged, rulebook_texts
from bot.actions.rights import by, must
from bot.actions.rulebook_texts import Typed
from bot.actions.words import can_be_kept, written
from bot.context import Context
from bot.errors import NotFound, Stale, UserMistake
from bot.model.duty import approve_by
from bot.model.operator import Operator, Role
from bot.model.rulebook import RULEBOOK, Rulebook, RuleState, content_of
from bot.model.texts import rulebooks as texts
from bot.model.trail import SYSTEM, Actor
from bot.store import rulebooks, trail
from bot.store.database import Tx


def upload(ctx: Context, actor: Operator, name: str, raw: bytes, pasted: str) -> Rulebook:
    """Keep a text as a draft, compared with the version in force. Raises UserMistake: it names the line that does not parse."""
    text = rulebook_texts.source(name, raw, pasted)
    parsed = rulebook_texts.parsed(text)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        packaged.seed(tx)
        rulebooks.lock(tx)
        base = _in_force(tx)
        if any(one.dated == parsed.version for one in rulebooks.listed(tx)):
            raise UserMistake(texts.known_already(parsed.version, rulebooks.dated(tx, parsed.version).state))
        if parsed.version <= base.dated:
            raise UserMistake(texts.older(parsed.version, base.dated))
        url = parsed.front.get("source_url", "")
        values = {
            "dated": parsed.version,
            "title": parsed.front.get("title", "")[: rulebook_texts.TITLE_CHARS] or base.title,
            "name_in_text": base.name_in_text,
            "url": url if rulebook_texts.is_address(url) else base.url,
            "source": text,
            "sha256": rulebook_texts.sha256_of(text),
            "lineages": rulebook_texts.settled(base.document(), parsed.clauses),
            "names": {},
            "phrases": {},
            "state": RuleState.DRAFT,
            "base_id": base.id,
            "author_id": actor.id,
            "opened_at": clock.now(),
        }
        made = rulebooks.add(tx, values)
        _record(tx, by(actor), "rules_uploaded", made, {"sha256": made.sha256, "clauses": len(parsed.clauses)})
        return made


def save(ctx: Context, actor: Operator, dated: str, version: int, typed: Typed) -> Rulebook:
    """Keep what was typed so far of one's own draft. Raises UserMistake for what cannot be kept at all, Stale."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        return _saved(tx, actor, _unchanged(tx, dated, version), typed)


def confirm(ctx: Context, actor: Operator, dated: str, version: int, typed: Typed) -> Rulebook:
    """Keep it, and have the worker make the model and ask the question set. Raises UserMistake with every reason why not."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = _unchanged(tx, dated, version)
        RULEBOOK.next(known.state, "confirm")
        base = _in_force(tx)
        known = _saved(tx, actor, known, typed)
        wrong = rulebook_texts.mistakes(known, clock.today())
        if known.dated <= base.dated:
            wrong.append(texts.older(known.dated, base.dated))
        if wrong:
            raise UserMistake("\n".join(wrong))
        about = {"id": base.id, "sha256": base.sha256, "content": base.content}
        content = content_of(known.sha256, known.lineages, known.phrases, about)
        made = {"content": content, "tested": "", "regression": None, "failure": "", "progress": 0, "tries": 0, "leased_until": None}
        moved = rulebooks.advance(tx, known, "confirm", **made, base_id=base.id)
        _record(tx, by(actor), "rules_confirmed", moved, {"content": content, "lineages": dict(moved.lineages)})
        return moved


def edit(ctx: Context, actor: Operator, dated: str, version: int) -> Rulebook:
    """Back to the draft, to go on writing: what was made of it is void."""
    return _step(ctx, actor, Role.OPERATOR, dated, version, "edit", only_author=True)


def submit(ctx: Context, actor: Operator, dated: str, version: int) -> Rulebook:
    """Hand it in for approval. Raises UserMistake where something has changed since it was made ready."""
    now = clock.now()
    return _step(ctx, actor, Role.OPERATOR, dated, version, "submit", ready=True, submitted_at=now, approve_by=approve_by(now))


def retract(ctx: Context, actor: Operator, dated: str, version: int) -> Rulebook:
    """Take one's own back from approval."""
    return _step(ctx, actor, Role.OPERATOR, dated, version, "retract", only_author=True, submitted_at=None)


def send_back(ctx: Context, actor: Operator, dated: str, version: int, reason: str) -> Rulebook:
    """Give it back to its author with a reason."""
    reason = written(texts.WHY_BACK, reason)
    return _step(ctx, actor, Role.APPROVER, dated, version, "send_back", personal={"reason": reason}, submitted_at=None)


def approve(ctx: Context, actor: Operator, dated: str, version: int, *, accepts_broken: bool = False) -> Rulebook:
    """Approve it as another person than its author; in force at once where its day has come.

    accepts_broken: the approver said that the questions which would be answered wrongly were looked at. Raises UserMistake, Stale.
    """
    with ctx.transaction() as tx:
        must(tx, actor, Role.APPROVER)
        rulebooks.lock(tx)
        known = _unchanged(tx, dated, version)
        RULEBOOK.next(known.state, "approve")
        if actor.id == known.author_id:
            raise UserMistake(texts.NOT_YOUR_OWN)
        _must_be_ready(tx, known)
        broken = int((known.regression or {}).get("broken", 0))
        if broken and not accepts_broken:
            raise UserMistake(texts.broken_unseen(broken))
        day = max(known.effective_on, clock.today())  # a day that has passed meanwhile was not one of this text
        moved = rulebooks.advance(tx, known, "approve", approver_id=actor.id, approved_at=clock.now(), effective_on=day)
        _record(tx, by(actor), "rules_approved", moved, {"content": moved.content, "effective_on": moved.effective_on, "broken": broken})
        return publish(tx, moved) if moved.effective_on <= clock.today() else moved


def unapprove(ctx: Context, actor: Operator, dated: str, version: int) -> Rulebook:
    """Take an approval back before its day."""
    return _step(ctx, actor, Role.APPROVER, dated, version, "unapprove", approver_id=None, approved_at=None)


def discard(ctx: Context, actor: Operator, dated: str, version: int) -> Rulebook:
    """Drop it. Its text may be uploaded again."""
    return _step(ctx, actor, Role.OPERATOR, dated, version, "discard", ended_at=clock.now())


def publish_due(ctx: Context) -> int:
    """Bring into force what was approved and whose day has come. Returns how many. Safe in many workers at once, and to be killed in."""
    with ctx.read() as connection:
        due = rulebooks.due(connection, clock.today())
    done = 0
    for rulebook_id in due:
        with ctx.transaction() as tx:
            rulebooks.lock(tx)
            known = rulebooks.get(tx, rulebook_id)
            if known.state is RuleState.APPROVED and known.effective_on <= clock.today():
                publish(tx, known)
                done += 1
    return done


def publish(tx: Tx, known: Rulebook) -> Rulebook:
    """What coming into force does, in the caller's transaction: the other one ends, and every process learns of it.

    Call `rulebooks.lock` before anything is written, on the trail too.
    """
    base = _in_force(tx)
    if base.id != known.base_id or known.tested != known.content:  # the database would refuse the second
        raise Stale("rulebook")
    now = clock.now()
    rulebooks.advance(tx, base, "supersede", ended_at=now)
    moved = rulebooks.advance(tx, known, "publish", in_force_at=now)
    outdated.others(tx, moved)
    rulebooks.bump(tx)
    _record(tx, SYSTEM, "rules_in_force", moved, {"sha256": moved.sha256, "content": moved.content, "before": base.dated})
    failpoint.reach("rulebooks.published")
    return moved


def _step(
    ctx: Context,
    actor: Operator,
    role: Role,
    dated: str,
    version: int,
    action: str,
    *,
    only_author: bool = False,
    ready: bool = False,
    personal: dict[str, str] | None = None,
    **values: Any,
) -> Rulebook:
    with ctx.transaction() as tx:
        must(tx, actor, role)
        known = _unchanged(tx, dated, version)
        RULEBOOK.next(known.state, action)
        if only_author and known.author_id != actor.id:
            raise UserMistake(texts.ONLY_THE_AUTHOR)
        if ready:
            _must_be_ready(tx, known)
        moved = rulebooks.advance(tx, known, action, **values)
        _record(tx, by(actor), f"rules_{action}", moved, {}, personal)
        return moved


def _saved(tx: Tx, actor: Operator, known: Rulebook, typed: Typed) -> Rulebook:
    if known.state is not RuleState.DRAFT:
        raise Stale("rulebook")
    if known.author_id != actor.id:
        raise UserMistake(texts.ONLY_THE_AUTHOR)
    given = (typed.title, typed.name_in_text, typed.url, typed.effective_on, typed.note, *typed.names.values(), *typed.phrases.values())
    if not all(can_be_kept(text) for text in given):
        raise UserMistake(texts.NOT_UTF8)
    base = _in_force(tx)
    values = {
        "title": typed.title.strip()[: rulebook_texts.TITLE_CHARS],
        "name_in_text": typed.name_in_text.strip()[: rulebook_texts.TITLE_CHARS],
        "url": typed.url.strip()[: rulebook_texts.URL_CHARS],
        "effective_on": typed.effective_on.strip()[:10],
        "note": typed.note.strip()[: rulebook_texts.NOTE_CHARS],
        **rulebook_texts.chosen(known, base.document(), typed),
    }
    return rulebooks.rewrite(tx, known, **values)


def _must_be_ready(tx: Tx, known: Rulebook) -> None:
    if known.base_id != _in_force(tx).id:
        raise UserMistake(texts.BASE_CHANGED)
    if not known.tested or known.tested != known.content:
        raise UserMistake(texts.NOT_READY)
    if known.effective_on < clock.today() and known.state is not RuleState.PENDING_APPROVAL:
        raise UserMistake(texts.DAY_IS_PAST)


def _unchanged(tx: Tx, dated: str, version: int) -> Rulebook:
    known = rulebooks.dated(tx, dated, lock=True)
    if known.version != version:
        raise Stale("rulebook")
    return known


def _in_force(tx: Tx) -> Rulebook:
    current = rulebooks.in_force(tx)
    if current is None:
        raise NotFound("rulebook")
    return current


def _record(tx: Tx, actor: Actor, action: str, known: Rulebook, content: dict[str, Any], personal: dict[str, str] | None = None) -> None:
    trail.record(tx, actor, action, {"version": known.dated, **content}, personal=personal)
