"""Rows of the table behind clause 3.1, looked at and taken in in the browser."""

import html
import io
import re

import pytest

from bot.model import sheet
from bot.model.texts import grounds as texts
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, press, signed_in, token

ROW = {
    "key": "t1",
    "title": "诱导分享",
    "wording": "不得<诱导>分享。\n第二行",
    "measures": "取消搜索、应用下架",
    "source": "https://example.com/1.png",
}
ROW |= {"source_date": "2024-06-17", "position": "第 3 行", "checker_one": "author", "checker_two": "approver"}


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


def bring(browser, *rows, encoding=""):
    raw = sheet.write(texts.COLUMNS, rows)
    if encoding:
        raw = raw.decode("utf-8-sig").encode(encoding)
    sent = {"token": token(browser.get("/console/account")), "file": (io.BytesIO(raw), "细则.csv")}
    return browser.post("/console/grounds", data=sent, headers=HERE)


def text_of(page):
    found = re.search(r"<textarea name=\"text\" hidden>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert found
    return html.unescape(found[1])


@pytest.mark.parametrize("encoding", ["", "gb18030"])
def test_rows_are_shown_before_they_are_taken_in_and_then_are_what_was_shown(site, house, cast, author, encoding):
    assert "还没有录入" in author.get("/console/grounds").text
    shown = bring(author, ROW, encoding=encoding)
    for words in ("不得&lt;诱导&gt;分享。\n第二行", "第 3 行", "author、approver", "取消搜索、应用下架", texts.FOR_GOOD):
        assert words in shown.text, words
    assert all_of(house.database, "grounds") == []
    done = press(author, "/console/grounds", text=text_of(shown).replace("\n", "\r\n"))
    assert texts.taken(1, 0) in done.text
    [row] = all_of(house.database, "grounds")
    assert row.wording == ROW["wording"]
    assert texts.taken(0, 1) in press(author, "/console/grounds", text=text_of(shown)).text
    assert "都已录入" in bring(author, ROW).text
    auditor = signed_in(site, house, "auditor").get("/console/grounds").text
    assert "诱导分享" in auditor
    assert 'type="file"' not in auditor


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measures": "罚款"}, "第 2 行：“罚款”不是规则 3.1"),
        ({"checker_two": "author"}, "两位核对人必须是不同的人"),
        ({"checker_one": "x"}, "不是在用的"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_nothing_is_taken_in(house, cast, author, change, words):
    refused = bring(author, {**ROW, **change})
    assert refused.status_code == 409
    assert words in refused.text
    bad = sheet.write(texts.COLUMNS, [{**ROW, **change}]).decode("utf-8-sig")
    assert words in press(author, "/console/grounds", text=bad).text
    assert all_of(house.database, "grounds") == []


def test_a_row_that_cases_may_cite_never_changes_and_a_file_has_a_size(house, cast, author):
    press(author, "/console/grounds", text=text_of(bring(author, ROW)))
    assert "已录入的不能改" in bring(author, {**ROW, "wording": "别的。"}).text
    assert texts.too_large(200_000) in bring(author, *({**ROW, "key": f"k{n}", "wording": "长" * 4_000} for n in range(20))).text
    assert texts.NO_FILE in press(author, "/console/grounds").text
