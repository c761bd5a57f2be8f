"""The composer's form: what was typed, as values, and values as what the form shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request

from bot.actions import broadcast_lists
from bot.clock import SHANGHAI
from bot.context import Context
from bot.model.audience import AppState, Audience
from bot.model.broadcast import Broadcast, Content, Form
from bot.model.texts import broadcasts as texts
from bot.model.texts import console_broadcasts as words

SHOWN_CHARS = 20_000  # of a list, in the form; a longer one comes by file, and is kept without being shown
FILE_BYTES = 16 << 20  # of as many lines as are read, each with a name beside its id
_STATE, _CATEGORY = "state:", "category:"
_PLAIN = (
    *("form", "title", "words", "url", "url_label", "asks_receipt", "to", "list", "keep_list", "open_case"),
    *("but_list", "keep_but", "but_open_case", "when", "send_at", "file_left_out"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form as it came. fields: what to show again; wrong: what cannot be understood of it."""

    content: Content
    audience: Audience
    send_at: datetime | None
    fields: Mapping[str, str]
    wrong: tuple[str, ...]


def typed(ctx: Context, known: Broadcast | None) -> Typed:
    """What this request's form says. known: the draft that it changes, whose long lists it may keep."""
    fields = {name: request.form.get(name, "").replace("\r\n", "\n") for name in _PLAIN}
    fields |= {name: "1" for name in request.form if name.startswith((_STATE, _CATEGORY))}
    text, bad_file = _file("list_file")
    if text and len(text) + len(fields["list"]) < SHOWN_CHARS:  # a browser shows no file twice: what fits, is shown as if typed
        fields["list"], text = "\n".join(filter(None, (fields["list"].rstrip(), text))), ""
    fields["file_left_out"] = "1" if text else fields["file_left_out"]
    audience, wrong = _audience(ctx, fields, known, text)
    send_at, bad_time = _moment(fields)
    return Typed(content=_content(fields), audience=audience, send_at=send_at, fields=fields, wrong=(*bad_file, *wrong, *bad_time))


def shown(one: Broadcast) -> dict[str, str]:
    """The fields of a form that shows this one."""
    to, content = one.audience, one.content
    named, but = "\n".join((*to.providers, *to.people)), "\n".join((*to.but_providers, *to.but_people))
    at = one.send_at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") if one.send_at else ""
    fields = {
        "form": content.form,
        "title": content.title,
        "words": content.words,
        "url": content.url,
        "url_label": content.url_label,
        "asks_receipt": "1" if content.asks_receipt else "",
        "to": "everybody" if to.everybody else "list" if to.is_named else "",
        "list": named if len(named) <= SHOWN_CHARS else "",
        "keep_list": "1" if len(named) > SHOWN_CHARS else "",
        "open_case": "1" if to.open_case else "",
        "but_list": but if len(but) <= SHOWN_CHARS else "",
        "keep_but": "1" if len(but) > SHOWN_CHARS else "",
        "but_open_case": "1" if to.but_open_case else "",
        "when": "at" if at else "now",
        "send_at": at,
    }
    fields |= {_STATE + state: "1" for state in to.states}
    return fields | {_CATEGORY + name: "1" for name in to.categories}


def _content(fields: Mapping[str, str]) -> Content:
    return Content(
        form=Form.CARD if fields["form"] == Form.CARD else Form.MARKDOWN,
        title=fields["title"].strip(),
        words=fields["words"].strip(),
        url=fields["url"].strip(),
        url_label=fields["url_label"].strip(),
        asks_receipt=fields["asks_receipt"] == "1",
    )


def _audience(ctx: Context, fields: Mapping[str, str], known: Broadcast | None, text: str) -> tuple[Audience, list[str]]:
    before = known.audience if known else Audience()
    everybody = fields["to"] == "everybody"
    named, wrong = broadcast_lists.Named(), []
    if fields["to"] == "list":
        written, given = broadcast_lists.read(ctx, fields["list"]), broadcast_lists.read(ctx, text)
        wrong += [*words.in_list(written.wrong), *words.in_file(given.wrong)]
        named = broadcast_lists.Named(providers=_with(written.providers, given.providers), people=_with(written.people, given.people))
    but = broadcast_lists.read(ctx, fields["but_list"])
    wrong += words.in_exceptions(but.wrong)
    keeps, keeps_but = fields["keep_list"] == "1" and fields["to"] == "list", fields["keep_but"] == "1"
    audience = Audience(
        everybody=everybody,
        providers=_with(before.providers if keeps else (), named.providers),
        people=_with(before.people if keeps else (), named.people),
        states=tuple(state for state in AppState if _STATE + state in fields),
        categories=tuple(sorted(name.removeprefix(_CATEGORY)[:64] for name in fields if name.startswith(_CATEGORY))),
        open_case=fields["open_case"] == "1",
        but_providers=_with(before.but_providers if keeps_but else (), but.providers),
        but_people=_with(before.but_people if keeps_but else (), but.people),
        but_open_case=fields["but_open_case"] == "1",
    )
    return audience, wrong


def _with(kept: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*kept, *new)))


def _file(name: str) -> tuple[str, list[str]]:
    given = request.files.get(name)
    if given is None or not given.filename:
        return "", []
    raw = given.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n"), []
        except UnicodeDecodeError:
            continue
    return "", [words.BAD_FILE]


def _moment(fields: Mapping[str, str]) -> tuple[datetime | None, list[str]]:
    """A time in China, to the minute; None for at once."""
    if fields["when"] != "at":
        return None, []
    try:
        at = datetime.strptime(fields["send_at"][:16], "%Y-%m-%dT%H:%M").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None, [texts.BAD_TIME]
    return (at, []) if 1970 < at.year < 9999 else (None, [texts.BAD_TIME])  # years that every clock reaches
