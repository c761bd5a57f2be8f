"""Template cards, checked before they are stored: a card that the platform would refuse is never written to the outbox.

Source: path/90236, the sections on template cards. What only bounds how much a phone shows is shortened; all else raises BadPayload.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.errors import BotError
from bot.wecom import limits

CardType = Literal["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"]
Body = dict[str, Any]

_TASK_ID = re.compile(rf"[0-9A-Za-z_\-@]{{1,{limits.TASK_ID_BYTES}}}")
_COMMON = frozenset({"source", "main_title", "task_id"})
_NOTICE = _COMMON | {"action_menu", "quote_area", "horizontal_content_list", "jump_list", "card_action"}
_SUBMITTED = _COMMON | {"submit_button"}
_PARTS: dict[CardType, frozenset[str]] = {
    "text_notice": _NOTICE | {"emphasis_content", "sub_title_text"},
    "news_notice": _NOTICE | {"card_image", "vertical_content_list"},
    "button_interaction": (_NOTICE - {"jump_list"}) | {"sub_title_text", "button_selection", "button_list"},
    "vote_interaction": _SUBMITTED | {"checkbox"},
    "multiple_interaction": _SUBMITTED | {"select_list"},
}
_OWED: dict[CardType, tuple[str, ...]] = {
    "text_notice": ("card_action",),
    "news_notice": ("main_title", "card_image", "card_action"),
    "button_interaction": ("main_title", "button_list", "task_id"),
    "vote_interaction": ("main_title", "checkbox", "submit_button", "task_id"),
    "multiple_interaction": ("main_title", "select_list", "submit_button", "task_id"),
}


class BadPayload(BotError):
    """A message that the platform would refuse, or cut. `field` names what is wrong, in the vendor's words."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


def cut_chars(text: str, limit: int) -> str:
    """`text`, or its first characters and an ellipsis, `limit` characters in all."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_bytes(text: str, limit: int) -> str:
    """`text`, or as many whole characters of it as fit `limit` bytes together with an ellipsis."""
    raw = text.encode(errors="replace")
    return text if len(raw) <= limit else raw[: limit - len("…".encode())].decode(errors="ignore").rstrip() + "…"


def check_url(field: str, url: str) -> str:
    """`url` if a card may link to it. Raises BadPayload."""
    if not url.startswith(("http://", "https://")) or not url.isprintable() or " " in url:
        raise BadPayload(field, "must be an http or https address")
    return _within(field, url, limits.URL_BYTES)


def _within(field: str, text: str, most_bytes: int) -> str:
    if not text:
        raise BadPayload(field, "is empty")
    if len(text.encode(errors="replace")) > most_bytes:
        raise BadPayload(field, f"is over {most_bytes} bytes")
    return text


def _count(field: str, parts: Sequence[object], most: int) -> None:
    if not 1 <= len(parts) <= most:
        raise BadPayload(field, f"must have 1 to {most} entries")


def _distinct(field: str, ids: Sequence[str]) -> None:
    if len(set(ids)) != len(ids):
        raise BadPayload(field, "must not repeat")


@dataclass(frozen=True, slots=True)
class Entry:
    """A choice in the top-right menu, or the button that submits a vote."""

    text: str
    key: str

    def body(self, field: str) -> Body:
        return {"text": _within(f"{field}.text", self.text, limits.KEY_BYTES), "key": _within(f"{field}.key", self.key, limits.KEY_BYTES)}


@dataclass(frozen=True, slots=True)
class Button:
    """style: 1 to 4 (1 is the main one). With `url` a press opens it and tells us nothing; else `key` comes back."""

    text: str
    key: str = ""
    style: int = 1
    url: str = ""

    def body(self) -> Body:
        if self.style not in range(1, 5):
            raise BadPayload("button_list.style", "must be 1 to 4")
        shown = {"text": _within("button_list.text", self.text, limits.KEY_BYTES), "style": self.style}
        if self.url:
            return {**shown, "type": 1, "url": check_url("button_list.url", self.url)}
        return {**shown, "type": 0, "key": _within("button_list.key", self.key, limits.KEY_BYTES)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the horizontal list: a name and a value that may link to a page, an attachment or a member (one of the three)."""

    keyname: str
    value: str = ""
    url: str = ""
    media_id: str = ""
    userid: str = ""

    def body(self) -> Body:
        shown: Body = {"keyname": _within("horizontal_content_list.keyname", self.keyname, limits.KEY_BYTES), "value": self.value}
        links = [name for name in ("url", "media_id", "userid") if getattr(self, name)]
        if len(links) > 1:
            raise BadPayload("horizontal_content_list", "links to one thing at most")
        if self.url:
            return {**shown, "type": 1, "url": check_url("horizontal_content_list.url", self.url)}
        if self.media_id:
            return {**shown, "type": 2, "media_id": self.media_id}
        return {**shown, "type": 3, "userid": self.userid} if self.userid else {**shown, "type": 0}


