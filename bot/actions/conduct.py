"""Forbidden conduct while a case is handled, or after a withdrawal (4.4): recorded as evidence, and proposed for permanent delisting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot import clock
from bot.actions import cases, evidence
from bot.actions.evidence import Upload
from bot.actions.rights import by, must
from bot.actions.words import written
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import Case, Finding, Kind, Planned
from bot.model.case_file import Note
from bot.model.operator import Operator, Role
from bot.model.texts import conduct as texts
from bot.model.texts import operators as operator_texts
from bot.store import cases as rows
from bot.store import operators, providers, trail
from rules.catalogue import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was recorded on a case. notes: in our own words, oldest first, as (who wrote it, note). proposed: numbers of cases it led to."""

    notes: Sequence[tuple[str, Note]]
    proposed: Sequence[str]


def seen(ctx: Context, case: Case) -> Seen:
    """The conduct that stands on a case."""
    with ctx.read() as connection:
        staff = {one.id: operator_texts.named(one) for one in operators.everyone(connection)}
        known = [Note(author_id=author, at=at, text=text) for author, at, text in rows.notes(connection, case.id)]
        others = rows.of_provider(connection, case.provider_id)
    told = [replace(one, text=one.text.removeprefix(texts.NOTE)) for one in known if one.text.startswith(texts.NOTE)]
    return Seen(
        notes=[(staff.get(one.author_id, ""), one) for one in told],
        proposed=[one.number for one in reversed(others) if one.sprang_from_id == case.id],
    )


def record(ctx: Context, actor: Operator, number: str, facts: str, uploads: Sequence[Upload]) -> Case:
    """Write down what was seen on a case that is open, with evidence; the same words with the same files once.

    Raises UserMistake, NotFound.
    """
    facts = written(texts.FACTS, facts)
    with ctx.read() as connection:
        must(connection, actor, Role.OPERATOR)
        evidence.must_be_open(rows.by_number(connection, number))
    kept = evidence.keep(ctx, uploads)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = rows.get(tx, rows.by_number(tx, number).id, lock=True)
        evidence.must_be_open(case)
        added, note = evidence.attach(tx, actor, case, kept), f"{texts.NOTE}{facts}"
        if not added and any((author, text) == (actor.id, note) for author, _, text in rows.notes(tx, case.id)):
            return case
        rows.add_note(tx, case.id, actor.id, note, clock.now())
        content = {"clause": "4.4", "evidence": [one.sha256 for one in added]}
        trail.record(tx, by(actor), "conduct", content, case_id=case.id, personal={"facts": facts})
        return rows.get(tx, case.id)


def propose(ctx: Context, actor: Operator, number: str, finding: Finding, request_key: str) -> Case:
    """Draft the permanent delisting of the provider of a case, for conduct recorded on it. It takes two approvals by two others (4.4).

    finding: facts, contact and days; subject, ground, power and measure follow from 4.4. Raises UserMistake, NotFound.
    """
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        source = rows.by_number(tx, number)
        if not trail.has(tx, "conduct", source.id):
            raise UserMistake(texts.RECORD_FIRST)
        measures = (Planned(measure=Measure.PERMANENT_DELIST),)
        provider = providers.get(tx, source.provider_id).code
        whole = replace(
            finding, kind=Kind.VIOLATION, provider=provider, app="", ground="4.4", power="4.4", measures=measures, rectify_days=None
        )
        case = cases.open_case(ctx, actor, whole, request_key)
        if case.sprang_from_id is None:
            case = rows.note(tx, case, sprang_from_id=source.id)
            trail.record(tx, by(actor), "proposed_4.4", {"case": case.number}, case_id=source.id)
        return case
