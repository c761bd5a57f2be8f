from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from bot.model.texts import answers
from rules import Answer, Clause, model
from rules.bank import OUTSIDE, read
from rules.documents import Edition

LIMIT = 2048
BOOK = rules.load("off")
CLAUSES = st.sampled_from(BOOK.clauses)
UPLOADED = rules.build([Edition(replace(BOOK.document, sha256="0" * 64), "2026-01-01")], model.load(), None, read())
TOPICS = sorted({phrase.key for phrase in read() if phrase.register in OUTSIDE})


def clause_of(clause_id) -> Clause:
    clause = BOOK.clause(clause_id)
    assert clause
    return clause


@st.composite
def quoting_answers(draw):
    clause = draw(CLAUSES)
    marked = draw(st.sampled_from([None, *clause.sentences]))
    near = draw(st.lists(CLAUSES, max_size=3, unique=True))
    return Answer("clause", clause, marked, tuple(near), language=draw(st.sampled_from(["zh", "en"])))


@settings(max_examples=500)
@given(quoting_answers())
def test_every_answer_quotes_its_clause_byte_for_byte_and_fits_one_message(answer):
    text = answers.word(answer, BOOK)
    quoted = text[text.index("「") + 1 : text.index("」")]
    assert quoted.encode() == answer.clause.text.encode()
    assert len(text.encode()) <= LIMIT


def test_the_longest_answer_of_each_clause_fits_one_message():
    widest = sorted(BOOK.clauses, key=lambda clause: -len(clause.opening(20).encode()))[:3]
    for clause in BOOK.clauses:
        for marked in [None, *clause.sentences]:
            answer = Answer("clause", clause, marked, tuple(widest), language="en")
            assert len(answers.word(answer, BOOK).encode()) <= LIMIT, clause.id


def test_no_clause_holds_the_marks_that_set_off_a_quotation():
    assert not any(mark in clause.text for clause in BOOK.clauses for mark in "「」")


@given(quoting_answers())
def test_an_answer_names_document_chapter_item_date_and_source(answer):
    text = answers.word(answer, BOOK)
    for part in (BOOK.title, answer.clause.id, answer.clause.chapter_title, f"第 {answer.clause.item} 条", BOOK.version, BOOK.url):
        assert part in text


def test_the_marked_sentence_is_repeated_verbatim_below_the_quotation():
    clause = clause_of("4.2")
    text = answers.word(Answer("clause", clause, clause.sentences[1]), BOOK)
    assert f"重点：{clause.text[slice(*clause.sentences[1])]}" in text
    assert "重点" not in answers.word(Answer("clause", clause_of("2.7"), clause_of("2.7").sentences[0]), BOOK)


def test_the_table_picture_is_linked_from_the_measures():
    clause = clause_of("3.1")
    assert clause.picture in answers.word(Answer("clause", clause), BOOK)
    assert clause.picture in answers.clause_text(clause, BOOK)


@pytest.mark.parametrize("topic", [None, *TOPICS])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_quotes_nothing_and_fits_one_message(topic, language):
    near = (clause_of("1.3"), clause_of("4.2"), clause_of("6.2"))
    text = answers.word(Answer("refusal", neighbours=near, topic=topic, language=language), BOOK)
    assert "「" not in text
    assert len(text.encode()) <= LIMIT


def test_a_refusal_names_the_nearest_clauses_and_how_to_read_one():
    near = (clause_of("4.2"), clause_of("4.1"))
    text = answers.word(Answer("refusal", neighbours=near, topic="deadline"), BOOK)
    assert "期限" in text
    assert "· 4.2 若服务商满足恢复条件后" in text
    assert "· 4.1 " in text
    assert "回复 4.2 看原文" in text


def test_a_question_that_only_the_picture_answers_is_refused_with_its_link():
    text = answers.word(Answer("refusal", neighbours=(clause_of("3.1"),), topic="picture"), BOOK)
    assert clause_of("3.1").picture in text


@pytest.mark.parametrize("topic", TOPICS)
def test_of_an_uploaded_text_nobody_says_what_it_leaves_open(topic):
    text = answers.word(Answer("refusal", neighbours=(clause_of("4.2"),), topic=topic), UPLOADED)
    assert not any(claim in text for claim in ("规则原文没有", "只列出", "没有收录", "不涉及"))
    assert "4.1" not in text


def test_of_an_uploaded_text_without_a_picture_none_is_named():
    plain = rules.build([Edition(replace(UPLOADED.document, clauses=UPLOADED.clauses[:3]), "2026-01-01")], model.load(), None, read())
    assert "图片" not in answers.word(Answer("refusal", neighbours=(clause_of("1.1"),), topic="picture"), plain)


def test_where_an_objection_goes_is_claimed_of_the_packaged_text_alone():
    assert "允许服务商联系" in answers.human(BOOK)
    assert "允许服务商联系" not in answers.human(UPLOADED)
    assert "4.1" in answers.human(UPLOADED)


def test_far_questions_get_no_clauses_named():
    text = answers.word(Answer("refusal", neighbours=BOOK.clauses[:3], topic="life"), BOOK)
    assert BOOK.clauses[0].opening(8)[:6] not in text


def test_what_cannot_be_read_gets_a_friendly_line():
    assert "没看懂" in answers.word(Answer("refusal"), BOOK)


def test_the_contents_name_every_clause_in_messages_that_fit():
    messages = answers.contents(BOOK)
    assert all(len(message.encode()) <= LIMIT for message in messages)
    lines = "\n".join(messages).split("\n")
    assert all(any(line.startswith(f"{clause.id} ") for line in lines) for clause in BOOK.clauses)


def test_contents_longer_than_a_message_are_cut_at_line_ends():
    messages = answers.contents(BOOK, limit=600)
    assert len(messages) > 1
    assert all(len(message.encode()) <= 600 for message in messages)
    assert "\n".join(messages) == "\n".join(answers.contents(BOOK))


def test_asking_for_a_person_is_answered_truthfully():
    text = answers.word(Answer("human"), BOOK)
    assert "不能实时转接人工" in text
    assert "申请人工" in text
    assert "4.1" in text


@pytest.mark.parametrize("say", [answers.greeting, answers.thanks, answers.about_bot, answers.version, answers.no_such_clause])
def test_short_answers_fit_one_message_and_name_the_rules(say):
    assert BOOK.title in say(BOOK)
    assert len(say(BOOK).encode()) <= LIMIT


def test_the_version_text_gives_both_names_of_the_rules():
    assert BOOK.title in answers.version(BOOK)
    assert BOOK.name_in_text in answers.version(BOOK)


@pytest.mark.parametrize("kind", ["greeting", "thanks", "human", "about_bot"])
def test_each_kind_of_chat_has_words_of_its_own(kind):
    assert answers.word(Answer(kind), BOOK) == getattr(answers, kind)(BOOK)
