"""Who may do what: every route of the console against every role, cell by cell; and every step that takes two people, past the code.

The cells and the statements are those of the tests (tests/web/console/test_guard.py, tests/two_persons.py), over the product's own house.
"""

import os
from pathlib import Path

from bot.app import App
from bot.model.operator import Role
from bot.store import migrate
from bot.web.app import create_app
from bot.web.console import Console
from config.settings import load
from tests import cast, two_persons
from tests.bench import common
from tests.bench.common import Run, emit, note
from tests.bench.outgoing import postgres_answers, postgres_url
from tests.web.console.test_guard import cells, cells_of_nobody


def run(run: Run) -> bool:
    """On SQLite, then on PostgreSQL where one answers."""
    fine = _on(run, "sqlite", "")
    if not postgres_answers():
        note("rights are measured on PostgreSQL too, and none answers")
        return fine
    with postgres_url() as url:
        return _on(run, "postgresql", url.replace("postgresql://", "postgresql+psycopg://")) and fine


def _on(run: Run, name: str, url: str) -> bool:
    with common.work_folder() as folder:
        app = _app(folder, url)
        try:
            named = two_persons.prepare(app.house, cast.write(app.house))
            taken = [one for step in two_persons.STEPS.values() for one in two_persons.let_through(app.house, step, named)]
            site = create_app({}, [], 0, console=Console(app.house, app.client).blueprint())
            asked = [*cells_of_nobody(site), *(cell for role in (*Role, None) for cell in cells(site, app.house, role))]
        finally:
            app.database.dispose()
    wrong = [f"{method} {route}" for route, method, is_right in asked if not is_right]
    tried = sum(len(step.refused) for step in two_persons.STEPS.values())
    fine = emit(f"rights_cells_{name}", len(wrong), "0 wrong", reached=not wrong, seed=run.seed, cells=len(asked), wrong=wrong[:10])
    steps = {"steps": len(two_persons.STEPS), "tried": tried, "taken": taken[:10]}
    return emit(f"rights_two_persons_{name}", len(taken), "0 taken", reached=not taken, seed=run.seed, **steps) and fine


def _app(folder: Path, url: str) -> App:
    more = {"DATABASE_URL": url, "ENV_FILE": os.devnull, "RULES_ENCODER": "off", "LOG_LEVEL": "ERROR"}
    more |= {"WECOM_CORPID": cast.CORPID, "WECOM_AGENTID": str(cast.AGENTID)}
    os.environ.update(common.bot_environment(folder, common.free_port(), common.free_port(), **more))
    app = App(load())
    app.settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate.migrate(app.database)
    return app
