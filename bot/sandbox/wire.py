"""The callback's wire as the vendor's side has it (path/90238, 91144), on wechatpy's crypto."""

import secrets
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.utils import WeChatSigner

from bot.errors import BotError

TEXT_BYTES = 2_048
Fields = Mapping[str, Any]


# wechatpy checks little before it decrypts, so a bad reply surfaces as any of these
_WECHATPY_RAISES = (WeChatException, ExpatError, KeyError, ValueError, IndexError, TypeError, struct.error)


class UnreadableReply(BotError):
    """The callback's answer is not an encrypted reply that belongs to us."""


@dataclass(frozen=True)
class Sealed:
    """One delivery, ready to post."""

    query: str
    body: bytes
    signature: str
    encrypted: str


class Wire:
    """Seals what goes to the callback URL and opens what comes back."""

    def __init__(self, corpid: str, agentid: int, token: str, aes_key: str) -> None:
        self._corpid = corpid
        self._agentid = agentid
        self._token = token
        self._crypto = WeChatCrypto(token, aes_key, corpid)

    def seal(self, xml: str, timestamp_s: int) -> Sealed:
        """A delivery with a nonce of its own."""
        encrypted = PrpCrypto(self._crypto.key).encrypt(xml, self._corpid).decode()
        nonce = str(secrets.randbelow(10**10))
        signature = self._sign(str(timestamp_s), nonce, encrypted)
        body = (
            f"<xml><ToUserName><![CDATA[{self._corpid}]]></ToUserName><AgentID><![CDATA[{self._agentid}]]></AgentID>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )
        query = urlencode({"msg_signature": signature, "timestamp": timestamp_s, "nonce": nonce})
        return Sealed(query, body.encode(), signature, encrypted)

    def seal_echo(self, timestamp_s: int) -> tuple[str, str]:
        """(query of the URL check, plaintext that must come back)."""
        plain = str(secrets.randbelow(10**19))
        echostr = PrpCrypto(self._crypto.key).encrypt(plain, self._corpid).decode()
        nonce = str(secrets.randbelow(10**10))
        signature = self._sign(str(timestamp_s), nonce, echostr)
        return urlencode({"msg_signature": signature, "timestamp": timestamp_s, "nonce": nonce, "echostr": echostr}), plain

    def open_reply(self, body: bytes) -> str:
        """The XML inside an encrypted passive reply. Raises UnreadableReply."""
        try:
            envelope = {child.tag: child.text or "" for child in _parse(body.decode())}
            return str(
                self._crypto.decrypt_message(
                    {"Encrypt": envelope["Encrypt"]}, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
                )
            )
        except _WECHATPY_RAISES as cause:
            raise UnreadableReply(type(cause).__name__) from cause

    def _sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        signer = WeChatSigner()
        signer.add_data(self._token, timestamp, nonce, encrypted)
        return str(signer.signature)


def render(fields: Fields) -> str:
    """Callback XML as the platform writes it: text in CDATA, numbers bare, mappings and lists as nested elements."""
    return "<xml>" + "".join(_elements(fields)) + "</xml>"


def _elements(fields: Fields) -> Iterator[str]:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            yield f"<{name}>{_content(one)}</{name}>"


def _content(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(_elements(value))
    if isinstance(value, (int, float)):
        return str(value)
    text = "".join(
        char for char in str(value) if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff" and not _is_surrogate(char))
    )
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _is_surrogate(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"


def _parse(xml: str) -> ElementTree.Element:
    if "<!DOCTYPE" in xml:
        raise UnreadableReply("entities")
    try:
        return ElementTree.fromstring(xml)  # noqa: S314 - without a DOCTYPE there are no entities to expand
    except ElementTree.ParseError as cause:
        raise UnreadableReply("malformed") from cause


def read_reply(xml: str) -> dict[str, Any]:
    """A passive reply as {"msgtype": …, fields as in message/send}. Raises UnreadableReply."""
    root = _parse(xml)
    msgtype = root.findtext("MsgType") or ""
    if msgtype == "text":
        content = root.findtext("Content") or ""
        return {"msgtype": "text", "content": content.encode()[:TEXT_BYTES].decode(errors="ignore")}
    if msgtype in ("image", "voice", "video"):
        return {"msgtype": msgtype, "media_id": root.findtext(f"{msgtype.capitalize()}/MediaId") or ""}
    if msgtype == "news":
        return {"msgtype": "news", "articles": [_article(item) for item in root.findall("Articles/item")][:8]}
    return {"msgtype": msgtype}


def _article(item: ElementTree.Element) -> dict[str, str]:
    names = {"title": "Title", "description": "Description", "url": "Url", "picurl": "PicUrl"}
    return {name: item.findtext(tag) or "" for name, tag in names.items()}
