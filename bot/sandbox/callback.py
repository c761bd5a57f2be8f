"""Delivers callbacks to the bot: five seconds, then up to three more tries (path/90238)."""

import http.client
import time
from urllib.parse import urlsplit

from bot import clock
from bot.errors import BadSetting
from bot.sandbox.exchanges import Exchange, ExchangeLog, Outcome, Stopwatch, Try, cut
from bot.sandbox.wire import Fields, Sealed, UnreadableReply, Wire, read_reply, render
from config.settings import is_loopback

DEADLINE_S = 5.0
ECHO_DEADLINE_S = 1.0
TRIES = 4
RETRY_GAP_S = 1.0
_REPLY_BYTES = 1 << 20
# However fast the clock runs, the bot's machine doesn't run faster: below this real time a deadline would measure nothing.
_LEAST_REAL_S = 0.5


class Callback:
    """The bot's callback URL as the platform knows it. An empty `url` means that none was set in the console."""

    def __init__(self, url: str, wire: Wire, log: ExchangeLog) -> None:
        if url and not is_loopback(url):
            raise BadSetting(
                [f"PUBLIC_URL: the sandbox only calls this machine (127.0.0.1, ::1 or localhost), not {urlsplit(url).hostname}"]
            )
        self.url = url
        self.wire = wire
        self.deadline_s = DEADLINE_S
        self.retry_gap_s = RETRY_GAP_S
        self._log = log

    def deliver(self, exchange: Exchange, fields: Fields) -> Outcome:
        """Post until a 200 comes or the tries are used up. A reply that cannot be read is a 200 all the same."""
        exchange.request_plain = cut(render(fields))
        watch = Stopwatch()
        outcome = Outcome(exchange.msgid, acknowledged=False, tries=exchange.tries, exchange=exchange.id)
        for number in range(TRIES):
            if number:
                clock.sleep(self.retry_gap_s)
            if self._try(exchange, render(fields), outcome):
                break
        exchange.ms = watch.ms
        exchange.state = "ok" if outcome.acknowledged else "failed"
        self._log.count_callback("acknowledged" if outcome.acknowledged else "given_up")
        return outcome

    def _try(self, exchange: Exchange, xml: str, outcome: Outcome) -> bool:
        sealed = self.wire.seal(xml, int(clock.timestamp()))
        exchange.signature, exchange.request_body = sealed.signature, cut(sealed.body.decode())
        watch = Stopwatch()
        status, body, error = self._post(sealed)
        exchange.tries.append(Try(status, watch.ms, error))
        self._log.count_callback("tries", f"status_{status}")
        if status != http.client.OK or error:
            return False
        outcome.acknowledged = True
        self._read(exchange, body, outcome)
        return True

    def _read(self, exchange: Exchange, body: bytes, outcome: Outcome) -> None:
        exchange.answer_body = cut(body.decode(errors="replace"))
        if not body.strip():
            return
        try:
            xml = self.wire.open_reply(body)
            exchange.answer_plain = cut(xml)
            outcome.reply = read_reply(xml)
        except UnreadableReply as error:
            exchange.tries[-1].error = f"unreadable reply: {error}"
            self._log.count_callback("unreadable")

    def _post(self, sealed: Sealed) -> tuple[int, bytes, str]:
        headers = {"Content-Type": "text/xml; charset=utf-8", "Connection": "close"}
        return self._ask("POST", sealed.query, sealed.body, headers, self.deadline_s)

    def verify(self) -> tuple[bool, str]:
        """The check the console makes before it saves the URL: (passed, why not)."""
        query, plain = self.wire.seal_echo(int(clock.timestamp()))
        status, body, error = self._ask("GET", query, None, {"Connection": "close"}, ECHO_DEADLINE_S)
        if error or status != http.client.OK:
            return False, error or f"status {status}"
        return body == plain.encode(), "" if body == plain.encode() else "wrong plaintext"

    def _ask(self, method: str, query: str, body: bytes | None, headers: dict[str, str], deadline_s: float) -> tuple[int, bytes, str]:
        """(status, body, error) within the deadline; a slow trickle counts as too slow too."""
        if not self.url:
            return 0, b"", "no callback url is set"
        parts = urlsplit(self.url)
        ends = time.monotonic() + max(clock.real_s(deadline_s), _LEAST_REAL_S)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_left(ends))
        try:
            connection.connect()
            connection.sock.settimeout(_left(ends))
            connection.request(method, f"{parts.path}?{query}", body, headers)
            sock = connection.sock  # the response takes it over when the server closes
            answer = connection.getresponse()
            chunks, total = [], 0
            while total <= _REPLY_BYTES:
                sock.settimeout(_left(ends))
                chunk = answer.read1(65_536)
                if not chunk:
                    break
                chunks.append(chunk)
                total += len(chunk)
            late = time.monotonic() > ends
            return answer.status, b"".join(chunks), "timeout" if late else "too large" if total > _REPLY_BYTES else ""
        except TimeoutError:
            return 0, b"", "timeout"
        except (OSError, http.client.HTTPException) as error:
            return 0, b"", type(error).__name__
        finally:
            connection.close()


def _left(ends: float) -> float:
    return max(0.001, ends - time.monotonic())
