"""What the callback address answers, from the outside."""

import io
import json

import pytest
from wechatpy.enterprise.crypto import PrpCrypto

from bot import clock as product_clock
from bot.dispatch import Dispatcher
from bot.model.texts import answers, chat_filings, common
from bot.store import database as database_module
from bot.store.database import Database
from bot.web.callback import Callback
from bot.wecom.crypto import Codec, Pair
from handlers.routes import ROUTES
from tests.conftest import letters
from tests.platform import Platform, event_of, message_of, text_of, xml_of
from tests.store.rows import all_of


def test_a_question_is_answered_with_the_clause_and_stored(post, database, book, wang):
    answer = post(text_of(wang, "4.2"))
    assert answer.status == 200
    assert book.clause("4.2").text in answer.text
    assert (answer.field("ToUserName"), answer.field("FromUserName"), answer.field("MsgType")) == (wang.userid, wang.corpid, "text")
    (row,) = all_of(database, "inbox")
    assert (row.userid, row.outcome, row.reply) == (wang.userid, "clause 4.2", answer.text)


def test_a_repeat_is_answered_with_the_same_words(post, database, wang):
    delivery = text_of(wang, "应用被下架后怎么恢复")
    first = post(delivery)
    again = [post(delivery) for _ in range(3)]
    assert {answer.text for answer in again} == {first.text}
    assert len(all_of(database, "inbox")) == 1


def test_a_repeat_is_known_by_its_key_and_not_by_its_bytes(post, database, wang):
    delivery = text_of(wang, "4.2")
    post(delivery)
    post({**delivery, "CreateTime": delivery["CreateTime"] + 1})
    assert len(all_of(database, "inbox")) == 1
    post({**delivery, "MsgId": delivery["MsgId"] + 1_000_000})
    assert len(all_of(database, "inbox")) == 2


def test_events_without_a_msgid_are_told_apart_by_what_they_say(post, database, clock, wang, li):
    press = {"EventKey": "ok", "TaskId": "t1", "CardType": "button_interaction", "ResponseCode": "r"}
    for delivery in [
        event_of(wang, "template_card_event", **press),
        event_of(wang, "template_card_event", **press),
        event_of(wang, "template_card_event", **{**press, "TaskId": "t2"}),
        event_of(li, "template_card_event", **press),
    ]:
        assert post(delivery).body == b"", "a card is changed through the API and not by a reply"
    assert len(all_of(database, "inbox")) == 3


# What must not come in. Nothing of it is stored; it is answered without a word, and one line says why.


@pytest.fixture
def refused(post, database, logged):
    """Post, and see that nothing came of it. Returns (status, reason)."""

    def check(query, body, method="POST", **more):
        answer = post.ask(method, query, body, **more)
        assert answer.body == b""
        assert all_of(database, "inbox") == all_of(database, "batches") == []
        (line,) = logged
        assert line["event"] == "callback_refused"
        assert line["status"] == answer.status
        assert set(line) == {"event", "log_level", "reason", "status"}
        return answer.status, line["reason"]

    return check


def test_a_wrong_signature_is_refused(post, refused, wang):
    query, body = post.sealed(xml_of(text_of(wang, "4.2")))
    assert refused(query.replace("msg_signature=", "msg_signature=0"), body) == (403, "signature")


def test_a_missing_signature_is_refused(post, refused, wang):
    assert refused("", post.sealed(xml_of(text_of(wang, "4.2")))[1]) == (403, "signature")


def test_a_body_changed_after_signing_is_refused(post, refused, wang):
    query, body = post.sealed(xml_of(text_of(wang, "4.2")))
    start = body.index(b"<Encrypt><![CDATA[") + 40
    assert refused(query, body[:start] + (b"A" if body[start : start + 1] != b"A" else b"B") + body[start + 1 :]) == (403, "signature")


