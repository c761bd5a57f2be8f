import dataclasses

import pytest

import rules
from rules import Overlay, Tie, bank, encoder, model
from rules.documents import packaged
from rules.normalize import tidy

QUESTION = "下架以后投放的广告费能不能退"


def build(*ties):
    made = rules.build(packaged(), model.load(), None, bank.read(), Overlay(ties))
    made.warm()
    return made


def test_a_tied_question_is_answered_by_the_clause_that_it_was_tied_to():
    answer = build(Tie(QUESTION, "delisting", "以公告为准。")).ask(QUESTION)
    assert answer.kind == "clause"
    assert answer.clause
    assert answer.clause.lineage == "delisting"
    assert answer.tied
    assert answer.say == "以公告为准。"
    assert answer.confidence == 1.0


def test_a_question_tied_to_words_is_refused_with_them():
    answer = build(Tie(QUESTION, None, "规则没有写到广告费。")).ask(QUESTION)
    assert (answer.kind, answer.clause, answer.tied, answer.say) == ("refusal", None, True, "规则没有写到广告费。")


@pytest.mark.parametrize(
    "other",
    [
        "下架以后投放的广告费能不能退？",
        "下架以後投放的廣告費能不能退",
        "下架以后，投放的广告费能不能退呢",
        " 下架以后投放的广告费能不能退！！",
    ],
)
def test_other_spellings_of_it_are_the_same_question(other):
    assert build(Tie(QUESTION, None, "没有。")).ask(other).say == "没有。"


@pytest.mark.parametrize(
    "other", ["下架以后投放的广告费能退", "广告费", "上架以后投放的费用谁出", "下架以后投放的广告费3天能不能退", "下架", "能不能退"]
)
def test_what_may_mean_something_else_is_not(other):
    assert not build(Tie(QUESTION, None, "没有。")).ask(other).tied


@pytest.mark.parametrize("pair", [("整改报告要在3天内交吗", "整改报告要在5天内交吗"), ("下架后还可以恢复吗", "下架后还不可以恢复吗")])
def test_figures_and_negations_make_another_question(pair):
    assert Overlay((Tie(pair[0], None, "x"),)).find(tidy(pair[1])) is None


def test_a_short_text_is_found_word_for_word_alone():
    overlay = Overlay((Tie("退费用吗", None, "x"),))
    assert overlay.find(tidy("退费用吗？"))
    assert overlay.find(tidy("退费用吗吗")) is None


def test_the_later_of_two_ties_of_one_text_counts():
    assert build(Tie(QUESTION, "delisting"), Tie(QUESTION, None, "没有。")).ask(QUESTION).say == "没有。"


def test_a_tie_whose_clause_is_gone_answers_nothing():
    answer = build(Tie(QUESTION, "no_such_lineage", "x")).ask(QUESTION)
    assert (answer.kind, answer.clause, answer.topic, answer.say) == ("refusal", None, "gone", "")
    assert answer.neighbours


def test_an_empty_overlay_finds_nothing_at_once(book):
    assert Overlay().find("应用下架后怎么恢复") is None
    assert book._finder.overlay == Overlay()


@pytest.mark.parametrize("text", ["", "?", "\x00" * 10_000, "龘" * 10_000, "下架以后" * 3_000])
def test_hostile_ties_and_questions_are_just_text(text):
    overlay = Overlay((Tie(text, None, "x"), Tie(QUESTION, None, "y")))
    assert overlay.find(tidy(text)) in (None, *overlay.ties)


def test_ten_thousand_ties_that_are_much_alike_do_not_hold_up_a_question():
    import time

    overlay = Overlay(tuple(Tie(f"应用{number}被下架以后投放的广告费能不能退", None, "x") for number in range(10_000)))
    overlay.warm()
    start = time.perf_counter()
    for number in range(10):
        assert overlay.find(f"应用{number}被下架以后投放的广告费能不能退呢")
    assert (time.perf_counter() - start) / 10 < 0.1


# Versions beside each other


def without(document, *lineages):
    """A later version that lacks these clauses."""
    kept = tuple(clause for clause in document.clauses if clause.lineage not in lineages)
    return dataclasses.replace(document, version="2026-01-01", sha256="0" * 64, clauses=kept)


def test_a_clause_that_the_version_in_force_lacks_is_not_quoted_and_its_questions_are_refused():
    old = packaged()[0]
    book = rules.build([old, rules.Edition(without(old.document, "turnover"), "2026-01-01")], model.load(), None, bank.read())
    phrases = [phrase.text for phrase in bank.read() if phrase.key == "turnover"]
    answers = [book.ask(phrase) for phrase in phrases]
    assert {answer.kind for answer in answers} == {"refusal"}
    assert {answer.topic for answer in answers} == {"gone"}
    assert book.version == "2026-01-01"
    before = book.of_version("2024-06-17")
    assert before
    assert before.ask(phrases[0]).clause == before.clause("2.4")


def test_a_clause_that_the_model_does_not_know_is_never_the_answer():
    old = packaged()[0].document
    clauses = tuple(dataclasses.replace(clause, lineage="brand_new") if clause.id == "2.7" else clause for clause in old.clauses)
    book = rules.build([rules.Edition(dataclasses.replace(old, clauses=clauses), "2024-06-17")], model.load(), None, bank.read())
    for phrase in [phrase.text for phrase in bank.read() if phrase.key in ("delisting", "search")][:40]:
        answer = book.ask(phrase)
        assert answer.clause is None or answer.clause.lineage != "brand_new"


def test_a_day_has_the_version_that_was_in_force_on_it():
    old = packaged()[0]
    book = rules.build([old, rules.Edition(without(old.document), "2026-02-01")], model.load(), None, bank.read())
    assert [one.version for one in book.editions] == ["2024-06-17", "2026-01-01"]
    assert book.on("2024-06-16") is None
    found = [book.on(day) for day in ("2024-06-17", "2026-01-31", "2026-02-01", "2031-01-01")]
    assert [one and one.version for one in found] == ["2024-06-17", "2024-06-17", "2026-01-01", "2026-01-01"]


def test_one_clause_is_enough_for_a_book():
    old = packaged()[0].document
    book = rules.build([rules.Edition(dataclasses.replace(old, clauses=old.clauses[:1]), "2024-06-17")], model.load(), None, bank.read())
    assert book.ask("制定这份规则的目的是什么").clause == old.clauses[0]


def test_the_encoder_is_asked_as_before(book):
    assert encoder.load() is None or rules.load().ask("how is a clone app defined?").clause == book.clause("2.10")
