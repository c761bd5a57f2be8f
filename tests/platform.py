"""WeCom's side of a callback, on wechatpy's crypto: what a person does, sealed, posted, and the reply opened."""

import io
import itertools
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto
from wechatpy.utils import WeChatSigner

from bot import clock
from config.settings import Settings
from tests import rsgi

_msgids = itertools.count(7_000_000_000_000_001)


@dataclass(frozen=True)
class Person:
    """One of the cast: who they are to the platform."""

    corpid: str
    agentid: int
    userid: str

    def __str__(self) -> str:
        return self.userid


@dataclass(frozen=True)
class Answered:
    """What came back. xml: the decrypted reply, or "" where none came; text: its words; body: the bytes on the wire."""

    status: int
    body: bytes
    headers: dict[str, str]
    xml: str = ""

    @property
    def text(self) -> str:
        return (ElementTree.fromstring(self.xml).findtext("Content") or "") if self.xml else ""

    def field(self, name: str) -> str:
        return ElementTree.fromstring(self.xml).findtext(name) or ""


def xml_of(fields: dict[str, Any]) -> str:
    """Callback XML: text in CDATA, mappings nested. A value of None leaves the field out."""
    return "<xml>" + "".join(_element(name, value) for name, value in fields.items() if value is not None) + "</xml>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"<{name}>" + "".join(_element(*pair) for pair in value.items()) + f"</{name}>"
    return f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"


def text_of(person: Person, content: str, **more: Any) -> dict[str, Any]:
    """Fields of a text message with a MsgId of its own."""
    return {
        "ToUserName": person.corpid,
        "FromUserName": person.userid,
        "CreateTime": int(clock.timestamp()),
        "MsgType": "text",
        "Content": content,
        "MsgId": next(_msgids),
        "AgentID": person.agentid,
        **more,
    }


def message_of(person: Person, msgtype: str, **more: Any) -> dict[str, Any]:
    return {**text_of(person, ""), "MsgType": msgtype, "Content": None, **more}


def event_of(person: Person, event: str, **more: Any) -> dict[str, Any]:
    return {**text_of(person, ""), "MsgType": "event", "Event": event, "EventKey": "", "Content": None, "MsgId": None, **more}


class Platform:
    """Posts to an RSGI application as WeCom does."""

    def __init__(self, application: Any, settings: Settings) -> None:
        self.application = application
        self.corpid = settings.wecom_corpid
        self.token = settings.wecom_token.get_secret_value()
        self.aes_key = settings.wecom_aes_key.get_secret_value()

    def __call__(self, fields: dict[str, Any]) -> Answered:
        """Seal these fields, post them, open the reply."""
        return self.post(*self.sealed(xml_of(fields)))

    def sealed(self, xml: str, *, stamp: int | None = None, receiveid: str = "", nonce: str = "") -> tuple[str, bytes]:
        """(query, body) of one delivery."""
        encrypted = PrpCrypto(self._crypto().key).encrypt(xml, receiveid or self.corpid).decode()
        query = self.signed(encrypted, stamp=stamp, nonce=nonce)
        return query, xml_of({"ToUserName": self.corpid, "Encrypt": encrypted, "AgentID": 1000002}).encode()

    def signed(self, encrypted: str, *, stamp: int | None = None, nonce: str = "", **more: str) -> str:
        stamp_text = str(int(clock.timestamp()) if stamp is None else stamp)
        nonce = nonce or secrets.token_hex(5)
        signer = WeChatSigner()
        signer.add_data(self.token, stamp_text, nonce, encrypted)
        return urlencode({"msg_signature": signer.signature, "timestamp": stamp_text, "nonce": nonce, **more})

    def post(self, query: str, body: bytes, **more: Any) -> Answered:
        """Post bytes as they are; `more` as in `ask`."""
        return self.ask("POST", query, body, **more)

    def ask(self, method: str, query: str = "", body: bytes = b"", path: str = "/wecom/callback", **more: Any) -> Answered:
        """more: headers in place of what a client would send, `content_length="5"`; None leaves one out. stream: in place of the body."""
        stream = more.pop("stream", None) or io.BytesIO(body)
        named = {name.replace("_", "-"): value for name, value in more.items()}
        headers = {"host": "127.0.0.1", "content-length": str(len(body)), **named}
        told = rsgi.ask(
            self.application, method, path, query, {name: value for name, value in headers.items() if value is not None}, stream
        )
        return Answered(told.status, told.body, dict(told.headers), self._open(told.body) if told.body.startswith(b"<xml>") else "")

    def _open(self, body: bytes) -> str:
        fields = {child.tag: child.text or "" for child in ElementTree.fromstring(body)}
        signed = fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
        return str(self._crypto().decrypt_message({"Encrypt": fields["Encrypt"]}, *signed))

    def _crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.token, self.aes_key, self.corpid)
