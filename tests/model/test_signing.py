import base64

import pytest

from bot.model.signing import Key, is_signed, new_key, seed

# RFC 8032, 7.1, test 2
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def text(raw):
    return base64.b64encode(raw).decode()


def test_signatures_are_those_of_the_standard():
    key = Key(text(SEED))
    assert key.public == text(PUBLIC)
    assert key.sign(b"\x72") == text(SIGNATURE)
    assert is_signed(b"\x72", text(SIGNATURE), text(PUBLIC))


def test_what_was_not_signed_by_this_key_is_not_taken_for_it():
    key, other = Key(new_key()), Key(new_key())
    signature = key.sign(b"x")
    assert is_signed(b"x", signature, key.public)
    assert not is_signed(b"y", signature, key.public)
    assert not is_signed(b"x", signature, other.public)
    assert key.id != other.id


@pytest.mark.parametrize("public", ["", "x", "十", text(b"short"), text(b"\xff" * 32), text(b"\0" * 33)])
def test_what_is_no_public_key_signed_nothing(public):
    assert not is_signed(b"x", text(SIGNATURE), public)


@pytest.mark.parametrize("signature", ["", "x", "十", text(b""), text(SIGNATURE[:-1]), text(SIGNATURE + b"\0"), text(b"\xff" * 64)])
def test_what_is_no_signature_signed_nothing(signature):
    assert not is_signed(b"\x72", signature, text(PUBLIC))


@pytest.mark.parametrize("value", ["", "not base64!", text(b"x" * 31), text(b"x" * 33), "十" * 44])
def test_only_32_bytes_in_base64_make_a_key(value):
    with pytest.raises(ValueError, match=r"base64|bytes"):
        Key(value)


def test_a_new_key_is_good_and_like_no_other():
    assert len({new_key() for _ in range(8)}) == 8
    assert len(seed(new_key())) == 32
