"""The callback's envelope: signature, AES-256-CBC and padding, as small and fast as they can be.

Format: path/91144. The hot path of the product; wechatpy's `enterprise.crypto` agrees with it both ways (tests/wecom/test_crypto.py).
"""

import binascii
import hmac
import os
import secrets
import threading
from collections.abc import Container, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import NamedTuple

from Crypto.Cipher import AES

from bot.errors import BadCallback
from bot.wecom.reader import malformed, read

PAD_BLOCK = 32  # PKCS#7 over 32 bytes, so that ordinary 16-byte unpadders refuse half of all messages (path/91144)
_IV_BYTES = 16
_SALT_BYTES = 16
_HEAD_BYTES = _SALT_BYTES + 4  # random bytes, then the message's length as a big-endian 32-bit number
_MAX_AGENTID_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Pair:
    """What the console shows for one callback address. aes_key: EncodingAESKey, 43 letters or digits. Neither is printed."""

    token: str
    aes_key: str

    def __repr__(self) -> str:
        return "Pair(…)"


class Envelope(NamedTuple):
    """The outer XML. Only `encrypt` is under the signature: the other two are hints that anybody on the way could change."""

    to_user_name: str
    agentid: int  # 0 where the vendor sends none
    encrypt: str


class Opened(NamedTuple):
    """A verified and decrypted message. pair: index of the pair that opened it, to seal the reply with."""

    xml: bytes
    receiveid: str
    pair: int


class _Key:
    """One pair, with its ciphers kept: setting one up, once a message and each way, took longer than all else the codec does."""

    def __init__(self, pair: Pair) -> None:
        self.token = pair.token.encode()
        aes = _aes_key(pair.aes_key)
        self._iv = aes[:_IV_BYTES]
        self._ecb = AES.new(aes, AES.MODE_ECB)
        self._cbc = AES.new(aes, AES.MODE_CBC, self._iv)
        self._lock = threading.Lock()

    def encrypt(self, plain: bytes) -> bytes:
        """AES-256-CBC of `plain`, whose first 16 bytes are random and mean nothing.

        The chain goes on from the message before instead of from the key's first half. Whoever decrypts with that half finds
        other bytes in the first block, as random as ours and as meaningless, and all after it as it was.
        """
        with self._lock:
            cipher: bytes = self._cbc.encrypt(plain)
        return cipher

    def decrypt(self, cipher: bytes) -> bytes:
        """Undo AES-256-CBC: all blocks at once, and then each combined with the one before."""
        with self._lock:
            blocks = self._ecb.decrypt(cipher)
        before = self._iv + cipher[:-_IV_BYTES]
        return (int.from_bytes(blocks) ^ int.from_bytes(before)).to_bytes(len(cipher))


def envelope(body: bytes) -> Envelope:
    """The three fields of a callback's POST body. Raises BadCallback("malformed", 400)."""
    fields, repeated, _ = read(body)
    encrypt = fields.get("Encrypt", "").strip()
    agentid = fields.get("AgentID", "").strip() or "0"
    if not encrypt or "Encrypt" in repeated or not (agentid.isascii() and agentid.isdigit()) or len(agentid) > _MAX_AGENTID_DIGITS:
        raise malformed()
    return Envelope(fields.get("ToUserName", ""), int(agentid), encrypt)


