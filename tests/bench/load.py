"""The load generator: one process, raw sockets, keep-alive, as little work a request as possible, since it shares the cores it measures.

`python -m tests.bench.load JOB RESULT`: both are files; JOB is a pickled Job, RESULT becomes the pickled fields of a Result. All
requests are encrypted before the first is sent.
"""

import pickle
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import traffic

_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Job:
    """questions: one a request. first_msgid: MsgIds count up from it. per_sender: how many requests one person sends.

    keep_every: every so manieth answer is kept to be looked at. limit_s: the run ends then at the latest.
    """

    port: int
    keys: traffic.Keys
    connections: int
    questions: list[str]
    first_msgid: int
    per_sender: int = 10
    keep_every: int = 50
    limit_s: float = 60.0


@dataclass
class Result:
    """statuses: how many of each; 0 for a connection that broke. latencies_ms: of all 200s. kept: (index, body)."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    kept: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return self.statuses.get(200, 0)


class _Line:
    """One connection and the request that is under way on it."""

    __slots__ = ("index", "need", "received", "sent_at", "sock")

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.index = -1
        self.received = b""
        self.need = 0
        self.sent_at = 0.0


def prepare(job: Job) -> list[bytes]:
    """All requests, sealed."""
    requests = []
    for index, question in enumerate(job.questions):
        userid = f"load{job.first_msgid + index // job.per_sender}"
        xml = traffic.text(job.keys, userid, question, job.first_msgid + index)
        requests.append(traffic.seal(job.keys, xml).raw())
    return requests


class Generator:
    """Keeps `connections` requests under way until all are answered."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = prepare(job)
        self._next = 0
        self._selector = selectors.EpollSelector()
        self.result = Result()

    def run(self) -> Result:
        lines = [_Line(self._job.port) for _ in range(self._job.connections)]
        for line in lines:
            self._selector.register(line.sock, selectors.EVENT_READ, line)
        began = time.perf_counter()
        under_way = sum(self._send(line) for line in lines)
        until = began + self._job.limit_s
        while under_way and time.perf_counter() < until:
            for key, _ in self._selector.select(_TIMEOUT_S):
                line: _Line = key.data
                if self._receive(line) and not (time.perf_counter() < until and self._send(line)):
                    under_way -= 1
        self.result.seconds = time.perf_counter() - began
        for line in lines:
            line.sock.close()
        if under_way:
            self._count(0, under_way)
        return self.result

    def _send(self, line: _Line) -> bool:
        """Put the next request on its way; False when there is none left."""
        if self._next >= len(self._requests):
            return False
        line.index, line.received, line.need = self._next, b"", 0
        self._next += 1
        line.sent_at = time.perf_counter()
        line.sock.send(self._requests[line.index])  # far smaller than the socket's buffer: goes out whole
        return True

    def _receive(self, line: _Line) -> bool:
        """Read what is there; True once the answer is complete."""
        try:
            chunk = line.sock.recv(65_536)
        except BlockingIOError:
            return False
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._reconnect(line)
            return True
        line.received += chunk
        if not line.need:
            head, found, _ = line.received.partition(b"\r\n\r\n")
            if not found:
                return False
            line.need = len(head) + 4 + content_length(head)
        if len(line.received) < line.need:
            return False
        self._answered(line)
        return True

    def _answered(self, line: _Line) -> None:
        ms = (time.perf_counter() - line.sent_at) * 1000
        status = int(line.received[9:12])
        self._count(status)
        if status == 200:
            self.result.latencies_ms.append(ms)
            if line.index % self._job.keep_every == 0:
                self.result.kept.append((line.index, line.received.partition(b"\r\n\r\n")[2]))

    def _reconnect(self, line: _Line) -> None:
        self._count(0)
        self._selector.unregister(line.sock)
        line.sock.close()
        fresh = _Line(self._job.port)
        line.sock = fresh.sock
        self._selector.register(line.sock, selectors.EVENT_READ, line)

    def _count(self, status: int, number: int = 1) -> None:
        self.result.statuses[status] = self.result.statuses.get(status, 0) + number


def content_length(head: bytes) -> int:
    """What the head of an answer says of its body; 0 when it says nothing."""
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def main() -> None:
    job, result = map(Path, sys.argv[1:3])
    with job.open("rb") as file:
        generator = Generator(pickle.load(file))
    with result.open("wb") as file:
        pickle.dump(vars(generator.run()), file)  # plain values: this module's classes have another name when it is a program


if __name__ == "__main__":
    main()
