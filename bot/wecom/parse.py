"""Decrypted XML → the values of `bot/model/inbound.py`, and a passive text reply back.

Texts are read here; rarer kinds go through wechatpy's classes (kinds.py). Nothing in the XML is believed before it is checked.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b, sha256

from bot.errors import BadCallback
from bot.model.inbound import AnyInbound, Event, Inbound, Message, SuitePush, Text, UnknownEvent, UnknownMessage
from bot.wecom.kinds import Common, event_of, message_of
from bot.wecom.reader import Document, malformed, read

_COMMON = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "AgentID", "MsgId", "Event", "EventKey"})
_SUITE = frozenset({"SuiteId", "InfoType", "TimeStamp", "AuthCorpId"})
_MESSAGE_KEY = ("ToUserName", "AgentID", "MsgId")
_EVENT_KEY = ("ToUserName", "AgentID", "FromUserName", "CreateTime", "Event", "EventKey", "TaskId", "ChangeType", "UserID")
_SUITE_KEY = ("SuiteId", "InfoType", "TimeStamp", "AuthCorpId")
# A value that could be read in two ways is refused. Fields of events without a value of ours may repeat.
_ONCE = frozenset(
    {*_COMMON, *_SUITE, *_EVENT_KEY, "Content", "PicUrl", "MediaId", "Format", "ThumbMediaId", "FileName", "Location_X", "Location_Y"}
    | {"Scale", "Label", "Title", "Description", "Url", "Latitude", "Longitude", "Precision", "CardType", "ResponseCode", "SelectedItems"}
)
_ID_BYTES = 64  # a userid has at most 64 bytes (path/90195), corpids and suite ids far fewer
_NAME_CHARS = 64  # over any MsgType, Event or InfoType
_STAMP_DIGITS = 12
_NUMBER_DIGITS = 20  # MsgId is a 64-bit number (path/90239)
_KEY_BYTES = 20
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def parse(xml: bytes, agentid: int = 0, receiveid: str | None = None) -> AnyInbound:
    """What the platform told us, complete and checked.

    xml: a decrypted message. agentid: the envelope's, taken where the message names none; it never enters the key, being unsigned.
    receiveid: if given, the id the message was encrypted for: the corp (or suite) that the message names must be the same.
    Unknown message types become UnknownMessage, unknown events UnknownEvent.
    Raises BadCallback: "malformed" (400), "receiveid" (403).
    """
    document = read(xml)
    fields = document.fields
    if not document.repeated.isdisjoint(_ONCE):
        raise malformed()
    owner = "SuiteId" if "InfoType" in fields else "ToUserName"
    if receiveid is not None and fields.get(owner, "") != receiveid:
        raise BadCallback("receiveid", 403)
    if owner == "SuiteId":
        return _push(xml, fields)
    msgtype = _name(fields.get("MsgType", ""))
    return _event(document, agentid) if msgtype == "event" else _message(msgtype, fields, agentid)


def reply_text(message: Inbound, content: str, now_s: int) -> bytes:
    """Inner XML of a passive text to the sender of `message` (path/90241), UTF-8.

    content: at most 2048 bytes (`Reply` sees to it). Characters that XML cannot hold are left out. now_s: epoch seconds.
    """
    return (
        f"<xml><ToUserName>{_cdata(message.userid)}</ToUserName><FromUserName>{_cdata(message.corpid)}</FromUserName>"
        f"<CreateTime>{now_s}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>{_cdata(content)}</Content></xml>"
    ).encode()


def _cdata(text: str) -> str:
    return f"<![CDATA[{_NOT_XML.sub('', text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _message(msgtype: str, fields: dict[str, str], agentid: int) -> Message:
    msgid = fields.get("MsgId", "")
    _digits(msgid, _NUMBER_DIGITS)
    corpid, userid, created_s, agentid = _who(fields, agentid)
    key = _key("message", (fields.get(name, "") for name in _MESSAGE_KEY))
    if not userid:
        raise malformed()
    if msgtype == "text":
        content = fields.get("Content", "")
        return Text(corpid=corpid, agentid=agentid, userid=userid, created_s=created_s, key=key, msgid=msgid, content=content)
    common: Common = {"corpid": corpid, "agentid": agentid, "userid": userid, "created_s": created_s, "key": key, "msgid": msgid}
    return message_of(msgtype, fields, common) or UnknownMessage(**common, msgtype=msgtype)


def _event(document: Document, agentid: int) -> Event:
    fields = document.fields
    event = _name(fields.get("Event", ""))
    corpid, userid, created_s, agentid = _who(fields, agentid)
    if "MsgId" in fields:
        key = _key("message", (fields.get(name, "") for name in _MESSAGE_KEY))
    else:
        key = _key("event", (fields.get(name, "") for name in _EVENT_KEY))
    common: Common = {"corpid": corpid, "agentid": agentid, "userid": userid, "created_s": created_s, "key": key}
    common = {**common, "event": event, "event_key": fields.get("EventKey", "")}
    known = event_of(event, fields, _selected(document.inner), common)
    return known or UnknownEvent(**common, fields={name: text for name, text in fields.items() if name not in _COMMON})


def _push(xml: bytes, fields: dict[str, str]) -> SuitePush:
    parts = [fields.get(name, "") for name in _SUITE_KEY]
    return SuitePush(
        suite_id=_id(parts[0]),
        info_type=_name(parts[1]),
        created_s=_digits(parts[2], _STAMP_DIGITS),
        auth_corpid=_id(parts[3]),
        key=_key("suite", [*parts, sha256(xml).hexdigest()]),
        fields={name: text for name, text in fields.items() if name not in _SUITE},
    )


def _who(fields: dict[str, str], agentid: int) -> tuple[str, str, int, int]:
    """(corpid, userid, created_s, agentid) of a message or event; userid may be empty."""
    corpid = _id(fields.get("ToUserName", ""))
    if not corpid:
        raise malformed()
    inner_agentid = fields.get("AgentID")
    if inner_agentid:
        agentid = _digits(inner_agentid, _NUMBER_DIGITS - 2)
    return corpid, _id(fields.get("FromUserName", "")), _digits(fields.get("CreateTime", ""), _STAMP_DIGITS), agentid


def _id(text: str) -> str:
    """An id fit to be stored and to be sent to: `|` joins ids in message/send, and @all is everybody (path/90236)."""
    if not text.isprintable() or " " in text or "|" in text or text.casefold() == "@all" or len(text.encode()) > _ID_BYTES:
        raise malformed()
    return text


def _name(text: str) -> str:
    if not 0 < len(text) <= _NAME_CHARS or not text.isprintable():
        raise malformed()
    return text.lower()


def _digits(text: str, most: int) -> int:
    if len(text) > most or not (text.isascii() and text.isdigit()):
        raise malformed()
    return int(text)


def _selected(inner: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Question key → option ids, out of SelectedItems/SelectedItem{QuestionKey, OptionIds/OptionId} (path/90240)."""
    selected: dict[str, list[str]] = {}
    question, options = "", []
    for name, text in inner:
        if name == "QuestionKey":
            question = text
        elif name == "OptionId":
            options.append(text)
        elif name == "SelectedItem":
            selected.setdefault(question, []).extend(options)
            question, options = "", []
    return {question: tuple(options) for question, options in selected.items()}


def _key(kind: str, parts: Iterable[str]) -> str:
    """40 hex digits that are the same exactly for the same parts: each goes in with its length, so none can run into the next."""
    digest = blake2b(kind.encode(), digest_size=_KEY_BYTES)
    for part in parts:
        encoded = part.encode()
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return digest.hexdigest()
