from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise import parse_message

from bot.errors import BadCallback
from bot.model import inbound
from bot.wecom.parse import parse, reply_text
from tests.wecom.wire import CORPID, event_xml, text_xml, xml

SUITE = {"SuiteId": "ww_suite", "InfoType": "suite_ticket", "TimeStamp": "1403610513", "SuiteTicket": "asdfasdfasdf"}


def parsed(body, *how, **named):
    """`parse` without its type, for tests that know which value must come out."""
    return parse(body, *how, **named)


def outcome(body):
    """("parsed", 200), or how it was refused; any other exception gets out."""
    try:
        parse(body)
    except BadCallback as error:
        return error.reason, error.status
    return "parsed", 200


def refusal(body, **how):
    with pytest.raises(BadCallback) as caught:
        parsed(body, **how)
    return caught.value.reason, caught.value.status


def test_a_text_becomes_a_complete_value():
    message = parsed(text_xml("为什么 <掉榜>\n?"))
    assert message == inbound.Text(
        corpid=CORPID,
        agentid=1000002,
        userid="wang",
        created_s=1409659813,
        key=message.key,
        msgid="1234567890123456",
        content="为什么 <掉榜>\n?",
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1).map(str.strip))
def test_wechatpy_reads_the_same_text(content):
    body = text_xml(content.replace("]]>", ""))
    ours, theirs = parsed(body), parse_message(body)
    assert (ours.content, ours.userid, ours.corpid, int(ours.msgid)) == (theirs.content or "", theirs.source, theirs.target, theirs.id)


