import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.documents import documents, latest
from rules.parse import CannotParse, parse, sentences, unmark

IDS = [
    "1.1",
    "1.2",
    "1.3",
    "2.1",
    "2.2",
    "2.3",
    "2.4",
    "2.5",
    "2.6",
    "2.7",
    "2.8",
    "2.9",
    "2.10",
    "3.1",
    "4.1",
    "4.2",
    "4.3",
    "4.4",
    "5.1",
    "5.2",
    "6.1",
    "6.2",
    "7.1",
]
HEAD = "最后更新：2024/06/17\n\n###### **一、原则**\n"


def test_the_text_in_force_has_its_23_clauses_in_order():
    assert [clause.id for clause in latest().clauses] == IDS


def test_every_clause_stands_in_the_source_once_marks_and_link_addresses_are_taken_out():
    document = latest()
    plain, _ = unmark(0, " ".join(line for line in document.source.split("\n") if not line.startswith(("-", "title", "doc_id"))))
    for clause in document.clauses:
        assert clause.text in plain, clause.id


def test_the_front_matter_and_the_date_are_kept():
    document = latest()
    assert document.version == "2024-06-17"
    assert parse(document.source).front["source_url"] == document.url
    assert parse(document.source).front["title"] == document.title


def test_the_name_in_the_text_is_what_clause_1_1_says():
    document = latest()
    assert f"《{document.name_in_text}》" in document.clauses[0].text
    assert document.name_in_text != document.title


def test_links_keep_their_addresses_and_words():
    by_id = {clause.id: clause for clause in latest().clauses}
    assert [link.text for link in by_id["1.1"].links] == [link.text for link in by_id["1.3"].links]
    assert by_id["1.1"].links[0].url == "https://www.qq.com/contract.shtml"
    assert all(link.text in clause.text for clause in by_id.values() for link in clause.links)


def test_only_the_measures_have_the_picture():
    assert [clause.id for clause in latest().clauses if clause.picture] == ["3.1"]


def test_each_clause_has_a_lineage_of_its_own():
    for document in documents():
        assert len({clause.lineage for clause in document.clauses}) == len(document.clauses)


@given(st.text(alphabet="规则。；！？”」abc，\n", max_size=60))
def test_the_sentences_of_any_text_cover_it_whole(text):
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("1. 甲。\n<script>alert(1)</script>", 5),
        ("1. 甲 <img src=x onerror=alert(1)>", 4),
        ("1. 甲。\n乙。", 5),
        ("甲。\n乙。", 5),
        ("甲。\n1. 乙。", 5),
        ("1. **甲。", 4),
        ("1. 看[这里](javascript:alert)", 4),
        ("1. 看[这里](http://[bad)", 4),
        ("1. 甲[乙", 4),
        ("1. ****", 4),
        ("2. 甲。", 4),
        ("- 甲。", 4),
        ("> 甲。", 4),
        ("- ![图](https://x.cn/a.png)", 4),
        ("1. 甲。\n- ![图](https://x.cn/a.png)\n- ![图](https://x.cn/b.png)", 6),
        ("1. 甲\x00乙", 4),
        ("1. 甲\u202e乙", 4),
        ("1. 甲\u200b乙", 4),
        ("\ufeff1. 甲。", 4),
        ("1. 甲\ufffd乙", 4),
        ("1. 甲&nbsp;乙", 4),
        ("1. ~~甲~~乙", 4),
        ("1. 甲\\*乙", 4),
        ("1、甲。", 4),
        ("1. 甲。\n###### **三、跳号**", 5),
        ("1. 甲。\n###### **十十、怪数**", 5),
        ("###### **二、空章在前**", 4),
        ("1. 甲。\n最后更新：2025/01/01", 5),
    ],
)
def test_a_line_in_no_known_form_is_refused_with_its_number(body, line):
    with pytest.raises(CannotParse) as refusal:
        parse(HEAD + body)
    assert refusal.value.line == line


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n\n",
        "最后更新：2024/06/17",
        "###### **一、原则**\n1. 甲。",
        HEAD,
        "---\ntitle: x",
        "---\ntitle: x\ntitle: y\n---\n",
        "x" * 1_000_001,
    ],
)
def test_a_text_without_date_chapter_or_clause_is_refused(source):
    with pytest.raises(CannotParse):
        parse(source)


@given(st.text(max_size=200))
def test_any_text_either_parses_or_is_refused_politely(text):
    try:
        parsed = parse(HEAD + text)
    except CannotParse:
        return
    assert parsed.clauses


def test_a_windows_line_end_changes_nothing():
    document = latest()
    assert parse(document.source.replace("\n", "\r\n")).clauses == parse(document.source).clauses


def test_a_chapter_beyond_nine_is_counted():
    body = "".join(f"###### **{numeral}、章**\n甲。\n" for numeral in ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一"])
    assert parse("最后更新：2024/06/17\n" + body).clauses[-1].id == "11.1"
