"""What the parts of a made-up platform share."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.actions.seeding.rows import Rows
from bot.context import Context
from bot.model.operator import Role

DAYS = 540  # over which all of it happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One provider: its apps as (id, name), its admins as (id, userid, name)."""

    id: int
    name: str
    apps: tuple[tuple[int, str], ...]
    admins: tuple[tuple[int, str, str], ...]


@dataclass(slots=True, kw_only=True)
class World:
    """What the parts share. staff: ids of operators by role."""

    ctx: Context
    rows: Rows
    chance: random.Random
    now: datetime
    members: list[Member] = field(default_factory=list)
    staff: dict[Role, list[tuple[int, str]]] = field(default_factory=dict)

    def earlier(self, days: float = DAYS) -> datetime:
        """A moment within the last so many days."""
        return self.now - timedelta(days=self.chance.random() * days)