class Codec:
    """Opens and seals callbacks with one pair, or with two while the console's pair is being changed."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """pairs: the current one first, then perhaps the old one. Raises ValueError for a key that is not 32 bytes of base64."""
        if not pairs:
            raise ValueError("a codec needs at least one pair")
        self._keys = tuple(_Key(pair) for pair in pairs)

    def open(self, signature: str, timestamp: str, nonce: str, encrypt: str, receiveids: Container[str]) -> Opened:
        """Verify and decrypt a POST's `Encrypt`.

        signature, timestamp, nonce: msg_signature and its companions from the query, any text. receiveids: whom this process serves.
        Nothing is decrypted before the signature has been compared in constant time, with every pair.
        Staleness is not judged here. Raises BadCallback: "signature" (403), "receiveid" (403), "malformed" (400).
        """
        refusal = BadCallback("signature", 403)
        for index in self._signed_by(signature, timestamp, nonce, encrypt):
            try:
                return Opened(*self._decrypt(encrypt, self._keys[index], receiveids), index)
            except BadCallback as error:
                # The old and the new pair may share a token: only the right key decrypts. Wrong ids beat a wrong key as a reason.
                if refusal.reason != "receiveid":
                    refusal = error
        raise refusal

    def verify(self, signature: str, timestamp: str, nonce: str, echostr: str, receiveids: Container[str]) -> bytes:
        """Plaintext to answer the console's GET with, bare (path/90238). Raises as `open`."""
        return self.open(signature, timestamp, nonce, echostr, receiveids).xml

    def seal(self, xml: bytes | str, receiveid: str, timestamp: int, nonce: str, pair: int = 0) -> bytes:
        """The encrypted envelope of a passive reply (path/90241), UTF-8.

        timestamp: epoch seconds. nonce: the query's; one that is not plain letters and digits is replaced by a fresh one.
        pair: as `Opened.pair`, so that a reply is sealed with what the platform used.
        """
        message = xml.encode() if isinstance(xml, str) else xml
        key = self._keys[pair]
        plain = b"".join((os.urandom(_SALT_BYTES), len(message).to_bytes(4, "big"), message, receiveid.encode()))
        pad = PAD_BLOCK - len(plain) % PAD_BLOCK
        encrypt = binascii.b2a_base64(key.encrypt(plain + bytes((pad,)) * pad), newline=False)
        stamp = str(int(timestamp)).encode()
        mark = (nonce if nonce.isascii() and nonce.isalnum() else secrets.token_hex(8)).encode()
        return (
            b"<xml><Encrypt><![CDATA[%b]]></Encrypt><MsgSignature><![CDATA[%b]]></MsgSignature>"
            b"<TimeStamp>%b</TimeStamp><Nonce><![CDATA[%b]]></Nonce></xml>"
        ) % (encrypt, _sign(key.token, stamp, mark, encrypt), stamp, mark)

    def _signed_by(self, *signed: str) -> list[int]:
        """Indexes of the pairs whose token makes this signature: all are tried, so that time tells nothing of which."""
        signature, *parts = (part.encode("utf-8", "surrogatepass") for part in signed)
        matches = [hmac.compare_digest(_sign(key.token, *parts), signature) for key in self._keys]
        return [index for index, matched in enumerate(matches) if matched]

    @staticmethod
    def _decrypt(encrypt: str, key: "_Key", receiveids: Container[str]) -> tuple[bytes, str]:
        """(message, receiveid) of a ciphertext in base64. Raises BadCallback."""
        try:
            cipher = binascii.a2b_base64(encrypt.encode("ascii"), strict_mode=True)
            # PAD_BLOCK and not AES's 16: a well-made plaintext is a multiple of 32 bytes.
            if not cipher or len(cipher) % PAD_BLOCK:
                raise malformed()
            plain = key.decrypt(cipher)
            pad = plain[-1]
            end = len(plain) - pad
            message_end = _HEAD_BYTES + int.from_bytes(plain[_SALT_BYTES:_HEAD_BYTES], "big")
            if not 1 <= pad <= PAD_BLOCK or plain[end:] != bytes((pad,)) * pad or message_end > end:
                raise malformed()
            message, receiveid = plain[_HEAD_BYTES:message_end], plain[message_end:end].decode()
            message.decode()
        except ValueError as error:  # not ASCII, not base64, not UTF-8
            raise malformed() from error
        if receiveid not in receiveids:
            raise BadCallback("receiveid", 403)
        return message, receiveid


def _sign(token: bytes, *parts: bytes) -> bytes:
    """Lower-case hex SHA-1 of the token and the parts, sorted as bytes (path/91144)."""
    return sha1(b"".join(sorted((token, *parts))), usedforsecurity=False).hexdigest().encode()


def _aes_key(encoded: str) -> bytes:
    """32 bytes of an EncodingAESKey. Its last character carries two spare bits, which the console does not always leave zero."""
    key = binascii.a2b_base64(encoded.encode("ascii") + b"=")
    if len(key) != 32:
        raise ValueError("an EncodingAESKey holds exactly 32 bytes")
    return key
