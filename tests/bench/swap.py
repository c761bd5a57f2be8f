"""A version of the rules comes into force: how long until every process answers from it.

Three processes, as two web processes and a worker, each hold the rule book as those do (bot/bookshelf) over one database, and ask it all
the time. A version with a model of full size is put in force by one transaction; each process tells when an answer first comes from it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bot.actions import packaged
from bot.model.rulebook import RuleState
from bot.store import migrate, rulebooks
from bot.store.database import Database
from rules import documents, model
from tests.bench import common
from tests.bench.common import Run

BAR_S = 1.0
PROCESSES = ("web-1", "web-2", "worker")


def run(options: Run) -> bool:
    """The slowest of all swaps, in seconds, of several versions one after the other."""
    rounds = 3 if options.sample else 10
    with common.work_folder() as folder:
        url = f"sqlite:///{folder / 'bot.db'}"
        database = Database(url)
        migrate.migrate(database)
        packaged.take_in(database)
        children = [_Child(name, url) for name in PROCESSES]
        try:
            for child in children:
                child.wait_for(documents.latest().version)
            times = [_swap(database, number, children) for number in range(1, rounds + 1)]
        finally:
            for child in children:
                child.stop()
            database.dispose()
    slowest = max(max(one) for one in times)
    details = {"rounds": rounds, "processes": len(PROCESSES), "median_s": round(sorted(max(one) for one in times)[rounds // 2], 3)}
    return common.emit("swap", slowest, f"<= {BAR_S} s in every process", reached=slowest <= BAR_S, seed=options.seed, **details)


def _swap(database: Database, number: int, children: "list[_Child]") -> list[float]:
    dated = f"2026-01-{number:02d}"
    source = documents.latest().source.replace("2024/06/17", dated.replace("-", "/"))
    blob = model.MODEL.read_bytes()
    with database.write() as tx:
        current = rulebooks.in_force(tx)
        assert current
        same = ("title", "name_in_text", "url", "lineages", "names", "phrases", "opened_at", "sha256")
        values: dict[str, Any] = {name: getattr(current, name) for name in same}
        rulebooks.advance(tx, current, "supersede")
        made = rulebooks.add(
            tx, {**values, "dated": dated, "effective_on": dated, "source": source, "state": RuleState.IN_FORCE, "content": dated}
        )
        rulebooks.keep_model(tx, made, blob)
        rulebooks.bump(tx)
    begun = time.monotonic()
    return [child.wait_for(dated) - begun for child in children]


class _Child:
    """A process that holds a rule book as web processes and workers do, and says each time that it has another one."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        program = [sys.executable, "-m", "tests.bench.swap", url]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(program, cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ})
        self._seen: dict[str, float] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("answers "):
                with self._changed:
                    self._seen[line.split()[1]] = time.monotonic()
                    self._changed.notify_all()

    def wait_for(self, version: str, within_s: float = 60.0) -> float:
        """When it first answered from this version."""
        with self._changed:
            assert self._changed.wait_for(lambda: version in self._seen, within_s), f"{self.name} never answered from {version}"
            return self._seen[version]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(15)


def hold(url: str) -> None:
    """Be such a process: ask the book all the time, and tell when an answer comes from another version."""
    from bot.bookshelf import Bookshelf
    from config import logging

    logging.configure("WARNING")  # its lines would stand between ours
    shelf = Bookshelf(Database(url), "auto")
    shelf.open()
    shelf.start()
    last = ""
    while True:
        book = shelf.book
        answer = book.ask("应用下架")
        if answer.clause and book.version != last:
            last = book.version
            print("answers", last, flush=True)
        time.sleep(0.005)


if __name__ == "__main__":
    hold(sys.argv[1])