def test_another_token_is_refused(post, refused, wang):
    post.token = letters(20)
    assert refused(*post.sealed(xml_of(text_of(wang, "4.2")))) == (403, "signature")


def test_a_message_for_another_corp_is_refused(post, refused, wang):
    assert refused(*post.sealed(xml_of(text_of(wang, "4.2")), receiveid="ww_of_somebody_else")) == (403, "receiveid")


def test_a_message_that_names_another_corp_than_it_was_sealed_for_is_refused(post, refused, wang):
    assert refused(*post.sealed(xml_of(text_of(wang, "4.2", ToUserName="ww_of_somebody_else")))) == (403, "receiveid")


def test_a_stale_message_is_refused(post, refused, wang):
    assert refused(*post.sealed(xml_of(text_of(wang, "4.2", CreateTime=int(product_clock.timestamp()) - 400)))) == (403, "stale")


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "text",
        "<xml>",
        "<xml></xml>",
        "<other></other>",
        "<xml><ToUserName>ww0123456789abcdef</ToUserName></xml>",
        '<!DOCTYPE xml [<!ENTITY a "b">]><xml><ToUserName>&a;</ToUserName></xml>',
        "<xml>" * 40 + "</xml>" * 40,
    ],
)
def test_a_message_that_makes_no_sense_is_refused(post, refused, xml):
    status, reason = refused(*post.sealed(xml))
    assert (status, reason) in {(400, "malformed"), (403, "receiveid")}


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<xml></xml>", b"<xml><Encrypt></Encrypt></xml>", b"\xff\xfe", b"<xml><Encrypt>YWJj</Encrypt>"]
)
def test_an_envelope_that_makes_no_sense_is_refused(refused, body):
    assert refused("msg_signature=a&timestamp=1&nonce=b", body) == (400, "malformed")


def test_a_ciphertext_that_is_none_is_refused_although_it_is_signed(post, refused):
    encrypted = "QUJD" * 8
    body = xml_of({"ToUserName": post.corpid, "Encrypt": encrypted, "AgentID": 1}).encode()
    assert refused(post.signed(encrypted), body) == (400, "malformed")


def test_a_repeated_field_in_the_query_is_refused(post, refused, wang):
    query, body = post.sealed(xml_of(text_of(wang, "4.2")))
    assert refused(query + "&nonce=another", body) == (400, "malformed")


@pytest.mark.parametrize("query", ["a=" + "b" * 5_000, "&".join(f"a{n}=1" for n in range(40))])
def test_a_query_far_longer_than_any_real_one_is_refused(refused, query):
    assert refused(query, b"<xml></xml>")[0] in (400, 403)


def test_a_body_over_the_cap_is_refused_before_it_is_read(refused, settings):
    class Unread(io.BytesIO):
        def read(self, *_):
            raise AssertionError("read before its size was checked")

    too_long = str(settings.callback_max_bytes + 1)
    assert refused("", b"", content_length=too_long, stream=Unread()) == (413, "too_large")


def test_a_length_of_ten_digits_is_over_the_cap(refused):
    assert refused("", b"", content_length="9" * 5_000) == (413, "too_large")


@pytest.mark.parametrize("length", [None, "", "-1", "abc", "１２", "1.5", " 5"])
def test_a_body_of_unknown_length_is_refused(refused, length):
    assert refused("", b"hello", content_length=length) == (411, "no_length")


def test_a_chunked_body_is_refused_whatever_length_it_claims(refused):
    assert refused("", b"hello", content_length="5", transfer_encoding="chunked") == (411, "no_length")


def test_a_body_that_ends_too_early_is_refused(post, refused, wang):
    query, body = post.sealed(xml_of(text_of(wang, "4.2")))
    assert refused(query, body, content_length=str(len(body) + 1)) == (400, "malformed")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "post"])
def test_another_method_is_refused(refused, method):
    assert refused("", b"", method) == (405, "method")


