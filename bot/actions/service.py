"""Service by hand: an operator handed the notice over in another way, and has proof of it."""

from collections.abc import Sequence
from datetime import datetime

from bot import clock
from bot.actions import evidence, notices
from bot.actions.evidence import Upload
from bot.actions.rights import by, must
from bot.actions.words import written
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import Case
from bot.model.operator import Operator, Role
from bot.model.texts import evidence as texts
from bot.store import cases, operator_tasks, trail


def record_service(ctx: Context, actor: Operator, number: str, at: datetime, how: str, proof: Sequence[Upload]) -> Case:
    """Record that a case was served by hand: both deadlines run from then, and the ladder ends.

    at: the moment of service, from issue to now. how: by which way and into whose hands. proof: at least one file, which becomes evidence.
    Raises UserMistake, also where the case is served already; NotFound. Then nothing is written.
    """
    with ctx.read() as connection:  # before anything is written to the disk
        must(connection, actor, Role.OPERATOR)
        _refuse(cases.by_number(connection, number), at)
    if not proof:
        raise UserMistake(texts.PROOF_OWED)
    how = written(texts.HOW, how)
    kept = evidence.keep(ctx, proof)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = cases.get(tx, cases.by_number(tx, number).id, lock=True)
        _refuse(case, at)
        evidence.attach(tx, actor, case, kept)
        content = {"evidence": sorted({file.stored.sha256 for file in kept})}
        trail.record(tx, by(actor), "service_recorded", content, case_id=case.id, personal={"how": how})
        operator_tasks.finish(tx, f"serve:{case.number}", actor.id, clock.now(), how)
        assert case.issued_at is not None
        return notices.serve(ctx, tx, case, max(at, case.issued_at), "recorded", by(actor))


def moment_of(text: str) -> datetime:
    """YYYY-MM-DD HH:MM as people write it, in China where they do not say otherwise. Raises UserMistake."""
    try:
        at = datetime.fromisoformat(text.strip())
        if "T" not in text and " " not in text.strip():
            raise ValueError("a day is no moment")
        return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)
    except ValueError as error:
        raise UserMistake(texts.MOMENT_FORM) from error


def _refuse(case: Case, at: datetime) -> None:
    if case.issued_at is None:
        raise UserMistake(texts.NOT_ISSUED)
    if not case.is_open:
        raise UserMistake(texts.ENDED_UNSERVED)
    if case.served_at is not None:
        raise UserMistake(texts.served_before(case.served_at, case.served_how))
    if at > clock.now():
        raise UserMistake(texts.IN_THE_FUTURE)
    if at < case.issued_at.replace(second=0, microsecond=0):  # people say the minute
        raise UserMistake(texts.before_issue(case.issued_at))
