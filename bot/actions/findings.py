"""Whether what an operator wrote down can be a case: every reason why not, by the field that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot import clock
from bot.actions.words import MOST_CHARS, can_be_kept
from bot.errors import UserMistake
from bot.model.case import Fault, Finding, Kind
from bot.model.ground import GroundRow
from bot.model.provider import App, Provider
from bot.model.texts import cases as texts
from bot.store import grounds, providers
from bot.store.database import Tx
from rules import Book, catalogue
from rules.catalogue import Measure, cited_lineage

_MOST_CONTACT = 200
_DAYS = ("rectify_days", "objection_days", "deem_days")


@dataclass(frozen=True, slots=True)
class Held:
    """A finding held against what is known. row: the imported one that is its ground. faults: every reason why it cannot be a case."""

    provider: Provider | None
    app: App | None
    row: GroundRow | None
    faults: Sequence[Fault]


def checked(tx: Tx, finding: Finding, book: Book) -> dict[str, Any]:
    """The columns of a finding. Raises UserMistake with every reason why it cannot be a case."""
    found = held(tx, finding, book)
    if found.faults:
        raise UserMistake("\n".join(one.say for one in found.faults))
    provider, app = found.provider, found.app
    assert provider is not None
    return {
        "kind": finding.kind,
        "provider_id": provider.id,
        "app_id": app.id if app else None,
        "ground": finding.ground,
        "power": finding.power or None,
        "facts": finding.facts.strip(),
        "reasons": finding.reasons.strip(),
        "recovery": finding.recovery.strip(),
        "found_on": finding.found_on,
        "rectify_days": finding.rectify_days,
        "objection_days": finding.objection_days,
        "deem_days": finding.deem_days,
        "day_kind": finding.day_kind,
        "contact": finding.contact.strip(),
        "rule_version": book.version,
    }


def gone_from(book: Book, ground: str, power: str) -> list[str]:
    """Those of a case's ground and power that this version of the rules doesn't have any more, as cases cite them."""
    return [one for one in dict.fromkeys((ground, power)) if one in cited_lineage() and book.cited(one) is None]


def held(tx: Tx, finding: Finding, book: Book) -> Held:
    """Whom and what it is about, and what is wrong with it."""
    if not all(can_be_kept(code) for code in (finding.provider, finding.app, finding.ground)):
        return Held(None, None, None, [Fault("subject", texts.BAD_CODE)])
    provider = providers.by_code(tx, finding.provider) if finding.provider else None
    app = providers.app_by_code(tx, finding.app) if finding.app else None
    wrong: list[Fault] = []
    if not finding.provider:
        wrong.append(Fault("subject", texts.NO_PROVIDER, is_missing=True))
    elif provider is None:
        wrong.append(Fault("subject", texts.no_such_provider(finding.provider)))
    if finding.app and app is None:
        wrong.append(Fault("subject", texts.no_such_app(finding.app)))
    if provider and app and app.provider_id != provider.id:
        wrong.append(Fault("subject", texts.not_its_app(finding.provider, finding.app)))
    row = grounds.get(tx, finding.ground.removeprefix(catalogue.ROW)) if finding.ground.startswith(catalogue.ROW) else None
    wrong += _of_ground(finding, row)
    wrong += [Fault("ground", texts.clause_gone(one, book.version)) for one in gone_from(book, finding.ground, finding.power)]
    wrong += [*_of_words(finding), *_of_days(finding)]
    return Held(provider, app, row, wrong)


def _of_ground(finding: Finding, row: GroundRow | None) -> list[Fault]:
    wanted = [planned.measure for planned in finding.measures]
    wrong = [] if finding.ground else [Fault("ground", texts.NO_GROUND, is_missing=True)]
    if finding.ground.startswith(catalogue.ROW) and row is None:
        return [Fault("ground", texts.no_such_row(finding.ground))]
    if finding.kind is Kind.REMINDER:
        wrong += [Fault("measures", texts.REMINDER_HAS_NO_MEASURE)] if wanted or finding.power else []
        is_known = row or not finding.ground or finding.ground in catalogue.GROUNDS
        return wrong + ([] if is_known else [Fault("ground", texts.no_such_ground(finding.ground))])
    if not wanted:
        return [*wrong, Fault("measures", texts.NO_MEASURE, is_missing=True)]
    if len(set(wanted)) != len(wanted):
        return [*wrong, Fault("measures", texts.MEASURE_TWICE)]
    if wrong:
        return wrong
    try:
        catalogue.check(
            finding.ground, finding.power, wanted, "app" if finding.app else "provider", row_measures=row.measures if row else None
        )
    except catalogue.NotGiven as error:
        return [Fault(_field_of(error), texts.not_given(error))]
    if finding.power == "3.1" and row is None and not finding.reasons.strip():
        return [Fault("reasons", texts.REASONS_OWED, is_missing=True)]
    return []


def _field_of(error: catalogue.NotGiven) -> str:
    match error:
        case catalogue.MeasureNotGiven() | catalogue.OnlyOneOf():
            return "measures"
        case catalogue.WrongSubject():
            return "subject"
        case _:
            return "ground"


def _of_words(finding: Finding) -> list[Fault]:
    words = {"facts": finding.facts, "reasons": finding.reasons, "recovery": finding.recovery, "contact": finding.contact}
    wrong = [Fault(name, texts.owed(name), is_missing=True) for name in ("facts", "contact") if not words[name].strip()]
    most = {name: _MOST_CONTACT if name == "contact" else MOST_CHARS for name in words}
    wrong += [Fault(name, texts.too_long(name, most[name])) for name, text in words.items() if len(text) > most[name]]
    return wrong + [Fault(name, texts.unprintable(name)) for name, text in words.items() if not can_be_kept(text)]


def _of_days(finding: Finding) -> list[Fault]:
    wrong: list[Fault] = []
    if not _is_day(finding.found_on) or finding.found_on > clock.today():
        wrong.append(Fault("found_on", texts.BAD_DAY))
    given = ((name, getattr(finding, name)) for name in _DAYS)
    wrong += [Fault(name, texts.bad_days(name)) for name, number in given if number is not None and not 1 <= number <= 365]
    if any(one.ends_at and one.ends_at <= (one.starts_at or clock.now()) for one in finding.measures):
        wrong.append(Fault("measures", texts.ENDS_BEFORE_IT_STARTS))
    if any(one.ends_at and one.measure is Measure.PERMANENT_DELIST for one in finding.measures):
        wrong.append(Fault("measures", texts.PERMANENT_HAS_NO_END))
    return wrong


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