def test_the_size_is_checked_before_the_signature(refused, settings):
    assert refused("msg_signature=a", b"x" * (settings.callback_max_bytes + 1)) == (413, "too_large")


def test_the_signature_is_checked_before_anything_is_decrypted(post, refused):
    """Decrypted first, this would be malformed."""
    query = post.signed("QUJD" * 8).replace("nonce=", "nonce=x")
    assert refused(query, xml_of({"ToUserName": post.corpid, "Encrypt": "QUJD" * 8, "AgentID": 1}).encode()) == (403, "signature")


def test_who_it_was_sealed_for_is_checked_before_it_is_parsed(post, refused):
    assert refused(*post.sealed("<nonsense", receiveid="ww_of_somebody_else")) == (403, "receiveid")


def test_whether_it_is_known_is_checked_before_its_age(post, clock, wang):
    delivery = text_of(wang, "4.2")
    first = post(delivery)
    clock.tick(hours=1)
    assert post(delivery).text == first.text


# Trouble of our own


def test_a_database_that_is_away_lets_wecom_come_again(make_house, make_callback, settings, wang, logged):
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    platform = Platform(make_callback(Dispatcher(make_house(gone), ROUTES)), settings)
    answer = platform(text_of(wang, "4.2"))
    assert (answer.status, answer.body) == (503, b"")
    assert [line["event"] for line in logged] == ["callback_unavailable"]


def test_a_locked_file_lets_wecom_come_again_and_the_repeat_is_handled(tmp_path, make_house, make_callback, settings, wang, monkeypatch):
    from bot.store import migrate

    monkeypatch.setattr(database_module, "WAIT_S", 0.2)
    database, other = Database(f"sqlite:///{tmp_path / 'bot.db'}"), Database(f"sqlite:///{tmp_path / 'bot.db'}")
    migrate.ensure(database)
    platform = Platform(make_callback(Dispatcher(make_house(database), ROUTES)), settings)
    delivery = text_of(wang, "4.2")
    with other.write():
        assert platform(delivery).status == 503
    assert all_of(database, "inbox") == []
    assert platform(delivery).status == 200
    assert len(all_of(database, "inbox")) == 1


def test_a_fault_nobody_thought_of_lets_wecom_come_again_and_is_logged_without_the_message(
    house, database, make_callback, settings, wang, logged
):
    answer = Platform(make_callback(Dispatcher(house, [])), settings)(text_of(wang, "机密内容"))  # a table without a last line
    assert (answer.status, answer.body) == (503, b"")
    assert all_of(database, "inbox") == []
    (line,) = logged
    assert (line["event"], line["error"]) == ("callback_failed", "LookupError")
    assert "机密" not in json.dumps(logged, ensure_ascii=False)


# The console's check of the address


def test_the_console_gets_its_echo_back_bare(post, database):
    echostr = PrpCrypto(post._crypto().key).encrypt("1234567890123456789", post.corpid).decode()
    answer = post.ask("GET", post.signed(echostr, echostr=echostr))
    assert (answer.status, answer.body) == (200, b"1234567890123456789")
    assert all_of(database, "inbox") == []


def test_a_check_with_a_wrong_signature_is_refused(post, refused):
    echostr = PrpCrypto(post._crypto().key).encrypt("123", post.corpid).decode()
    assert refused(post.signed(echostr, echostr=echostr).replace("timestamp=", "timestamp=1"), b"", "GET") == (403, "signature")


def test_a_check_for_another_corp_is_refused(post, refused):
    echostr = PrpCrypto(post._crypto().key).encrypt("123", "ww_other").decode()
    assert refused(post.signed(echostr, echostr=echostr), b"", "GET") == (403, "receiveid")


def test_a_check_without_an_echo_is_refused(refused):
    assert refused("", b"", "GET")[0] in (400, 403)


# Changing token and key


