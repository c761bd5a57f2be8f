"""A bounded memory that can be asked whether it knows, which functools.lru_cache cannot."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Memo(Generic[V]):
    """The last `entries` values by text; what was not asked for longest goes first. Threads may share it."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._known: OrderedDict[str, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> V | None:
        with self._lock:
            value = self._known.get(key)
            if value is not None:
                self._known.move_to_end(key)
            return value

    def put(self, key: str, value: V) -> None:
        with self._lock:
            self._known[key] = value
            self._known.move_to_end(key)
            if len(self._known) > self._entries:
                self._known.popitem(last=False)