KINDS: dict[str, Any] = {
    "image": (inbound.Image, {"PicUrl": "http://p/1", "MediaId": "m1"}, {"picurl": "http://p/1", "media_id": "m1"}),
    "voice": (inbound.Voice, {"MediaId": "m1", "Format": "amr"}, {"media_id": "m1", "format": "amr"}),
    "video": (inbound.Video, {"MediaId": "m1", "ThumbMediaId": "t1"}, {"media_id": "m1", "thumb_media_id": "t1"}),
    "file": (inbound.File, {"MediaId": "m1", "FileName": "整改报告.pdf"}, {"media_id": "m1", "filename": "整改报告.pdf"}),
    "location": (
        inbound.Location,
        {"Location_X": "23.134521", "Location_Y": "-113.358803", "Scale": "20", "Label": "位置", "AppType": "wxwork"},
        {"latitude": 23.134521, "longitude": -113.358803, "scale": 20, "label": "位置"},
    ),
    "link": (
        inbound.Link,
        {"Title": "题", "Description": "述", "Url": "http://u/", "PicUrl": "http://p/"},
        {"title": "题", "description": "述", "url": "http://u/", "picurl": "http://p/"},
    ),
    "mixed_new": (inbound.UnknownMessage, {"Whatever": "1"}, {"msgtype": "mixed_new"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_message_becomes_its_value(kind):
    cls, fields, expected = KINDS[kind]
    message = parsed(text_xml(None, MsgType=kind, **fields))
    assert type(message) is cls
    assert {name: getattr(message, name) for name in expected} == expected
    assert (message.userid, message.msgid) == ("wang", "1234567890123456")


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_without_its_own_fields_has_empty_ones(kind):
    cls, _, expected = KINDS[kind]
    message = parsed(text_xml(None, MsgType=kind))
    assert type(message) is cls
    assert all(getattr(message, name) in ("", 0, kind) for name in expected)


EVENTS: dict[str, Any] = {
    "enter_agent": inbound.EnterAgent,
    "subscribe": inbound.Subscribe,
    "unsubscribe": inbound.Unsubscribe,
    "click": inbound.Click,
    "view": inbound.View,
    "LOCATION": inbound.LocationReport,
    "template_card_event": inbound.TemplateCardEvent,
    "template_card_menu_event": inbound.TemplateCardMenuEvent,
    "scancode_push": inbound.UnknownEvent,
    "brand_new": inbound.UnknownEvent,
}


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_becomes_its_value(event):
    found = parsed(event_xml(event, EventKey="mycases"))
    assert type(found) is EVENTS[event]
    assert (found.event, found.event_key, found.userid) == (event.lower(), "mycases", "wang")


def test_a_location_report_carries_its_numbers():
    found = parsed(event_xml("LOCATION", Latitude="23.104105", Longitude="113.320107", Precision="65.000000"))
    assert (found.latitude, found.longitude, found.precision) == (23.104105, 113.320107, 65.0)


def test_a_press_on_a_vote_card_carries_what_was_chosen():
    body = event_xml("template_card_event", EventKey="confirm", TaskId="notice-7", CardType="vote_interaction", ResponseCode="rc")
    chosen = b"<SelectedItems>"
    for question, options in {"q1": ["a", "b"], "q2": ["c"], "q3": []}.items():
        ids = "".join(f"<OptionId><![CDATA[{option}]]></OptionId>" for option in options)
        chosen += f"<SelectedItem><QuestionKey>{question}</QuestionKey><OptionIds>{ids}</OptionIds></SelectedItem>".encode()
    found = parsed(body.replace(b"</xml>", chosen + b"</SelectedItems></xml>"))
    assert (found.task_id, found.card_type, found.response_code) == ("notice-7", "vote_interaction", "rc")
    assert found.selected == {"q1": ("a", "b"), "q2": ("c",), "q3": ()}


def test_an_unknown_event_keeps_its_own_fields():
    found = parsed(event_xml("change_contact", ChangeType="update_user", UserID="li"))
    assert found.fields == {"ChangeType": "update_user", "UserID": "li"}


def test_an_unknown_event_may_repeat_a_field_of_its_own():
    assert parsed(event_xml("brand_new").replace(b"</xml>", b"<Item>1</Item><Item>2</Item></xml>")).fields == {"Item": "1"}


def test_a_suite_push_is_told_by_its_info_type_and_hides_its_secrets():
    push = parsed(xml(**SUITE))
    assert (push.suite_id, push.info_type, push.created_s, push.auth_corpid) == ("ww_suite", "suite_ticket", 1403610513, "")
    assert push.fields == {"SuiteTicket": "asdfasdfasdf"}
    assert "asdfasdfasdf" not in repr(push)


def test_the_envelopes_agentid_serves_only_where_the_message_has_none_and_never_makes_the_key():
    assert parsed(text_xml(), 5).agentid == 1000002
    without = text_xml(AgentID=None)
    assert parsed(without, 5).agentid == 5
    assert parsed(without, 5).key == parsed(without, 6).key


def test_a_message_that_names_another_corp_than_it_was_encrypted_for_is_refused():
    assert parsed(text_xml(), receiveid=CORPID).corpid == CORPID
    assert refusal(text_xml(), receiveid="ww-other") == ("receiveid", 403)
    assert refusal(xml(**SUITE), receiveid=CORPID) == ("receiveid", 403)
    assert parsed(xml(**SUITE), receiveid="ww_suite").suite_id == "ww_suite"


def test_a_repeat_has_the_same_key():
    assert parsed(text_xml()).key == parsed(text_xml()).key
    assert len(parsed(text_xml()).key) == 40


def test_identical_texts_with_two_msgids_are_two_messages():
    assert parsed(text_xml(msgid="1")).key != parsed(text_xml(msgid="2")).key


def test_one_userid_in_two_corps_is_two_people():
    assert (
        parsed(text_xml(userid="zhangsan", corpid="wwA", msgid="1")).key != parsed(text_xml(userid="zhangsan", corpid="wwB", msgid="1")).key
    )
    assert parsed(event_xml("enter_agent", ToUserName="wwA")).key != parsed(event_xml("enter_agent", ToUserName="wwB")).key


@pytest.mark.parametrize(
    "other",
    [
        {"AgentID": 1000003},
        {"FromUserName": "Wang"},
        {"CreateTime": 1409659814},
        {"Event": "view"},
        {"EventKey": "k2"},
        {"TaskId": "t2"},
        {"ChangeType": "update_user"},
        {"UserID": "li"},
    ],
)
def test_events_that_differ_in_any_part_of_the_key_are_two(other):
    assert parsed(event_xml("click", EventKey="k1")).key != parsed(event_xml("click", **{"EventKey": "k1", **other})).key


def test_what_moves_from_one_part_of_the_key_to_the_next_changes_it():
    assert parsed(event_xml("click", EventKey="ab", TaskId="c")).key != parsed(event_xml("click", EventKey="a", TaskId="bc")).key
    assert parsed(event_xml("click", EventKey="a1:b")).key != parsed(event_xml("click", EventKey="a", TaskId="b")).key


def test_suite_pushes_of_one_second_differ_by_their_content():
    assert parsed(xml(**SUITE)).key != parsed(xml(**{**SUITE, "SuiteTicket": "other"})).key
    assert parsed(xml(**SUITE)).key == parsed(xml(**SUITE)).key


HOSTILE = {
    "empty": b"",
    "no root": b"text",
    "another root": b"<html/>",
    "no type": xml(ToUserName=CORPID, FromUserName="wang", CreateTime=1, MsgId=1),
    "empty root": b"<xml/>",
    "event without a name": event_xml(""),
    "no corp": text_xml(corpid=""),
    "no sender": text_xml(userid=""),
    "no msgid": text_xml(msgid=None),
    "msgid of 40 digits": text_xml(msgid="1" * 40),
    "msgid in words": text_xml(msgid="abc"),
    "msgid in other digits": text_xml(msgid="１２３"),
    "negative msgid": text_xml(msgid="-1"),
    "time in words": text_xml(CreateTime="abc"),
    "no time": text_xml(CreateTime=None),
    "time of 40 digits": text_xml(CreateTime="1" * 40),
    "agentid in words": text_xml(AgentID="x"),
    "agentid of 5000 digits": text_xml(AgentID="1" * 5000),
    "sender twice": text_xml().replace(b"</xml>", b"<FromUserName>li</FromUserName></xml>"),
    "content twice": text_xml().replace(b"</xml>", b"<Content>x</Content></xml>"),
    "sender is everybody": text_xml(userid="@all"),
    "sender is two": text_xml(userid="wang|li"),
    "sender has a blank": text_xml(userid="wang li"),
    "sender has a line break": text_xml(userid="wang\nli"),
    "sender of 65 bytes": text_xml(userid="a" * 65),
    "sender of 66 bytes in 22 characters": text_xml(userid="规" * 22),
    "sender nested": text_xml(userid=None).replace(b"</xml>", b"<FromUserName><b>wang</b></FromUserName></xml>"),
    "endless type": text_xml(MsgType="t" * 65),
    "type with a control character": text_xml(MsgType="te\u0085xt"),
    "endless event": event_xml("e" * 65),
    "latitude in words": text_xml(MsgType="location", Location_X="north"),
    "latitude nan": text_xml(MsgType="location", Location_X="nan"),
    "latitude without end": text_xml(MsgType="location", Location_X="9" * 100_000),
    "scale in words": text_xml(MsgType="location", Scale="big"),
    "precision infinite": event_xml("LOCATION", Precision="inf"),
    "latitude of a report in words": event_xml("LOCATION", Latitude="x"),
    "a NUL": text_xml("a\x00b"),
    "a control character": text_xml("a\x01b"),
    "a control character by reference": text_xml().replace(b"<![CDATA[wang]]>", b"&#1;"),
    "a surrogate": text_xml().replace("为".encode(), b"\xed\xa0\x80"),
    "not UTF-8": text_xml().replace("为".encode(), b"\xff"),
    "cut short": text_xml()[:-10],
    "more behind the root": text_xml() + b"<xml/>",
    "a document type": b"<!DOCTYPE xml>" + text_xml(),
    "an entity": b'<!DOCTYPE xml [<!ENTITY a "b">]>' + text_xml(),
    "an undeclared entity": text_xml().replace(b"<![CDATA[text]]>", b"&text;"),
    "too deep": text_xml().replace(b"</xml>", b"<a>" * 200_000 + b"</a>" * 200_000 + b"</xml>"),
    "too deep by one": text_xml().replace(b"</xml>", b"<a>" * 16 + b"</a>" * 16 + b"</xml>"),
    "too many": text_xml().replace(b"</xml>", b"<a/>" * 200_000 + b"</xml>"),
    "suite push without a time": xml(**{**SUITE, "TimeStamp": None}),
    "suite push without a kind": xml(**{**SUITE, "InfoType": ""}),
    "suite push from two suites": xml(**SUITE).replace(b"</xml>", b"<SuiteId>x</SuiteId></xml>"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_makes_no_sense_is_malformed(body):
    assert refusal(body) == ("malformed", 400)


def test_what_is_not_too_deep_is_parsed():
    assert outcome(text_xml().replace(b"</xml>", b"<a>" * 15 + b"</a>" * 15 + b"</xml>")) == ("parsed", 200)


def test_ten_thousand_characters_and_things_that_look_like_markup_are_just_text():
    for content in ("字" * 10_000, "<" * 10_000, "<!DOCTYPE xml [<!ENTITY a 'b'>]>&a;", "😀" * 3, ""):
        assert parsed(text_xml(content)).content == content


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(body):
    assert outcome(body) in {("parsed", 200), ("malformed", 400)}


@given(st.data())
def test_any_mutation_of_a_message_is_parsed_or_refused(data):
    body = bytearray(
        data.draw(st.sampled_from([text_xml(), event_xml("template_card_event", TaskId="t"), xml(**SUITE), text_xml(MsgType="location")]))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=6))
    assert outcome(bytes(body)) in {("parsed", 200), ("malformed", 400)}


@given(st.text(max_size=300))
def test_a_reply_with_any_characters_reads_back_as_what_xml_can_hold(content):
    reply = parse_message(reply_text(parsed(text_xml()), f"见{content}见", 1409659900))
    kept = "".join(c for c in content if c in "\t\n\r" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff"))
    assert reply.content == f"见{kept}见".replace("\r\n", "\n").replace("\r", "\n")
    assert (reply.source, reply.target, reply.time) == (CORPID, "wang", 1409659900)


def test_a_reply_cannot_break_out_of_its_element():
    content = "]]></Content><Content>x]]>"
    reply = parsed(reply_text(parsed(text_xml()), content, 1).replace(b"</xml>", b"<MsgId>1</MsgId></xml>"))
    assert reply.content == content
