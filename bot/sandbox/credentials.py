"""Access tokens (path/91039) and the one-time codes of web authorisation (path/91022, 91023)."""

import hmac
import secrets
from dataclasses import dataclass, field

from bot import clock
from bot.sandbox.quotas import HOUR_S, Limits, Window
from bot.sandbox.refusals import Refused

TOKEN_LIFE_S = 7_200
CODE_LIFE_S = 300
_KEPT = 1_000


@dataclass
class Token:
    value: str
    kind: str
    expires_at: float


@dataclass
class Tokens:
    """Tokens of one corp and app. A call while one is alive gives the same one back."""

    corpid: str
    secret: str
    known: dict[str, Token] = field(default_factory=dict)
    current: Token | None = None
    failures: Window = field(default_factory=lambda: Window(HOUR_S))

    def get(self, corpid: str, secret: str, limits: Limits) -> dict[str, object]:
        """The answer of gettoken. Raises Refused: 40013, 40001, or 45009 after too many failures in an hour."""
        at = clock.timestamp()
        if self.failures.would_exceed(limits.failed_gettoken_per_hour, at):
            raise Refused(45009, "too many failed attempts")
        if corpid != self.corpid or not hmac.compare_digest(secret.encode(), self.secret.encode()):
            self.failures.take(limits.failed_gettoken_per_hour, at)
            raise Refused(40013 if corpid != self.corpid else 40001)
        if self.current is None or self.current.expires_at <= at:
            self.current = self.issue("app")
        return {
            "errcode": 0,
            "errmsg": "ok",
            "access_token": self.current.value,
            "expires_in": max(1, int(self.current.expires_at - at)),
        }

    def issue(self, kind: str) -> Token:
        """A fresh token. Any kind but "app" is refused by every call with 40014."""
        token = Token(secrets.token_urlsafe(160), kind, clock.timestamp() + TOKEN_LIFE_S)
        self.known[token.value] = token
        while len(self.known) > _KEPT:
            del self.known[next(iter(self.known))]
        return token

    def check(self, value: str) -> None:
        """Raises Refused: 40014 for an unknown token or one of another kind, 42001 for one that has run out."""
        token = self.known.get(value)
        if token is None or token.kind != "app":
            raise Refused(40014)
        if token.expires_at <= clock.timestamp():
            raise Refused(42001)

    def expire_all(self) -> None:
        """Let every token die before its time, as the vendor reserves the right to."""
        for token in self.known.values():
            token.expires_at = min(token.expires_at, clock.timestamp())
        self.current = None


@dataclass
class Code:
    userid: str
    born_at: float
    is_used: bool = False


@dataclass
class Codes:
    """Codes of web authorisation: each good once, for five minutes."""

    known: dict[str, Code] = field(default_factory=dict)

    def issue(self, userid: str) -> str:
        value = secrets.token_urlsafe(32)
        self.known[value] = Code(userid, clock.timestamp())
        while len(self.known) > _KEPT:
            del self.known[next(iter(self.known))]
        return value

    def redeem(self, value: str) -> str:
        """The userid behind a code. Raises Refused: 40029 unknown or too old, 42022 used before."""
        code = self.known.get(value)
        if code is None or clock.timestamp() - code.born_at >= CODE_LIFE_S:
            raise Refused(40029)
        if code.is_used:
            raise Refused(42022)
        code.is_used = True
        return code.userid
