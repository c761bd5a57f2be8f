"""Where the time of one callback goes: each step alone, in this process, in microseconds."""

import itertools
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from bot import clock
from bot.app import App
from bot.model.texts import answers
from bot.store import inbox
from bot.wecom.crypto import envelope
from bot.wecom.parse import parse, reply_text
from config.settings import load
from tests import rsgi
from tests.bench import common, traffic
from tests.bench.common import Run, emit, median

_TIMES = 300
_SHARED = 16  # about as many rows go with one commit at 32 connections over two processes
_QUESTION = "应用下架后怎么恢复"
_numbers = itertools.count(10_000)


def _us(act: Callable[[], object], times: int = _TIMES) -> float:
    """Median of single calls, in microseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return round(median(taken) * 1e6, 1)


def report(run: Run) -> bool:
    """One line for information."""
    with common.work_folder() as folder:
        app, keys = open_app(folder)
        whole = _whole(app, keys)
        steps = _steps(app, keys)
        rows = {f"{count} in one commit": round(_us(lambda count=count: _store(app, count), 50) / count, 1) for count in (1, _SHARED)}
        app.database.dispose()
    rest = round(whole - sum(steps.values()) - rows["1 in one commit"], 1)
    bar = "for information: one callback alone, in process"
    return emit("callback_us", whole, bar, reached=None, seed=run.seed, steps_us=steps, row_us=rows, rest_us=rest)


def open_app(folder: Path, **more: str) -> tuple[App, traffic.Keys]:
    """The product in this process, on a database in `folder`."""
    environment = common.bot_environment(folder, 1, 2, **more)
    names = {"WECOM_CORPID", "WECOM_AGENTID", "WECOM_SECRET", "WECOM_TOKEN", "WECOM_AES_KEY", "SECRET_KEY", "PUBLIC_URL", "WECOM_API_BASE"}
    chosen = {name.lower(): environment[name] for name in names | {"DATA_DIR"} | set(more)}
    app = App(load(_env_file=None, **chosen))
    app.settings.data_dir.mkdir(parents=True, exist_ok=True)
    return app, traffic.Keys.of(environment)


def ask(application: Any, post: traffic.Post, method: str = "POST", length: str | None = None) -> int:
    """The status of one callback. length: what the request says of its body instead of the truth."""
    headers = {"content-type": "text/xml", "content-length": str(len(post.body)) if length is None else length}
    return rsgi.ask(application, method, traffic.PATH, post.query, headers, BytesIO(post.body)).status


def _whole(app: App, keys: traffic.Keys) -> float:
    web = app.web()
    pending = iter([traffic.seal(keys, traffic.text(keys, f"phase{number}", _QUESTION, number + 1)) for number in range(_TIMES)])
    statuses = set()
    taken = _us(lambda: statuses.add(ask(web, next(pending))))
    assert statuses == {200}, statuses
    return taken


def _steps(app: App, keys: traffic.Keys) -> dict[str, float]:
    post = traffic.seal(keys, traffic.text(keys, "phase", _QUESTION, 999_999))
    query = dict(parse_qsl(post.query))
    signed = query["msg_signature"], query["timestamp"], query["nonce"]
    served = frozenset([keys.corpid])
    outer = envelope(post.body)
    opened = app.codec.open(*signed, outer.encrypt, served)
    message = parse(opened.xml, outer.agentid, opened.receiveid)
    answer = app.book.ask(_QUESTION)
    said = answers.word(answer, app.book)
    return {
        "query and envelope": _us(lambda: (parse_qsl(post.query), envelope(post.body))),
        "signature and decryption": _us(lambda: app.codec.open(*signed, outer.encrypt, served)),
        "parse": _us(lambda: parse(opened.xml, outer.agentid, opened.receiveid)),
        "stored already?": _us(lambda: _look(app, message.key, keys)),
        "answer, remembered": _us(lambda: app.book.ask(_QUESTION)),
        "wording": _us(lambda: answers.word(answer, app.book)),
        "reply and seal": _us(lambda: app.codec.seal(reply_text(message, said, 1), keys.corpid, 1, "1")),
    }


def _look(app: App, key: str, keys: traffic.Keys) -> object:
    return inbox.look(app.database, key, (keys.corpid, keys.agentid, "phase"), clock.now())


def _store(app: App, count: int) -> None:
    """Rows with a reply of ordinary length, durably."""
    rows = [
        inbox.Received(
            key=f"row{next(_numbers)}",
            corpid="ww",
            agentid=1,
            userid="phase",
            kind="text",
            fields={"content": _QUESTION},
            arrived_at=clock.now(),
            handled_at=clock.now(),
            outcome="ask_rule 4.2",
            reply="规" * 400,
        )
        for _ in range(count)
    ]
    with app.database.write() as tx:
        inbox.insert(tx, rows)
