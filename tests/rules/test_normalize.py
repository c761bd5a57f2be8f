import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.normalize import MAX_CHARS, bigrams, has_words, is_english, jaccard, plain, sentences, simplified, tidy


@given(st.text())
def test_any_text_becomes_short_and_printable(text):
    tidied = tidy(text)
    assert len(tidied) <= MAX_CHARS
    assert tidied.encode().decode() == tidied
    assert "\x00" not in tidied


@pytest.mark.parametrize("character", ["ﷺ", "字", "\ud800", "😀", "\x00", "\u202e", "a\u0301"])
def test_a_very_long_text_of_one_character_stays_bounded(character):
    assert len(tidy(character * 100_000)) <= MAX_CHARS


def test_both_ends_of_a_long_text_are_seen():
    tidied = tidy("头部问题" + "，" * 5_000 + "尾部问题")
    assert "头部问题" in tidied
    assert "尾部问题" in tidied


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ＡＰＰ下架", "app下架"),
        ("應用程式被下架", "应用程序被下架"),
        ("小程序", "小程序"),
        ("這個小程序", "这个小程序"),
        ("軟體", "软件"),
        ("下\u200b架", "下 架"),
        ("下架😀了", "下架 了"),
    ],
)
def test_ways_to_write_one_thing_meet(typed, meant):
    assert tidy(typed) == meant


def test_simplified_text_is_left_alone():
    text = "小程序和应用程序的文件与进程"
    assert simplified(text) == text


def test_marks_and_blanks_beside_chinese_do_not_count():
    assert plain("下架 了？怎么, 恢复 my app") == plain("下架了怎么恢复my app")


def test_sentences_end_at_marks_but_not_inside_a_number():
    assert sentences("第4.2条怎么说？下一步呢。") == ["第4.2条怎么说", "下一步呢"]


def test_english_is_latin_words_without_chinese():
    assert is_english("how do i appeal")
    assert not is_english("app下架")
    assert not is_english("123")
    assert not has_words("123 ?!")


@given(st.text(), st.text())
def test_likeness_lies_between_0_and_1_and_is_whole_for_the_same_text(left, right):
    assert 0 <= jaccard(bigrams(left), bigrams(right)) <= 1
    assert jaccard(bigrams(left), bigrams(left)) == 1
