"""Whom a broadcast is for, said once and resolved anew each time it is asked: providers and people, narrowed, less exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.model.provider import Listing


class AppState(StrEnum):
    """What must hold now for at least one app of a provider. The last three: what the baseline has, and a measure or withdrawal took."""

    LISTED = "listed"
    SEARCHABLE = "searchable"
    RECOMMENDED = "recommended"
    NOT_RECOMMENDED = "not_recommended"
    NOT_SEARCHABLE = "not_searchable"
    DELISTED = "delisted"

    def holds(self, baseline: Listing, now: Listing) -> bool:
        """Whether it does for an app with this baseline, listed like this now."""
        match self:
            case AppState.LISTED:
                return now.listed
            case AppState.SEARCHABLE:
                return now.searchable
            case AppState.RECOMMENDED:
                return now.recommended
            case AppState.NOT_RECOMMENDED:
                return baseline.recommended and not now.recommended
            case AppState.NOT_SEARCHABLE:
                return baseline.searchable and not now.searchable
            case AppState.DELISTED:
                return baseline.listed and not now.listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everybody, or the admins of `providers` (codes) and `people` (userids); of these only who fits every filter that is set.

    states, categories: at least one app of the provider is so. open_case: the provider has a case in force or recovering.
    but_providers, but_people, but_open_case: who is left out all the same. Nobody, where neither everybody nor anybody is named.
    """

    everybody: bool = False
    providers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    states: tuple[AppState, ...] = ()
    categories: tuple[str, ...] = ()
    open_case: bool = False
    but_providers: tuple[str, ...] = ()
    but_people: tuple[str, ...] = ()
    but_open_case: bool = False

    @property
    def is_named(self) -> bool:
        """Whether it says of anybody that they belong to it."""
        return self.everybody or bool(self.providers or self.people)

    def kept(self) -> dict[str, Any]:
        """As stored: plain JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name in _NAMES if (value := getattr(self, name))}


_NAMES = (
    *("everybody", "providers", "people", "states", "categories"),
    *("open_case", "but_providers", "but_people", "but_open_case"),
)
EVERYBODY = Audience(everybody=True)


def read(kept: Mapping[str, Any]) -> Audience:
    """What `kept` stored."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in _NAMES}
    values["states"] = tuple(AppState(one) for one in values.get("states", ()))
    return Audience(**values)
