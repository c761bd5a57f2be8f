"""Writing a case: what the form says, what the rules give for it, and how the provider would see it. Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot import clock
from bot.actions import findings, notice_cards, notice_mails, notices
from bot.context import Context
from bot.errors import UserMistake
from bot.model.case import IN_FORCE, Case, Fault, Finding, Imposed, Kind, State, Step
from bot.model.days import deadline
from bot.model.ground import GroundRow
from bot.model.notice import Notice, NoticeKind, Statement
from bot.model.provider import App, Provider
from bot.model.texts import composing as texts
from bot.model.texts import mails
from bot.model.texts import notices as notice_texts
from bot.model.texts.placeholders import unfilled
from bot.store import cases as rows
from bot.store import grounds, providers
from bot.store.database import Tx
from bot.wecom.cards import BadPayload
from rules import Clause, catalogue

_BEGUN = frozenset({State.DRAFT, State.PENDING_APPROVAL, State.IN_FORCE, State.RECOVERING})
_DAYS = ("rectify_days", "objection_days", "deem_days")
_OF_ROWS = "3.1"  # the table is that clause's own
FOUND = 12  # providers shown at once
_WARNED = 5  # other cases named at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What a writer should know before going on. number: of a case to look at, or ""."""

    say: str
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """quoted: the clauses it rests on, as (what for, clause). faults: why it cannot be kept so. unfilled: placeholders by field.

    statement, card, mail: as the provider would get them, None while there are faults; card in WeCom's words, mail as (subject, text).
    mailed: whether and when the mail goes out. dates: what would follow if it were served today, as (name, until).
    """

    provider: Provider | None = None
    app: App | None = None
    row: GroundRow | None = None
    quoted: Sequence[tuple[str, Clause]] = ()
    faults: Sequence[Fault] = ()
    unfilled: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Warned] = ()
    dates: Sequence[tuple[str, datetime]] = ()
    statement: Statement | None = None
    card: Mapping[str, Any] | None = None
    mail: tuple[str, str] | None = None
    mailed: str = ""


def power_of(ground: str, kind: Kind) -> str:
    """The clause that gives measures on this ground; each opens one. "" for a 提醒. Of what is no ground the check says so itself."""
    if kind is Kind.REMINDER or not ground:
        return ""
    known = catalogue.GROUNDS.get(ground)
    return min(known.powers) if known else _OF_ROWS


def sought(ctx: Context, words: str) -> list[tuple[Provider, list[App]]]:
    """Providers and apps that are called so, the first few."""
    if not words.strip():
        return []
    with ctx.read() as connection:
        return providers.sought(connection, words.strip(), FOUND)


def grounds_of(ctx: Context) -> list[GroundRow]:
    """Imported rows of the table behind 3.1, to choose from beside the clauses."""
    with ctx.read() as connection:
        return grounds.everything(connection)


def sketch(ctx: Context, finding: Finding, number: str = "", wrong: Sequence[Fault] = ()) -> Sketch:
    """What would come of it. number: of the draft that is being written, "" for a new one. wrong: what could not be read of the form."""
    book = ctx.book()
    with ctx.read() as connection:
        held = findings.held(connection, finding, book)
        provider, app = held.provider, held.app
        warnings = list(_warned(ctx, connection, finding, provider, app, number))
    clauses: Sequence[tuple[str, Clause | None]] = ((texts.GROUND, book.cited(finding.ground)), (texts.POWER, book.cited(finding.power)))
    if finding.ground == finding.power:
        clauses = ((texts.BOTH, book.cited(finding.ground)),)
    told = {"facts": finding.facts, "reasons": finding.reasons, "recovery": finding.recovery, "contact": finding.contact}
    found = Sketch(
        provider=provider,
        app=app,
        row=held.row,
        quoted=[(what, clause) for what, clause in clauses if clause],
        faults=[*wrong, *held.faults],
        unfilled=unfilled(told),
        warnings=warnings,
        dates=_dates(finding) if provider and finding.ground else (),
    )
    return found if found.faults or provider is None else _shown(ctx, found, finding, number)


def _dates(finding: Finding) -> list[tuple[str, datetime]]:
    counts = ((texts.OBJECTION, finding.objection_days), (texts.RECTIFY, finding.rectify_days))
    return [(name, deadline(clock.now(), days, finding.day_kind)) for name, days in counts if days and 1 <= days <= 365]


