"""The app's menu (path/90231): at most three buttons with at most five sub buttons each, lengths in bytes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.sandbox.refusals import Refused

_BUTTONS, _SUB_BUTTONS = 3, 5
_NAME_BYTES, _SUB_NAME_BYTES, _KEY_BYTES, _URL_BYTES = 16, 40, 128, 1_024
_KEYED = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)


def check_menu(menu: object) -> dict[str, Any]:
    """The menu as it will be kept. Raises Refused 40016 … 40023 by what is wrong."""
    buttons = menu.get("button") if isinstance(menu, Mapping) else None
    if not isinstance(buttons, Sequence) or isinstance(buttons, str) or not 1 <= len(buttons) <= _BUTTONS:
        raise Refused(40016)
    return {"button": [_check_button(button, is_sub=False) for button in buttons]}


def _check_button(button: object, *, is_sub: bool) -> dict[str, Any]:
    if not isinstance(button, Mapping):
        raise Refused(40017)
    name = button.get("name")
    if not isinstance(name, str) or not name or len(name.encode()) > (_SUB_NAME_BYTES if is_sub else _NAME_BYTES):
        raise Refused(40018)
    subs = button.get("sub_button")
    if subs and not is_sub:
        if not isinstance(subs, Sequence) or isinstance(subs, str) or len(subs) > _SUB_BUTTONS:
            raise Refused(40023)
        return {"name": name, "sub_button": [_check_button(sub, is_sub=True) for sub in subs]}
    kind = button.get("type")
    if kind == "view":
        return {"type": kind, "name": name, "url": _field(button, "url", _URL_BYTES, 40020)}
    if kind not in _KEYED:
        raise Refused(40017)
    return {"type": kind, "name": name, "key": _field(button, "key", _KEY_BYTES, 40019)}


def _field(button: Mapping[str, Any], name: str, limit: int, errcode: int) -> str:
    value = button.get(name)
    if not isinstance(value, str) or not value or len(value.encode()) > limit:
        raise Refused(errcode)
    if name == "url" and not value.startswith(("http://", "https://")):
        raise Refused(errcode)
    return value


class MenuFile:
    """The menu, kept over a restart where a path is given."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.menu: dict[str, Any] | None = None
        if path is not None and path.exists():
            try:
                self.menu = check_menu(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, Refused):
                self.menu = None  # half a file of an earlier end: the app makes its menu anew

    def set(self, menu: dict[str, Any]) -> None:
        self.menu = menu
        if self._path is not None:
            self._path.write_text(json.dumps(menu, ensure_ascii=False), encoding="utf-8")
