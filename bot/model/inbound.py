"""What WeCom tells us, as values. Field names are the vendor's (path/90239, 90240, 90628), in lower case.

`bot/wecom/parse.py` makes them from XML; nothing here knows XML. Every value is complete and checked: strings are at most
as long as the callback's cap, numbers are ints or floats, missing fields are empty strings or zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Common part of all that an app's callback URL receives from a person or about one."""

    corpid: str  # ToUserName
    agentid: int  # AgentID; 0 where the vendor sends none
    userid: str  # FromUserName; "sys" or "" for some events
    created_s: int  # CreateTime, epoch seconds
    key: str  # what makes this delivery the same as its repeats; at most 64 characters, made by parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Inbound):
    """A message a person sent."""

    msgid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Message):
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Message):
    picurl: str
    media_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Message):
    media_id: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Message):
    media_id: str
    thumb_media_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Message):
    """Not in the vendor's list; parsed because some clients send it (wecom-facts: unconfirmed)."""

    media_id: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(Message):
    latitude: float
    longitude: float
    scale: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Message):
    title: str
    description: str
    url: str
    picurl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownMessage(Message):
    msgtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Inbound):
    """Something a person did in the app, or the platform says."""

    event: str  # lower case; LOCATION becomes "location"
    event_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterAgent(Event):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Event):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(Event):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(Event):
    """A menu entry of type click; event_key is its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Event):
    """A menu entry of type view; event_key is its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReport(Event):
    latitude: float
    longitude: float
    precision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardEvent(Event):
    """A press on a card. Its passive reply may be ignored: update the card through the API (path/90240)."""

    task_id: str
    card_type: str
    response_code: str
    selected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # question key → option ids


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardMenuEvent(Event):
    """A choice in a card's top-right menu."""

    task_id: str
    card_type: str
    response_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    """An event this product has no value for: known to the vendor (change_contact, inactive_alert …) or new.

    fields: the flat text fields of the XML, vendor's spelling, without the common ones.
    """

    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePush:
    """A push to the command URL of a suite (path/90628): no person, no app. Answer is the plain text `success`.

    fields: the flat text fields of the XML; suite_ticket and AuthCode among them are secrets.
    """

    suite_id: str
    info_type: str
    created_s: int  # TimeStamp
    auth_corpid: str
    key: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


AnyInbound = Inbound | SuitePush
