"""Every page of the console over a platform of full size: server time, questions to the database, bytes over the wire.

Each GET route is asked for with addresses taken from what was seeded, and with the filters and following pages that it links to; a
route with a part that nobody can fill in here is an error, so that no page is left out.
"""

import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from bot.actions import providers, seeding, sign_in
from bot.app import App
from bot.context import Context
from bot.model import sheet
from bot.model.texts import providers as texts
from bot.store import migrate, operators, tables
from bot.web.app import create_app
from bot.web.console import Console
from config.settings import load
from tests.bench import common
from tests.bench.common import Run, emit, note
from tests.bench.outgoing import postgres_answers, postgres_url

_MOST_MS, _MOST_QUERIES, _MOST_BYTES = 300.0, 20, 200_000
_EACH = 5  # rows of each kind
_TIMES = 5
_LINKS = 12  # of a page to itself, with other filters
# Asked for by a script and not looked at, or no pages: files, and what leads elsewhere. One is
# for a draft's author alone, and looks as an empty one does.
_NOT_PAGES = {
    "static",
    "find",
    "evidence",
    "file",
    "wecom",
    "wecom_back",
    "broadcast_csv",
    "overview_csv",
    "broadcast_edit",
    "rulebook_text",
}
# What a part of an address names: the column to take from, and where it depends on the page.
_NUMBERS: dict[str, tuple[str, str]] = {
    "case": ("cases", "number"),
    "conduct": ("cases", "number"),
    "filing": ("filings", "number"),
    "here": ("cases", "number"),
    "provider": ("providers", "code"),
    "broadcast": ("broadcasts", "number"),
    "broadcast_progress": ("broadcasts", "number"),
    "broadcast_people": ("broadcasts", "number"),
    "edit_case": ("cases", "number"),
    "template_id": ("case_templates", "id"),
    "group_id": ("question_groups", "id"),
    "dated": ("rule_versions", "dated"),
    "request_id": ("human_requests", "id"),
    "task_id": ("operator_tasks", "id"),
}


def run(run: Run) -> bool:
    """On SQLite, then on PostgreSQL where one answers."""
    fine = _measured(run, "sqlite", "")
    if not postgres_answers():
        note("pages are measured on PostgreSQL too, and none answers")
        return fine
    with postgres_url() as url:
        return _measured(run, "postgresql", url.replace("postgresql://", "postgresql+psycopg://")) and fine


def _measured(run: Run, name: str, url: str) -> bool:
    size = seeding.Size(providers=100, cases=400, deliveries=20_000, questions=2_000) if run.sample else seeding.Size()
    with common.work_folder() as folder:
        app = _app(folder, url)
        began = time.perf_counter()
        seeding.fill(Context(app.house), size, run.seed, lambda words: note(f"  {words}"))
        seeded_s = time.perf_counter() - began
        app.shelf.open()
        app.settle()  # as a web process does before its first page
        try:
            return _pages(run, name, app, seeded_s)
        finally:
            app.database.dispose()


def _app(folder: Path, url: str) -> App:
    more = {"DATABASE_URL": url, "ENV_FILE": os.devnull, "RULES_ENCODER": "off"}
    os.environ.update(common.bot_environment(folder, common.free_port(), common.free_port(), **more))
    app = App(load())
    app.settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate.migrate(app.database)
    return app