@dataclass(frozen=True, slots=True)
class Jump:
    """A line below the card that opens a page."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A quoted passage; `url` if a tap on it opens a page."""

    text: str
    title: str = ""
    url: str = ""

    def body(self) -> Body:
        link = {"type": 1, "url": check_url("quote_area.url", self.url)} if self.url else {"type": 0}
        return {**link, "title": self.title, "quote_text": self.text}


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    id: str
    text: str
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its options: the drop-down of a button card, the vote of a vote card, one list of a multiple card.

    many: several may be ticked (vote cards only).
    """

    question_key: str
    options: Sequence[Option]
    title: str = ""
    many: bool = False

    def _options(self, field: str, most: int) -> list[Body]:
        _count(f"{field}.option_list", self.options, most)
        _distinct(f"{field}.option_list.id", [option.id for option in self.options])
        return [
            {
                "id": _within(f"{field}.id", option.id, limits.OPTION_ID_BYTES),
                "text": _within(f"{field}.text", option.text, limits.KEY_BYTES),
            }
            for option in self.options
        ]

    def list_body(self, field: str) -> Body:
        """As a drop-down list."""
        options = self._options(field, limits.SELECTION_OPTIONS)
        chosen = [option.id for option in self.options if option.is_checked]
        if len(chosen) > 1:
            raise BadPayload(f"{field}.selected_id", "a list has at most one chosen option")
        key = _within(f"{field}.question_key", self.question_key, limits.KEY_BYTES)
        shown: Body = {"question_key": key, "title": self.title, "option_list": options}
        return {**shown, "selected_id": chosen[0]} if chosen else shown

    def vote_body(self) -> Body:
        """As the ticks of a vote card."""
        ticked = sum(option.is_checked for option in self.options)
        if ticked > 1 and not self.many:
            raise BadPayload("checkbox.option_list", "a single choice has at most one tick")
        options = self._options("checkbox", limits.VOTE_OPTIONS)
        for body, option in zip(options, self.options, strict=True):
            body["is_checked"] = option.is_checked
        key = _within("checkbox.question_key", self.question_key, limits.KEY_BYTES)
        return {"question_key": key, "option_list": options, "mode": int(self.many)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A template card of any of the five kinds; parts that its kind does not know raise BadPayload in `body`.

    task_id: unique in the app for ever; owed by the three interactive kinds and by any card with a menu.
    emphasis: (large words, words below). picture: (url, width to height). Parts left empty are not sent.
    """

    card_type: CardType
    title: str = ""
    desc: str = ""
    task_id: str = ""
    source: str = ""
    source_color: int = 0
    source_icon: str = ""
    menu: Sequence[Entry] = ()
    menu_desc: str = ""
    quote: Quote | None = None
    emphasis: tuple[str, str] | None = None
    sub_title: str = ""
    rows: Sequence[Row] = ()
    paragraphs: Sequence[tuple[str, str]] = ()
    jumps: Sequence[Jump] = ()
    url: str = ""
    picture: tuple[str, float] | None = None
    buttons: Sequence[Button] = ()
    selection: Choice | None = None
    vote: Choice | None = None
    lists: Sequence[Choice] = ()
    submit: Entry | None = None

    def body(self) -> Mapping[str, Any]:
        """The card as message/send takes it. Raises BadPayload."""
        parts = {**self._head(), **self._middle(), **self._press()}
        if stray := parts.keys() - _PARTS[self.card_type]:
            raise BadPayload(min(stray), f"is no part of a {self.card_type}")
        if missing := [name for name in _OWED[self.card_type] if name not in parts]:
            raise BadPayload(missing[0], f"is owed by a {self.card_type}")
        if self.menu and not self.task_id:
            raise BadPayload("task_id", "is owed by a card with a menu")
        if self.card_type == "text_notice" and not (self.title or self.sub_title):
            raise BadPayload("main_title", "a text_notice owes a title or a sub title")
        if self.card_type in ("news_notice", "vote_interaction", "multiple_interaction", "button_interaction") and not self.title:
            raise BadPayload("main_title.title", f"is owed by a {self.card_type}")
        return {"card_type": self.card_type, **parts}

    def _head(self) -> Body:
        parts: Body = {}
        if self.source or self.source_icon:
            if self.source_color not in range(4):
                raise BadPayload("source.desc_color", "must be 0 to 3")
            parts["source"] = {"desc": cut_chars(self.source, limits.SOURCE_DESC_CHARS), "desc_color": self.source_color}
            if self.source_icon:
                parts["source"]["icon_url"] = check_url("source.icon_url", self.source_icon)
        if self.menu:
            _count("action_menu.action_list", self.menu, limits.ACTIONS)
            _distinct("action_menu.key", [entry.key for entry in self.menu])
            parts["action_menu"] = {"desc": self.menu_desc, "action_list": [entry.body("action_menu") for entry in self.menu]}
        if self.title or self.desc:
            parts["main_title"] = {"title": cut_chars(self.title, limits.TITLE_CHARS), "desc": cut_chars(self.desc, limits.DESC_CHARS)}
        if self.task_id:
            if not _TASK_ID.fullmatch(self.task_id):
                raise BadPayload("task_id", "must be 1 to 128 of 0-9 A-Z a-z _ - @")
            parts["task_id"] = self.task_id
        return parts

    def _middle(self) -> Body:
        parts: Body = {}
        if self.quote:
            parts["quote_area"] = self.quote.body()
        if self.emphasis:
            title, desc = self.emphasis
            shown = cut_chars(title, limits.EMPHASIS_TITLE_CHARS), cut_chars(desc, limits.EMPHASIS_DESC_CHARS)
            parts["emphasis_content"] = dict(zip(("title", "desc"), shown, strict=True))
        if self.sub_title:
            parts["sub_title_text"] = cut_chars(self.sub_title, limits.SUB_TITLE_CHARS)
        if self.rows:
            _count("horizontal_content_list", self.rows, limits.HORIZONTAL)
            parts["horizontal_content_list"] = [row.body() for row in self.rows]
        if self.paragraphs:
            _count("vertical_content_list", self.paragraphs, limits.VERTICAL)
            parts["vertical_content_list"] = [{"title": title, "desc": desc} for title, desc in self.paragraphs]
        if self.jumps:
            _count("jump_list", self.jumps, limits.JUMPS)
            parts["jump_list"] = [{"type": 1, "title": jump.title, "url": check_url("jump_list.url", jump.url)} for jump in self.jumps]
        if self.url:
            parts["card_action"] = {"type": 1, "url": check_url("card_action.url", self.url)}
        if self.picture:
            url, ratio = self.picture
            least, most = limits.ASPECT_RATIO
            if not least <= ratio < most:
                raise BadPayload("card_image.aspect_ratio", f"must be from {least} to under {most}")
            parts["card_image"] = {"url": check_url("card_image.url", url), "aspect_ratio": ratio}
        return parts

    def _press(self) -> Body:
        parts: Body = {}
        if self.buttons:
            _count("button_list", self.buttons, limits.BUTTONS)
            _distinct("button_list.key", [button.key for button in self.buttons if not button.url])
            parts["button_list"] = [button.body() for button in self.buttons]
        if self.selection:
            parts["button_selection"] = self.selection.list_body("button_selection")
        if self.vote:
            parts["checkbox"] = self.vote.vote_body()
        if self.lists:
            _count("select_list", self.lists, limits.SELECT_LISTS)
            _distinct("select_list.question_key", [choice.question_key for choice in self.lists])
            parts["select_list"] = [choice.list_body("select_list") for choice in self.lists]
        if self.submit:
            parts["submit_button"] = self.submit.body("submit_button")
        return parts
