"""The form of a filing: what was typed, field by field, and what is to be said at each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import g, request
from werkzeug.datastructures import MultiDict

from bot.actions.filings import Written
from bot.actions.words import MOST_CHARS, can_be_kept
from bot.model.filing import PARTS, Filing, FilingKind, missing
from bot.model.texts import filings as filing_texts
from bot.model.texts import pages as texts

_VERSION_DIGITS = 9
_MOST_FIELDS = 200
_SENT_CHARS = 2_000  # of a hidden field


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """typed: by name of the field. at: what is wrong, by name. theirs: what is kept now where somebody else wrote otherwise.

    say: for the form as a whole.
    """

    typed: Mapping[str, str]
    at: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    say: str = ""
    agreed: bool = False


def name(part: str, clause: str = "") -> str:
    """Of a field: words, or root_cause:2.9."""
    return f"{part}:{clause}" if clause else part


def kept(filing: Filing) -> dict[str, str]:
    """What a filing says now, by name of its field."""
    return {"words": filing.words} | {name(part, item.clause): getattr(item, part) for item in filing.items for part in PARTS}


def received(action: str) -> dict[str, str]:
    """What was typed into the form of this request.

    Whatever page answers it shows that again (`_typed.html`), to be sent to `action`, until it is `settled`.
    """
    fields = typed(request.form)
    g.portal_typed = {
        "fields": [(one, filing_texts.PARTS[one.partition(":")[0]][0], text) for one, text in fields.items() if text.strip()],
        "sent": {one: request.form.get(one, "")[:_SENT_CHARS] for one in ("token", "seal", "version", "agreed")},
        "action": action,
    }
    return fields


def settled() -> None:
    """What was typed is kept."""
    g.portal_typed = None


def typed(form: MultiDict[str, str]) -> dict[str, str]:
    """What came with a form of any filing, as typed, whoever sent it."""
    fields = [one for one in form if one == "words" or one.partition(":")[0] in PARTS][:_MOST_FIELDS]
    return {one: form[one].replace("\r\n", "\n") for one in fields}


def has_unsent_files(form: MultiDict[str, str]) -> bool:
    """Whether files were chosen in a browser without scripts, and a button pressed that does not send them: only their names came."""
    return any(one.startswith("file:") and text for one, text in form.items())


def version(form: MultiDict[str, str]) -> int:
    """Of the filing that the form was made from; 0 for what is no number."""
    given = form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _VERSION_DIGITS else 0


def written(fields: Mapping[str, str], of_version: int) -> Written:
    """For the actions."""
    items: dict[str, dict[str, str]] = {}
    for one, text in fields.items():
        part, _, clause = one.partition(":")
        if clause:
            items.setdefault(clause, {})[part] = text
    return Written(version=of_version, words=fields.get("words", ""), items=items)


def too_much(fields: Mapping[str, str]) -> dict[str, str]:
    """What no database would keep, by field."""
    found = {one: texts.too_long(len(text.strip()), MOST_CHARS) for one, text in fields.items() if len(text.strip()) > MOST_CHARS}
    return found | {one: texts.unkeepable() for one, text in fields.items() if not can_be_kept(text)}


def changed(filing: Filing, fields: Mapping[str, str]) -> dict[str, str]:
    """What a filing says now in those fields where something else was typed."""
    return {one: text for one, text in kept(filing).items() if fields.get(one, text).strip() != text}


def lacking(filing: Filing) -> dict[str, str]:
    """What is still to be filled in, by field."""
    words = filing_texts.WORDS[FilingKind(filing.kind)][0]
    found = {}
    for one in missing(filing):
        if one.part == "evidence":
            found[name(one.part, one.clause)] = texts.NO_EVIDENCE
        else:
            found[name(one.part, one.clause)] = texts.missing(words if one.part == "words" else filing_texts.PARTS[one.part][0])
    return found
