"""The rule book of one process, and the thread that puts a new one in its place.

Nobody who asks for the book ever waits for it or for the database: it is an attribute. The thread looks at a generation number a few
times a second; where it has moved, it reads the versions, the model of the one in force and the ties, builds and warms a new book
beside the old one, and then swaps. While the database is away, or what it holds can't be used, the old book stays.
"""

import gc
import threading
from collections.abc import Sequence

import structlog

import rules
from bot.errors import Unavailable
from bot.model.rulebook import Rulebook
from bot.store import rulebooks, ties
from bot.store.database import Database, Tx
from rules import Book, bank, documents, encoder, model
from rules.model import Model

log = structlog.get_logger()

LOOK_EVERY_S = 0.15
_AGAIN_AFTER = 60  # looks, where what the database holds could not be used


class Bookshelf:
    """encoder: as the setting RULES_ENCODER has it."""

    def __init__(self, database: Database, encoder: str = "auto") -> None:
        self._database = database
        self._encoder = encoder
        self._generation = 0
        self._made_of: list[tuple[int, str, str]] = []  # the versions in the book
        self._models: dict[int, tuple[str, Model]] = {}
        self._stopping = threading.Event()
        self.book: Book = rules.load("off" if encoder == "off" else "auto")

    def open(self) -> None:
        """Have the book that the database describes, where it can be read, ready to answer."""
        try:
            self.look()
        except Unavailable:
            log.warning("rulebook_unreachable")
        self.book.warm()

    def start(self) -> None:
        """Look for changes from now on, in a thread of this process. Call it after forking."""
        threading.Thread(target=self._watch, name="bookshelf", daemon=True).start()

    def stop(self) -> None:
        """Let the thread end."""
        self._stopping.set()

    def look(self) -> bool:
        """Swap if the generation has moved. Returns whether it did. Raises Unavailable, and what makes a text or model unusable."""
        with self._database.read() as connection:
            generation = rulebooks.generation(connection)  # before what it counts: what comes later is found at the next look
            if generation == self._generation:
                return False
            versions = rulebooks.known(connection)
            blob = self._blob(connection, versions)
            tied = ties.overlay(connection)
        made_of = [(one.id, one.sha256, one.effective_on) for one in versions]
        # Most changes are of ties alone: then nothing is built, and everybody hears of it at once.
        same = blob is None and made_of == self._made_of and made_of
        book = self.book.with_ties(tied) if same else self._build(versions, blob, tied)
        book.warm()
        self._made_of = made_of
        self.book = book
        self._generation = generation
        gc.freeze()  # its objects live as long as it does: the collector need not look at them
        log.info("rulebook_swapped", version=book.version, generation=generation)
        return True

    def _blob(self, connection: Tx, versions: Sequence[Rulebook]) -> bytes | None:
        current = versions[-1] if versions else None
        if current is None or self._models.get(current.id, ("", None))[0] == current.content:
            return None
        return rulebooks.model(connection, current.id)

    def _build(self, versions: Sequence[Rulebook], blob: bytes | None, tied: rules.Overlay) -> Book:
        sentences = encoder.load() if self._encoder != "off" else None
        if not versions:
            return rules.build(documents.packaged(), model.load(), sentences, bank.read(), tied)
        current = versions[-1]
        if blob is not None:
            self._models = {current.id: (current.content, model.from_bytes(blob))}
        _, fitted = self._models.get(current.id, ("", model.load()))
        return rules.build(editions(versions), fitted, sentences, phrases(versions), tied)

    def _watch(self) -> None:
        wait = 0
        is_away = False
        while not self._stopping.wait(LOOK_EVERY_S):
            if wait:
                wait -= 1
                continue
            try:
                self.look()
                is_away = False
            except Unavailable:
                if not is_away:
                    log.warning("rulebook_unreachable")
                is_away = True
            except Exception as error:  # noqa: BLE001  whatever it holds, this thread must be there for what comes next
                wait = _AGAIN_AFTER
                log.error("rulebook_unusable", error=type(error).__name__)


def editions(versions: Sequence[Rulebook]) -> list[rules.Edition]:
    """As the rule book takes them, in the same order."""
    return [rules.Edition(one.document(), one.effective_on) for one in versions]


def phrases(versions: Sequence[Rulebook]) -> tuple[bank.Phrase, ...]:
    """The packaged bank, and what operators wrote for the clauses that came with these versions."""
    written = (bank.Phrase(key, text, "operators") for one in versions for key, texts in one.phrases.items() for text in texts)
    return (*bank.read(), *written)
