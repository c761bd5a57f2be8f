import dataclasses
import time

import pytest

from rules import compare
from rules.documents import latest, read
from rules.parse import parse
from tests.rulebooks import ADDED, SOURCE

OLD = latest()


def newer(source=SOURCE):
    found = parse(source).clauses
    lineages = {**compare.propose(OLD, found)}
    lineages |= {clause.id: f"new_{clause.id}" for clause in found if clause.id not in lineages}
    return read(source, lineages, title=OLD.title, name_in_text=OLD.name_in_text, url=OLD.url)


def test_a_text_compared_with_itself_has_not_changed():
    assert {change.kind for change in compare.compare(OLD, OLD)} == {"same"}


def test_an_inserted_clause_moves_the_others_and_changes_none():
    changes = {change.new.id: change for change in compare.compare(OLD, newer()) if change.new and change.kind != "same"}
    assert {clause_id: change.kind for clause_id, change in changes.items()} == {
        "2.4": "changed",
        "2.8": "added",
        "2.9": "moved",
        "2.10": "moved",
        "2.11": "moved",
    }
    assert not changes["2.4"].has_moved
    assert changes["2.11"].lineage == "clone_app"


def test_a_clause_that_is_gone_comes_last():
    gone = "\n".join(line for line in SOURCE.split("\n") if "交易流水" not in line)
    assert [change.lineage for change in compare.compare(OLD, newer(gone)) if change.kind == "removed"] == ["turnover"]


@pytest.mark.parametrize("other", [{"links": ()}, {"picture": "https://example.com/x.png"}, {"chapter_title": "别的"}])
def test_what_is_not_words_is_a_change_too(other):
    clauses = tuple(dataclasses.replace(clause, **other) for clause in OLD.clauses)
    changed = compare.compare(OLD, dataclasses.replace(OLD, clauses=clauses))
    assert [change for change in changed if change.kind == "changed" and change.other]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("甲乙丙", "甲乙丙", [("same", "甲乙丙")]),
        ("不含测试数据。", "不含测试数据和退款。", [("same", "不含测试数据"), ("ins", "和退款"), ("same", "。")]),
        ("七日内提交", "30日内提交", [("del", "七"), ("ins", "30"), ("same", "日内提交")]),
        ("", "全新", [("ins", "全新")]),
        ("旧的", "", [("del", "旧的")]),
        ("H5应用", "H6应用", [("del", "H5"), ("ins", "H6"), ("same", "应用")]),
    ],
)
def test_differences_are_told_by_words(old, new, parts):
    assert list(compare.differences(old, new)) == parts


@pytest.mark.parametrize("pair", [(one.text, other.text) for one, other in zip(OLD.clauses, OLD.clauses[1:], strict=False)])
def test_both_texts_can_be_read_out_of_their_differences(pair):
    parts = compare.differences(*pair)
    assert "".join(text for op, text in parts if op != "ins") == pair[0]
    assert "".join(text for op, text in parts if op != "del") == pair[1]


def test_two_huge_texts_are_shown_one_after_the_other_at_once():
    assert [op for op, _ in compare.differences("甲" * 30_000, "乙" * 30_000)] == ["del", "ins"]


def test_each_lineage_is_proposed_once():
    same = "1. **克隆应用：**指与应用中心推荐应用在产品功能方面高度相似的应用。"
    twice = parse(SOURCE.replace(ADDED, same)).clauses
    proposed = list(compare.propose(OLD, twice).values())
    assert len(proposed) == len(set(proposed))


def test_texts_that_say_the_same_over_and_over_are_shown_one_after_the_other_at_once():
    old, new = "很长的一条。" * 330, "很长的一条，" * 330
    begun = time.monotonic()
    assert compare.differences(old, new) == (("del", old), ("ins", new))
    assert time.monotonic() - begun < 1


def test_the_longest_clauses_there_are_get_word_differences():
    old = "".join(clause.text for clause in latest().clauses)[:1_500]
    parts = compare.differences(old, old.replace("服务商", "开发者", 1))
    assert [part for part in parts if part[0] != "same"] == [("del", "服务商"), ("ins", "开发者")]
