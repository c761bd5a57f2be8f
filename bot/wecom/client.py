"""The platform's API for one app in one corp."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from bot import clock
from bot.errors import WecomError
from bot.model.token import Token
from bot.wecom.cards import BadPayload
from bot.wecom.http import Http, Observe, Request
from bot.wecom.limits import BAD_RECIPIENTS_ALL, NO_ANSWER, NO_MENU, Fault, fault_of
from bot.wecom.media import fetch, form
from bot.wecom.payloads import addressed, check_touser
from bot.wecom.results import Member, Part, SendResult, Uploaded, ids, named, sent, whole, word
from bot.wecom.tokens import Tokens, TokenStore

__all__ = ["Client", "SendResult"]

_LEAST_LIFE_S, _MOST_LIFE_S = 60, 86_400  # of an access token: 7200 s by path/91039; a nonsense figure must not make us ask all the time
_TOKEN_CHARS = 4_096
_JSON_HEADERS = {"Content-Type": "application/json"}

_COUNTED_ELSEWHERE = ("message/send", "message/update_template_card")  # by the delivery engine, many at once

_Answer = TypeVar("_Answer")


class Gate(Protocol):
    """Who keeps calls of all processes inside the platform's rates."""

    def enter(self, api: str) -> None:
        """Count one call. Raises WecomError for one that would be too many."""

    def blocked(self, api: str) -> None:
        """Hear that the platform refused one as too many."""


