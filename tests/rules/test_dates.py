import json
from pathlib import Path

import pytest

from rules import bank
from rules.dates import asked_of
from rules.normalize import tidy

TODAY = "2026-07-15"


def asked(question):
    return asked_of(tidy(question), TODAY)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("2024年6月的规定", "2024-06-01", "2024-06-30"),
        ("2024年6月的规定是什么", "2024-06-01", "2024-06-30"),
        ("二〇二四年六月的规定", "2024-06-01", "2024-06-30"),
        ("二零二四年十二月的规则", "2024-12-01", "2024-12-31"),
        ("2024年6月17日的规则怎么说套壳应用", "2024-06-17", "2024-06-17"),
        ("2024年6月17号发布的规则里有没有克隆应用", "2024-06-17", "2024-06-17"),
        ("2024-06-17版规则", "2024-06-17", "2024-06-17"),
        ("2024/6/17 的规则", "2024-06-17", "2024-06-17"),
        ("2024.06 的规定", "2024-06-01", "2024-06-30"),
        ("24年6月份的规定", "2024-06-01", "2024-06-30"),
        ("２０２４年６月的规定", "2024-06-01", "2024-06-30"),
        ("2024年的規定", "2024-01-01", "2024-12-31"),
        ("2024版规则", "2024-01-01", "2024-12-31"),
        ("去年的规则第4.2条", "2025-01-01", "2025-12-31"),
        ("前年的规则", "2024-01-01", "2024-12-31"),
        ("去年6月的规则", "2025-06-01", "2025-06-30"),
        ("上个月的规则", "2026-06-01", "2026-06-30"),
        ("昨天的规则4.2", "2026-07-14", "2026-07-14"),
        ("按照2024年6月的规定，应用下架后怎么恢复", "2024-06-01", "2024-06-30"),
        ("2024年6月时的平台规则", "2024-06-01", "2024-06-30"),
        ("规则在2024年6月是怎么写的", "2024-06-01", "2024-06-30"),
        ("4.2在2024年6月怎么规定的", "2024-06-01", "2024-06-30"),
        ("2024年6月的4.2", "2024-06-01", "2024-06-30"),
        ("2024年6月生效的那版规则", "2024-06-01", "2024-06-30"),
        ("2024年2月29日的规则", "2024-02-29", "2024-02-29"),
    ],
)
def test_a_date_that_says_which_rules_are_meant_is_understood(question, first, last):
    found = asked(question)
    assert found
    assert (found.period.first, found.period.last) == (first, last)


@pytest.mark.parametrize(
    "question",
    [
        "2024年6月被下架怎么恢复",
        "我2024年6月按规定提交了报告，什么时候恢复",
        "2024年6月违反规定被下架了怎么办",
        "2024年6月规定时间内没有整改会怎样",
        "2024年6月规定的期限内没交报告",
        "去年被取消推荐，今年能重新申请吗",
        "2024年6月17日收到处理通知，怎么提出异议",
        "去年违规被下架，规则怎么规定恢复",
        "应用从2024年上架到现在",
        "今年应用中心推荐怎么申请",
        "2024年6月的处理怎么恢复",
        "2024年6月",
        "规则",
        "规则助手",
        "4.2",
        "整改要3天还是5天",
        "版本2024.06.17之后应用被下架",
        "2024年13月的规定",
        "2024年2月30日的规则",
        "一九年",
        "",
        "二十二十年的规定",
    ],
)
def test_a_date_that_only_tells_when_something_happened_is_none(question):
    assert asked(question) is None


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("按照2024年6月的规定，应用下架后怎么恢复", "应用下架后怎么恢复"),
        ("2024年6月的规定里应用下架后怎么恢复", "里应用下架后怎么恢复"),
        ("2024年6月的规定是什么", ""),
        ("2024年6月的规定", ""),
        ("我想看看2024年6月的规定有哪些内容", ""),
        ("2024-06-17版", ""),
    ],
)
def test_what_is_left_is_the_question(question, rest):
    found = asked(question)
    assert found
    assert found.rest == rest


@pytest.mark.parametrize(
    "question", ["去年的规则第4.2条", "2024年6月的4.2", "4.2在2024年6月是怎么写的", "2024年6月规定的第4.2条是什么", "2024版4.2条原文"]
)
def test_a_clause_alone_is_known_as_one(question):
    found = asked(question)
    assert found
    assert found.clause_id == "4.2"


def test_no_question_of_the_measure_and_hardly_a_phrase_of_the_bank_is_taken_for_one_of_another_time():
    lines = (Path(__file__).parent / "dev_questions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [one for line in lines if (one := json.loads(line)["q"]) and asked(one)] == []
    taken = [phrase for phrase in bank.read() if asked(phrase.text)]
    assert {phrase.register for phrase in taken} <= {"uncovered"}, taken
    assert {phrase.key for phrase in taken} <= {"history"}


@pytest.mark.parametrize(
    "text", ["年" * 400, "2024年" * 80, "去年的" * 130, "第" * 400, "2024-" * 80, "规则在" * 130, "《" * 400, "一" * 400]
)
def test_hostile_text_takes_no_time(text):
    import time

    start = time.perf_counter()
    asked(text)
    assert time.perf_counter() - start < 0.2
