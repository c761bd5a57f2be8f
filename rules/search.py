"""From a question to an Answer.

In order: what people tied (rules/overlay); what stands in the bank or as a clause's own term word for word; the cheap model, which
decides alone where it is sure; the sentence encoder on top. An answer is given when its score beats what speaks for a refusal by more
than a threshold.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from rules import bank
from rules.answer import Answer, Kind
from rules.clause import Clause, Span
from rules.documents import Document
from rules.encoder import Encoder, Vector
from rules.features import grams
from rules.model import CHEAP_SHARE, Floats, Model
from rules.normalize import has_words, is_english, tidy
from rules.overlay import Overlay, Tie
from rules.overlay import key as _key

# Chosen on the development questions (python -m rules evaluate --cv); everything else was chosen on the bank.
THRESHOLD = 0.14
THRESHOLD_CHEAP = 0.08  # where there is no encoder

# Where the cheap model decides alone: on bank registers left out of the fit it was then right as often as both together.
_SURE = 0.4
_SURE_LEAD = 0.4
_SURELY_NOT = -0.5

_TOPIC_SCORE = 0.2  # below it a refused question's topic isn't named
_CHAT_SCORE = 0.45
_NEIGHBOUR_SCORE = 0.12  # from here on a clause is named beside an answer
_NEAREST_SCORE = 0.06  # and beside a refusal, where the first is named in any case
_STEEPNESS = 8.0  # of confidence around the threshold
GONE = "gone"  # the topic of a question whose clause this version doesn't have any more
_MARK = 0.05  # a sentence less like the question than this isn't marked


@dataclass(frozen=True, slots=True)
class Scores:
    """What speaks for what. order: clauses by score, best first; own, lead: the best one's score, and how far ahead of the second.

    balance: own score less what speaks for a refusal. topic: the likeliest topic outside the rules, and its score.
    """

    order: tuple[Clause, ...]
    by_clause: Floats
    own: float
    lead: float
    balance: float
    topic: str
    topic_score: float


@dataclass(frozen=True)
class Finder:
    """Finds answers in one document. Safe to share between threads.

    The model may have been fitted to another version: a class whose lineage this one lacks then counts as outside the rules, and a
    clause that the model doesn't know is never the answer. is_fitted: it was fitted to this very document, so its sentences' points are
    the document's.
    """

    document: Document
    model: Model
    encoder: Encoder | None
    phrases: Sequence[bank.Phrase] = field(repr=False)
    overlay: Overlay = field(default=Overlay(), repr=False)
    is_fitted: bool = True

    def find(self, question: str, hurried: bool = False) -> Answer:
        """The answer to any string. hurried: without the encoder. Raises Busy, unless hurried."""
        tidied = tidy(question)
        language: Literal["zh", "en"] = "en" if is_english(tidied) else "zh"
        if not has_words(tidied):
            return Answer("refusal", confidence=1.0, language=language)
        tie = self.overlay.find(tidied)
        if tie is not None:
            return self._tied(tie, tidied, language)
        known = self._exact.get(_key(tidied))
        scores, vector = self._score(tidied, known, hurried)
        if known in self._by_lineage:
            return self._quote(self._by_lineage[known], scores, tidied, vector, 1.0, language)
        threshold = THRESHOLD if vector is not None else THRESHOLD_CHEAP
        sure = 1 / (1 + math.exp(-_STEEPNESS * (scores.balance - threshold)))
        if known is None and scores.balance > threshold:
            return self._quote(scores.order[0], scores, tidied, vector, sure, language)
        return self._refuse(known, scores, 1.0 if known else 1 - sure, language)

    def _tied(self, tie: Tie, tidied: str, language: Literal["zh", "en"]) -> Answer:
        if tie.lineage is None:
            return Answer("refusal", topic="tied", confidence=1.0, language=language, tied=True, say=tie.say)
        scores, vector = self._score(tidied, tie.lineage)
        clause = self._by_lineage.get(tie.lineage)
        if clause is None:
            return self._refuse(GONE, scores, 1.0, language)
        return replace(self._quote(clause, scores, tidied, vector, 1.0, language), tied=True, say=tie.say)

    def with_ties(self, overlay: Overlay) -> "Finder":
        """The same with other ties, at once: all that was made of the text and the models is shared."""
        other = copy.copy(self)
        object.__setattr__(other, "overlay", overlay)
        return other

    def cheap_scores(self, tidied: str) -> Scores:
        """What the cheap model alone says."""
        return self._weigh(self.model.by_grams.score(tidied))

    def scores(self, tidied: str) -> tuple[Scores, bool]:
        """What the models say, without the phrases known word for word; and whether the encoder was asked."""
        scores, vector = self._score(tidied, None)
        return scores, vector is not None

    def _score(self, tidied: str, known: str | None, hurried: bool = False) -> tuple[Scores, Vector | None]:
        cheap = self.model.by_grams.score(tidied)
        scores = self._weigh(cheap)
        if self.encoder is None or not self.model.has_vectors or hurried or known is not None or _is_sure(scores):
            return scores, None
        vector = self.encoder.encode(tidied)
        both = CHEAP_SHARE * cheap + (1 - CHEAP_SHARE) * self.model.by_vector.score(vector, is_english(tidied))
        return self._weigh(both), vector

    def _weigh(self, scores: Floats) -> Scores:
        by_clause = scores[self._columns]
        if self._unknown.size:
            by_clause[self._unknown] = -np.inf
        order = np.argsort(-by_clause, kind="stable")
        outside = np.where(self._outside, scores, -np.inf)
        topic = int(outside.argmax())
        own = float(by_clause[order[0]])
        second = float(by_clause[order[1]]) if len(order) > 1 else 0.0
        # All topics together say "not in the rules" even where none of them fits well; the best one says it where one fits.
        against = (float(scores[self._outside].sum()) + float(scores[topic])) / 2
        return Scores(
            order=tuple(self.document.clauses[place] for place in order),
            by_clause=by_clause[order],
            own=own,
            lead=own - second,
            balance=own - against,
            topic=self.model.classes[topic],
            topic_score=float(scores[topic]),
        )

    def _quote(
        self, clause: Clause, scores: Scores, tidied: str, vector: Vector | None, confidence: float, language: Literal["zh", "en"]
    ) -> Answer:
        close = [
            other for other, score in zip(scores.order, scores.by_clause, strict=True) if score >= _NEIGHBOUR_SCORE and other != clause
        ]
        marked = self._mark(clause, tidied, vector)
        return Answer("clause", clause, marked, tuple(close[:2]), confidence=confidence, language=language)

    def _refuse(self, known: str | None, scores: Scores, confidence: float, language: Literal["zh", "en"]) -> Answer:
        topic = known or (scores.topic if scores.topic_score >= _TOPIC_SCORE else None)
        if topic in self._gone:
            topic = GONE
        if topic is not None and topic in bank.CHAT:
            if known or scores.topic_score >= _CHAT_SCORE:
                kind: Kind = bank.CHAT[topic]
                return Answer(kind, confidence=confidence, language=language)
            topic = None
        near = [clause for clause, score in zip(scores.order[:3], scores.by_clause[:3], strict=True) if score >= _NEAREST_SCORE]
        return Answer("refusal", neighbours=tuple(near or scores.order[:1]), topic=topic, confidence=confidence, language=language)

    def _mark(self, clause: Clause, tidied: str, vector: Vector | None) -> Span | None:
        """The sentence of `clause` most like the question, by shared grams and, where there is one, by vector."""
        if len(clause.sentences) == 1:
            return clause.sentences[0]
        asked = self._weighted(tidied)
        likeness = []
        for span in clause.sentences:
            place, counts = self._sentences[clause.id, span]
            shared = sum(asked[gram] * counts[gram] for gram in asked.keys() & counts.keys())
            if vector is not None and self.is_fitted:
                shared += float(self.model.by_vector.project(vector[None], np.array([is_english(tidied)]))[0] @ self.model.sentences[place])
            likeness.append(shared)
        best = max(range(len(likeness)), key=likeness.__getitem__)
        return clause.sentences[best] if likeness[best] >= _MARK else None

    def _weighted(self, tidied: str) -> dict[int, float]:
        """Known grams of a text, rare ones heavier, at length 1."""
        known = {gram: count * self._idf[gram] for gram, count in grams(tidied).items() if gram in self._idf}
        length = math.sqrt(sum(value * value for value in known.values())) or 1.0
        return {gram: value / length for gram, value in known.items()}

    @cached_property
    def _idf(self) -> Mapping[int, float]:
        by_grams = self.model.by_grams
        return dict(zip(by_grams.vocabulary.tolist(), by_grams.idf.tolist(), strict=True))

    @cached_property
    def _sentences(self) -> Mapping[tuple[str, Span], tuple[int, dict[int, float]]]:
        """Place in the corpus and weighted grams of each sentence."""
        spans = [(clause, span) for clause in self.document.clauses for span in clause.sentences]
        return {
            (clause.id, span): (place, self._weighted(tidy(clause.text[span[0] : span[1]]))) for place, (clause, span) in enumerate(spans)
        }

    @cached_property
    def _by_lineage(self) -> Mapping[str | None, Clause]:
        return {clause.lineage: clause for clause in self.document.clauses}

    @cached_property
    def _columns(self) -> list[int]:
        """The model's column of each clause, in the document's order; any for a clause that it doesn't know."""
        places = {name: place for place, name in enumerate(self.model.classes)}
        return [places.get(clause.lineage, 0) for clause in self.document.clauses]

    @cached_property
    def _unknown(self) -> npt.NDArray[np.intp]:
        """Places of the clauses that the model doesn't know."""
        known = set(self.model.classes)
        return np.array([place for place, clause in enumerate(self.document.clauses) if clause.lineage not in known], dtype=np.intp)

    @cached_property
    def _gone(self) -> frozenset[str]:
        """Lineages that the model knows as clauses, and this version has no more."""
        return frozenset(name for name, out in zip(self.model.classes, self._outside, strict=True) if out and name not in self._topics)

    @cached_property
    def _topics(self) -> frozenset[str]:
        return frozenset(phrase.key for phrase in self.phrases if phrase.register in bank.OUTSIDE)

    @cached_property
    def _outside(self) -> npt.NDArray[np.bool_]:
        """The classes that this version doesn't cover."""
        inside = {clause.lineage for clause in self.document.clauses}
        return np.array([name not in inside for name in self.model.classes])

    @cached_property
    def _exact(self) -> Mapping[str, str]:
        """Class of what is known word for word: defined terms, bank phrases. What names two classes names none."""
        entries = [(clause.opening(), clause.lineage) for clause in self.document.clauses if not clause.opening().endswith("…")]
        entries += [(phrase.text, phrase.key) for phrase in self.phrases]
        keys: dict[str, set[str]] = {}
        for text, name in entries:
            keys.setdefault(_key_of(text), set()).add(name)
        return {text: next(iter(names)) for text, names in keys.items() if len(names) == 1}

    def warm(self) -> None:
        """Build everything that the first question would otherwise wait for, the encoder's first run included."""
        assert self._exact is not None
        assert self._sentences is not None
        self.overlay.warm()
        if self.encoder:
            self.encoder.encode("应用下架后怎么恢复")
        self.model.by_grams.score("应用下架后怎么恢复")


@lru_cache(maxsize=16_384)
def _key_of(text: str) -> str:
    """Of a phrase: a new version of the rules has nearly all of them in common with the one before."""
    return _key(tidy(text))


def _is_sure(scores: Scores) -> bool:
    """True when the cheap model may decide alone."""
    return (scores.balance > _SURE and scores.lead > _SURE_LEAD) or scores.balance < _SURELY_NOT