class Client:
    """Calls for one (corpid, agentid). Safe to use from any thread; a process needs one.

    Every call raises WecomError, whose `permanent` says whether repeating it can ever help, and Uncertain where a call that must not
    be repeated left and no answer came. A token that the platform has dropped (40014, 42001) is replaced once in a call; 40001 stops
    all calls of this process for five minutes and raises the alarm. Neither token nor secret stands in any error or log line.
    """

    def __init__(
        self,
        base: str,
        corpid: str,
        agentid: int,
        secret: str,
        store: TokenStore,
        *,
        alarm: Callable[[str], None] = lambda _: None,
        observe: Observe = lambda *_: None,
        connect_s: float = 5.0,
        read_s: float = 10.0,
        connections: int = 16,
        gate: Gate | None = None,
    ) -> None:
        """base: WECOM_API_BASE, with or without /cgi-bin/. store: shared by all processes of the product.

        alarm: told of a refusal that a person must mend, as "wecom_40001". observe: told (api, errcode, seconds) of every try.
        connect_s, read_s: time-outs by the product's clock. connections: the most that are open at one time.
        gate: asked before calls that the platform counts, other than sends and card changes.
        """
        self.corpid = corpid
        self.agentid = agentid
        self._secret = secret
        self._gate = gate
        self._http = Http(base, observe, connect_s=connect_s, read_s=read_s, connections=connections)
        self._tokens = Tokens(store, f"access:{corpid}:{agentid}", self.gettoken, lambda errcode: alarm(f"wecom_{errcode}"))

    def close(self) -> None:
        """Close the idle connections."""
        self._http.close()

    def gettoken(self) -> Token:
        """A token straight from the platform, past the cache (path/91039). For `Tokens` and for checking the settings."""
        query = {"corpid": self.corpid, "corpsecret": self._secret}
        asked_at = clock.timestamp()
        answer = self._http.json(Request(api="gettoken", query=query, tries=2))
        value, life_s = word(answer.get("access_token")), whole(answer.get("expires_in"))
        if not value or len(value) > _TOKEN_CHARS or not value.isprintable():
            raise WecomError(NO_ANSWER, "gettoken: no access token in the answer")
        return Token(value, asked_at + min(max(life_s, _LEAST_LIFE_S), _MOST_LIFE_S))

    def send(self, touser: Sequence[str], frozen: Mapping[str, Any]) -> SendResult:
        """Offer one message to 1–1,000 people of the corp.

        touser: userids as stored. frozen: from `payloads.payload`; for the same people it goes out byte for byte the same each time, so
        that the platform's duplicate check knows a repeat. Nobody reachable (81013) is a result and no error.
        Raises WecomError, Uncertain, BadPayload. Source: path/90236
        """
        request = self._post("message/send", addressed(touser, self.agentid, frozen), repeatable=False)
        return sent(touser, self._json(replace(request, told=frozenset({0, BAD_RECIPIENTS_ALL}))))

    def update_template_card(self, response_code: str, userids: Sequence[str], change: Mapping[str, Any]) -> tuple[str, ...]:
        """Change a card for some of those who have it. Returns whom the platform refused, as stored.

        response_code: of the send or of a press; good for 72 h and one update. change: `payloads.replaced_button` or `replaced_card`.
        Raises WecomError, Uncertain (then do not repeat: the code may be spent), BadPayload. Source: path/94888
        """
        if not response_code:
            raise BadPayload("response_code", "is empty")
        body = {**change, "response_code": response_code, "userids": list(check_touser("userids", userids)), "agentid": self.agentid}
        answer = self._json(self._post("message/update_template_card", body, repeatable=False))
        surely, perhaps = named(userids, ids(answer.get("invaliduser")))
        return tuple(userid for userid in userids if userid in surely or userid in perhaps)

    def recall(self, msgid: str) -> None:
        """Take a message of the last 24 h out of its readers' chats. Raises WecomError, Uncertain. Source: path/94867"""
        self._json(self._post("message/recall", {"msgid": msgid}, repeatable=False))

    def media_get(self, media_id: str, start: int = 0, end: int | None = None) -> Part:
        """Bytes start … end - 1 of a medium, as for a slice; at most 20 MiB a call, so give `end` where the size is unknown.

        For encrypted media start and end must be multiples of 16. A start behind the end gives no bytes.
        Raises WecomError (40007: gone after three days). Source: path/90254
        """
        return self._with_token("media/get", lambda query: fetch(self._http, {**query, "media_id": media_id}, start, end))

    def media_upload(self, content: bytes, filename: str, kind: str) -> Uploaded:
        """Upload a medium. kind: image, voice, video or file, each with its largest size; filename is what people will see.

        Raises WecomError, BadPayload. Source: path/90253
        """
        body, headers = form(content, filename, kind)
        request = Request(api="media/upload", query={"type": kind}, method="POST", body=body, headers=headers)
        answer = self._json(request)
        media_id = word(answer.get("media_id"))
        if not media_id:
            raise WecomError(NO_ANSWER, "media/upload: no media_id in the answer")
        return Uploaded(media_id, whole(answer.get("created_at")))

    def menu_create(self, menu: Mapping[str, Any]) -> None:
        """Replace the app's menu: {"button": at most three entries, each with at most five below it}.

        Raises WecomError, Uncertain. Source: path/90231
        """
        self._json(self._post("menu/create", menu, repeatable=False, agentid=str(self.agentid)))

    def menu_get(self) -> dict[str, list[dict[str, Any]]]:
        """The app's menu as `menu_create` takes it; without entries where there is none. Raises WecomError. Source: path/90232"""
        request = Request(api="menu/get", query={"agentid": str(self.agentid)}, told=frozenset({0, NO_MENU}))
        button = self._json(request).get("button")
        return {"button": [entry for entry in button if isinstance(entry, dict)] if isinstance(button, list) else []}

    def user_get(self, userid: str) -> Member:
        """One member. Raises WecomError (60111 none such, 60011 out of sight). Source: path/90196"""
        answer = self._json(Request(api="user/get", query={"userid": userid}))
        departments = answer.get("department")
        return Member(
            word(answer.get("userid")) or userid,
            word(answer.get("name")),
            tuple(entry for entry in departments if type(entry) is int) if isinstance(departments, list) else (),
            answer.get("status") == 1,
        )

    def auth_getuserinfo(self, code: str) -> str:
        """The userid of a member who came back from the web authorisation; "" for somebody who is no member.

        Raises WecomError (40029, 42022: the code is bad, used or over 5 minutes old). Source: path/91023
        """
        return word(self._json(Request(api="auth/getuserinfo", query={"code": code})).get("userid"))

    def getcallbackip(self) -> tuple[str, ...]:
        """Addresses that callbacks come from, such as `101.226.62.*`; they change. Raises WecomError. Source: path/90238, 90930"""
        return tuple(ids(self._json(Request(api="getcallbackip")).get("ip_list")))

    def _post(self, api: str, body: Mapping[str, Any], *, repeatable: bool, **query: str) -> Request:
        """A JSON call. Keys are sorted: the same values are the same bytes wherever they were stored in between."""
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(errors="replace")
        return Request(api=api, query=query, method="POST", body=raw, headers=_JSON_HEADERS, repeatable=repeatable)

    def _json(self, request: Request) -> dict[str, Any]:
        return self._with_token(request.api, lambda query: self._http.json(replace(request, query={**query, **request.query})))

    def _with_token(self, api: str, call: Callable[[dict[str, str]], _Answer]) -> _Answer:
        """`call` through the gate, with the access token in its query; once more with a new one if the platform has dropped it."""
        if self._gate is None or api in _COUNTED_ELSEWHERE:
            return self._called(call)
        self._gate.enter(api)
        try:
            return self._called(call)
        except WecomError as error:
            if fault_of(error.errcode) is Fault.WAIT_WINDOW:
                self._gate.blocked(api)
            raise

    def _called(self, call: Callable[[dict[str, str]], _Answer]) -> _Answer:
        token = self._tokens.get()
        try:
            return call({"access_token": token})
        except WecomError as error:
            if fault_of(error.errcode) is Fault.CREDENTIAL:
                self._tokens.stop(error)
            if fault_of(error.errcode) is not Fault.REFRESH:
                raise
        return call({"access_token": self._tokens.refresh(token)})
