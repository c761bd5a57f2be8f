"""What needs one of our own staff now, and how often they are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=30), timedelta(days=1)

# What is about the ways by which people are told themselves: these are told by the others.
_OF_WECOM = ("wecom_", "app_", "api_", "close_inactive_agent")
_OF_MAIL = ("mail_",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """what: the kind, in code. key: what makes it the same alarm; one is open a key. detail: ids and numbers, nothing anybody wrote."""

    id: int
    key: str
    what: str
    detail: Mapping[str, str | int]
    state: str
    count: int
    first_at: datetime
    last_at: datetime
    told_at: datetime | None
    cleared_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether to tell of it now: at once, then after half an hour, an hour, two, four … and at least once a day while it lasts."""
        if self.told_at is None:
            return True
        return now - self.told_at >= min(max(_FIRST_PAUSE, self.told_at - self.first_at), _LONGEST_PAUSE)

    @property
    def is_of_wecom(self) -> bool:
        return self.what.startswith(_OF_WECOM)

    @property
    def is_of_mail(self) -> bool:
        return self.what.startswith(_OF_MAIL)
