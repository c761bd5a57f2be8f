"""Who reads a page of the portal: a signed cookie that names one person in WeCom, and nothing that the person may do.

Bound to (corpid, agentid, userid), never to a userid alone. Rights are asked of the database at every use.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.model.provider import Address
from config.settings import Settings

LASTS_S = 8 * 3_600
STATE_LASTS_S = 10 * 60  # from leaving for the authorisation to coming back
BROWSER_LASTS_S = 400 * 86_400  # as long as browsers keep a cookie
SEAL_LASTS_S = 3 * 86_400  # for what somebody was writing when their session ended


def is_prefetch(request: Request) -> bool:
    """Whether a browser fetches what nobody has asked to see yet."""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


@dataclass(frozen=True, slots=True)
class Session:
    """how: "oauth"; "link" for who came by a link from chat; "mail" for who came by a mail's, which opens the one notice `only` names."""

    address: Address
    how: str
    only: str = ""

    def reaches(self, key: str) -> bool:
        """Whether this session may ask for the notice of this key."""
        return not self.only or self.only == key

    @property
    def may_act(self) -> bool:
        """A mail may have been forwarded, or opened by a scanner: its link reads and no more."""
        return self.how != "mail"


class Sessions:
    """Reads and writes the portal's three cookies."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.secret_key.get_secret_value()
        self._sessions = URLSafeTimedSerializer(secret, salt="portal session")
        self._states = URLSafeTimedSerializer(secret, salt="portal state")
        self._key = sha256(b"portal forms" + secret.encode()).digest()
        self._is_secure = settings.public_url.startswith("https://")
        prefix = "__Host-" if self._is_secure else ""
        self._name, self._state_name = f"{prefix}portal", f"{prefix}portal_state"
        self._seals = URLSafeTimedSerializer(secret, salt="portal seal")
        self._browsers = URLSafeTimedSerializer(secret, salt="portal browser")
        self._browser_name = f"{prefix}portal_browser"

    def read(self, request: Request) -> Session | None:
        """The reader, as far as the cookie says."""
        held = self._load(self._sessions, request.cookies.get(self._name, ""), LASTS_S)
        if not isinstance(held, list) or len(held) != 5:
            return None
        corpid, agentid, userid, how, only = held
        return Session(Address(corpid, agentid, userid), how, only)

    def write(self, response: Response, session: Session) -> None:
        """Let the browser hold this session from now on."""
        address = session.address
        held = [address.corpid, address.agentid, address.userid, session.how, session.only]
        self._put(response, self._name, str(self._sessions.dumps(held)), LASTS_S)

    def browser(self, request: Request) -> str | None:
        """The random name that this browser was given, if it was."""
        held = self._load(self._browsers, request.cookies.get(self._browser_name, ""), BROWSER_LASTS_S)
        return held if isinstance(held, str) else None

    def name_browser(self, response: Response) -> None:
        """Give this browser a name, to which links from chat are bound."""
        self._put(response, self._browser_name, str(self._browsers.dumps(secrets.token_hex(16))), BROWSER_LASTS_S)

    def seal(self, request: Request, session: Session, number: str) -> str:
        """What the form of a filing carries, so that what was typed can be kept as a draft when the session ends meanwhile.

        It opens no page and hands nothing in, and holds for this person, this filing and this browser.
        """
        address = session.address
        return str(self._seals.dumps([address.corpid, address.agentid, address.userid, number, self.browser(request) or ""]))

    def sealed(self, request: Request, seal: str, number: str) -> Address | None:
        """Who was shown the form of this filing in this browser."""
        held = self._load(self._seals, seal[:2_000], SEAL_LASTS_S)
        if not isinstance(held, list) or len(held) != 5 or held[3:] != [number, self.browser(request) or ""]:
            return None
        return Address(*held[:3])

    def leave(self, response: Response, path: str) -> str:
        """Before the authorisation: remember where to come back to. Returns the `state` to send along, letters and digits."""
        state = secrets.token_hex(16)
        self._put(response, self._state_name, str(self._states.dumps([state, path])), STATE_LASTS_S)
        return state

    def come_back(self, request: Request, response: Response, state: str) -> str | None:
        """The path left from, if this browser left with this `state`; the state is then used up."""
        held = self._load(self._states, request.cookies.get(self._state_name, ""), STATE_LASTS_S)
        self._put(response, self._state_name, "", 0)
        if not isinstance(held, list) or len(held) != 2 or not hmac.compare_digest(str(held[0]).encode(), state.encode()):
            return None
        return str(held[1])

    def form_token(self, session: Session) -> str:
        """What every form of this reader carries: a page elsewhere cannot know it."""
        told = f"{session.address}\n{session.only}"
        return hmac.new(self._key, told.encode(), sha256).hexdigest()

    def is_own_form(self, session: Session, token: str) -> bool:
        """Whether a form came from a page that this reader was shown."""
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())

    def _put(self, response: Response, name: str, value: str, max_age_s: int) -> None:
        # Lax: the browser must bring it back from the authorisation, which is another site.
        response.set_cookie(name, value, max_age=max_age_s, httponly=True, secure=self._is_secure, samesite="Lax", path="/")

    @staticmethod
    def _load(serializer: URLSafeTimedSerializer, value: str, max_age_s: int) -> Any:
        try:
            return serializer.loads(value, max_age=max_age_s)
        except BadSignature:
            return None
