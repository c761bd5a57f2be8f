"""The people of the stand-in's corp."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.quotas import MemberQuota

_KEPT = 20_000


@dataclass(frozen=True)
class Delivered:
    """One message that reached a member. body: {"msgtype": …, its fields as the member sees them}."""

    msgid: str
    at: float
    body: dict[str, Any]


@dataclass
class Member:
    """provider "": a member whom no provider has named as its admin. on_page: stands in the chat page's list."""

    userid: str
    name: str
    provider: str = ""
    party: int = 1
    on_page: bool = False
    is_refused: bool = False  # out of the app's visible range
    is_unlicensed: bool = False
    delivered: deque[Delivered] = field(default_factory=lambda: deque(maxlen=_KEPT), repr=False)
    delivered_count: int = 0
    dropped: int = 0
    quota: MemberQuota = field(default_factory=MemberQuota, repr=False)

    @property
    def initials(self) -> str:
        """What stands in the avatar: the given name, as WeCom does."""
        return self.name[-2:]

    def receive(self, message: Delivered) -> None:
        self.delivered.append(message)
        self.delivered_count += 1

    def forget(self) -> None:
        self.delivered.clear()
        self.delivered_count = self.dropped = 0
        self.quota = MemberQuota()


def cast() -> list[Member]:
    """Admins of two providers and a stranger. Ids differ in case and carry a dot, as real ones do."""
    return [
        Member("WangWei", "王伟", "星河软件", 2, on_page=True),
        Member("li.na", "李娜", "星河软件", 2, on_page=True),
        Member("ZhaoMin", "赵敏", "青禾科技", 3, on_page=True),
        Member("chenmo", "陈默", "", 1, on_page=True),
    ]
