"""What the trail says of hand-ins and their reviews, held against what is kept of them: the same for a database and for a bundle."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.canonical import canonical, sha256
from bot.model.filing import FilingState
from bot.model.trail import Event, Problem

Place = tuple[str, int]  # chain and seq of an event
Key = tuple[str, str]  # a filing's number, and a round or the SHA-256 of a file

_NOWHERE: Place = ("", 0)
# Where each event leaves a filing; a decision says so itself.
_LEADS_TO: Mapping[str, str] = {
    "filed": FilingState.SUBMITTED,
    "review_taken": FilingState.UNDER_REVIEW,
    "review_released": FilingState.SUBMITTED,
    "claim_expired": FilingState.SUBMITTED,
    "filing_lapsed": FilingState.LAPSED,
    "filing_dropped": FilingState.DROPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A round as it lies there. Nothing in it is trusted to be what it should be."""

    filing: str
    round: object
    content: object
    sha256: object
    outcome: object
    reasons: object
    remarks: object

    @property
    def key(self) -> Key:
        return self.filing, str(self.round)

    @property
    def is_emptied(self) -> bool:
        """What the provider wrote was destroyed on duty to delete."""
        return self.content == {}


@dataclass(slots=True)
class Filed:
    """What events tell, gathered while they are read. Of words only the hash is kept."""

    rounds: dict[Key, tuple[Place, str, bool]] = field(default_factory=dict)  # …, SHA-256 of the content, were the words destroyed
    decisions: dict[Key, tuple[Place, str, str]] = field(default_factory=dict)  # …, outcome, hash of the words ("" where destroyed)
    states: dict[str, tuple[Place, str]] = field(default_factory=dict)
    files: dict[Key, Place] = field(default_factory=dict)

    def listen(self, event: Event) -> None:
        """Take in one event of any kind."""
        content = event.content
        if not isinstance(content, Mapping) or not isinstance(content.get("filing"), str) or not isinstance(event.seq, int):
            return
        place, filing, key = (event.chain, event.seq), content["filing"], (content["filing"], str(content.get("round")))
        if event.action == "filed":
            self.rounds[key] = place, str(content.get("sha256")), event.personal is None
        elif event.action == "decided":
            words = event.personal.get("of") if isinstance(event.personal, Mapping) else None
            self.decisions[key] = place, str(content.get("outcome")), _hash(words) if words is not None else ""
        leads_to = content.get("state") if event.action == "decided" else _LEADS_TO.get(event.action)
        if leads_to:
            self.states[filing] = place, str(leads_to)

    def compare_rounds(self, kept: Iterable[Kept]) -> Iterator[Problem]:
        """Every round, and what came of it."""
        left, undecided = dict(self.rounds), dict(self.decisions)
        for one in kept:
            place, wanted, is_destroyed = left.pop(one.key, (_NOWHERE, "", False))
            if not wanted:
                yield _problem(_NOWHERE, "round_unknown", one.key)
                continue
            fits = _hash(one.content) == wanted or (is_destroyed and one.is_emptied)
            if not fits or one.sha256 != wanted:
                yield _problem(place, "round_changed", one.key)
            for digest in _files_of(one.content):
                self.files.setdefault((one.filing, digest), place)
            yield from _compare_decision(one, place, undecided.pop(one.key, None))
        for key, (place, _, _) in left.items():
            yield _problem(place, "round_gone", key)
            undecided.pop(key, None)
        for key, (place, _, _) in undecided.items():
            yield _problem(place, "decision_gone", key)

    def compare_states(self, kept: Iterable[tuple[str, str]]) -> Iterator[Problem]:
        """kept: (number, state) of every filing that was handed in."""
        left = dict(self.states)
        for number, state in kept:
            place, wanted = left.pop(number, (_NOWHERE, ""))
            if wanted and state != wanted:
                yield _problem(place, "filing_changed", (number, ""))
        for number, (place, _) in left.items():
            if any(number == key[0] for key in self.rounds):
                yield _problem(place, "filing_gone", (number, ""))

    def compare_files(self, kept: Iterable[Key]) -> Iterator[Problem]:
        """kept: (number, SHA-256) of every file. To be asked after `compare_rounds`: rounds name the files that there must be."""
        for key in self.files.keys() - set(kept):
            yield _problem(self.files[key], "filed_file_gone", key)


def _compare_decision(one: Kept, filed_at: Place, told: tuple[Place, str, str] | None) -> Iterator[Problem]:
    if told is None:
        if one.outcome != "":
            yield _problem(filed_at, "decision_unknown", one.key)
        return
    place, outcome, words = told
    said = {"reasons": one.reasons, "remarks": one.remarks}
    fits = _hash(said) == words if words else said == {"reasons": "", "remarks": {}}
    if one.outcome != outcome or not fits:
        yield _problem(place, "decision_changed", one.key)


def _files_of(content: object) -> Iterator[str]:
    files = content.get("files") if isinstance(content, Mapping) else None
    for file in files if isinstance(files, list) else []:
        if isinstance(file, Mapping):
            yield str(file.get("sha256"))


def _problem(place: Place, kind: str, key: Key) -> Problem:
    return Problem(chain=place[0], seq=place[1], kind=kind, detail=" ".join(filter(None, key)))


def _hash(value: Any) -> str:
    try:
        return sha256(canonical(value))
    except ValueError:
        return "no canonical form"
