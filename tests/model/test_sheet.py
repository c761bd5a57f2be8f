"""CSV from people's spreadsheets: read right, or refused with the line."""

import contextlib
import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserMistake
from bot.model import sheet
from bot.model.sheet import Column, read, write

COLUMNS = (
    Column(name="code", title="编号", most_chars=20),
    Column(name="name", title="名称"),
    Column(name="note", title="备注", must=False, most_chars=5_000, has_lines=True),
)
ROWS = [{"code": "a", "name": "王伟", "note": ""}, {"code": "b", "name": "李娜", "note": "第一行\n第二行"}]
PLAIN = '编号,名称,备注\na,王伟,\nb,李娜,"第一行\n第二行"\n'

# What a database may hold and print: no space around it, nothing invisible.
CELLS = st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")), max_size=20)


def cells(raw):
    return [dict(row.cells) for row in read(raw, COLUMNS).rows]


def refusal(raw):
    with pytest.raises(UserMistake) as caught:
        read(raw, COLUMNS)
    return caught.value.say


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_usual_encodings_and_line_ends_give_the_same_rows(encoding, end):
    assert cells(PLAIN.replace("\n", end).replace("第一行" + end, "第一行\n").encode(encoding)) == ROWS


def test_english_and_chinese_headers_stand_in_any_order_and_case():
    assert cells("Name,编号\n王伟,a".encode()) == [{"code": "a", "name": "王伟"}]


def test_a_column_that_may_be_missing_reads_as_empty():
    row = read(b"code,name\na,b", COLUMNS).rows[0]
    assert row["note"] == ""


def test_lines_are_counted_as_an_editor_does():
    rows = read(b'code,name,note\n\na,x,"1\n2\n3"\n,,\nb,y,\n', COLUMNS).rows
    assert [(row.line, row["code"]) for row in rows] == [(3, "a"), (7, "b")]


def test_space_around_a_cell_is_dropped_and_inside_is_kept():
    assert cells("编号,名称\n a ,\u3000王 \u3000 伟 ".encode()) == [{"code": "a", "name": "王 \u3000 伟"}]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf", "空的"),
        (b"code,name\n", "空的"),
        (b"code,name\n,,\n", "空的"),
        (b"code,name\na,b,c", "第 2 行：有 3 列"),
        (b"code,name\na", "第 2 行：有 1 列"),
        (b"code\na", "缺少：名称"),
        (b"code,name,code\na,b,c", "出现了两次"),
        ("code,name,编号\na,b,c".encode(), "出现了两次"),
        (b"code;name\na;b", "英文逗号"),
        (b'code,name\na,"b', "第 2 行：引号"),
        (b'code,name\nx,y\na,"b"c', "第 3 行：引号"),
        (b"code,name\na,b\x00", "另存为"),
        ("code,name\na,b".encode("utf-16"), "另存为"),
        (b"PK\x03\x04\x14\x00\x06\x00", "另存为"),
        (b"code,name\na,b\x07", "第 2 行：“名称”含有看不见的字符"),
        ("code,name\na,王\u200b伟".encode(), "第 2 行：“名称”含有看不见的字符"),
        ("code,name\na,王\u202e伟".encode(), "第 2 行：“名称”含有看不见的字符"),
        ("code,name\na,王\u2028伟".encode(), "第 2 行：“名称”含有看不见的字符"),
        (b'code,name\na,"b\nc"', "第 2 行：“名称”不能换行"),
        (b"code,name\n" + b"a" * 21 + b",b", "第 2 行：“编号”超过 20"),
        (b"code,name\na,b\n\xff\xff\xff,c", "第 3 行：既不是"),
        ("code,name\na,王伟\n".encode() + b"b,\xff\xff\n", "第 3 行：与其他行的编码不一致"),
        ("code,name\na,王伟\n".encode() + "b,李娜\n".encode("gbk"), "第 3 行：与其他行的编码不一致"),
        (b"\xef\xbb\xbfcode,name\na," + "李娜".encode("gbk"), "第 2 行：既不是"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_line(raw, words):
    assert words in refusal(raw)


def test_bytes_that_are_words_in_both_encodings_are_refused_unless_marked():
    both = "默".encode("gbk")
    assert both.decode() == "Ĭ"
    raw = b"code,name\nx,y\na," + both
    assert "第 3 行：看不准" in refusal(raw)
    assert cells(b"\xef\xbb\xbf" + raw)[1]["name"] == "Ĭ"


def test_all_mistakes_are_told_at_once_and_not_endlessly():
    say = refusal(b"code,name\n" + b"a\n" * 1_000)
    assert "第 2 行" in say
    assert "第 21 行" in say
    assert "另有 980 处" in say
    assert len(say.splitlines()) == 22


def test_a_million_lines_are_refused_within_a_moment():
    started = time.process_time()
    assert "超过 50000 行" in refusal(b"code,name\n" + b"a,b\n" * 1_000_000)
    assert "MB" in refusal(b"code,name\n" + b"a,b\n" * 4_000_000)
    assert "MB" in refusal(b'code,name\na,"' + b"\n" * sheet.MAX_BYTES)
    assert time.process_time() - started < 5.0


def test_one_endless_cell_is_refused():
    assert "第 2 行" in refusal(b"code,name\na," + b"x" * 4_000_000)


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1+1", "'", "'=1", "''"])
def test_no_printed_cell_is_a_formula_and_all_are_read_back(name):
    raw = write(COLUMNS, [{"code": "a", "name": name}])
    printed = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1][1]
    assert printed[0] == "'"
    assert cells(raw)[0]["name"] == name


@given(st.lists(st.fixed_dictionaries({"code": st.just("a"), "name": CELLS, "note": CELLS}), min_size=1, max_size=5))
def test_what_is_written_is_read_back(rows):
    assert cells(write(COLUMNS, rows)) == rows


@given(
    st.lists(
        st.fixed_dictionaries({"code": st.just("甲"), "name": st.text("王伟李娜赵敏测试公司中国", min_size=1), "note": st.just("")}),
        min_size=1,
    )
)
def test_chinese_in_gbk_reads_as_in_utf_8(rows):
    text = write(COLUMNS, rows).decode("utf-8-sig")
    assert cells(text.encode("gbk")) == cells(text.encode()) == rows


@given(st.binary(max_size=200))
def test_no_bytes_bring_anything_but_rows_or_a_refusal(raw):
    with contextlib.suppress(UserMistake):
        assert read(b"code,name\n" + raw, COLUMNS).rows