def test_while_keys_are_changed_both_pairs_are_taken_and_each_is_answered_in_kind(house, make_settings, make_callback, wang):
    old_token, old_key = letters(20), letters(43)
    settings = make_settings(wecom_token_old=old_token, wecom_aes_key_old=old_key)
    callback = make_callback(Dispatcher(house, ROUTES), settings=settings)
    new, old = Platform(callback, settings), Platform(callback, settings)
    old.token, old.aes_key = old_token, old_key
    assert "4.2" in new(text_of(wang, "4.2")).text
    assert "4.1" in old(text_of(wang, "4.1")).text
    codec = Codec([Pair(letters(20), letters(43))])
    strange = Callback(callback._other, codec, callback._dispatcher, callback._receiveids, 1 << 20)
    assert Platform(strange, settings)(text_of(wang, "4.2")).status == 403


# Suites, and what the platform tells us


def test_a_suite_push_is_acknowledged_as_the_platform_wants_it_and_stored(house, make_settings, make_callback, database):
    settings = make_settings(wecom_suite_id="ww_suite_1")
    platform = Platform(make_callback(Dispatcher(house, ROUTES), settings=settings), settings)
    fields = {"SuiteId": "ww_suite_1", "InfoType": "suite_ticket", "TimeStamp": int(product_clock.timestamp()), "SuiteTicket": "the-ticket"}
    for _ in range(2):
        answer = platform.post(*platform.sealed(xml_of(fields), receiveid="ww_suite_1"))
        assert (answer.status, answer.body) == (200, b"success")
    (row,) = all_of(database, "inbox")
    assert (row.kind, row.state, row.corpid) == ("suite_ticket", "stored", "ww_suite_1")


@pytest.mark.parametrize(
    "event", ["change_contact", "inactive_alert", "something_new", "unsubscribe", "view", "LOCATION", "batch_job_result"]
)
def test_an_event_that_asks_nothing_is_stored_and_acknowledged_empty(post, database, wang, event):
    answer = post(event_of(wang, event, Latitude="23.1", Longitude="113.3", Precision="65"))
    assert (answer.status, answer.body) == (200, b"")
    assert len(all_of(database, "inbox")) == 1


@pytest.mark.parametrize("fields", [{"MediaId": "m", "PicUrl": "u"}, {}])
@pytest.mark.parametrize("kind", ["image", "voice", "video", "file", "link", "something_new"])
def test_what_is_no_text_gets_a_polite_word(post, wang, kind, fields):
    words = chat_filings.NO_PLACE if kind in ("image", "file") else common.NOT_TEXT
    assert post(message_of(wang, kind, **fields)).text == words


def test_a_place_on_the_map_gets_a_polite_word(post, wang):
    place = {"Location_X": "23.134521", "Location_Y": "113.358803", "Scale": "20", "Label": "广州"}
    assert post(message_of(wang, "location", **place)).text == common.NOT_TEXT


def test_whatever_a_person_writes_the_reply_is_valid_and_fits(post, book, wang, li, zhao):
    hostile = ["]]>", "<xml>&amp;</xml>", "{{7*7}} {% raw %}", "'; DROP TABLE inbox; --", "%s %d {0}", "\u202e\u200b", "😀" * 3_000]
    for person, content in zip([wang, li, zhao] * 3, hostile, strict=False):
        answer = post({**text_of(person, ""), "Content": content.replace("]]>", "]]]]><![CDATA[>")})
        assert answer.status == 200
        assert 0 < len(answer.text.encode()) <= 2048
    assert answers.greeting(book)


def test_a_log_line_of_a_request_never_holds_what_was_said(post, wang, logged):
    post(text_of(wang, "机密：我们的应用"))
    post.ask("POST", "msg_signature=SECRETSIGNATURE", b"<xml><Encrypt>SECRETBODY</Encrypt></xml>")
    told = json.dumps(logged, ensure_ascii=False)
    assert not any(word in told for word in ("机密", wang.userid, "SECRETSIGNATURE", "SECRETBODY"))
