"""The Book: one version of the rules, and the way from a question to its clause."""

from dataclasses import dataclass, field
from typing import Literal

from rules.answer import Answer
from rules.catalogue import Document, latest
from rules.clause import Clause
from rules.normalize import bigrams, has_words, is_english, tidy


@dataclass(frozen=True)
class Book:
    """An immutable value, safe to share between threads."""

    document: Document
    _by_id: dict[str, Clause] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {clause.id: clause for clause in self.document.clauses})

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
        self.ask("应用下架后怎么恢复")

    def ask(self, question: str) -> Answer:
        """The clause that answers `question`, or a refusal. Takes any string."""
        tidied = tidy(question)
        language: Literal["zh", "en"] = "en" if is_english(tidied) else "zh"
        if not has_words(tidied):
            return Answer("refusal", language=language)
        asked = bigrams(tidied)
        scores = sorted(((len(asked & bigrams(clause.text)) / len(asked), -i) for i, clause in enumerate(self.clauses)), reverse=True)
        ranked = tuple(self.clauses[-i] for _, i in scores)
        if scores[0][0] < 0.3:
            return Answer("refusal", neighbours=ranked[:3], confidence=1 - scores[0][0], language=language)
        return Answer("clause", ranked[0], ranked[0].sentences[0], ranked[1:3], confidence=scores[0][0], language=language)


def load(encoder: Literal["auto", "off"] = "auto") -> Book:
    """The version in force. encoder "off" leaves the sentence encoder out even where it is installed."""
    return Book(latest())
