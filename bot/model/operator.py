"""Our own staff (平台运营)."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.provider import Address

ENOUGH = 3  # a case has an author and an approver, and whoever hears an objection to it is neither
ENOUGH_FOR_PERMANENT = 4  # permanent delisting takes two approvers


class Role(StrEnum):
    OPERATOR = "operator"  # opens cases and runs them
    APPROVER = "approver"  # the second pair of eyes
    AUDITOR = "auditor"  # reads and verifies the trail, changes nothing
    OWNER = "owner"  # manages operators and settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """address: where alarms reach this person in WeCom, beside mail; None if nowhere."""

    id: int
    login: str
    name: str
    mail: str
    roles: frozenset[Role]
    address: Address | None
    is_active: bool
    version: int

    def may(self, role: Role) -> bool:
        """Somebody disabled may do nothing."""
        return self.is_active and role in self.roles
