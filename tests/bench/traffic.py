"""Callbacks as WeCom makes them, written apart from the product: what people ask, sealed and ready to post."""

import base64
import json
import random
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from urllib.parse import urlencode

from Crypto.Cipher import AES

from tests.bench.common import QUESTIONS, ROOT

PATH = "/wecom/callback"
_BLOCK = 32


@dataclass(frozen=True)
class Keys:
    """What both sides of a callback know."""

    corpid: str
    agentid: int
    token: str
    aes_key: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Keys":
        names = "WECOM_CORPID", "WECOM_AGENTID", "WECOM_TOKEN", "WECOM_AES_KEY"
        corpid, agentid, token, aes_key = (environment[name] for name in names)
        return cls(corpid, int(agentid), token, aes_key)

    def sign(self, stamp: str, nonce: str, encrypted: str) -> str:
        return sha1("".join(sorted((self.token, stamp, nonce, encrypted))).encode()).hexdigest()

    def encrypt(self, message: bytes, receiveid: str | None = None, length: int | None = None) -> str:
        """Base64 of one encrypted message; `length` lets the length field lie."""
        size = len(message) if length is None else length
        plain = secrets.token_bytes(16) + size.to_bytes(4, "big") + message + (self.corpid if receiveid is None else receiveid).encode()
        pad = _BLOCK - len(plain) % _BLOCK
        return self.encrypt_padded(plain + bytes([pad]) * pad)

    def encrypt_padded(self, padded: bytes) -> str:
        key = base64.b64decode(self.aes_key + "=")
        return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(padded)).decode()

    def open_reply(self, body: bytes) -> str:
        """The text inside an encrypted passive reply; "" for an empty body. Raises ValueError for a wrong signature or form."""
        if not body.strip():
            return ""
        encrypted, signature, stamp, nonce = (_between(body.decode(), name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce"))
        if self.sign(stamp, nonce, encrypted) != signature:
            raise ValueError("the reply's signature is wrong")
        key = base64.b64decode(self.aes_key + "=")
        plain = AES.new(key, AES.MODE_CBC, key[:16]).decrypt(base64.b64decode(encrypted))
        plain = plain[: -plain[-1]]
        end = 20 + int.from_bytes(plain[16:20], "big")
        if plain[end:].decode() != self.corpid:
            raise ValueError("the reply is for somebody else")
        return _between(plain[20:end].decode(), "Content").replace("]]]]><![CDATA[>", "]]>")


def _between(xml: str, name: str) -> str:
    inner = xml.partition(f"<{name}>")[2].partition(f"</{name}>")[0]
    return inner[len("<![CDATA[") : -len("]]>")] if inner.startswith("<![CDATA[") else inner


@dataclass(frozen=True)
class Post:
    """One callback over HTTP/1.1. query and body as sent."""

    query: str
    body: bytes

    def raw(self, path: str = PATH) -> bytes:
        head = f"POST {path}?{self.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: {len(self.body)}\r\n\r\n"
        return head.encode() + self.body


def now_s() -> int:
    """The moment as WeCom writes it."""
    return int(time.time())


def seal(keys: Keys, xml: bytes, receiveid: str | None = None) -> Post:
    """One delivery of a message, as the platform makes it: a fresh time and nonce each."""
    return post(keys, keys.encrypt(xml, receiveid))


def post(keys: Keys, encrypted: str) -> Post:
    """A rightly signed envelope around any ciphertext."""
    stamp, nonce = str(now_s()), str(secrets.randbelow(10**10))
    query = urlencode({"msg_signature": keys.sign(stamp, nonce, encrypted), "timestamp": stamp, "nonce": nonce})
    body = (
        f"<xml><ToUserName><![CDATA[{keys.corpid}]]></ToUserName><AgentID><![CDATA[{keys.agentid}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    return Post(query, body.encode())


def text(keys: Keys, userid: str, content: str, msgid: int, created_s: int | None = None) -> bytes:
    """The XML of a text message."""
    return message(keys, userid, {"MsgType": "text", "Content": content, "MsgId": msgid}, created_s)


def message(keys: Keys, userid: str, fields: Mapping[str, object], created_s: int | None = None) -> bytes:
    """The XML of any message or event: the common fields and these."""
    common = {"ToUserName": keys.corpid, "FromUserName": userid, "CreateTime": now_s() if created_s is None else created_s}
    return render({**common, **fields, "AgentID": keys.agentid})


def render(fields: Mapping[str, object]) -> bytes:
    """Numbers bare, text in CDATA, mappings nested."""
    return f"<xml>{_elements(fields)}</xml>".encode()


def _elements(fields: Mapping[str, object]) -> str:
    return "".join(f"<{name}>{_content(value)}</{name}>" for name, value in fields.items())


def _content(value: object) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    return str(value) if isinstance(value, int | float) else f"<![CDATA[{value}]]>"


def development_questions() -> list[str]:
    """Real questions of every kind, in file order."""
    return [json.loads(line)["q"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]


def bank_phrases() -> list[str]:
    """Every phrase of the bank."""
    found = []
    for path in sorted((ROOT / "rules" / "bank").glob("*.txt")):
        lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
        found += [line for line in lines if line and not line.startswith("#")]
    return found


def common_questions(count: int, seed: int) -> list[str]:
    """`count` different questions as people ask them, the most frequent first: the development set's and others from the bank."""
    dice = random.Random(seed)
    own = development_questions()
    others = sorted(set(bank_phrases()) - set(own))
    chosen = list(dict.fromkeys(own + dice.sample(others, min(len(others), count))))[:count]
    dice.shuffle(chosen)
    return chosen


def zipf(questions: Sequence[str], count: int, seed: int) -> list[str]:
    """`count` draws in which the k-th question is asked 1/k as often as the first."""
    weights = [1 / rank for rank in range(1, len(questions) + 1)]
    return random.Random(seed).choices(questions, weights, k=count)


_OPENINGS = (
    "",
    "请问",
    "你好，",
    "想问一下，",
    "我们公司的应用刚上架，",
    "昨天群里有人说起，",
    "老板让我问：",
    "急，",
    "麻烦看下，",
    "hi ",
    "打扰了，",
    "客户在催，",
)
_CLOSINGS = (
    "",
    "？",
    "呢",
    "，谢谢",
    "，在线等",
    "，求指点",
    "，我们是做考勤的",
    "，我们是做CRM的",
    "……",
    "，怎么办啊",
    "，有依据吗",
    "，说明一下",
)


def distinct_questions(count: int, seed: int) -> list[str]:
    """`count` questions, no two alike: each development question with what people put before and after it."""
    dice = random.Random(seed)
    found: dict[str, None] = {}
    base = development_questions()
    while len(found) < count:
        found[dice.choice(_OPENINGS) + dice.choice(base).rstrip("？?。") + dice.choice(_CLOSINGS)] = None
        if len(found) > 20_000:
            break
    return list(found)
