"""Hostile input: half spoilt after signing, half spoilt inside and rightly signed.

Most of it goes straight into the WSGI callable, some over HTTP.
"""

import contextlib
import re
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from config import logging
from tests.bench import common, phases
from tests.bench.common import Run, emit, note
from tests.bench.load import content_length
from tests.bench.mutations import Hostile, Maker
from tests.bench.traffic import PATH, Keys

_IN_PROCESS = {False: 50_000, True: 1_600}
_OVER_HTTP = {False: 2_500, True: 400}
_GROWTH_MIB = 24.0
_SUITE = "ww4asffe99e54c0f4c"
_FAULTS = re.compile(rb'Traceback|"event": "(handler|callback|request|deliver|sweep)_failed"')
_NOT_OVER_HTTP = ("length",)  # a wrong length there makes the rest of the body another request


@dataclass
class Findings:
    """statuses by half; wrong: what must not happen, by kind, and the first examples' names."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: {"outside": Counter(), "inside": Counter()})
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, kind: str, one: Hostile, status: int) -> None:
        self.wrong[kind] += 1
        if len(self.examples) < 10:
            self.examples.append(f"{kind}: {one.name} {status}")


def run(run: Run) -> bool:
    """Two figures: no wrong outcome, and a flat memory."""
    findings = Findings()
    with common.work_folder() as folder:
        growth_mib, rss_mib = _in_process(run, folder, findings)
    with common.work_folder() as folder:
        _over_http(run, folder, findings)
    number = sum(sum(counts.values()) for counts in findings.statuses.values())
    total = _IN_PROCESS[run.sample] + _OVER_HTTP[run.sample]
    fine = emit(
        "hostile",
        number,
        f">= {total} inputs, none with a wrong outcome",
        reached=number >= total and not findings.wrong,
        seed=run.seed,
        wrong=dict(findings.wrong),
        examples=findings.examples,
        statuses={half: {str(status): count for status, count in sorted(counts.items())} for half, counts in findings.statuses.items()},
        over_http=_OVER_HTTP[run.sample],
    )
    return fine & emit(
        "hostile_memory_mib",
        growth_mib,
        f"<= {_GROWTH_MIB} MiB growth over the second half",
        reached=growth_mib <= _GROWTH_MIB,
        seed=run.seed,
        resident_mib=round(rss_mib, 1),
    )


def _in_process(run: Run, folder: Path, findings: Findings) -> tuple[float, float]:
    """Returns growth of resident memory over the second half, and its size at the end, in MiB."""
    log = folder / "bot.log"
    with log.open("w") as stream:
        logging.configure("WARNING", stream)
        app, keys = phases.open_app(folder, RULES_ENCODER="off", WECOM_SUITE_ID=_SUITE)
        web = app.web()

        def ask(one: Hostile) -> int:
            try:
                return phases.ask(web, one.post, one.method, one.length)
            except Exception as error:  # noqa: BLE001  whatever comes out here is the finding
                findings.note(f"raised {type(error).__name__}", one, 0)
                return 599

        number = _IN_PROCESS[run.sample]
        maker = Maker(keys, _SUITE, run.seed)
        memory = _offer(maker, number, folder, findings, ask)
        app.database.dispose()
    _check_effects(folder, log, findings)
    half = memory[len(memory) // 2]
    return max(memory[len(memory) // 2 :]) - half, memory[-1]


def _over_http(run: Run, folder: Path, findings: Findings) -> None:
    port = common.free_port()
    environment = common.bot_environment(folder, port, common.free_port(), WECOM_SUITE_ID=_SUITE)
    server = common.bot("serve", environment, folder, port)
    try:
        common.wait_until_up(server, "/readyz", 2)
        pids = server.children()
        maker = Maker(Keys.of(environment), _SUITE, run.seed + 1)
        _offer(maker, _OVER_HTTP[run.sample], folder, findings, lambda one: _ask(port, one), _NOT_OVER_HTTP)
        if server.children() != pids:
            findings.wrong["a web process died"] += 1
    finally:
        server.stop()
    _check_effects(folder, server.log, findings)


def _offer(
    maker: Maker, number: int, folder: Path, findings: Findings, ask: Callable[[Hostile], int], left_out: tuple[str, ...] = ()
) -> list[float]:
    """Half of each. After every input the inbox is looked at. Returns resident memory now and then."""
    memory = []
    with closing(sqlite3.connect(f"file:{folder / 'data' / 'bot.db'}?mode=ro", uri=True)) as database:
        rows = 0
        for count in range(number):
            half = "outside" if count % 2 else "inside"
            one = maker.outside() if half == "outside" else maker.inside()
            while one.name in left_out:
                one = maker.outside()
            status = ask(one)
            findings.statuses[half][status] += 1
            before, rows = rows, database.execute("SELECT coalesce(max(id), 0) FROM inbox").fetchone()[0]
            _judge(maker, one, status, rows - before, findings)
            if count % max(1, number // 50) == 0:
                memory.append(common.memory_mib(common.own_pid())["rss"])
            if count % 10_000 == 9_999:
                note(f"{count + 1} of {number}, {dict(findings.wrong)}")
    return memory


def _judge(maker: Maker, one: Hostile, status: int, stored: int, findings: Findings) -> None:
    if status not in one.right:
        findings.note("status", one, status)
    if stored > (1 if status == 200 else 0):
        findings.note("stored", one, status)
    if status == 403 and one.xml and maker.is_undoubted(one.xml):
        findings.note("refused without cause", one, status)


def _check_effects(folder: Path, log: Path, findings: Findings) -> None:
    """Nothing went out but a word to each who pressed a card that nobody sent; nobody was greeted twice; no exception is unhandled."""
    with closing(sqlite3.connect(folder / "data" / "bot.db")) as database:
        pressed = database.execute("SELECT count(*) FROM inbox WHERE kind = 'template_card_event' AND userid != ''").fetchone()[0]
        outgoing = database.execute("SELECT count(*) FROM batches").fetchone()[0] - pressed
        receipts = database.execute("SELECT count(*) FROM receipts").fetchone()[0]
        greeted = database.execute(
            "SELECT count(*) - count(DISTINCT userid) FROM inbox WHERE kind IN ('enter_agent', 'subscribe') AND reply != ''"
        ).fetchone()[0]
        failed = database.execute("SELECT count(*) FROM inbox WHERE state = 'failed'").fetchone()[0]
    faults = len(_FAULTS.findall(log.read_bytes()))
    found = {
        "outgoing rows": outgoing,
        "receipts": receipts,
        "greeted twice": greeted,
        "handlers that raised": failed,
        "unhandled exceptions logged": faults,
    }
    findings.wrong.update({kind: count for kind, count in found.items() if count})


def _ask(port: int, one: Hostile) -> int:
    """The status of one request on a connection of its own; 0 when no answer came."""
    head = (
        f"{one.method} {PATH}?{one.post.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Length: {len(one.post.body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        with contextlib.suppress(ConnectionError):  # a body over the cap is answered before it is read
            line.sendall(head.encode() + one.post.body)
        return _status(line)


def _status(line: socket.socket) -> int:
    received = b""
    try:
        while chunk := line.recv(65_536):
            received += chunk
            answer, found, body = received.partition(b"\r\n\r\n")
            if found and len(body) >= content_length(answer):
                break
    except OSError:
        pass  # judged by what came until then
    return int(received[9:12]) if received[:5] == b"HTTP/" else 0
