from pathlib import Path

import pytest

from rules import bank, evaluate, fit, model
from rules.documents import latest
from rules.normalize import plain, tidy

QUESTIONS = Path(__file__).parent / "dev_questions.jsonl"


@pytest.fixture(scope="module")
def phrases():
    return bank.read()


def test_every_heading_is_a_lineage_or_a_topic_of_its_file(phrases):
    bank.check(phrases, {clause.lineage for clause in latest().clauses})


def test_every_clause_can_be_asked_for_in_dozens_of_ways(phrases):
    for clause in latest().clauses:
        assert sum(phrase.key == clause.lineage for phrase in phrases) >= 100, clause.id


def test_no_phrase_stands_for_two_things(phrases):
    keys: dict[str, set[str]] = {}
    for phrase in phrases:
        keys.setdefault(plain(tidy(phrase.text)), set()).add(phrase.key)
    assert [text for text, names in keys.items() if len(names) > 1] == []


def test_no_phrase_comes_close_to_a_question_it_is_measured_with(phrases):
    assert bank.too_close(phrases, [question.text for question in evaluate.read(QUESTIONS)]) == []


def test_a_phrase_equal_to_a_question_is_noticed():
    phrase = bank.Phrase("recovery", "应用下架之后怎么恢复", "formal")
    assert bank.too_close([phrase], ["应用下架之后怎么恢复？"]) == [phrase]
    assert bank.too_close([phrase], ["今天天气怎么样"]) == []


def test_the_shipped_model_was_fitted_to_this_bank_corpus_and_features(phrases):
    assert model.load().key == fit.key(phrases, latest()), "bank, corpus or features changed: python -m rules fit"


def test_a_changed_phrase_changes_the_key(phrases):
    assert fit.key(phrases[1:], latest()) != fit.key(phrases, latest())


def test_a_phrase_without_heading_is_refused(tmp_path):
    (tmp_path / "formal.txt").write_text("没有标题的一句\n", encoding="utf-8")
    with pytest.raises(bank.BadBank, match="line 1"):
        bank.read(tmp_path)


@pytest.mark.parametrize(("key", "register"), [("recovery", "uncovered"), ("deadline", "formal")])
def test_a_heading_in_the_wrong_file_is_refused(key, register):
    with pytest.raises(bank.BadBank):
        bank.check([bank.Phrase(key, "一句话", register)], {"recovery"})
