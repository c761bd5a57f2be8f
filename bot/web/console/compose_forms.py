"""What the form of a case says, as the action takes it; and a case or template as the form shows it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from werkzeug.datastructures import MultiDict

from bot import clock
from bot.actions.composing import power_of
from bot.clock import SHANGHAI
from bot.errors import UserMistake
from bot.model.case import Case, Fault, Finding, Kind, Planned
from bot.model.case_template import FIELDS
from bot.model.days import DayKind
from bot.model.texts import cases as case_texts
from bot.model.texts import composing as texts
from rules.catalogue import ROW, Measure

_CODE_CHARS, _WORDS_CHARS = 64, 8_000
_SUBJECT_CHARS = 2 * _CODE_CHARS + 1  # the codes of a provider and an app: cut off, they may be those of another
_TEXTS = ("facts", "reasons", "recovery", "contact")
_NUMBERS = ("rectify_days", "objection_days", "deem_days")
_SHORT = ("words", "kind", "ground", "found_on", "day_kind", *_NUMBERS)
# Of each measure: the last day, as it is typed; and the moments that a draft has already, kept as they are.
_ENDS, _UNTIL, _STARTS = "ends:", "until:", "starts:"
_YEARS = 2_000, 9_000  # beyond these a moment can't be told in another zone
_MOMENTS = ((_ENDS, 10), (_UNTIL, 40), (_STARTS, 40))
Fields = dict[str, str]


def typed(form: "MultiDict[str, str]") -> Fields:
    """All that was typed, within bounds; measures with commas between them."""
    fields = {name: form.get(name, "")[:_CODE_CHARS].strip() for name in _SHORT}
    fields["subject"] = form.get("subject", "")[:_SUBJECT_CHARS]
    fields |= {name: form.get(name, "")[:_WORDS_CHARS].replace("\r\n", "\n") for name in _TEXTS}
    fields["measures"] = ",".join(one for one in Measure if one in form.getlist("measure"))
    return fields | {f"{part}{one}": form.get(f"{part}{one}", "")[:most] for one in Measure for part, most in _MOMENTS}


def new() -> Fields:
    """An empty form."""
    return {"kind": Kind.VIOLATION, "found_on": clock.today(), "day_kind": DayKind.WORKING, "objection_days": "7", "deem_days": "7"}


def of_template(fields: Mapping[str, str]) -> Fields:
    """A form that a template has filled in."""
    return new() | {name: fields.get(name, "") for name in FIELDS}


def filled(fields: Fields, template: Mapping[str, str], before: Mapping[str, str]) -> Fields:
    """A form that a template fills in where its writer wrote nothing. before: the template that filled it in until now."""
    untouched = [name for name in FIELDS if fields.get(name, "") in ("", new().get(name, ""), before.get(name, ""))]
    return fields | {name: template.get(name, "") for name in untouched}


def of_conduct(fields: Fields, provider: str) -> Fields:
    """A form whose subject, ground and measure follow from clause 4.4. provider: its code."""
    given = {"kind": Kind.VIOLATION, "subject": f"{provider}|", "ground": "4.4", "measures": Measure.PERMANENT_DELIST, "rectify_days": ""}
    return fields | given


def of_case(case: Case, provider: str, app: str) -> Fields:
    """A draft to be written on. provider, app: their codes."""
    numbers = {name: str(getattr(case, name) or "") for name in _NUMBERS}
    same = {name: str(getattr(case, name)) for name in ("kind", "ground", "found_on", "day_kind", *_TEXTS)}
    moments: Fields = {}
    for one in case.measures:
        if one.ends_at:
            ends_at = one.ends_at.astimezone(SHANGHAI)
            moments |= {f"{_ENDS}{one.measure}": ends_at.date().isoformat(), f"{_UNTIL}{one.measure}": ends_at.isoformat()}
        if one.starts_at:
            moments[f"{_STARTS}{one.measure}"] = one.starts_at.astimezone(SHANGHAI).isoformat()
    return {**same, **numbers, **moments, "subject": f"{provider}|{app}", "measures": ",".join(one.measure for one in case.measures)}


def finding(fields: Mapping[str, str], *, is_draft: bool = False) -> Finding:
    """As the action takes it. is_draft: what was left empty is marked as still to be filled in. Raises UserMistake for what is no form."""
    found, faults = read(fields, is_draft=is_draft)
    wrong = [one.say for one in faults]
    wrong += [] if found.provider else [texts.NO_SUBJECT]
    wrong += [] if found.ground else [texts.NO_GROUND]
    if wrong:
        raise UserMistake("\n".join(wrong))
    return found


def read(fields: Mapping[str, str], *, is_draft: bool = False) -> tuple[Finding, Sequence[Fault]]:
    """(what the form says as far as it is filled in, what in it can't be read)."""
    provider, _, app = fields.get("subject", "").partition("|")
    kind = Kind.REMINDER if fields.get("kind") == Kind.REMINDER else Kind.VIOLATION
    is_violation = kind is Kind.VIOLATION
    words = {name: fields.get(name, "").strip() for name in _TEXTS}
    ground = fields.get("ground", "")
    power = power_of(ground, kind)
    if is_draft:
        empty = ("facts", "contact", *(("reasons",) if power == "3.1" and not ground.startswith(ROW) else ()))
        words |= {name: texts.TO_FILL[name] for name in empty if not words[name]}
    named = [Measure(one) for one in fields.get("measures", "").split(",") if one in set(Measure)] if is_violation else []
    asked = _NUMBERS if is_violation else _NUMBERS[1:]
    faults = [Fault(name, case_texts.bad_days(name)) for name in asked if not _is_number(fields.get(name, ""))]
    bad_ends = [one for one in named if not _is_day(fields.get(f"{_ENDS}{one}", ""))]
    faults += [Fault("measures", texts.BAD_ENDS)] if bad_ends else []
    found = Finding(
        kind=kind,
        provider=provider,
        app=app,
        ground=ground,
        power=power,
        found_on=fields.get("found_on", ""),
        measures=tuple(_planned(one, fields) for one in named),
        rectify_days=_number(fields.get("rectify_days", ""), None) if is_violation else None,
        objection_days=_number(fields.get("objection_days", ""), 7) or 7,
        deem_days=_number(fields.get("deem_days", ""), 7) or 7,
        day_kind=DayKind.WORKING if fields.get("day_kind") == DayKind.WORKING else DayKind.NATURAL,
        **words,
    )
    return found, faults


def _planned(measure: Measure, fields: Mapping[str, str]) -> Planned:
    """It ends with the last second of its day in China, unless the draft has a moment on that very day."""
    day, until = fields.get(f"{_ENDS}{measure}", ""), _moment(fields.get(f"{_UNTIL}{measure}", ""))
    ends_at = datetime.combine(date.fromisoformat(day), time(23, 59, 59), SHANGHAI) if day and _is_day(day) else None
    if ends_at and until and until.astimezone(SHANGHAI).date() == ends_at.date():
        ends_at = until
    return Planned(measure=measure, starts_at=_moment(fields.get(f"{_STARTS}{measure}", "")), ends_at=ends_at)


def starts(fields: Mapping[str, str]) -> dict[str, datetime]:
    """When measures of a draft begin, by measure, where that is not with the approval."""
    found = {str(one): _moment(fields.get(f"{_STARTS}{one}", "")) for one in Measure}
    return {one: at for one, at in found.items() if at}


def _moment(text: str) -> datetime | None:
    """What this form itself wrote down; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo and _YEARS[0] <= at.year <= _YEARS[1] else None


def _is_number(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and 1 <= int(text) <= 365)


def _number(text: str, usual: int | None) -> int | None:
    return int(text) if text and _is_number(text) else usual


def _is_day(text: str) -> bool:
    try:
        day = date.fromisoformat(text) if text else None
        return day is None or (day.isoformat() == text and _YEARS[0] <= day.year <= _YEARS[1])
    except ValueError:
        return False
