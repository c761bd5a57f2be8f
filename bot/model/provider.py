"""Who the platform deals with: providers (服务商), their apps, and their admins (管理员)."""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.model.canonical import canonical, sha256

ENOUGH_ADMINS = 2  # a provider with fewer reachable ones is flagged before there is a case: one person may be away

# A member's own id is of these characters (path/90195); the encrypted ids of other corps too.
USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One person in WeCom. Compared exactly: zhangsan, ZhangSan and the zhangsan of another corp are three people."""

    corpid: str
    agentid: int
    userid: str

    def __str__(self) -> str:
        return f"{self.corpid}/{self.agentid}/{self.userid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How the app centre shows an app (clauses 2.5 to 2.7)."""

    listed: bool
    searchable: bool
    recommended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """baseline: its listing when no measure is in force."""

    id: int
    provider_id: int
    code: str
    name: str
    baseline: Listing
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """mail: "" if none is known. unreachable: what WeCom said when it last refused this person, such as "invaliduser"; "" if it did not."""

    id: int
    provider_id: int
    address: Address
    name: str
    mail: str
    is_active: bool
    unreachable: str
    unreachable_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    id: int
    code: str
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A provider in numbers. admins: those who speak for it now; reachable: of them, those whom messages reach as far as is known."""

    provider: Provider
    apps: int
    admins: int
    reachable: int

    @property
    def is_short(self) -> bool:
        """Too few to be sure that a notice finds somebody."""
        return self.reachable < ENOUGH_ADMINS


def mark(one: Provider | App | Admin) -> str:
    """What a form carries of the record it was filled in over, to tell whether somebody changed that record meanwhile.

    Whom messages reach is not part of it: the engine learns that by itself, and no form changes it.
    """
    if isinstance(one, Admin):
        told = ["admin", one.id, one.provider_id, one.name, one.mail, one.is_active]
    elif isinstance(one, App):
        shown = one.baseline
        told = ["app", one.id, one.provider_id, one.name, shown.listed, shown.searchable, shown.recommended]
    else:
        told = ["provider", one.id, one.name]
    return sha256(canonical(told))[:32]  # short enough that a form kept over a signing in does not show it as something typed
