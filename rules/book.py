"""The Book: the rules in force, the versions before, and the way from a question to its clause."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rules import bank
from rules import encoder as encoders
from rules import model as models
from rules.answer import Answer
from rules.catalogue import cited_lineage
from rules.clause import Clause
from rules.documents import Document, Edition, packaged
from rules.encoder import Busy, Encoder
from rules.memo import Memo
from rules.model import Model
from rules.normalize import tidy
from rules.overlay import Overlay
from rules.search import Finder

MEMO_ENTRIES = 4096  # answers kept; with keys of at most MEMO_CHARS characters this stays under 8 MiB
MEMO_CHARS = 200


@dataclass(frozen=True)
class Book:
    """An immutable value, safe to share between threads.

    effective_on: the day from which it is in force, YYYY-MM-DD. earlier: the versions before it as books of their own, oldest first.
    """

    _finder: Finder = field(repr=False)
    effective_on: str = ""
    earlier: tuple["Book", ...] = field(default=(), repr=False)
    _by_id: dict[str, Clause] = field(init=False, repr=False, compare=False)
    _memo: Memo[Answer] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {clause.id: clause for clause in self.document.clauses})
        object.__setattr__(self, "_memo", Memo(MEMO_ENTRIES))

    @property
    def document(self) -> Document:
        """The published text."""
        return self._finder.document

    @property
    def version(self) -> str:
        """Date of the text, YYYY-MM-DD."""
        return self.document.version

    @property
    def title(self) -> str:
        """Title of the published page."""
        return self.document.title

    @property
    def name_in_text(self) -> str:
        """What the text calls itself; it differs from the page's title."""
        return self.document.name_in_text

    @property
    def url(self) -> str:
        """Where the text is published."""
        return self.document.url

    @property
    def is_packaged(self) -> bool:
        """Whether this very text came with the program: only of such a one does the bank know what it leaves open."""
        return any(edition.document.sha256 == self.document.sha256 for edition in packaged())

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses in order."""
        return self.document.clauses

    def clause(self, clause_id: str) -> Clause | None:
        """The clause with this id, such as "4.2", or None."""
        return self._by_id.get(clause_id)

    @property
    def editions(self) -> tuple["Book", ...]:
        """Every version that is or was in force, oldest first; this one last."""
        return (*self.earlier, self)

    def of_version(self, version: str) -> "Book | None":
        """The version of this date, in force or before, or None."""
        return next((book for book in reversed(self.editions) if book.version == version), None)

    def on(self, day: str) -> "Book | None":
        """The version that was in force on a day (YYYY-MM-DD), or None where the day lies before all that are known."""
        return next((book for book in reversed(self.editions) if book.effective_on <= day), None)

    def cited(self, name: str) -> Clause | None:
        """The clause that grounds, powers and notices call by this id (rules/catalogue): whatever its number is in this version."""
        lineage = cited_lineage().get(name)
        return next((clause for clause in self.clauses if clause.lineage == lineage), None)

    def of_case(self, version: str) -> "Book":
        """The version that a case was opened under; this one where that one is not known."""
        return self.of_version(version) or self

    def with_ties(self, overlay: Overlay) -> "Book":
        """This book with other ties: what they would change can be looked at before it is so."""
        return replace(self, _finder=self._finder.with_ties(overlay))

    def nearest(self, question: str, most: int = 5) -> list[tuple[Clause, float]]:
        """The clauses most like `question`, best first, with their scores, as the cheap model alone has them."""
        scores = self._finder.cheap_scores(tidy(question))
        return [(clause, float(score)) for clause, score in zip(scores.order[:most], scores.by_clause[:most], strict=True)]

    def warm(self) -> None:
        """Load everything that the first question would otherwise wait for."""
        self._finder.warm()

    def ask(self, question: str) -> Answer:
        """The clause that answers `question`, or a refusal. Takes any string; remembers the last MEMO_ENTRIES short questions."""
        known = self.remembered(question)
        if known is not None:
            return known
        try:
            answer = self._finder.find(question)
        except Busy:  # not remembered: the next time there may be time
            return self._finder.find(question, hurried=True)
        if len(question) <= MEMO_CHARS:
            self._memo.put(question, answer)
        return answer

    def remembered(self, question: str) -> Answer | None:
        """The answer of `ask`, if it was asked lately: in a microsecond, and without waiting for anybody."""
        return self._memo.get(question)

    def best(self, question: str) -> tuple[Answer, float]:
        """The best clause for `question` whatever speaks against it, and its balance: what a threshold is chosen on."""
        scores, _ = self._finder.scores(tidy(question))
        return Answer("clause", scores.order[0]), scores.balance


def build(
    editions: Sequence[Edition],
    model: Model,
    encoder: Encoder | None,
    phrases: Sequence[bank.Phrase],
    overlay: Overlay = Overlay(),  # noqa: B008  an immutable value
) -> Book:
    """A book of these versions, oldest first; the last one is in force, and the model was fitted to it. Cheap: a tenth of a second."""
    earlier = tuple(
        Book(Finder(edition.document, model, encoder, phrases, is_fitted=False), edition.effective_on) for edition in editions[:-1]
    )
    now = editions[-1]
    return Book(Finder(now.document, model, encoder, phrases, overlay), now.effective_on, earlier)


def load(encoder: Literal["auto", "off"] = "auto") -> Book:
    """The packaged versions. encoder "off" leaves the sentence encoder out even where it is installed.

    Raises WrongText, CannotParse, BadBank, BadModel, OSError: the package is damaged.
    """
    return build(packaged(), models.load(), encoders.load() if encoder == "auto" else None, bank.read())
