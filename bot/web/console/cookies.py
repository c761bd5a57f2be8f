"""The console's three cookies: who is signed in, a name for a browser that is not yet, and where somebody left for WeCom from.

A session is a random secret whose digest the database holds; nothing about it can be read off or made elsewhere.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Any

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.model.sign_in import LASTS
from config.settings import Settings

STATE_LASTS_S = 10 * 60
_SECRET_CHARS = 64


class Cookies:
    """Reads and writes them. Under https their names begin with __Host-, so that no other host can set them."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.secret_key.get_secret_value()
        self.is_secure = settings.console.startswith("https://")
        prefix = "__Host-" if self.is_secure else ""
        self.name, self._browser, self._state = f"{prefix}console", f"{prefix}console_browser", f"{prefix}console_state"
        self._states = URLSafeTimedSerializer(secret, salt="console state")
        self._key = sha256(b"console forms" + secret.encode()).digest()

    def session(self, request: Request) -> str:
        """The secret of the session, or ""."""
        held = request.cookies.get(self.name, "")
        return held if len(held) <= _SECRET_CHARS else ""

    def begin(self, response: Response, secret: str) -> None:
        """From now on this browser is signed in. Nothing that it held before is taken over."""
        self._put(response, self.name, secret, int(LASTS.total_seconds()))
        self._put(response, self._browser, "", 0)

    def end(self, response: Response) -> None:
        """Nobody is signed in here."""
        self._put(response, self.name, "", 0)

    def browser(self, request: Request, response: Response | None = None) -> str:
        """The random name of a browser before anybody signs in; given one with `response` where it has none."""
        held = request.cookies.get(self._browser, "")
        if len(held) == 32 and held.isalnum():
            return held
        held = secrets.token_hex(16)
        if response is not None:
            self._put(response, self._browser, held, STATE_LASTS_S * 6)
        return held

    def form_token(self, held: str) -> str:
        """What forms carry: of a session's secret, or of a browser's name. A page elsewhere cannot know it."""
        return hmac.new(self._key, held.encode(), sha256).hexdigest()

    def is_own_form(self, held: str, token: str) -> bool:
        """Whether a form came from a page that this browser was shown."""
        return bool(held) and hmac.compare_digest(self.form_token(held).encode(), token.encode())

    def leave(self, response: Response, path: str) -> str:
        """Before going to WeCom: remember where to come back to. Returns the `state` to send along, letters and digits."""
        state = secrets.token_hex(16)
        self._put(response, self._state, str(self._states.dumps([state, path])), STATE_LASTS_S)
        return state

    def come_back(self, request: Request, response: Response, state: str) -> str | None:
        """The path left from, if this browser left with this `state`; the state is then used up."""
        held = self._load(request.cookies.get(self._state, ""))
        self._put(response, self._state, "", 0)
        if not isinstance(held, list) or len(held) != 2 or not hmac.compare_digest(str(held[0]).encode(), state.encode()):
            return None
        return str(held[1])

    def _put(self, response: Response, name: str, value: str, max_age_s: int) -> None:
        # Lax: the browser must bring it back from WeCom, which is another site.
        response.set_cookie(name, value, max_age=max_age_s, httponly=True, secure=self.is_secure, samesite="Lax", path="/")

    def _load(self, value: str) -> Any:
        try:
            return self._states.loads(value, max_age=STATE_LASTS_S)
        except BadSignature:
            return None