def _pages(run: Run, name: str, app: App, seeded_s: float) -> bool:
    site = create_app({}, [], 0, console=Console(app.house, app.client).blueprint())
    asked: list[str] = []
    event.listen(app.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    browsers = [_signed_in(site, app, login) for login in dict.fromkeys(("staff1", "staff7", "staff12", _drafter(app)))]
    times: dict[str, list[float]] = defaultdict(list)
    queries: dict[str, int] = defaultdict(int)
    sizes: dict[str, int] = defaultdict(int)
    static: dict[str, int] = {}
    for endpoint, address in _addresses(site, app, browsers[0]):
        for n in range(_TIMES):
            asked.clear()
            before = time.perf_counter()
            answer = browsers[n % len(browsers)].get(address)
            took_ms = (time.perf_counter() - before) * 1_000
            of_another = endpoint == "roster_shown" and answer.status_code == 404
            if answer.status_code in (303, 403) or of_another:  # somebody else's draft or file; not for this role
                continue
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answers {answer.status_code}")
            times[endpoint].append(took_ms)
            queries[endpoint] = max(queries[endpoint], len(asked))
            sizes[endpoint] = max(sizes[endpoint], len(answer.data) + _linked(browsers[0], answer.text, static))
        if not times[endpoint]:
            raise RuntimeError(f"nobody may open {address}")
    p95 = {endpoint: common.percentile(took, 0.95) for endpoint, took in times.items()}
    slowest = dict(sorted(((one, round(took, 1)) for one, took in p95.items()), key=lambda pair: -pair[1])[:5])
    told: dict[str, Any] = {"database": name, "pages": len(p95), "views": sum(map(len, times.values())), "seeded_s": round(seeded_s, 1)}
    fine = emit(
        f"pages_{name}_ms",
        max(p95.values()),
        f"≤ {_MOST_MS:.0f} ms, the slowest page's p95",
        reached=max(p95.values()) <= _MOST_MS,
        seed=run.seed,
        slowest=slowest,
        **told,
    )
    most = max(queries, key=lambda one: queries[one])
    fine &= emit(
        f"pages_{name}_queries", queries[most], f"≤ {_MOST_QUERIES}", reached=queries[most] <= _MOST_QUERIES, seed=run.seed, page=most
    )
    largest = max(sizes, key=lambda one: sizes[one])
    return fine & emit(
        f"pages_{name}_bytes",
        sizes[largest],
        f"≤ {_MOST_BYTES} with styles and scripts",
        reached=sizes[largest] <= _MOST_BYTES,
        seed=run.seed,
        page=largest,
    )


def _signed_in(site: Flask, app: App, login: str) -> FlaskClient:
    browser = site.test_client()
    path = f"/console/links/{sign_in.make_link(Context(app.house), None, login)}"
    found = re.search(r'name="token" value="([0-9a-f]{64})"', browser.get(path).text)
    assert found
    done = browser.post(path, data={"token": found[1]}, headers={"Sec-Fetch-Site": "same-origin"})
    assert done.status_code == 303, done.status_code
    return browser


def _drafter(app: App) -> str:
    """Who wrote the newest draft: nobody else may open the page to go on with it."""
    cases, operators = tables.cases, tables.operators
    wrote = select(operators.c.login).join(cases, cases.c.author_id == operators.c.id).where(cases.c.state == "draft")
    with app.database.read() as connection:
        return str(connection.execute(wrote.order_by(cases.c.id.desc()).limit(1)).scalar_one())


def _addresses(site: Flask, app: App, browser: FlaskClient) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of every page, lists also with filters and a page further on."""
    for rule in site.url_map.iter_rules():
        endpoint = rule.endpoint.removeprefix("console.")
        if not rule.endpoint.startswith("console.") or "GET" not in (rule.methods or ()) or endpoint in _NOT_PAGES:
            continue
        if endpoint in ("enter", "link"):  # before anybody is signed in
            continue
        for address in _filled(app, endpoint, rule.rule):
            yield endpoint, address
            if not rule.arguments:
                yield from ((endpoint, further) for further in _filters(browser, address))


def _filled(app: App, endpoint: str, rule: str) -> list[str]:
    parts = re.findall(r"<(?:\w+:)?(\w+)>", rule)
    if not parts:
        return [rule]
    if endpoint == "roster_shown":
        return [rule.replace("<key>", _brought(app))]
    known = [_NUMBERS.get(f"{endpoint}.{part}") or _NUMBERS.get(part) or _NUMBERS.get(endpoint) for part in parts]
    if len(parts) > 1 or known[0] is None:
        raise RuntimeError(f"say in tests/bench/pages.py what {rule} ({endpoint}) is opened with")
    table, column = known[0]
    of = tables.metadata.tables[table]
    ids = select(of.c[column]).order_by(of.c[column])
    last = select(of.c[column]).order_by(of.c[column].desc())
    if endpoint == "edit_case":
        its = tables.operators.c.id == tables.cases.c.author_id, tables.operators.c.login == _drafter(app)
        ids, last = (query.join(tables.operators, its[0]).where(its[1], tables.cases.c.state == "draft") for query in (ids, last))
    with app.database.read() as connection:
        values = [row[0] for query in (ids, last) for row in connection.execute(query.limit(_EACH))]
    return [re.sub(r"<[^>]+>", str(value), rule) for value in dict.fromkeys(values)]


def _brought(app: App) -> str:
    """The key of a file of a hundred rows that `staff1` has brought."""
    with app.database.read() as connection:
        me = operators.by_login(connection, "staff1")
        known = connection.execute(select(tables.providers).order_by(tables.providers.c.id).limit(100)).all()
    assert me
    rows = [{"type": texts.PROVIDER, "provider": row.code, "name": f"{row.name}.."} for row in known]
    return providers.look_through(Context(app.house), me, sheet.write(texts.COLUMNS, rows))[0]


def _filters(browser: FlaskClient, address: str) -> list[str]:
    """What a list links to of itself, two steps far."""
    found: dict[str, None] = {}
    for at in [address, *_links(browser, address)[:_LINKS]]:
        found |= dict.fromkeys(_links(browser, at))
    return list(found)[: 2 * _LINKS]


def _links(browser: FlaskClient, address: str) -> list[str]:
    path = address.partition("?")[0]
    linked = re.findall(r'href="([^"]+)"', browser.get(address).text)
    return [one for one in dict.fromkeys(map(unescape, linked)) if one.startswith(f"{path}?") and not one.endswith(".csv")]


def _linked(browser: FlaskClient, page: str, known: dict[str, int]) -> int:
    """Bytes of the styles and scripts that a page loads."""
    for address in map(unescape, re.findall(r'(?:src|href)="([^"]+\.(?:css|js)[^"]*)"', page)):
        if address not in known:
            known[address] = len(browser.get(address).data)
    return sum(known[unescape(one)] for one in dict.fromkeys(re.findall(r'(?:src|href)="([^"]+\.(?:css|js)[^"]*)"', page)))
