"""The audit trail: who did what, in chains that show when anything in them was changed.

A case has a chain, and the house (operators, imports, settings) has one. An event's hash covers the event and the hash before it, so a
changed or missing event breaks the chain at that place; how long a chain is, and a chain written anew from its first event on, is
told by the daily heads (bot/model/head). Personal content stands beside the event, which holds its hash only: it can be destroyed,
on a duty to delete, and the chain still verifies.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from bot.model.canonical import canonical, plain, sha256
from bot.model.provider import Address

HOUSE = "house"  # the name of the chain that belongs to no case
GENESIS = "0" * 64  # what stands before a chain's first event
DESTROY = "destroy_personal"  # the action that tells of personal content that is gone: {"chain", "seq", "reason"}


@dataclass(frozen=True, slots=True)
class Actor:
    """operator:LOGIN, admin:CORPID/AGENTID/USERID, or system."""

    name: str

    def __str__(self) -> str:
        return self.name


SYSTEM = Actor("system")


def by_operator(login: str) -> Actor:
    """One of our own staff."""
    return Actor(f"operator:{login}")


def by_admin(address: Address) -> Actor:
    """Somebody at a provider."""
    return Actor(f"admin:{address}")


def moment(at: datetime) -> str:
    """As hashed: ISO, UTC, with microseconds always there."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, as kept. What was tampered with may hold anything in any field; `broken` tells.

    chain: a case's number, or HOUSE. id: of its row. seq: 1, 2, 3 … in its chain. at: as `moment` writes it. personal: {"of", "salt"},
    None where there was none or it was destroyed.
    """

    chain: str
    id: int
    seq: int
    at: str
    actor: str
    action: str
    content: Any
    personal: Any
    personal_sha256: str
    previous: str
    hash: str

    def digest(self) -> str:
        """What `hash` must be. Raises ValueError where a field has no canonical form."""
        return sha256(
            canonical(
                {
                    "chain": self.chain,
                    "id": self.id,
                    "seq": self.seq,
                    "at": self.at,
                    "actor": self.actor,
                    "action": self.action,
                    "content": self.content,
                    "personal_sha256": self.personal_sha256,
                    "previous": self.previous,
                }
            )
        )

    @property
    def is_whole(self) -> bool:
        """Whether the hashes fit what they stand for. Says nothing of its place in the chain."""
        try:
            fits = self.personal is None or sha256(canonical(self.personal)) == self.personal_sha256
            return fits and self.digest() == self.hash
        except ValueError:
            return False


def salted(personal: Mapping[str, Any]) -> dict[str, Any]:
    """Personal content as kept: with 128 random bits, so that its hash can't be found again by guessing. Raises ValueError."""
    return {"of": plain(personal), "salt": secrets.token_hex(16)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """Where a chain ends: how many events, and the last one's hash. An empty chain ends in GENESIS."""

    chain: str
    length: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """Something that is not as it was written.

    chain: the case's number, HOUSE, or "" where it is about something else. seq: of the event; 0: of the chain as a whole. kind:
    names the sentence in bot/model/texts/trail. detail: which head, file or column.
    """

    chain: str
    seq: int
    kind: str
    detail: str = ""


Kept = Mapping[str, Mapping[int, Mapping[str, str]]]  # what was noted elsewhere: chain → length → hash → by what


def verify(events: Iterable[Event], kept: Kept, known: Iterable[str] = ()) -> tuple[list[Problem], dict[str, Tip]]:
    """Read chains from their first event on, and hold them against what was noted elsewhere of where they ended.

    events: chain by chain, in the order of seq. known: chains that must exist. Returns what is wrong, and where each chain ends.
    """
    problems: list[Problem] = []
    ends: dict[str, Tip] = {}
    for chain, its in groupby(events, key=attrgetter("chain")):
        found, ends[chain] = _verify_chain(chain, its, kept.get(chain, {}))
        problems += found
    for chain in sorted({*known, *kept} - set(ends)):
        counts = kept.get(chain, {})
        if any(counts) or chain in known:
            where = max(counts.items(), default=(0, {"": ""}))[1]
            problems.append(Problem(chain=chain, seq=0, kind="missing", detail=next(iter(where.values()))))
    return problems, ends


def _verify_chain(chain: str, events: Iterable[Event], kept: Mapping[int, Mapping[str, str]]) -> tuple[list[Problem], Tip]:
    problems, count, last = [], 0, GENESIS
    gone: set[int] = set()
    for event in events:
        if not isinstance(event.seq, int) or event.seq <= count:
            problems.append(Problem(chain=chain, seq=count + 1, kind="changed"))
            continue
        if event.seq > count + 1:
            problems.append(Problem(chain=chain, seq=count + 1, kind="gap", detail=str(event.seq - 1)))
        elif event.previous != last:
            problems.append(Problem(chain=chain, seq=event.seq, kind="unlinked"))
        if not event.is_whole:
            problems.append(Problem(chain=chain, seq=event.seq, kind="changed"))
        elif event.personal is None and event.personal_sha256:
            gone.add(event.seq)
        elif event.action == DESTROY and isinstance(event.content, Mapping):
            gone -= {seq for seq in (event.content.get("seq"),) if isinstance(seq, int)}
        for noted, by in kept.get(event.seq, {}).items():
            if noted != event.hash:
                problems.append(Problem(chain=chain, seq=event.seq, kind="rewritten", detail=by))
        count, last = event.seq, event.hash
    problems += [Problem(chain=chain, seq=seq, kind="personal_gone") for seq in sorted(gone)]
    longest = max(kept, default=0)
    if longest > count:
        by = next(iter(kept[longest].values()))
        problems.append(Problem(chain=chain, seq=count + 1, kind="cut", detail=f"{longest} {by}"))
    return problems, Tip(chain=chain, length=count, hash=last)
