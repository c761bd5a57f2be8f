import dataclasses

import numpy as np
import pytest

from rules import bank, fit, model
from rules.documents import latest
from rules.encoder import DIMENSIONS
from rules.model import pack
from rules.normalize import tidy


class HashEncoder:
    """An encoder without meaning: the same text always gets the same direction."""

    def encode(self, tidied):
        vector = np.random.default_rng(sum(tidied.encode())).standard_normal(DIMENSIONS).astype(np.float32)
        return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def phrases():
    return [phrase for number, phrase in enumerate(bank.read()) if number % 12 == 0]


@pytest.fixture(scope="module")
def fitted(phrases):
    return fit.fit(phrases, latest(), HashEncoder())


def test_eight_bits_keep_a_matrix_to_one_part_in_a_hundred():
    matrix = np.random.default_rng(1).standard_normal((50, 7))
    assert np.abs(pack(matrix, axis=0).unpack() - matrix).max() < np.abs(matrix).max() / 100


def test_a_fitted_model_knows_most_of_what_it_was_fitted_to(phrases, fitted):
    classes = fitted.model.classes
    hits = sum(classes[int(fitted.model.by_grams.score(tidy(phrase.text)).argmax())] == phrase.key for phrase in phrases)
    assert hits > 0.9 * len(phrases)


def test_a_saved_model_scores_as_before(phrases, fitted, tmp_path):
    path = tmp_path / "model.npz"
    model.save(fitted.model, fitted.points, path)
    loaded = model.load(path)
    text = tidy(phrases[0].text)
    vector = HashEncoder().encode(text)
    assert loaded.key == fit.key(phrases, latest())
    assert np.allclose(loaded.by_grams.score(text), fitted.model.by_grams.score(text), atol=0.02)
    assert np.allclose(loaded.by_vector.score(vector, False), fitted.model.by_vector.score(vector, False), atol=0.05)


def test_a_text_without_known_grams_scores_nothing(fitted):
    assert not fitted.model.by_grams.score("").any()
    assert not fitted.model.by_grams.score("龘龘").any()


def test_a_damaged_model_is_refused(fitted, tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(b"not a model")
    with pytest.raises(model.BadModel):
        model.load(path)
    short = dataclasses.replace(fitted.model, classes=fitted.model.classes[1:])
    model.save(short, fitted.points, tmp_path / "short.npz")
    with pytest.raises(model.BadModel):
        model.load(tmp_path / "short.npz")
