"""Answers that did not help: said in words, listed page by page, and answered otherwise where they may be."""

import pytest

from bot.actions import questions_asked
from bot.context import Context
from bot.errors import UserMistake
from bot.model.texts import questions_asked as texts
from tests.cast import at


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("ask_rule 4.2", "第 4.2 条"),
        ("ask_rule refusal deadline", "不作答"),
        ("ask_rule 2024-06-17 4.2", "2024-06-17 版第 4.2 条"),
        ("ask_rule 2024-06-17 refusal", "2024-06-17 版不作答"),
        ("ask_rule 2024-06-17", "2024-06-17 版"),
        ("ask_rule unknown", "没有那时的规则"),
    ],
)
def test_what_came_of_a_question_is_said_in_words(stored, said):
    assert texts.outcome(stored) == said


def test_an_answer_about_the_rules_of_another_time_takes_no_other(house, cast, asked):
    asked("2024年6月的规定里怎么恢复", outcome="ask_rule 2024-06-17 4.2")
    questions_asked.thumb(Context(house), at("WangWei"), is_good=False)
    [down] = questions_asked.unhelpful(Context(house)).down
    with pytest.raises(UserMistake, match="从当时的版本回答"):
        questions_asked.take_up(Context(house), cast["author"], down.key)


def test_answers_that_did_not_help_are_listed_a_page_at_a_time(house, cast, asked, monkeypatch):
    monkeypatch.setattr(questions_asked, "PAGE", 2)
    for number in range(3):
        asked(f"怎么恢复第{number}个应用", outcome="ask_rule 4.2")
        questions_asked.thumb(Context(house), at("WangWei"), is_good=False)
    first = questions_asked.unhelpful(Context(house))
    assert ([one.text for one in first.down], first.is_last) == (["怎么恢复第2个应用", "怎么恢复第1个应用"], False)
    last = first.down[-1]
    rest = questions_asked.unhelpful(Context(house), (last.at, last.key))
    assert ([one.text for one in rest.down], rest.is_last) == (["怎么恢复第0个应用"], True)
