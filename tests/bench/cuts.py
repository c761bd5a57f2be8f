"""Uploads that are cut: the client hangs up, or the server is killed, anywhere. No row without bytes, no bytes for long, no draft lost."""

import hashlib
import http.client
import random
import time
from collections import Counter
from contextlib import closing

from bot import clock
from bot.actions import kept_files
from bot.context import Context
from tests.bench import common, desk
from tests.bench.common import Run, emit, note
from tests.bench.desk import Desk

_CUTS = {False: 200, True: 20}
_KILL_EVERY = 5  # of the cuts, so many are kills of the server
_MOST = 6 << 20
_BLOCK = 1 << 20
_GONE = (ConnectionError, http.client.HTTPException, TimeoutError)


def run(run: Run) -> bool:
    """One figure: every cut, what became of it, and what the store and the rows say in the end."""
    wrong: Counter[str] = Counter()
    done: Counter[str] = Counter()
    with common.work_folder() as folder, desk.opened(folder) as at:
        lots = random.Random(run.seed)
        for number in range(_CUTS[run.sample]):
            _cut(at, number, lots, done, wrong)
            if number % 50 == 49:
                note(f"{number + 1} cuts, {dict(done)}")
        _settle(at, wrong)
    number = done["cut"] + done["kill"]
    return emit(
        "cuts",
        number,
        f">= {_CUTS[run.sample]} cuts and kills; every row has its bytes, orphans are swept, drafts are whole",
        reached=number >= _CUTS[run.sample] and not wrong,
        seed=run.seed,
        done=dict(done),
        wrong=dict(wrong),
    )


def _cut(at: Desk, number: int, lots: random.Random, done: Counter[str], wrong: Counter[str]) -> None:
    """Begin an upload, break it somewhere, go on as the page's script would, and look at what is there."""
    report = at.start_draft(f"cut {number}")
    words = f"草稿 {number}"
    _write(at, report, words)
    raw = desk.film(lots.randrange(200_000, _MOST))
    is_kill = number % _KILL_EVERY == 0
    token = _break_off(at, report, raw, lots, is_kill=is_kill)
    done["kill" if is_kill else "cut"] += 1
    if at.filing(report).words != words:
        wrong["draft lost"] += 1
    if lots.random() < 0.5:  # the phone comes back
        _go_on(at, token, raw, wrong)
        done["finished"] += 1
        if [file.sha256 for file in at.filing(report).files] != [hashlib.sha256(raw).hexdigest()]:
            wrong["not finished"] += 1
    drift = kept_files.check(Context(at.house))
    wrong["row without bytes"] += len(drift.missing)
    wrong["damaged"] += len(drift.damaged)
    for kind in list(wrong):
        if not wrong[kind]:
            del wrong[kind]


def _write(at: Desk, report: str, words: str) -> None:
    from bot.actions import filings
    from tests.way_back import WANG

    filings.save(Context(at.house), WANG, report, filings.Written(version=at.filing(report).version, words=words))


def _break_off(at: Desk, report: str, raw: bytes, lots: random.Random, *, is_kill: bool) -> str:
    with closing(at.line()) as line:
        token = at.begin(line, report, "film.mp4", len(raw))
        view, place, offset = memoryview(raw), lots.randrange(len(raw)), 0
        while offset < place:
            part = view[offset : offset + _BLOCK]
            if offset + len(part) > place:
                break
            _, told = at.ask(line, "PUT", f"/portal/uploads/{token}?offset={offset}", part)
            offset = told["received"]
        try:
            _half_a_block(at, line, token, offset, view, place - offset)
            if is_kill:
                _kill(at)
        except _GONE:
            pass
    return token


def _half_a_block(at: Desk, line: http.client.HTTPConnection, token: str, offset: int, view: memoryview, sent: int) -> None:
    """Announce a block, send a part of it, and say no more."""
    line.putrequest("PUT", f"/portal/uploads/{token}?offset={offset}")
    line.putheader("Cookie", at.cookie)
    line.putheader("X-Form-Token", at.token)
    line.putheader("Content-Length", str(len(view[offset : offset + _BLOCK])))
    line.endheaders()
    line.send(view[offset : offset + sent])


def _kill(at: Desk) -> None:
    folder, port = at.child.log.parent, at.child.port
    at.child.kill()
    at.child = common.bot("serve", at.environment, folder, port)
    common.wait_until_up(at.child, "/readyz", 1)


def _go_on(at: Desk, token: str, raw: bytes, wrong: Counter[str]) -> None:
    """Ask how far it has come, and go on from there, until all is here; a line that is gone is opened anew, as a browser does."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with closing(at.line()) as line:
                status = _next_step(at, line, token, memoryview(raw))
        except _GONE:
            continue
        if status == 0:
            return
        if status == 409:  # the broken request is still at it
            time.sleep(0.05)
        elif status != 200:
            break
    wrong["cannot go on"] += 1


def _next_step(at: Desk, line: http.client.HTTPConnection, token: str, view: memoryview) -> int:
    """One block, or the end. Returns the status; 0 when the file is kept."""
    _, told = at.ask(line, "GET", f"/portal/uploads/{token}")
    offset = told["received"]
    if offset == len(view):
        status = at.ask(line, "POST", f"/portal/uploads/{token}/finish")[0]
        return 0 if status == 200 else status
    return at.ask(line, "PUT", f"/portal/uploads/{token}?offset={offset}", view[offset : offset + _BLOCK])[0]


def _settle(at: Desk, wrong: Counter[str]) -> None:
    """A day and more later: what was cut off is gone, and every row has whole bytes."""
    at.child.stop()
    with clock.freeze(clock.now().replace(microsecond=0)) as frozen:
        frozen.tick(days=3)
        kept_files.sweep(Context(at.house))
        drift = kept_files.check(Context(at.house), deep=True)
    root = at.house.settings.data_dir / "files"
    wrong["left over"] += len(drift.unknown) + sum(path.name.startswith(".") for path in root.rglob("*") if path.is_file())
    wrong["row without bytes"] += len(drift.missing)
    wrong["damaged"] += len(drift.damaged)
    for kind in list(wrong):
        if not wrong[kind]:
            del wrong[kind]
