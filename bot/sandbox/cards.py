"""The rules of template cards (path/90236, 94888), from the vendor's tables. Advised lengths are not limits; byte limits of keys are."""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.refusals import Refused

INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")
CARD_TYPES = ("text_notice", "news_notice", *INTERACTIVE)
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_KEY_BYTES, _OPTION_ID_BYTES = 1_024, 128
Card = Mapping[str, Any]


def check_card(card: Card) -> dict[str, Any]:
    """A deep copy of a card that may be sent. Raises Refused: 42014 for the task_id, 40058 for anything else."""
    card_type = card.get("card_type")
    if card_type not in CARD_TYPES:
        raise Refused(40058, "card_type")
    _check_task_id(card)
    _check_titles(card)
    _check_lists(card)
    _check_action(card)
    if card_type == "news_notice" and not (card.get("card_image") or card.get("image_text_area")):
        raise Refused(40058, "card_image")
    if card_type in INTERACTIVE:
        _CONTROLS[card_type](card)
    return copy.deepcopy(dict(card))


def takes_presses(card: Card) -> bool:
    """Whether a press on this card comes back as a callback."""
    return card.get("card_type") in INTERACTIVE or "action_menu" in card


def _check_task_id(card: Card) -> None:
    task_id = card.get("task_id")
    if task_id is None and not takes_presses(card):
        return
    if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id):
        raise Refused(42014)


def _part(card: Card, name: str) -> Card:
    part = card.get(name, {})
    if not isinstance(part, Mapping):
        raise Refused(40058, name)
    return part


def _items(card: Card, name: str, least: int, most: int) -> list[Card]:
    items = card.get(name, [])
    if not isinstance(items, Sequence) or isinstance(items, str) or not least <= len(items) <= most:
        raise Refused(40058, name)
    if not all(isinstance(item, Mapping) for item in items):
        raise Refused(40058, name)
    return list(items)


def _words(card: Card, name: str, where: str) -> str:
    value = card.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(40058, f"{where}.{name}")
    return value


def _key(card: Card, name: str, where: str, limit: int = _KEY_BYTES) -> str:
    value = _words(card, name, where)
    if len(value.encode()) > limit:
        raise Refused(40058, f"{where}.{name}")
    return value


def _check_titles(card: Card) -> None:
    title = _part(card, "main_title").get("title")
    if card["card_type"] == "text_notice":
        if not title and not card.get("sub_title_text"):
            raise Refused(40058, "main_title.title or sub_title_text")
    elif not title:
        raise Refused(40058, "main_title.title")
    if "emphasis_content" in card and card["card_type"] != "text_notice":
        raise Refused(40058, "emphasis_content")


def _check_lists(card: Card) -> None:
    for row in _items(card, "horizontal_content_list", 0, 6):
        _words(row, "keyname", "horizontal_content_list")
        needed = {1: "url", 2: "media_id", 3: "userid"}.get(row.get("type", 0))
        if row.get("type", 0) not in (0, 1, 2, 3):
            raise Refused(40058, "horizontal_content_list.type")
        if needed:
            _words(row, needed, "horizontal_content_list")
    for row in _items(card, "vertical_content_list", 0, 4):
        _words(row, "title", "vertical_content_list")
    for jump in _items(card, "jump_list", 0, 3):
        _words(jump, "title", "jump_list")
        if jump.get("type", 0) == 1:
            _words(jump, "url", "jump_list")
    if "action_menu" in card:
        for action in _items(_part(card, "action_menu"), "action_list", 1, 3):
            _words(action, "text", "action_menu")
            _key(action, "key", "action_menu")
    quote = _part(card, "quote_area")
    if quote.get("type", 0) == 1:
        _words(quote, "url", "quote_area")


def _check_action(card: Card) -> None:
    action = _part(card, "card_action")
    if card["card_type"] in INTERACTIVE and not action:
        return
    if action.get("type") not in (0, 1, 2) or (action["type"] == 0 and card["card_type"] not in INTERACTIVE):
        raise Refused(40058, "card_action.type")
    if action["type"] == 1:
        _words(action, "url", "card_action")
    if action["type"] == 2:
        _words(action, "appid", "card_action")


def _check_options(part: Card, where: str, most: int) -> None:
    seen = set()
    for option in _items(part, "option_list", 1, most):
        seen.add(_key(option, "id", where, _OPTION_ID_BYTES))
        _words(option, "text", where)
    if len(seen) != len(part["option_list"]):
        raise Refused(40058, f"{where}.option_list.id")


def _check_buttons(card: Card) -> None:
    for button in _items(card, "button_list", 1, 6):
        _words(button, "text", "button_list")
        if button.get("style", 1) not in (1, 2, 3, 4):
            raise Refused(40058, "button_list.style")
        if button.get("type", 0) == 1:
            _words(button, "url", "button_list")
        else:
            _key(button, "key", "button_list")
    if "button_selection" in card:
        selection = _part(card, "button_selection")
        _key(selection, "question_key", "button_selection")
        _check_options(selection, "button_selection", 10)


def _check_submit(card: Card) -> None:
    _words(_part(card, "submit_button"), "text", "submit_button")
    _key(_part(card, "submit_button"), "key", "submit_button")


def _check_vote(card: Card) -> None:
    checkbox = _part(card, "checkbox")
    _key(checkbox, "question_key", "checkbox")
    if checkbox.get("mode", 0) not in (0, 1):
        raise Refused(40058, "checkbox.mode")
    _check_options(checkbox, "checkbox", 20)
    _check_submit(card)


def _check_multiple(card: Card) -> None:
    for select in _items(card, "select_list", 1, 3):
        _key(select, "question_key", "select_list")
        _check_options(select, "select_list", 10)
    _check_submit(card)


_CONTROLS = {"button_interaction": _check_buttons, "vote_interaction": _check_vote, "multiple_interaction": _check_multiple}
