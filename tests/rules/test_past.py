import dataclasses

import pytest

import rules
from rules import bank, evaluate, model, past
from rules.documents import packaged, read
from tests.rulebooks import SOURCE
from tests.rules.test_book import QUESTIONS

TODAY = "2026-07-15"


@pytest.fixture(scope="module")
def book():
    old = packaged()[0]
    lineages = {clause.id: clause.lineage for clause in old.document.clauses}
    lineages |= {"2.8": "advertiser", "2.9": "user", "2.10": "shell_app", "2.11": "clone_app"}
    newer = read(SOURCE, lineages, title=old.document.title, name_in_text=old.document.name_in_text, url=old.document.url)
    return rules.build([old, rules.Edition(newer, "2026-03-10")], model.load(), None, bank.read())


def test_a_clause_is_quoted_from_the_version_in_force_then(book):
    then = past.ask(book, "去年的规则第2.9条", TODAY)
    assert then
    assert then.book
    assert then.answer
    assert (then.book.version, then.answer.clause) == ("2024-06-17", then.book.clause("2.9"))
    assert then.answer.clause
    assert "套壳应用" in then.answer.clause.text
    assert book.clause("2.9").text.startswith("用户")


def test_a_question_is_answered_from_that_version(book):
    then = past.ask(book, "按2024年12月的规定，什么是套壳应用", TODAY)
    assert then
    assert then.answer
    assert then.answer.clause
    assert (then.answer.clause.id, then.book and then.book.version) == ("2.9", "2024-06-17")


def test_before_the_first_known_version_nothing_is_known(book):
    then = past.ask(book, "2023年的规定是什么", TODAY)
    assert then
    assert (then.book, then.answer, then.is_future) == (None, None, False)


def test_a_time_to_come_is_none_to_answer_from(book):
    then = past.ask(book, "2027年的规则第4.2条", TODAY)
    assert then
    assert then.is_future


def test_a_time_in_which_the_version_changed_says_so(book):
    then = past.ask(book, "今年的规则", TODAY)
    assert then
    assert then.book == book
    assert [one.version for one in then.others] == ["2024-06-17"]
    then = past.ask(book, "2024年6月的规定", TODAY)
    assert then
    assert then.begins_before
    assert then.others == ()


def test_a_clause_that_version_lacks_is_not_invented(book):
    then = past.ask(book, "去年的规则第2.11条", TODAY)
    assert then
    assert then.book
    assert then.answer is None


def test_other_questions_are_left_alone(book):
    for question in evaluate.read(QUESTIONS):
        assert past.ask(book, question.text, TODAY) is None


def test_the_day_of_the_change_belongs_to_the_new_version(book):
    asked = [past.ask(book, f"2026年3月{day}日的规则", TODAY) for day in (9, 10)]
    assert [one and one.book and one.book.version for one in asked] == ["2024-06-17", "2026-03-01"]


def test_a_book_of_one_version_answers_from_it(book):
    alone: rules.Book = dataclasses.replace(book.earlier[0])
    then = past.ask(alone, "2024年7月的规定4.2", TODAY)
    assert then
    assert then.answer
    assert then.answer.clause == alone.clause("4.2")
