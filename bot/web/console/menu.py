"""The pages of the console that its head leads to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask import request, url_for

from bot.model.operator import Operator, Role
from bot.model.texts.console import MENU

# Under "/console/" too: what is opened from the list of what waits.
_FROM_WAITING = ("/console/filings", "/console/humans", "/console/tasks")
_PLACES = ("waiting", "cases", "providers", "broadcasts", "rulebooks", "questions", "overview", "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link of the head."""

    name: str
    label: str
    address: str
    is_here: bool


def entries(rights: Mapping[str, Collection[Role]], me: Operator) -> list[Entry]:
    """What `me` may open, in order; the page that is open is marked. rights: by endpoint."""
    shown = [name for name in _PLACES if any(me.may(role) for role in rights.get(f"console.{name}", ()))]
    return [_entry(name) for name in shown]


def _entry(name: str) -> Entry:
    address = url_for(f"console.{name}")
    if name == "waiting":
        is_here = request.path == address or request.path.startswith(_FROM_WAITING)
    else:
        is_here = request.path == address or request.path.startswith(f"{address}/")
    return Entry(name=name, label=MENU[name], address=address, is_here=is_here)
