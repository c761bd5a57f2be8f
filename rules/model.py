"""The fitted model: two ways to score a question against every class, and their sum.

A class is a clause's lineage or a topic outside the rules. The cheap part weighs grams. The other compares the question's sentence
vector with that of every bank phrase. Both were fitted by kernel ridge regression on 0/1 targets (fit.py), so a score near 1 says
"this class", one near 0 "another". Grams' weights and points are kept in 8 bits, the rest in 16, in `model/model.npz`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from rules.documents import HERE
from rules.encoder import DIMENSIONS, Vector
from rules.features import grams

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.int8]

MODEL = HERE / "model" / "model.npz"
CHEAP_SHARE = 0.4  # of the sum of both scores; flat between 0.3 and 0.5 when tried on bank registers left out of the fit


class BadModel(ValueError):
    """The model file lacks a part or its parts don't fit together."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A matrix in 8 bits: number = cell * scale of its row or column."""

    cells: Bytes
    scale: Floats

    def unpack(self) -> Floats:
        """As float32."""
        return np.multiply(self.cells, self.scale, dtype=np.float32)


def pack(matrix: npt.NDArray[np.floating], axis: int) -> Packed:
    """`matrix` in 8 bits, one scale for each row (axis 1) or column (axis 0)."""
    scale = np.maximum(np.abs(matrix).max(axis=axis, keepdims=True), 1e-9) / 127
    return Packed(np.round(matrix / scale).astype(np.int8), scale.astype(np.float32))


@dataclass(frozen=True, slots=True)
class GramModel:
    """vocabulary: known grams, rising, uint32 [grams]; idf [grams]; weights [grams, classes]."""

    vocabulary: npt.NDArray[np.uint32]
    idf: Floats
    weights: Packed

    def score(self, tidied: str) -> Floats:
        """One score a class; all 0 when no gram is known."""
        counts = grams(tidied)
        asked = np.fromiter(counts, dtype=np.uint32, count=len(counts))
        values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        found = np.minimum(np.searchsorted(self.vocabulary, asked), len(self.vocabulary) - 1)
        known = self.vocabulary[found] == asked
        rows, weighted = found[known], values[known] * self.idf[found[known]]
        length = max(float(np.linalg.norm(weighted)), 1e-9)
        scores = (weighted / length) @ self.weights.cells[rows].astype(np.float32) * self.weights.scale[0]
        return np.asarray(scores, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class VectorModel:
    """centres [2, 384]: mean of Chinese and of English phrases, taken off first, since the language is the strongest thing in a vector.

    basis [384, kept dimensions]; points [phrases, kept dimensions], of length 1; weights [phrases, classes].
    """

    centres: Floats
    basis: Floats
    points: Floats
    weights: Floats

    def project(self, vectors: Floats, english: npt.NDArray[np.bool_]) -> Floats:
        """Vectors [n, 384] as points [n, kept dimensions] of length 1."""
        projected = np.asarray((vectors - self.centres[english.astype(np.intp)]) @ self.basis, dtype=np.float32)
        lengths = np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-9)
        return np.asarray(projected / lengths, dtype=np.float32)

    def score(self, vector: Vector, english: bool) -> Floats:
        """One score a class."""
        scores: Floats = kernel(self.project(vector[None], np.array([english])) @ self.points.T)[0] @ self.weights
        return scores


def kernel(cosines: Floats) -> Floats:
    """Likeness of points from their cosines: exp(c - 1), a Gaussian on the unit sphere."""
    likeness: Floats = np.exp(cosines - 1)
    return likeness


@dataclass(frozen=True, slots=True)
class Model:
    """key: which bank, corpus and features it was fitted on. classes [classes]; outside [classes]: True for topics the rules don't cover.

    sentences [sentences, kept dimensions]: points of the corpus's sentences, in order.
    """

    key: str
    classes: tuple[str, ...]
    outside: npt.NDArray[np.bool_]
    by_grams: GramModel
    by_vector: VectorModel
    sentences: Floats

    @property
    def has_vectors(self) -> bool:
        """Whether it may be asked with a sentence encoder: one that was fitted without has nothing to compare a vector with."""
        return len(self.by_vector.points) > 0


def save(model: Model, points: Packed, path: Path = MODEL) -> None:
    """Write `model`, its points packed."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(to_bytes(model, points))


def to_bytes(model: Model, points: Packed) -> bytes:
    """`model`, its points packed, as `from_bytes` takes it."""
    held = BytesIO()
    by_grams, by_vector = model.by_grams, model.by_vector
    np.savez_compressed(
        held,
        key=np.array(model.key),
        classes=np.array(model.classes),
        outside=model.outside,
        vocabulary=by_grams.vocabulary,
        idf=by_grams.idf.astype(np.float16),
        gram_weights=by_grams.weights.cells,
        gram_scale=by_grams.weights.scale,
        centres=by_vector.centres.astype(np.float16),
        basis=by_vector.basis.astype(np.float16),
        points=points.cells,
        point_scale=points.scale.astype(np.float16),
        weights=by_vector.weights.astype(np.float16),  # thousands of them add up: in 8 bits their errors drown the sum
        sentences=model.sentences.astype(np.float16),
    )
    return held.getvalue()


@cache
def load(path: Path = MODEL) -> Model:
    """The model in `path`. Raises BadModel, OSError."""
    try:
        return from_bytes(path.read_bytes())
    except BadModel as error:
        raise BadModel(f"{path.name} can't be used; fit it again: python -m rules fit") from error


def from_bytes(content: bytes) -> Model:
    """The model that `to_bytes` wrote. Raises BadModel."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as parts:
            return _assemble({name: parts[name] for name in parts.files})
    except (KeyError, ValueError, EOFError, BadZipFile) as error:
        raise BadModel("not a model of this form") from error


def _assemble(parts: Mapping[str, npt.NDArray[np.generic]]) -> Model:
    def floats(name: str) -> Floats:
        return parts[name].astype(np.float32)

    classes = tuple(str(name) for name in parts["classes"])
    by_grams = GramModel(
        parts["vocabulary"].astype(np.uint32), floats("idf"), Packed(parts["gram_weights"].astype(np.int8), floats("gram_scale"))
    )
    by_vector = VectorModel(
        floats("centres"),
        floats("basis"),
        Packed(parts["points"].astype(np.int8), floats("point_scale")).unpack(),
        floats("weights"),
    )
    shapes = (by_grams.weights.cells.shape, by_vector.centres.shape, by_vector.weights.shape)
    if shapes != ((len(by_grams.vocabulary), len(classes)), (2, DIMENSIONS), (len(by_vector.points), len(classes))):
        raise BadModel(f"parts of shapes {shapes} don't fit together")
    return Model(str(parts["key"]), classes, parts["outside"].astype(np.bool_), by_grams, by_vector, floats("sentences"))
