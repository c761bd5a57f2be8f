"""The Book: one version of the rules, and the way from a question to its clause."""

from dataclasses import dataclass, field
from typing import Literal

from rules import bank, model
from rules import encoder as encoders
from rules.answer import Answer
from rules.clause import Clause
from rules.documents import Document, latest
from rules.encoder import Busy
from rules.memo import Memo
from rules.normalize import tidy
from rules.search import Finder

MEMO_ENTRIES = 4096  # answers kept; with keys of at most MEMO_CHARS characters this stays under 8 MiB
MEMO_CHARS = 200


@dataclass(frozen=True)
class Book:
    """An immutable value, safe to share between threads."""

    _finder: Finder = field(repr=False)
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
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses in order."""
        return self.document.clauses

    def clause(self, clause_id: str) -> Clause | None:
        """The clause with this id, such as "4.2", or None."""
        return self._by_id.get(clause_id)

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


def load(encoder: Literal["auto", "off"] = "auto") -> Book:
    """The version in force. encoder "off" leaves the sentence encoder out even where it is installed.

    Raises WrongText, CannotParse, BadBank, BadModel, OSError: the package is damaged.
    """
    return Book(Finder(latest(), model.load(), encoders.load() if encoder == "auto" else None, bank.read()))
