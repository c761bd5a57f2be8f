"""wechatpy's message and event classes, with those it lacks registered, turned into our values.

wechatpy 1.8.18 maps the vendor's element names to attributes. It is given the fields that `reader` read, not XML: its own reader
(xmltodict) takes three times as long and expands what it is told to. Texts, nearly all that ever comes, do not pass through here.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from wechatpy.enterprise.events import EVENT_TYPES, register_event
from wechatpy.enterprise.messages import MESSAGE_TYPES, register_message
from wechatpy.events import BaseEvent
from wechatpy.fields import StringField
from wechatpy.messages import BaseMessage

from bot.model import inbound
from bot.wecom.reader import malformed

_WIDEST = 1_000_000.0  # over any degree, zoom or precision in metres


@register_message("file")
class _FileMessage(BaseMessage):  # type: ignore[misc]
    type = "file"
    media_id = StringField("MediaId")
    filename = StringField("FileName")


class _CardEvent(BaseEvent):  # type: ignore[misc]
    key = StringField("EventKey")
    task_id = StringField("TaskId")
    card_type = StringField("CardType")
    response_code = StringField("ResponseCode")


@register_event("template_card_event")
class _TemplateCardEvent(_CardEvent):
    event = "template_card_event"


@register_event("template_card_menu_event")
class _TemplateCardMenuEvent(_CardEvent):
    event = "template_card_menu_event"


_Value = TypeVar("_Value")
Common = Mapping[str, Any]  # keyword arguments of the common part of a value
Selected = Mapping[str, tuple[str, ...]]


def message_of(msgtype: str, fields: dict[str, str], common: Common) -> inbound.Message | None:
    """The value of a message that is not text, or None for a type nobody knows. Raises BadCallback("malformed", 400)."""
    build = _MESSAGES.get(msgtype)
    return _checked(build, MESSAGE_TYPES[msgtype], fields, common) if build else None


def event_of(event: str, fields: dict[str, str], selected: Selected, common: Common) -> inbound.Event | None:
    """The value of an event, or None for one that this product has no value for. Raises BadCallback("malformed", 400)."""
    if event == "template_card_event":
        common = {**common, "selected": selected}
    build = _EVENTS.get(event)
    return _checked(build, EVENT_TYPES[event], fields, common) if build else None


def _checked(
    build: Callable[[Any, Common], _Value], kind: Callable[[dict[str, str]], Any], fields: dict[str, str], common: Common
) -> _Value:
    try:
        return build(kind(dict(fields)), common)  # a copy: wechatpy writes its defaults into what it is given
    except (KeyError, AttributeError, ValueError, TypeError) as error:  # what wechatpy lets through for fields that make no sense
        raise malformed() from error


def _number(value: str | float | None) -> float:
    number = float(value or 0)
    if not math.isfinite(number) or abs(number) > _WIDEST:
        raise ValueError("not a number that a place on Earth can have")
    return number


def _location(told: Any, common: Common) -> inbound.Location:
    return inbound.Location(
        **common,
        latitude=_number(told.location_x),
        longitude=_number(told.location_y),
        scale=int(_number(told.scale)),
        label=told.label or "",
    )


def _location_report(told: Any, common: Common) -> inbound.LocationReport:
    return inbound.LocationReport(
        **common, latitude=_number(told.latitude), longitude=_number(told.longitude), precision=_number(told.precision)
    )


def _link(told: Any, common: Common) -> inbound.Link:
    return inbound.Link(**common, title=told.title or "", description=told.description or "", url=told.url or "", picurl=told.pic_url or "")


def _card(told: Any) -> Common:
    return {"task_id": told.task_id or "", "card_type": told.card_type or "", "response_code": told.response_code or ""}


_MESSAGES: dict[str, Callable[[Any, Common], inbound.Message]] = {
    "image": lambda told, common: inbound.Image(**common, picurl=told.image or "", media_id=told.media_id or ""),
    "voice": lambda told, common: inbound.Voice(**common, media_id=told.media_id or "", format=told.format or ""),
    "video": lambda told, common: inbound.Video(**common, media_id=told.media_id or "", thumb_media_id=told.thumb_media_id or ""),
    "file": lambda told, common: inbound.File(**common, media_id=told.media_id or "", filename=told.filename or ""),
    "location": _location,
    "link": _link,
}

_EVENTS: dict[str, Callable[[Any, Common], inbound.Event]] = {
    "enter_agent": lambda _, common: inbound.EnterAgent(**common),
    "subscribe": lambda _, common: inbound.Subscribe(**common),
    "unsubscribe": lambda _, common: inbound.Unsubscribe(**common),
    "click": lambda _, common: inbound.Click(**common),
    "view": lambda _, common: inbound.View(**common),
    "location": _location_report,
    "template_card_event": lambda told, common: inbound.TemplateCardEvent(**common, **_card(told)),
    "template_card_menu_event": lambda told, common: inbound.TemplateCardMenuEvent(**common, **_card(told)),
}
