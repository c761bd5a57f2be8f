"""What the form of a case says, as the action takes it; and a case or template as the form shows it."""

from collections.abc import Mapping
from datetime import datetime, time

from werkzeug.datastructures import MultiDict

from bot import clock
from bot.actions.composing import power_of
from bot.clock import SHANGHAI
from bot.errors import UserMistake
from bot.model.case import Case, Finding, Kind, Planned
from bot.model.case_template import FIELDS
from bot.model.days import DayKind
from bot.model.texts import composing as texts
from rules.catalogue import Measure

_CODE_CHARS, _WORDS_CHARS = 64, 8_000
_TEXTS = ("facts", "reasons", "recovery", "contact")
_NUMBERS = ("rectify_days", "objection_days", "deem_days")
_SHORT = ("subject", "words", "kind", "ground", "found_on", "day_kind", *_NUMBERS)
_ENDS = "ends:"
Fields = dict[str, str]


def typed(form: "MultiDict[str, str]") -> Fields:
    """All that was typed, within bounds; measures with commas between them."""
    fields = {name: form.get(name, "")[:_CODE_CHARS].strip() for name in _SHORT}
    fields |= {name: form.get(name, "")[:_WORDS_CHARS].replace("\r\n", "\n") for name in _TEXTS}
    fields["measures"] = ",".join(one for one in Measure if one in form.getlist("measure"))
    return fields | {f"{_ENDS}{one}": form.get(f"{_ENDS}{one}", "")[:10] for one in Measure}


def new() -> Fields:
    """An empty form."""
    return {"kind": Kind.VIOLATION, "found_on": clock.today(), "day_kind": DayKind.WORKING, "objection_days": "7", "deem_days": "7"}


def of_template(fields: Mapping[str, str]) -> Fields:
    """A form that a template has filled in."""
    return new() | {name: fields.get(name, "") for name in FIELDS}


def of_case(case: Case, provider: str, app: str) -> Fields:
    """A draft to be written on. provider, app: their codes."""
    numbers = {name: str(getattr(case, name) or "") for name in _NUMBERS}
    same = {name: str(getattr(case, name)) for name in ("kind", "ground", "found_on", "day_kind", *_TEXTS)}
    ends = {f"{_ENDS}{one.measure}": one.ends_at.astimezone(SHANGHAI).date().isoformat() for one in case.measures if one.ends_at}
    return {**same, **numbers, **ends, "subject": f"{provider}|{app}", "measures": ",".join(one.measure for one in case.measures)}


def finding(fields: Mapping[str, str], *, is_draft: bool = False) -> Finding:
    """As the action takes it. is_draft: what was left empty is marked as still to be filled in. Raises UserMistake for what is no form."""
    provider, _, app = fields.get("subject", "").partition("|")
    if not provider:
        raise UserMistake(texts.NO_SUBJECT)
    if not fields.get("ground"):
        raise UserMistake(texts.NO_GROUND)
    return loose(fields, provider, app, is_draft=is_draft)


def loose(fields: Mapping[str, str], provider: str = "", app: str = "", *, is_draft: bool = False) -> Finding:
    """The same of a form that is not yet filled in, to look at. Raises UserMistake where a number or a day is none."""
    if not provider:
        provider, _, app = fields.get("subject", "").partition("|")
    kind = Kind.REMINDER if fields.get("kind") == Kind.REMINDER else Kind.VIOLATION
    words = {name: fields.get(name, "").strip() for name in _TEXTS}
    if is_draft:
        empty = ("facts", "contact", *(("reasons",) if kind is Kind.VIOLATION else ()))
        words |= {name: texts.TO_FILL[name] for name in empty if not words[name]}
    is_violation = kind is Kind.VIOLATION
    named = [one for one in fields.get("measures", "").split(",") if one in set(Measure)] if is_violation else []
    ground = fields.get("ground", "")
    return Finding(
        kind=kind,
        provider=provider,
        app=app,
        ground=ground,
        power=power_of(ground, kind),
        found_on=fields.get("found_on", ""),
        measures=tuple(Planned(measure=Measure(one), ends_at=_ends(fields.get(f"{_ENDS}{one}", ""))) for one in named),
        rectify_days=_number(fields.get("rectify_days", ""), None) if is_violation else None,
        objection_days=_number(fields.get("objection_days", ""), 7) or 7,
        deem_days=_number(fields.get("deem_days", ""), 7) or 7,
        day_kind=DayKind.WORKING if fields.get("day_kind") == DayKind.WORKING else DayKind.NATURAL,
        **words,
    )


def _number(text: str, usual: int | None) -> int | None:
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 365):
        raise UserMistake(texts.BAD_NUMBER)
    return int(text)


def _ends(text: str) -> datetime | None:
    """The last second of a day in China."""
    if not text:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(23, 59, 59), SHANGHAI)
    except ValueError as error:
        raise UserMistake(texts.BAD_ENDS) from error
