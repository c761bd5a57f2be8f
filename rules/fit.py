"""Fit the model to the bank: `python -m rules fit`. Needs the encoder; numpy does the rest, in about a minute once the vectors are there.

Kernel ridge regression, twice. It has a closed form, one number to choose (how strongly to smooth), and learns from a dozen phrases
of a class as well as from a hundred. The clauses' own sentences are phrases too.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules import bank
from rules.documents import Document, latest
from rules.encoder import DIMENSIONS, Encoder
from rules.features import VERSION, grams
from rules.model import BadModel, Floats, GramModel, Model, Packed, VectorModel, kernel, pack
from rules.normalize import is_english, tidy

# Chosen by fitting without one register of the bank and asking that register.
GRAM_SMOOTHING = 0.5
VECTOR_SMOOTHING = 0.03
KEPT_DIMENSIONS = 256
_FREQUENT = 60  # grams in more phrases than this are multiplied densely

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model, and the packed form of its points, as `model.save` takes them."""

    model: Model
    points: Packed


def key(phrases: Sequence[bank.Phrase], document: Document) -> str:
    """What a model fitted on these must carry: SHA-256 over bank, corpus and version of the features."""
    return hashlib.sha256(f"{bank.digest(phrases)} {document.sha256} {VERSION}".encode()).hexdigest()


def fit(phrases: Sequence[bank.Phrase], document: Document, encoder: Encoder) -> Fitted:
    """A model for `phrases` and the clauses of `document`. Raises BadBank."""
    bank.check(phrases, {clause.lineage for clause in document.clauses})
    known = [*phrases, *_from_corpus(document)]
    texts = [tidy(phrase.text) for phrase in known]
    classes = tuple(sorted({phrase.key for phrase in known}))
    outside = {phrase.key for phrase in known if phrase.register in bank.OUTSIDE}
    targets = np.array([[phrase.key == name for name in classes] for phrase in known], dtype=np.float64)
    english = np.array([is_english(text) for text in texts])
    vectors = np.array([encoder.encode(text) for text in texts], dtype=np.float32)
    by_vector, points = _fit_vectors(vectors, english, targets)
    spans = [clause.text[start:end] for clause in document.clauses for start, end in clause.sentences]
    sentences = np.array([encoder.encode(tidy(span)) for span in spans], dtype=np.float32)
    return Fitted(
        Model(
            key=key(phrases, document),
            classes=classes,
            outside=np.array([name in outside for name in classes]),
            by_grams=fit_grams(texts, targets),
            by_vector=by_vector,
            sentences=by_vector.project(sentences, np.zeros(len(sentences), dtype=np.bool_)),
        ),
        points,
    )


def refit(
    base: Model,
    phrases: Sequence[bank.Phrase],
    written: Sequence[bank.Phrase],
    document: Document,
    encoder: Encoder | None,
    told: Callable[[float], None] = lambda _: None,
) -> Fitted:
    """A model for another version, made from the shipped one in a fraction of the time: the bank's vectors are known already.

    base: fitted to `phrases`. written: ways to ask for what is new. A lineage that the document lacks stays a class, outside the rules,
    so that its questions are refused instead of being taken for others. Without an encoder the model has no vectors, and is to be
    asked without one. told: how much of it is done, 0 to 1. Takes a gigabyte and about half a minute; the encoder is asked a few
    hundred times. Raises BadModel where the base was fitted to another bank.
    """
    if encoder is not None and base.key != key(phrases, latest()):
        raise BadModel("fitted to another bank")
    corpus = _from_corpus(document)
    known = [*phrases, *written, *corpus]
    texts = [tidy(phrase.text) for phrase in known]
    classes = tuple(sorted({phrase.key for phrase in known}))
    inside = {clause.lineage for clause in document.clauses}
    targets = np.array([[phrase.key == name for name in classes] for phrase in known], dtype=np.float64)
    told(0.05)
    by_grams = fit_grams(texts, targets)
    told(0.5)
    by_vector, points, sentences = _refit_vectors(base, texts, len(phrases), targets, document, encoder)
    told(1.0)
    identity = f"{key([*phrases, *written], document)} {'vectors' if encoder else 'grams'}"
    outside = np.array([name not in inside for name in classes])
    return Fitted(Model(hashlib.sha256(identity.encode()).hexdigest(), classes, outside, by_grams, by_vector, sentences), points)


