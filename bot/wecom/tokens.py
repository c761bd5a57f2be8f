"""One access token for all processes, fetched by one of them at a time (path/91039).

The platform gives the same token to every gettoken while it lives, blocks those who ask too often, and after about 2000 refused
calls in an hour locks the caller out. So refusals are remembered here, and nobody asks again while they last.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from bot import clock
from bot.errors import WecomError
from bot.model.token import Token
from bot.wecom.limits import NO_ANSWER, Fault, fault_of

SLACK_S = 60.0  # a token this close to its end is replaced, if another is to be had
_ASK_AGAIN_S = 20.0  # near its end the platform may hand out the same token again: not more often than this
_POLL_S = 0.2  # real seconds between looks at the store while another process fetches
_WAIT_S = 20.0  # real seconds to wait for another process; longer than a fetch with its retries takes
_HOLD_S = {Fault.CREDENTIAL: 300.0, Fault.NO_ANSWER: 5.0, Fault.BUSY: 5.0}  # how long a refusal is believed without asking again
_HOLD_OTHERS_S = 60.0  # a trusted IP, say, works about a minute after it is entered (path/90313, 60020)


class TokenStore(Protocol):
    """Where processes share tokens. All methods are safe to call from any thread."""

    def get(self, name: str) -> Token | None: ...

    def put(self, name: str, token: Token) -> None: ...

    def drop(self, name: str, value: str) -> None:
        """Forget the token if it is still `value`."""

    def exclusive(self, name: str, wait_s: float) -> AbstractContextManager[bool]:
        """Hold the lease `name`, waiting at most `wait_s` real seconds; gives whether it is held. A dead holder's lease ends by itself."""


class MemoryTokens:
    """A store for one process: tests and the shell."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Token | None:
        return self._tokens.get(name)

    def put(self, name: str, token: Token) -> None:
        self._tokens[name] = token

    def drop(self, name: str, value: str) -> None:
        with self._lock:
            known = self._tokens.get(name)
            if known and known.value == value:
                del self._tokens[name]

    @contextmanager
    def exclusive(self, name: str, wait_s: float) -> Iterator[bool]:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        held = lock.acquire(timeout=max(0.0, wait_s))
        try:
            yield held
        finally:
            if held:
                lock.release()


class Tokens:
    """The access token of one app in one corp."""

    def __init__(self, store: TokenStore, name: str, fetch: Callable[[], Token], alarm: Callable[[int], None]) -> None:
        """name: what the token is called in the store. fetch: asks the platform, raises WecomError.

        alarm: told the errcode when the platform refuses us for a reason that a person must mend; at most once in the hold time.
        """
        self._store = store
        self._name = name
        self._fetch = fetch
        self._alarm = alarm
        self._lock = threading.Lock()
        self._known: Token | None = None
        self._asked_at = float("-inf")
        self._repeated = ""
        self._refusal: tuple[int, str, bool] | None = None
        self._refused_until = 0.0

    def get(self) -> str:
        """A token believed to be good. Raises WecomError, at once while an earlier refusal is remembered."""
        known = self._known
        if known and self._is_fresh(known):
            return known.value
        with self._lock:
            return self._found() or self._obtain("")

    def refresh(self, refused: str) -> str:
        """A token to try instead of `refused`, which the platform answered with 40014 or 42001. Raises WecomError.

        Costs no call when another thread or process has already replaced it. The platform may insist on the same token: then that
        is returned, to be tried once more by the caller, and not asked for again for a while.
        """
        with self._lock:
            if refused == self._repeated and clock.timestamp() - self._asked_at < _ASK_AGAIN_S:
                return refused
            self._store.drop(self._name, refused)
            if self._known and self._known.value == refused:
                self._known = None
            return self._found() or self._obtain(refused)

    def stop(self, error: WecomError) -> None:
        """Remember a refusal that any call met with (40001): calls of this process fail with it until the hold is over."""
        with self._lock:
            self._known = None  # so that `get` looks at the refusal first
            self._hold(error)

    def _found(self) -> str:
        """A good token that somebody has already fetched, or ""."""
        self._raise_if_held()
        if not (self._known and self._is_fresh(self._known)):
            self._known = self._store.get(self._name)
        return self._known.value if self._known and self._is_fresh(self._known) else ""

    def _obtain(self, refused: str) -> str:
        """Fetch, or wait while another process does. Called with the lock held."""
        until = time.monotonic() + _WAIT_S
        while time.monotonic() < until:
            with self._store.exclusive(self._name, _POLL_S) as held:
                found = self._found()
                if found:
                    return found
                if held:
                    return self._ask(refused)
        error = WecomError(NO_ANSWER, "another process kept the lease on the access token")
        self._hold(error)
        raise error

    def _ask(self, refused: str) -> str:
        try:
            token = self._fetch()
        except WecomError as error:
            self._hold(error)
            raise
        self._asked_at = clock.timestamp()
        self._repeated = refused if token.value == refused else ""
        self._store.put(self._name, token)
        self._known = token
        return token.value

    def _is_fresh(self, token: Token) -> bool:
        now = clock.timestamp()
        return token.expires_at - now > SLACK_S or (token.expires_at > now and now - self._asked_at < _ASK_AGAIN_S)

    def _hold(self, error: WecomError) -> None:
        fault = fault_of(error.errcode)
        self._refusal = error.errcode, error.errmsg, error.permanent  # not the error itself: its traceback would keep frames alive
        self._refused_until = clock.timestamp() + _HOLD_S.get(fault, _HOLD_OTHERS_S)
        if fault not in (Fault.BUSY, Fault.NO_ANSWER):
            self._alarm(error.errcode)

    def _raise_if_held(self) -> None:
        if self._refusal and clock.timestamp() < self._refused_until:
            errcode, errmsg, permanent = self._refusal
            raise WecomError(errcode, errmsg, permanent=permanent)
        self._refusal = None
