"""What came of a question: values only, worded elsewhere."""

from dataclasses import dataclass
from typing import Literal

from rules.clause import Clause, Span

Kind = Literal["clause", "refusal", "greeting", "thanks", "human", "about_bot"]


@dataclass(frozen=True, slots=True)
class Answer:
    """kind: "clause" quotes a clause; "refusal" means unsure or not covered; the rest is chit-chat.

    clause: the one that answers, for kind "clause" alone. marked: span in clause.text of the sentence that answers.
    neighbours: close ones beside an answer; up to three nearest, best first, with a refusal.
    topic: what a refused question asked for, where that is known ("deadline", "picture", …; a heading of bank/uncovered.txt).
    confidence: 0 to 1, that the kind, and the clause if any, are right. language: "en" when the question has no Chinese.
    tied: a person said that this is the answer (rules/overlay); say: the words they gave for it, or "".
    """

    kind: Kind
    clause: Clause | None = None
    marked: Span | None = None
    neighbours: tuple[Clause, ...] = ()
    topic: str | None = None
    confidence: float = 0.0
    language: Literal["zh", "en"] = "zh"
    tied: bool = False
    say: str = ""
