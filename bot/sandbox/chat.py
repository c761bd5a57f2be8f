"""What stands in the members' chats, kept over a restart in one bounded file."""

import json
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot import clock

KEPT_ITEMS = 600
_REWRITE_LINES = 4 * KEPT_ITEMS
GAP_S = 300  # a time stamp stands between two messages further apart than this


@dataclass
class Item:
    """One bubble, card or grey line. A change gives it a new `rev`, and the page replaces what it shows.

    side: "me" (the member), "app", or "note" (a grey line in the middle).
    state: sending, sent or failed for "me"; "" or recalled for "app".
    card: what the member did on a card: {"busy": key, "pressed": key, "replaced": words, "selected": {question: [ids]}}.
    """

    id: int
    userid: str
    side: str
    kind: str
    body: dict[str, Any]
    at: float
    rev: int = 0
    msgid: str = ""
    state: str = ""
    exchange: int = 0
    has_gap: bool = False
    response_code: str = ""
    card: dict[str, Any] = field(default_factory=dict)


class Chat:
    """Items of the members who stand on the page. Every method may be called from any thread."""

    def __init__(self, path: Path | None) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.rev = 0
        self._run, self._cleared = secrets.token_hex(4), 0
        self._items: dict[int, Item] = {}
        self._order: deque[int] = deque()
        self._last_at: dict[str, float] = {}
        self._next_id = 1
        self._path = path
        self._lines = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._load(path)

    @property
    def epoch(self) -> str:
        """Another run of the program, or an emptied chat, has another epoch: a page then loads anew."""
        return f"{self._run}-{self._cleared}"

    def add(self, userid: str, side: str, kind: str, body: dict[str, Any], **more: Any) -> Item:
        """A new item at the end of a member's chat."""
        with self.changed:
            at = clock.timestamp()
            item = Item(self._next_id, userid, side, kind, body, at, has_gap=at - self._last_at.get(userid, 0.0) > GAP_S, **more)
            self._next_id += 1
            self._last_at[userid] = at
            self._items[item.id] = item
            self._order.append(item.id)
            while len(self._order) > KEPT_ITEMS:
                del self._items[self._order.popleft()]
            self._note_change(item)
            return item

    def change(self, item: Item, **fields: Any) -> None:
        with self.changed:
            for name, value in fields.items():
                setattr(item, name, value)
            if item.id in self._items:
                self._note_change(item)

    def get(self, item_id: int) -> Item | None:
        return self._items.get(item_id)

    def all(self) -> list[Item]:
        with self.changed:
            return list(self._walk())

    def touch(self) -> None:
        """Tell the pages that something beside the items has changed."""
        with self.changed:
            self.rev += 1
            self.changed.notify_all()

    def items(self, userid: str) -> list[Item]:
        with self.changed:
            return [self._items[item_id] for item_id in self._order if self._items[item_id].userid == userid]

    def since(self, rev: int, wait_s: float = 0.0) -> tuple[int, list[Item]]:
        """(newest rev, items changed after `rev` in the order of their chats), waiting real seconds for the first one."""
        with self.changed:
            if self.rev <= rev and wait_s:
                self.changed.wait(wait_s)
            return self.rev, [item for item in self._walk() if item.rev > rev]

    def clear(self) -> None:
        with self.changed:
            self._items.clear()
            self._order.clear()
            self._last_at.clear()
            self._cleared += 1
            if self._path is not None:
                self._rewrite(self._path)
            self.rev += 1
            self.changed.notify_all()

    def _walk(self) -> Iterator[Item]:
        return (self._items[item_id] for item_id in self._order)

    def _note_change(self, item: Item) -> None:
        self.rev += 1
        item.rev = self.rev
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line(item))
            self._lines += 1
            if self._lines > _REWRITE_LINES:
                self._rewrite(self._path)
        self.changed.notify_all()

    def _rewrite(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(_line(item) for item in self._walk()), encoding="utf-8")
        fresh.replace(path)
        self._lines = len(self._order)

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        kept: dict[int, Item] = {}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                item = Item(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the last line of a program that was killed may be half a line
            kept[item.id] = item  # a later line is a later state of the same item
        for item in sorted(kept.values(), key=lambda item: item.id)[-KEPT_ITEMS:]:
            if item.state == "sending":
                item.state = "failed"  # its exchange ended with the program
            item.card.pop("busy", None)
            self.rev += 1
            item.rev = self.rev
            self._items[item.id] = item
            self._order.append(item.id)
            self._last_at[item.userid] = item.at
        self._next_id = max(self._items, default=0) + 1
        self._rewrite(path)


def _line(item: Item) -> str:
    return json.dumps(asdict(item), ensure_ascii=False, separators=(",", ":")) + "\n"
