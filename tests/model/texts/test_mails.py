"""Mails: all of a notice in both parts, and nothing in it that a mail program would take for more than words."""

from html.parser import HTMLParser

from bot.model.notice import Section, Statement
from bot.model.texts import mails

HOSTILE = '<img src=x onerror="alert(1)">&amp;'
URL = 'https://bot.example.com/portal/links/a?b=1&c="2"'


class Page(HTMLParser):
    """The words a person sees, the tags, and where links lead."""

    def __init__(self, html):
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.links: list[str | None] = []
        self.feed(html)
        self.text = "".join(self.words)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, words):
        self.words.append(words)


def statement(words):
    return Statement(
        number="V2026-000123-1",
        title="违规处理通知",
        addressee=f"甲公司{words}",
        issued_on="2026-03-02",
        lines=(("应用", f"日程助手{words}"),),
        sections=(Section("发现的情况", (f"第一段{words}", "第二段\n换行")), Section("规则原文", (f"条款{words}",), is_quote=True)),
        source="https://developer.work.weixin.qq.com/document/path/92522",
    )


def test_both_parts_say_all_of_a_notice():
    subject, text, html = mails.notice(statement(""), "王伟", URL)
    assert subject == "违规处理通知 V2026-000123-1"
    seen = Page(html).text
    whom_and_what = ("王伟，您好", "甲公司", "V2026-000123-1", "2026-03-02", "请勿转发")
    for words in (*whom_and_what, "发现的情况", "第一段", "第二段", "换行", "规则原文", "条款"):
        assert words in text
        assert words in seen
    assert URL in text
    assert Page(html).links == [URL]


def test_what_people_wrote_stays_words():
    _, text, html = mails.notice(statement(HOSTILE), HOSTILE, URL)
    plain = mails.notice(statement(""), "", URL)[2]
    assert Page(html).tags == Page(plain).tags
    assert Page(html).text.count(HOSTILE) == 5, "name, addressee, line, paragraph, quote"
    assert HOSTILE in text


def test_a_mail_carries_its_own_looks_and_asks_nobody_for_anything():
    for html in (mails.notice(statement(""), "王伟", URL)[2], mails.plain("题", ["一\n二", "三"])[2]):
        assert {"link", "script", "img", "iframe", "form"}.isdisjoint(Page(html).tags)
        assert "url(" not in html


def test_lines_of_a_short_mail_stay_lines():
    subject, text, html = mails.plain("【告警】<b>", ["标题\n第一行\n第二行", "末段"])
    assert subject == "【告警】<b>"
    assert text == "标题\n第一行\n第二行\n\n末段\n"
    assert "<strong" in html
    assert "第一行<br>第二行" in html
    assert "b" not in Page(html).tags
