import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from bot.errors import BadCallback
from bot.wecom.crypto import Codec, Pair, envelope
from bot.wecom.reader import read
from tests.wecom import wire
from tests.wecom.wire import AES_KEY, CORPID, NONCE, OLD_AES_KEY, OLD_TOKEN, STAMP, TOKEN

CURRENT, OLD = Pair(TOKEN, AES_KEY), Pair(OLD_TOKEN, OLD_AES_KEY)
CODEC = Codec([CURRENT])
ROTATING = Codec([CURRENT, OLD])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200)


def opened(encrypted, codec=CODEC, token=TOKEN, receiveids=frozenset({CORPID})):
    return codec.open(wire.sign(encrypted, token), STAMP, NONCE, encrypted, receiveids)


def outcome(encrypted):
    """The receiveid, or the reason of the refusal; any other exception gets out."""
    try:
        return opened(encrypted).receiveid
    except BadCallback as error:
        return error.reason


def refusal(encrypted, **how):
    with pytest.raises(BadCallback) as caught:
        opened(encrypted, **how)
    return caught.value.reason, caught.value.status


@given(TEXTS)
def test_what_wechatpy_encrypts_we_open(text):
    sealed = read(WeChatCrypto(TOKEN, AES_KEY, CORPID).encrypt_message(text, NONCE, STAMP).encode()).fields
    found = CODEC.open(sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"], sealed["Encrypt"], {CORPID})
    assert (found.xml.decode(), found.receiveid, found.pair) == (text, CORPID, 0)


@given(TEXTS.filter(bool))
def test_what_we_seal_wechatpy_decrypts(text):
    sealed = CODEC.seal(text, CORPID, int(STAMP), NONCE)
    fields = read(sealed).fields
    assert WeChatCrypto(TOKEN, AES_KEY, CORPID).decrypt_message(sealed, fields["MsgSignature"], STAMP, NONCE) == text


@pytest.mark.parametrize("length", range(64))
def test_every_length_of_padding_goes_both_ways(length):
    message = b"m" * length
    assert opened(wire.encrypt(wire.pad(wire.plain(message)))).xml == message
    sealed = read(CODEC.seal(message, CORPID, int(STAMP), NONCE)).fields
    assert opened(sealed["Encrypt"]).xml == message


def test_two_seals_of_one_reply_differ():
    assert CODEC.seal("好", CORPID, 1, NONCE) != CODEC.seal("好", CORPID, 1, NONCE)


def test_wechatpy_refuses_our_reply_under_another_token():
    sealed = CODEC.seal("好", CORPID, int(STAMP), NONCE)
    with pytest.raises(InvalidSignatureException):
        WeChatCrypto(OLD_TOKEN, AES_KEY, CORPID).decrypt_message(sealed, read(sealed).fields["MsgSignature"], STAMP, NONCE)


@pytest.mark.parametrize("nonce", ["", "a]]><Encrypt>", "词", "a b", "x" * 10 + "\x00"])
def test_a_nonce_that_xml_could_not_carry_is_replaced_and_signed(nonce):
    fields = read(CODEC.seal("好", CORPID, int(STAMP), nonce)).fields
    assert fields["Nonce"] != nonce
    assert CODEC.open(fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"], fields["Encrypt"], {CORPID}).xml == "好".encode()


def test_the_console_check_answers_the_plaintext():
    echostr = wire.encrypt(wire.pad(wire.plain(b"5927782489442352469")))
    assert CODEC.verify(wire.sign(echostr), STAMP, NONCE, echostr, {CORPID}) == b"5927782489442352469"


def test_a_wrong_signature_is_refused_before_the_ciphertext_is_looked_at():
    for encrypted in ("not base64 at all", wire.encrypt(wire.pad(wire.plain(b"x")))):
        assert refusal(encrypted, token=OLD_TOKEN) == ("signature", 403)


@pytest.mark.parametrize("odd", ["", "签名", "\ud800", "\x00", "a" * 100_000])
def test_odd_query_values_are_a_wrong_signature_and_no_crash(odd):
    encrypted = wire.encrypt(wire.pad(wire.plain(b"x")))
    good = (wire.sign(encrypted), STAMP, NONCE, encrypted)
    for place in range(4):
        signature, stamp, nonce, encrypted = (odd if index == place else value for index, value in enumerate(good))
        with pytest.raises(BadCallback) as caught:
            CODEC.open(signature, stamp, nonce, encrypted, {CORPID})
        assert (caught.value.reason, caught.value.status) == ("signature", 403)


def test_an_upper_case_signature_is_a_wrong_one():
    encrypted = wire.encrypt(wire.pad(wire.plain(b"x")))
    with pytest.raises(BadCallback):
        CODEC.open(wire.sign(encrypted).upper(), STAMP, NONCE, encrypted, {CORPID})


def test_a_message_for_somebody_else_is_refused():
    assert refusal(wire.encrypt(wire.pad(wire.plain(b"x", b"ww-other")))) == ("receiveid", 403)
    assert refusal(wire.encrypt(wire.pad(wire.plain(b"x", CORPID.upper().encode())))) == ("receiveid", 403)


def test_an_empty_receiveid_is_taken_only_where_it_is_served():
    encrypted = wire.encrypt(wire.pad(wire.plain(b"x", b"")))
    assert refusal(encrypted) == ("receiveid", 403)
    assert opened(encrypted, receiveids={""}).receiveid == ""


BASE = wire.plain(b"x" * 12)  # 50 bytes
MALFORMED = {
    "padding of zero": BASE.ljust(63, b"p") + b"\x00",
    "padding over 32": wire.plain(b"x" * 100)[:95] + b"\x21" * 33,
    "padding whose first byte differs": BASE + b"\x0d" + b"\x0e" * 13,
    "padding that eats the length": b"\x20" * 32,
    "no whole 32 bytes": BASE[:33] + b"\x0f" * 15,
    "length past the end": wire.pad(wire.plain(b"x", length=10_000)),
    "length one past the padding": wire.pad(wire.plain(b"x", length=2 + len(CORPID))),
    "length of four billion": wire.pad(wire.plain(b"x", length=0xFFFFFFFF)),
    "message not UTF-8": wire.pad(wire.plain(b"\xff\xfe")),
    "message cut inside a character": wire.pad(wire.plain("规".encode()[:2])),
    "a surrogate in UTF-8": wire.pad(wire.plain(b"\xed\xa0\x80")),
    "receiveid not UTF-8": wire.pad(wire.plain(b"x", b"\xff")),
}


@pytest.mark.parametrize("padded", MALFORMED.values(), ids=MALFORMED)
def test_a_badly_made_plaintext_is_refused(padded):
    assert refusal(wire.encrypt(padded)) == ("malformed", 400)


@pytest.mark.parametrize("encrypted", ["A", "====", "AAAA", "é", "a b", "\n".join(["QUJD"] * 20), "A" * 64 + "!!", "-_" * 32])
def test_a_validly_signed_thing_that_is_no_ciphertext_is_refused(encrypted):
    assert refusal(encrypted) == ("malformed", 400)


@pytest.mark.parametrize("odd", ["\n", "!", "=", " "])
def test_base64_with_anything_else_in_it_is_refused_even_if_the_rest_decrypts(odd):
    encrypted = wire.encrypt(wire.pad(wire.plain(b"x")))
    assert refusal(encrypted[:20] + odd + encrypted[20:]) == ("malformed", 400)


@given(st.binary(min_size=0, max_size=200))
def test_random_plaintexts_are_opened_or_refused_and_never_crash(padded):
    encrypted = wire.encrypt(padded + b"\x01" * (-len(padded) % 32))
    assert outcome(encrypted) in {CORPID, "malformed", "receiveid"}


def test_while_rotating_both_pairs_open_and_the_reply_goes_out_under_the_same():
    old = wire.encrypt(wire.pad(wire.plain(b"old")), OLD_AES_KEY)
    found = opened(old, ROTATING, OLD_TOKEN)
    assert (found.xml, found.pair) == (b"old", 1)
    assert opened(wire.encrypt(wire.pad(wire.plain(b"new"))), ROTATING).pair == 0
    sealed = ROTATING.seal("好", CORPID, int(STAMP), NONCE, found.pair)
    signature = read(sealed).fields["MsgSignature"]
    assert WeChatCrypto(OLD_TOKEN, OLD_AES_KEY, CORPID).decrypt_message(sealed, signature, STAMP, NONCE) == "好"


def test_one_pair_cannot_open_under_the_others_signature():
    assert refusal(wire.encrypt(wire.pad(wire.plain(b"x")), OLD_AES_KEY), codec=ROTATING)[1] in (400, 403)


@pytest.mark.parametrize(("aes_key", "pair"), [(AES_KEY, 0), (OLD_AES_KEY, 1)])
def test_two_pairs_with_one_token_open_by_whichever_key_fits(aes_key, pair):
    codec = Codec([Pair(TOKEN, AES_KEY), Pair(TOKEN, OLD_AES_KEY)])
    assert opened(wire.encrypt(wire.pad(wire.plain(b"x")), aes_key), codec).pair == pair
    assert refusal(wire.encrypt(wire.pad(wire.plain(b"x", b"other")), aes_key), codec=codec) == ("receiveid", 403)


@pytest.mark.parametrize("aes_key", ["", "a" * 42, "a" * 44, "a" * 86, "é" * 43])
def test_a_key_of_another_length_makes_no_codec(aes_key):
    with pytest.raises(ValueError, match=r"."):
        Codec([Pair(TOKEN, aes_key)])


def test_a_pair_does_not_print_its_secrets():
    assert TOKEN not in repr(CURRENT)
    assert AES_KEY not in f"{CURRENT} {CODEC!r}"


def test_the_envelope_of_an_app_and_of_a_suite():
    assert envelope(wire.xml(ToUserName=CORPID, AgentID=1000002, Encrypt="QUJD")) == (CORPID, 1000002, "QUJD")
    assert envelope(b"<xml><ToUserName>ww_suite</ToUserName><AgentID/><Encrypt>\n QUJD \n</Encrypt></xml>") == ("ww_suite", 0, "QUJD")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"{}",
        b"<xml>",
        b"<xml></xml>",
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b"<xml><a><Encrypt>a</Encrypt></a></xml>",
        b"<html><Encrypt>a</Encrypt></html>",
        b"<xml><AgentID>-1</AgentID><Encrypt>a</Encrypt></xml>",
        "<xml><AgentID>１</AgentID><Encrypt>a</Encrypt></xml>".encode(),
        b"<xml><AgentID>" + b"9" * 5000 + b"</AgentID><Encrypt>a</Encrypt></xml>",
        b"<xml><Encrypt>\xff\xfe</Encrypt></xml>",
        "<xml><Encrypt>a</Encrypt></xml>".encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-16"?><xml><Encrypt>a</Encrypt></xml>'.decode().encode("utf-16"),
        b"<!DOCTYPE xml><xml><Encrypt>a</Encrypt></xml>",
        b'<!DOCTYPE xml [<!ENTITY e "a">]><xml><Encrypt>&e;</Encrypt></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/hostname"><xml><Encrypt>a</Encrypt></xml>',
        b"<xml><Encrypt>&e;</Encrypt></xml>",
        b"<xml>" * 1000 + b"</xml>" * 1000,
        b"<xml>" + b"<a/>" * 20_000 + b"<Encrypt>a</Encrypt></xml>",
    ],
)
def test_a_body_that_is_no_envelope_is_malformed(body):
    with pytest.raises(BadCallback) as caught:
        envelope(body)
    assert (caught.value.reason, caught.value.status) == ("malformed", 400)
