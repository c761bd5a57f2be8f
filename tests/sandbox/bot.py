"""A tiny bot for the stand-in to talk to: opens callbacks with wechatpy, answers as told, keeps what came."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import xmltodict
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise.parser import parse_message
from wechatpy.enterprise.replies import TextReply

CORPID, AGENTID, SECRET = "ww0123456789abcdef", 1000002, "the-secret"
TOKEN, AES_KEY = "QDG6eKtoken", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@dataclass
class Bot:
    """statuses: what the next deliveries are answered, then 200. delay_s: how long each takes. reply: text, or None for an empty body."""

    statuses: list[int] = field(default_factory=list)
    delay_s: float = 0.0
    reply: Callable[[dict[str, Any]], str | None] = lambda fields: None
    raw_reply: bytes | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(TOKEN, AES_KEY, CORPID)

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        signed = (query["msg_signature"], query["timestamp"], query["nonce"])
        if not body:
            return 200, self.crypto().check_signature(*signed, query["echostr"]).encode()
        xml = self.crypto().decrypt_message(body.decode(), *signed)
        fields = xmltodict.parse(xml)["xml"]
        self.received.append(fields)
        self.queries.append(parse_qs(urlsplit(path).query))
        time.sleep(self.delay_s)
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return status, b""
        if self.raw_reply is not None:
            return 200, self.raw_reply
        text = self.reply(fields)
        if text is None:
            return 200, b""
        answer = TextReply(content=text, message=parse_message(xml)).render()
        return 200, self.crypto().encrypt_message(answer, query["nonce"], query["timestamp"]).encode()

    def start(self) -> "Bot":
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, answer = bot.handle(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except ConnectionError:
                    pass  # the platform hung up first: that is what some tests are about

            do_POST = do_GET  # noqa: N815 - the standard library's name

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
