"""A finding as a TOML file, read strictly: what is not known, missing or of the wrong kind is named, all of it at once."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from bot.clock import SHANGHAI
from bot.errors import UserMistake
from bot.model.case import Finding, Kind, Planned
from bot.model.days import DayKind
from bot.model.texts import findings as texts
from bot.model.texts.placeholders import unfilled
from rules.catalogue import Measure

MOST_BYTES = 64 << 10
_YEARS = 2000, 2100  # what is not a slip of the pen
_LINE = re.compile(r"at line (\d+)")

_FIELDS = {
    **dict.fromkeys(("kind", "provider", "app", "ground", "power", "facts", "contact", "reasons", "recovery", "day_kind"), "text"),
    "found_on": "day",
    **dict.fromkeys(("rectify_days", "objection_days", "deem_days"), "number"),
}
_OF_MEASURE = {"measure": "text", "starts_at": "moment", "ends_at": "moment"}
_OWED = ("kind", "provider", "ground", "facts", "found_on", "contact")
_NAMES = ("provider", "app", "ground", "power", "found_on")  # what a draft can't be without


def read(raw: bytes) -> Finding:
    """What an operator wrote down. Whether such a case can be is for `actions.cases` to say. Raises UserMistake that names all faults."""
    fields = _parsed(raw)
    listed = fields.pop("measures", [])
    values, wrong = _typed(fields, _FIELDS, _OWED, "")
    wrong += [texts.still_to_fill(name) for name in unfilled({name: values[name] for name in _NAMES if name in values})]
    measures: list[Planned] = []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        wrong.append(texts.MEASURES_FORM)
        listed = []
    for n, one in enumerate(listed, 1):
        planned, faults = _typed(one, _OF_MEASURE, ("measure",), texts.of_measure(n))
        wrong += faults
        if not faults:
            measures.append(Planned(**{**planned, "measure": Measure(planned["measure"])}))
    if wrong:
        raise UserMistake("\n".join(wrong))
    if "day_kind" in values:
        values["day_kind"] = DayKind(values["day_kind"])
    rest = {"app": "", "power": "", **values, "kind": Kind(values["kind"])}
    return Finding(**rest, measures=tuple(measures))


def request_key(login: str, raw: bytes) -> str:
    """What makes the same file by the same person the same wish."""
    return hashlib.sha256(login.encode() + b"\0" + raw).hexdigest()


def _parsed(raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        raise UserMistake(texts.TOO_LARGE)
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UserMistake(texts.NOT_TEXT) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _LINE.search(str(error))
        raise UserMistake(texts.bad_toml(line[1] if line else "")) from error


def _typed(fields: Mapping[str, Any], kinds: Mapping[str, str], owed: Iterable[str], where: str) -> tuple[dict[str, Any], list[str]]:
    """The values that are as they should be, and what is wrong with the others."""
    values: dict[str, Any] = {}
    wrong = [texts.missing(where, name) for name in owed if name not in fields]
    for name, value in fields.items():
        if name not in kinds:
            known = [*kinds, *([] if where else ["measures"])]
            wrong.append(texts.unknown(where, name[:40], next(iter(get_close_matches(name, known, 1)), "")))
            continue
        read_value = _READ[kinds[name]](value)
        if read_value is None:
            wrong.append(texts.wrong_type(where, name, kinds[name]))
        elif name in texts.CHOICES and read_value not in texts.CHOICES[name]:
            wrong.append(texts.wrong_word(where, name, texts.CHOICES[name]))
        else:
            values[name] = read_value
    return values, wrong


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if type(value) is int else None  # true is an int too


def _day(value: Any) -> str | None:
    """In quotes or without."""
    return value.isoformat() if type(value) is date else _text(value)


def _moment(value: Any) -> datetime | None:
    """Without an offset it is the time in China."""
    if not isinstance(value, datetime) or not _YEARS[0] <= value.year <= _YEARS[1]:
        return None
    return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)


_READ: Mapping[str, Callable[[Any], Any]] = {"text": _text, "number": _number, "day": _day, "moment": _moment}
