"""Passwords of our own staff: kept as argon2 hashes, compared with the same work whether there is one or not."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.model.sign_in import LONGEST, SHORTEST
from bot.model.texts import console as texts

# 19 MiB and two passes, what OWASP asks for at least: some 40 ms. Two at once: a flood of tries fills neither memory nor processors.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = BoundedSemaphore(2)
_NOBODYS = _HASHER.hash("nobody's")


def hashed(password: str) -> str:
    """As kept."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(kept: str, password: str) -> bool:
    """Whether this is the password. kept: its hash, or "" where there is none: then nothing fits, and it takes as long."""
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _NOBODYS, password) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def is_old(kept: str) -> bool:
    """Whether a hash was made with weaker settings than ours now."""
    return _HASHER.check_needs_rehash(kept)


def mistakes(password: str, login: str) -> list[str]:
    """What is wrong with a new password."""
    wrong = [] if SHORTEST <= len(password) <= LONGEST else [texts.password_length(SHORTEST, LONGEST)]
    wrong += [texts.HOLDS_LOGIN] if login in password.lower() else []
    wrong += [texts.TOO_PLAIN] if len(set(password)) < 5 else []  # 5: aaaaaaaaaaaa and 121212121212 are none
    return wrong
