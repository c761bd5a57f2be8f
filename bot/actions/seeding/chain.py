"""The trail of one case, hashed as the real one is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.actions.seeding.rows import Rows
from bot.model.canonical import canonical, plain, sha256
from bot.model.trail import GENESIS, SYSTEM, Actor, Event, moment


class Chain:
    """Events one after another. number: of the case; case_id: of its row."""

    def __init__(self, rows: Rows, number: str, case_id: int, salt: str) -> None:
        self._rows, self._number, self._case_id, self._salt = rows, number, case_id, salt
        self._length, self._hash = 0, GENESIS

    def tell(
        self, at: datetime, action: str, content: Mapping[str, Any], by: Actor = SYSTEM, personal: Mapping[str, Any] | None = None
    ) -> None:
        """One event more."""
        kept = {"of": plain(personal), "salt": self._salt} if personal is not None else None
        self._length += 1
        event = Event(
            chain=self._number,
            id=self._rows.last["events"] + 1,
            seq=self._length,
            at=moment(at),
            actor=str(by),
            action=action,
            content=plain(content),
            personal=kept,
            personal_sha256=sha256(canonical(kept)) if kept else "",
            previous=self._hash,
            hash="",
        )
        self._hash = replace(event, hash=event.digest()).hash
        told = {name: getattr(event, name) for name in ("seq", "actor", "action", "content", "personal", "personal_sha256", "previous")}
        self._rows.add("events", case_id=self._case_id, at=at, hash=self._hash, **told)

    def end(self) -> None:
        """Note where it ends."""
        self._rows.put("chains", name=self._number, length=self._length, hash=self._hash)