def _refit_vectors(
    base: Model, texts: Sequence[str], banked: int, targets: Doubles, document: Document, encoder: Encoder | None
) -> tuple[VectorModel, Packed, Floats]:
    of_base = base.by_vector
    spans = [clause.text[start:end] for clause in document.clauses for start, end in clause.sentences]
    if encoder is None:
        none = np.zeros((0, KEPT_DIMENSIONS), np.float32)
        empty = VectorModel(of_base.centres, of_base.basis, none, np.zeros((0, targets.shape[1]), np.float32))
        no_points = Packed(none.astype(np.int8), np.ones((0, 1), np.float32))
        return empty, no_points, np.zeros((len(spans), KEPT_DIMENSIONS), np.float32)
    new = texts[banked:]
    vectors = np.array([encoder.encode(text) for text in new], dtype=np.float32)
    joined = np.vstack([of_base.points[:banked], of_base.project(vectors, np.array([is_english(text) for text in new]))])
    points = pack(joined, axis=1)
    unpacked = points.unpack()
    weights = _solve(kernel(unpacked @ unpacked.T).astype(np.float64), targets, VECTOR_SMOOTHING)
    read = np.array([encoder.encode(tidy(span)) for span in spans], dtype=np.float32)
    sentences = of_base.project(read, np.zeros(len(read), dtype=np.bool_))
    return VectorModel(of_base.centres, of_base.basis, unpacked, weights.astype(np.float32)), points, sentences


def _from_corpus(document: Document) -> list[bank.Phrase]:
    return [
        bank.Phrase(clause.lineage, clause.text[start:end], "corpus")
        for clause in document.clauses
        for start, end in {*clause.sentences, (0, len(clause.text))}
    ]


def fit_grams(texts: Sequence[str], targets: Doubles) -> GramModel:
    """Weights for every gram that two phrases share."""
    counted = [grams(text) for text in texts]
    holders: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for number, counts in enumerate(counted):
        for gram, count in counts.items():
            holders[gram].append((number, count))
    vocabulary = sorted(gram for gram, found in holders.items() if len(found) > 1)
    idf = {gram: float(np.log((1 + len(texts)) / (1 + len(holders[gram])))) + 1 for gram in vocabulary}
    lengths = [sum((counts[gram] * idf[gram]) ** 2 for gram in counts if gram in idf) ** 0.5 or 1.0 for counts in counted]
    columns = [_column(holders[gram], idf[gram], lengths) for gram in vocabulary]
    dual = _solve(_likeness(columns, len(texts)), targets, GRAM_SMOOTHING)
    weights = np.array([values @ dual[rows] for rows, values in columns])
    order = np.array(vocabulary, dtype=np.uint32)
    return GramModel(order, np.array([idf[gram] for gram in vocabulary], dtype=np.float32), pack(weights, axis=0))


Column = tuple[npt.NDArray[np.intp], Floats]  # phrases that have the gram, and its weighted count in each


def _column(found: Sequence[tuple[int, float]], idf: float, lengths: Sequence[float]) -> Column:
    rows = np.array([number for number, _ in found], dtype=np.intp)
    return rows, np.array([count * idf / lengths[number] for number, count in found], dtype=np.float32)


def _likeness(columns: Sequence[Column], size: int) -> Doubles:
    """Cosine of every two phrases. Rare grams touch few pairs and are added one by one, frequent ones as one dense product."""
    frequent = [column for column in columns if len(column[0]) > _FREQUENT]
    dense = np.zeros((size, len(frequent)), dtype=np.float32)
    for number, (rows, values) in enumerate(frequent):
        dense[rows, number] = values
    likeness = (dense @ dense.T).astype(np.float64)
    for rows, values in columns:
        if len(rows) <= _FREQUENT:
            likeness[np.ix_(rows, rows)] += np.outer(values, values)
    return likeness


def _fit_vectors(vectors: Floats, english: npt.NDArray[np.bool_], targets: Doubles) -> tuple[VectorModel, Packed]:
    centres = np.array([vectors[~english].mean(axis=0), vectors[english].mean(axis=0) if english.any() else np.zeros(DIMENSIONS)])
    centred = vectors - centres[english.astype(np.intp)]
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    basis = directions[:, -KEPT_DIMENSIONS:].astype(np.float32)
    empty = VectorModel(centres.astype(np.float32), basis, np.zeros((0, KEPT_DIMENSIONS), np.float32), np.zeros((0, 0), np.float32))
    points = pack(empty.project(vectors, english), axis=1)  # fitted on what will be loaded, 8 bits and all
    unpacked = points.unpack()
    weights = _solve(kernel(unpacked @ unpacked.T).astype(np.float64), targets, VECTOR_SMOOTHING)
    return VectorModel(empty.centres, basis, unpacked, weights.astype(np.float32)), points


def _solve(likeness: Doubles, targets: Doubles, smoothing: float) -> Doubles:
    likeness[np.diag_indices_from(likeness)] += smoothing
    return np.linalg.solve(likeness, targets).astype(np.float64)
