"""The chat page: what it shows, and that nothing in it can run."""

import re

import pytest

from bot.sandbox import World, create_app
from bot.sandbox.render import markdown_html, safe_url, text_html, textcard_html
from tests.sandbox.bot import AGENTID, Bot
from tests.sandbox.conftest import Api, make_world
from tests.sandbox.test_cards import CARDS


def test_the_page_shows_the_people_and_what_was_said(world: World, bot: Bot, client):
    bot.reply = lambda fields: "请看条款 4.2"
    world.say("WangWei", "怎么恢复").wait()
    page = client.get("/?user=ZhaoMin").text
    for words in ("规则助手", "星河软件", "青禾科技", "陈默", "怎么恢复", "请看条款 4.2"):
        assert words in page
    assert 'data-active="ZhaoMin"' in page


def test_the_page_has_no_inline_script_or_style_and_says_so(client):
    answer = client.get("/")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style", answer.text)


@pytest.mark.parametrize("card_type", CARDS)
def test_every_type_of_card_is_shown_with_its_parts(api: Api, card_type):
    extra = {
        "source": {"desc": "平台运营"},
        "quote_area": {"title": "依据", "quote_text": "引文"},
        "horizontal_content_list": [{"keyname": "应用", "value": "星河打卡"}],
    }
    assert api.card("wang", {"card_type": card_type, **extra, **CARDS[card_type]})["errcode"] == 0
    page = api.client.get("/?user=wang").text
    for words in ("平台运营", "引文", "星河打卡"):
        assert words in page
    if card_type.endswith("interaction"):
        assert 'data-press="' in page


def test_a_replaced_button_cannot_be_pressed(api: Api):
    code = api.card("wang", {"card_type": "button_interaction", **CARDS["button_interaction"]})["response_code"]
    assert 'data-press="k"' in api.client.get("/").text
    change = {"userids": ["wang"], "agentid": AGENTID, "response_code": code, "button": {"replace_name": "已确认"}}
    api.post("message/update_template_card", change)
    page = api.client.get("/").text
    assert 'data-press="k"' not in page
    assert "已确认" in page


def test_hostile_words_are_shown_and_never_run(world: World, api: Api):
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    world.say("wang", evil).wait()
    api.send("wang", evil)
    for msgtype, body in (
        ("markdown", {"content": evil}),
        ("textcard", {"title": evil, "description": evil, "url": "http://127.0.0.1/"}),
        ("news", {"articles": [{"title": evil, "url": "http://127.0.0.1/", "picurl": "javascript:alert(1)"}]}),
        ("template_card", {"card_type": "button_interaction", **CARDS["button_interaction"], "main_title": {"title": evil}}),
    ):
        assert api.post("message/send", {"touser": "wang", "agentid": AGENTID, "msgtype": msgtype, msgtype: body})["errcode"] == 0
    page = api.client.get("/").text
    assert page.count("&lt;script&gt;alert(1)") >= 7
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "javascript:" not in page


def test_the_technical_view_shows_the_exchange_without_tokens(world: World, bot: Bot, api: Api):
    bot.reply = lambda fields: "请看 4.2"
    outcome = world.say("wang", "怎么恢复").wait()
    api.send("wang")
    view = api.client.get("/sandbox/exchanges").text
    for words in (outcome.msgid, "msg_signature", "怎么恢复", "请看 4.2", "message/send"):
        assert words in view
    assert api.token not in view


def test_a_menu_appears_on_the_page(api: Api):
    menu = {"button": [{"name": "更多", "sub_button": [{"type": "view", "name": "规则全文", "url": "https://127.0.0.1/rules"}]}]}
    api.post("menu/create", menu, agentid=AGENTID)
    page = api.client.get("/").text
    assert 'data-event="view" data-key="https://127.0.0.1/rules"' in page


def test_pictures_are_served_as_pictures_only(world: World, client):
    medium = world.media.add("file", "a.html", b"<script>alert(1)</script>")
    answer = client.get(f"/sandbox/pic/{medium.media_id}")
    assert (answer.content_type, answer.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert client.get("/sandbox/pic/none").status_code == 404


def test_the_stream_brings_a_message_as_soon_as_it_is_there(world: World, server, client):
    import http.client
    import json

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", f"/sandbox/stream?rev={world.chat.rev}")
    stream = connection.getresponse()
    world.chat.add("wang", "app", "text", {"content": "新消息"})
    name, _, number = stream.readline().decode().partition(": ")
    change = json.loads(stream.readline().decode().removeprefix("data: "))
    assert (name, int(number)) == ("id", world.chat.rev)
    assert [(item["userid"], "新消息" in item["html"]) for item in change["items"]] == [("wang", True)]
    connection.close()


def test_the_page_comes_back_after_a_restart_with_every_kind_of_message(bot: Bot, tmp_path):
    world = make_world(bot.url, folder=tmp_path)
    client = create_app(world).test_client()
    world.send_image("WangWei", "a.png", b"\x89PNG\r\n\x1a\n1234").wait()
    for msgtype in ("voice", "video", "location", "link", "file"):
        client.post("/sandbox/api/say", json={"userid": "WangWei", "msgtype": msgtype})
    again = create_app(make_world(bot.url, folder=tmp_path)).test_client().get("/").text
    assert again.count('class="item item-me"') == 6
    assert "整改报告.pdf" in again


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ('看<a href="http://a/">这里</a>', '看<a href="http://a/" target="_blank" rel="noopener noreferrer">这里</a>'),
        ('<a href="javascript:x">甲</a>', "甲"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_a_text_keeps_its_links_and_escapes_the_rest(content, html):
    assert text_html(content) == html


def test_a_bare_address_ends_before_chinese_punctuation():
    assert '<a href="https://a.b/c?d=1"' in text_html("见 https://a.b/c?d=1。谢谢")


def test_markdown_shows_wecoms_subset_only():
    shown = markdown_html('# 题\n**粗** `码` [名](http://a/)\n> 引 <font color="warning">色</font>\n<b>不</b>')
    for part in (
        "md-h1",
        "<strong>粗</strong>",
        "<code>码</code>",
        'href="http://a/"',
        "<blockquote>引 ",
        'class="md-warning">色',
        "&lt;b&gt;",
    ):
        assert part in shown


def test_a_textcard_shows_its_shades():
    assert textcard_html('<div class="gray">今天</div>甲<br>乙<i>') == '<div class="shade-gray">今天</div>甲<br>乙&lt;i&gt;'


def test_only_web_addresses_are_safe():
    assert [safe_url(url) for url in ("http://a/", "https://a/", "javascript:x", "data:text/html,x", None)] == [
        "http://a/",
        "https://a/",
        "",
        "",
        "",
    ]