def _warned(ctx: Context, tx: Tx, finding: Finding, provider: Provider | None, app: App | None, number: str) -> Sequence[Warned]:
    if provider is None:
        return []
    found = [one for one in (_beside(case, finding, app) for case in rows.of_provider(tx, provider.id) if case.number != number) if one]
    if len(found) > _WARNED:
        found = [*found[:_WARNED], Warned(say=texts.more_cases(len(found) - _WARNED))]
    [standing] = providers.standings(tx, ctx.settings.wecom_corpid, ctx.settings.wecom_agentid, of=[provider.id])
    if not standing.reachable:
        found.append(Warned(say=texts.NOBODY_REACHED))
    elif standing.is_short:
        found.append(Warned(say=texts.few(standing.reachable)))
    return found


def _beside(case: Case, finding: Finding, app: App | None) -> Warned | None:
    """What a writer should know of another case of the provider."""
    if case.is_permanent and case.is_open:
        return Warned(say=texts.BARRED, number=case.number)
    if case.state in _BEGUN and case.ground == finding.ground and case.app_id == (app.id if app else None):
        return Warned(say=texts.same_before(case), number=case.number)
    held = [one.measure for one in case.measures if one.state in IN_FORCE] if case.is_open else []
    if held and (app is None or case.app_id in (app.id, None)):
        return Warned(say=texts.in_force(held), number=case.number)
    return None


def _mailed(ctx: Context, tx: Tx, provider: Provider) -> str:
    number = sum(bool(admin.mail) for admin in providers.admins(tx, provider.id))
    if not notice_mails.may_mail(ctx.settings):
        return texts.NO_MAIL_SET_UP
    return texts.mailed(number, at_once=notice_mails.is_at_once(ctx.settings)) if number else texts.NO_MAIL_KNOWN


def _shown(ctx: Context, found: Sketch, finding: Finding, number: str) -> Sketch:
    assert found.provider is not None
    now = clock.now()
    case = _as_case(found, finding, number or texts.numbered(clock.today()[:4]), now, ctx.book().version)
    with ctx.read() as connection:
        statement = notice_texts.decision(case, notices.basis(connection, case, ctx.book()), f"{case.number}-1", now)
        mailed = _mailed(ctx, connection, found.provider)
    kind = NoticeKind.DECISION if case.kind is Kind.VIOLATION else NoticeKind.REMINDER
    notice = Notice(
        id=0,
        provider_id=found.provider.id,
        case_id=None,
        number=statement.number,
        kind=kind,
        key="preview",
        statement=statement,
        sha256=statement.sha256,
        created_at=now,
    )
    try:
        card: Mapping[str, Any] | None = notice_cards.card(ctx.settings, notice, "preview").body()
    except BadPayload:
        card = None
    subject, text, _ = mails.notice(statement, texts.AN_ADMIN, notice_cards.address(ctx.settings, notice))
    return replace(found, statement=statement, card=card, mail=(subject, text), mailed=mailed)


def _as_case(found: Sketch, finding: Finding, number: str, now: datetime, version: str) -> Case:
    assert found.provider is not None
    same = (
        "kind",
        "ground",
        "facts",
        "reasons",
        "recovery",
        "found_on",
        "rectify_days",
        "objection_days",
        "deem_days",
        "day_kind",
        "contact",
    )
    moments = dict.fromkeys(("submitted_at", "approve_by", "issued_at", "served_at", "object_by", "rectify_by", "overdue_at", "ended_at"))
    nobody: dict[str, Any] = {"sprang_from_id": None, "author_id": 0, "approver_id": None, "second_approver_id": None}
    measures = tuple(
        Imposed(
            id=0,
            measure=one.measure,
            state=Step.OWED,
            version=1,
            starts_at=one.starts_at or now,
            ends_at=one.ends_at,
            applied_at=None,
            lifted_at=None,
        )
        for one in finding.measures
    )
    return Case(
        **{name: getattr(finding, name) for name in same},
        **moments,  # type: ignore[arg-type]  # none of them has come
        **nobody,
        id=0,
        number=number,
        provider_id=found.provider.id,
        app_id=found.app.id if found.app else None,
        power=finding.power or None,
        rule_version=version,
        state=State.DRAFT,
        version=1,
        opened_at=now,
        served_how="",
        measures=measures,
    )


def must_be_filled(finding: Finding) -> None:
    """Raises UserMistake where a placeholder is left."""
    told = {"facts": finding.facts, "reasons": finding.reasons, "recovery": finding.recovery, "contact": finding.contact}
    if left := unfilled(told):
        raise UserMistake(texts.still_to_fill(left))


def is_of(ctx: Context, case: Case, finding: Finding) -> bool:
    """Whether a case says what this finding does. Raises UserMistake where the finding could be no case."""
    with ctx.read() as connection:
        wanted = findings.checked(connection, finding, ctx.book())
    is_same = all(getattr(case, name) == value for name, value in wanted.items() if name != "rule_version")
    return is_same and {(one.measure, one.ends_at) for one in case.measures} == {(one.measure, one.ends_at) for one in finding.measures}
