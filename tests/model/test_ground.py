"""Rows of the table behind clause 3.1, as people key them in."""

import pytest

from bot.errors import UserMistake
from bot.model.ground import compare, read
from rules.catalogue import Measure

HEAD = "编号,标题,原文,处理措施,来源,来源日期,图中位置,核对人一,核对人二\n"
# Made up: what the picture says is for people to key in, never for a test to know.
LINE = "t-01,测试行,测试用的文字,取消推荐、取消搜索,测试来源,2024-06-17,第 1 行,li,chen\n"
TODAY = "2026-03-02"


def rows(text):
    return read(text.encode(), TODAY)


def refusal(line):
    with pytest.raises(UserMistake) as caught:
        rows(HEAD + line)
    return caught.value.say


def test_a_row_is_read_with_its_source_its_place_and_its_checkers():
    [(line, row)] = rows(HEAD + LINE)
    assert (line, row.ground, row.measures) == (2, "row:t-01", (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH))
    assert (row.source, row.source_date, row.position) == ("测试来源", "2024-06-17", "第 1 行")
    assert (row.checker_one, row.checker_two) == ("li", "chen")


def test_a_wording_of_several_lines_stays_so():
    [(_, row)] = rows(HEAD + LINE.replace("测试用的文字", '"第一段\r\n第二段"'))
    assert row.wording == "第一段\n第二段"


@pytest.mark.parametrize(
    "written", ["取消搜索、取消推荐", "cancel_search;cancel_recommendation", "取消搜索，取消推荐，取消搜索", "取消推荐 / 取消搜索"]
)
def test_measures_are_taken_in_any_usual_spelling(written):
    [(_, row)] = rows(HEAD + LINE.replace("取消推荐、取消搜索", f'"{written}"'))
    assert row.measures == (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("t-01", "", "“编号”不能为空"),
        ("t-01", "第一行", "“编号”只能由"),
        ("测试用的文字", "", "“原文”不能为空"),
        ("取消推荐、取消搜索", "", "“处理措施”不能为空"),
        ("取消推荐、取消搜索", "、", "“处理措施”不能为空"),
        ("取消推荐、取消搜索", "取消推荐、永久下架", "“永久下架”不是规则 3.1 给出的"),
        ("取消推荐、取消搜索", "permanent_delist", "不是规则 3.1 给出的"),
        ("取消推荐、取消搜索", "罚款", "“罚款”不是规则 3.1 给出的"),
        ("测试来源", "", "“来源”不能为空"),
        ("2024-06-17", "2024/06/17", "应为不晚于今天的日期"),
        ("2024-06-17", "2024-02-30", "应为不晚于今天的日期"),
        ("2024-06-17", "2026-03-03", "应为不晚于今天的日期"),
        ("第 1 行", "", "“图中位置”不能为空"),
        ("chen", "", "“核对人二”不能为空"),
        ("chen", "li", "必须是不同的人"),
    ],
)
def test_a_bad_row_is_named_with_what_is_wrong(before, after, words):
    say = refusal(LINE.replace(before, after))
    assert "第 2 行" in say
    assert words in say


def test_a_key_twice_in_one_file_is_refused():
    assert "第 3 行：编号与第 2 行相同" in refusal(LINE + LINE)


def test_only_active_operators_check_a_new_row():
    with pytest.raises(UserMistake) as caught:
        compare(rows(HEAD + LINE), {}, {"li"})
    assert "第 2 行：“核对人二”chen 不是在用的运营账号" in caught.value.say


def test_a_known_row_stays_whoever_checked_it_and_may_not_be_altered():
    [(_, row)] = rows(HEAD + LINE)
    assert compare(rows(HEAD + LINE), {row.key: row}, set()) == []
    with pytest.raises(UserMistake) as caught:
        compare(rows(HEAD + LINE.replace("测试用的文字", "别的文字")), {row.key: row}, {"li", "chen"})
    assert "t-01 已录入" in caught.value.say
    assert "“原文”" in caught.value.say
