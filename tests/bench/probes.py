"""What a bystander meets while a server is busy: health checks, and repeats of a message that is stored."""

import http.client
import threading
import time
from collections.abc import Callable
from types import TracebackType

from tests.bench import traffic

_EVERY_S = 0.05


class Probes:
    """Asks from two connections of its own as long as the block lasts. times_ms: by kind. stored: inbox rows made by it."""

    def __init__(self, port: int, keys: traffic.Keys) -> None:
        self._port = port
        self._keys = keys
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._health, self._repeats)]
        self.times_ms: dict[str, list[float]] = {"healthz": [], "repeat": []}
        self.faults: list[str] = []
        self.stored = 0

    def __enter__(self) -> "Probes":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _health(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._over.wait(_EVERY_S):
            self._timed("healthz", line, lambda: line.request("GET", "/healthz"))
        line.close()

    def _repeats(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        xml = traffic.text(self._keys, "probe", "4.2", 1)
        self._deliver(line, xml)
        first = self._keys.open_reply(line.getresponse().read())
        self.stored = 1
        while not self._over.wait(_EVERY_S):
            body = self._timed("repeat", line, lambda: self._deliver(line, xml))
            if self._keys.open_reply(body) != first:
                self.faults.append("a repeat got another reply")
        line.close()

    def _deliver(self, line: http.client.HTTPConnection, xml: bytes) -> None:
        sealed = traffic.seal(self._keys, xml)
        line.request("POST", f"{traffic.PATH}?{sealed.query}", sealed.body)

    def _timed(self, name: str, line: http.client.HTTPConnection, ask: Callable[[], None]) -> bytes:
        began = time.perf_counter()
        try:
            ask()
            answer = line.getresponse()
            body = answer.read()
        except OSError as error:
            self.faults.append(f"{name}: {type(error).__name__}")
            line.close()
            return b""
        if answer.status != 200:
            self.faults.append(f"{name}: status {answer.status}")
        self.times_ms[name].append((time.perf_counter() - began) * 1000)
        return body
