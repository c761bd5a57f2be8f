"""The platform's side of a callback, written apart from the product: bytes in any shape, well or badly made."""

import base64
from hashlib import sha1

from Crypto.Cipher import AES

CORPID = "ww0123456789abcdef"
TOKEN, OLD_TOKEN = "QDG6eK", "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
OLD_AES_KEY = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
STAMP, NONCE = "1409659813", "1372623149"


def key_bytes(aes_key=AES_KEY):
    return base64.b64decode(aes_key + "=")


def encrypt(padded, aes_key=AES_KEY):
    """Base64 of plaintext bytes that are already padded to whole AES blocks."""
    key = key_bytes(aes_key)
    return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(padded)).decode()


def plain(message, receiveid=b"ww0123456789abcdef", length=None):
    """The unpadded plaintext; `length` lets the length field lie."""
    return b"r" * 16 + (len(message) if length is None else length).to_bytes(4, "big") + message + receiveid


def pad(unpadded):
    size = 32 - len(unpadded) % 32
    return unpadded + bytes([size]) * size


def sign(encrypted, token=TOKEN, stamp=STAMP, nonce=NONCE):
    return sha1("".join(sorted([token, stamp, nonce, encrypted])).encode()).hexdigest()


def text_xml(content="为什么掉榜", msgid="1234567890123456", userid="wang", corpid=CORPID, **extra):
    """A text message as the platform writes it; extra fields replace or follow, None leaves one out."""
    fields = {
        "ToUserName": corpid,
        "FromUserName": userid,
        "CreateTime": 1409659813,
        "MsgType": "text",
        "Content": content,
        "MsgId": msgid,
        "AgentID": 1000002,
    }
    return xml(**(fields | extra))


def event_xml(event, userid="wang", **extra):
    fields = {
        "ToUserName": CORPID,
        "FromUserName": userid,
        "CreateTime": 1409659813,
        "MsgType": "event",
        "Event": event,
        "AgentID": 1000002,
    }
    return xml(**(fields | extra))


def xml(**fields):
    return ("<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items() if v is not None) + "</xml>").encode()
