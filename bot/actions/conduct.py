"""Forbidden conduct while a case is handled, or after a withdrawal (4.4): recorded as evidence, and proposed for permanent delisting."""

from collections.abc import Sequence
from dataclasses import replace

from bot import clock
from bot.actions import cases, evidence
from bot.actions.evidence import Upload
from bot.actions.rights import by, must
from bot.actions.words import written
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import Case, Finding, Kind, Planned
from bot.model.operator import Operator, Role
from bot.model.texts import conduct as texts
from bot.store import cases as rows
from bot.store import providers, trail
from rules.catalogue import Measure


def record(ctx: Context, actor: Operator, number: str, facts: str, uploads: Sequence[Upload]) -> Case:
    """Write down what was seen on a case that is open, with evidence. Raises UserMistake, NotFound."""
    facts = written(texts.FACTS, facts)
    with ctx.read() as connection:
        must(connection, actor, Role.OPERATOR)
        evidence.must_be_open(rows.by_number(connection, number))
    kept = evidence.keep(ctx, uploads)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        case = rows.get(tx, rows.by_number(tx, number).id, lock=True)
        evidence.must_be_open(case)
        added = evidence.attach(tx, actor, case, kept)
        rows.add_note(tx, case.id, actor.id, f"{texts.NOTE}{facts}", clock.now())
        content = {"clause": "4.4", "evidence": [one.sha256 for one in added]}
        trail.record(tx, by(actor), "conduct", content, case_id=case.id, personal={"facts": facts})
        return rows.get(tx, case.id)


def drafted(source: Case, facts: str) -> Finding:
    """What such a draft says at first, for its author to write on: the facts, and contact and days as in the case that it springs from."""
    days = {"objection_days": source.objection_days, "deem_days": source.deem_days, "day_kind": source.day_kind}
    whom = {"provider": "", "app": "", "ground": "", "power": ""}  # follow from the case and 4.4
    return Finding(kind=Kind.VIOLATION, facts=facts, found_on=clock.today(), contact=source.contact, **whom, **days)  # type: ignore[arg-type]


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
